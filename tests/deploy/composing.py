"""compose.yaml as it is when merged and filled in: by our own small reader, and by Compose where it is at hand."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.deploy.imports import ROOT

COMPOSE = ROOT / "compose.yaml"
_VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


def own_reading(environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the file with anchors merged and ``${NAME:-default}`` filled in.

    Raises:
        KeyError: for a variable that has no default.
    """
    values = environment or {}

    def fill(text: str) -> str:
        return _VARIABLE.sub(lambda found: values.get(found[1]) or _default(found), text)

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: walk(entry) for key, entry in value.items()}
        if isinstance(value, list):
            return [walk(entry) for entry in value]
        return fill(value) if isinstance(value, str) else value

    read: dict[str, Any] = walk(yaml.safe_load(COMPOSE.read_text(encoding="utf-8")))
    return read


def _default(found: "re.Match[str]") -> str:
    if found[2] is None:
        raise KeyError(found[1])
    return found[2]


def compose_programs() -> dict[str, list[str]]:
    """Return the commands of every Compose on this machine, by name; ``DAYBOOK_TEST_COMPOSE`` may name one more."""
    found: dict[str, list[str]] = {}
    named = os.environ.get("DAYBOOK_TEST_COMPOSE", "")
    if named:
        found["named"] = [named]
    beside = Path(sys.executable).parent / "docker-compose"
    path = str(beside) if beside.is_file() else shutil.which("docker-compose")
    if path:
        found["docker-compose"] = [path]
    if (
        shutil.which("docker")
        and not subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode
    ):
        found["docker compose"] = ["docker", "compose"]
    return found


def rendered(program: list[str], file: Path = COMPOSE) -> dict[str, Any]:
    """Return what Compose makes of the file, its profiles included.

    Raises:
        ValueError: with Compose's own words when it refuses the file.
    """
    command = [*program, "-f", str(file), "--profile", "paper", "config"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("DAYBOOK_", "DESK_"))}
    done = subprocess.run(command, env=clean, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode:
        raise ValueError(done.stderr)
    read: dict[str, Any] = yaml.safe_load(done.stdout)
    return read


def as_mapping(value: Any) -> dict[str, Any]:
    """Return a mapping of Compose's: some versions write ``NAME=value`` lists."""
    if isinstance(value, list):
        return dict(str(entry).partition("=")[::2] for entry in value)
    return dict(value or {})


def as_names(value: Any) -> list[str]:
    """Return the names of a list or a mapping."""
    return sorted(value or ())


def secrets_of(service: Mapping[str, Any]) -> dict[str, str]:
    """Return a service's secrets: the source of each, and the name of its file in the container."""
    held = {}
    for entry in service.get("secrets") or ():
        source = entry if isinstance(entry, str) else entry["source"]
        target = source if isinstance(entry, str) else entry.get("target") or source
        held[source] = Path(target).name
    return held


def megabytes(value: Any) -> float:
    """Return a memory limit in megabytes; Compose versions write it as text or as bytes."""
    text = str(value).lower().rstrip("b")
    factor = {"k": 1 / 1024, "m": 1, "g": 1024}.get(text[-1])
    return float(text[:-1]) * factor if factor else int(text) / 1024**2


def dump(value: Any) -> str:
    """Return the whole of a value as one text, to look for what must not be in it."""
    return json.dumps(value, sort_keys=True, default=str)
