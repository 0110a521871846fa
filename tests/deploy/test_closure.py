"""Each image holds what its process needs and nothing of another layer's, proved by starting it from just that."""

import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from daybook.contracts.layers import Layer
from daybook.skills.registry import registry
from daybook.stack.local import free_port
from tests.deploy.closed_room import ClosedRoom, PackagesDiffer, pinned_distributions, pins_of
from tests.deploy.dockerfiles import IMAGES, Image
from tests.deploy.imports import HOUSE, ROOT, Reached, reach

IMAGE = {image.name: image for image in IMAGES}
WORKERS = ("control", "sandbox", "pipeline", "trading")
NAMES = [image.name for image in IMAGES]

NOT_ITS_OWN = {
    "control": (
        *("daybook.broker", "daybook.execution", "daybook.storage", "daybook.llm", "daybook.news", "daybook.skills"),
        *("daybook.front", "api", "sandbox", "workers.trading", "activities.trading", "activities.pipeline"),
        *("sqlalchemy", "pymysql", "httpx", "openai", "anthropic", "websockets", "fastapi", "numpy", "pandas"),
    ),
    "sandbox": (
        *("daybook.broker", "daybook.execution", "daybook.storage", "daybook.llm", "daybook.news", "daybook.skills"),
        *("daybook.front", "daybook.risk", "workflows", "api", "workers.trading", "activities.trading"),
        *("sqlalchemy", "pymysql", "httpx", "openai", "anthropic", "websockets", "fastapi", "cryptography"),
    ),
    "runner": ("daybook", "workflows", "activities", "workers", "api", "temporalio", "httpx", "sqlalchemy"),
    "pipeline": (
        *("daybook.broker", "daybook.execution", "daybook.front", "daybook.paper", "daybook.stack", "workflows", "api"),
        *("workers.trading", "activities.trading", "exchange_calendars", "fastapi"),
    ),
    "trading": (
        *(
            "daybook.llm",
            "daybook.routing",
            "daybook.ask",
            "daybook.code",
            "daybook.front",
            "daybook.paper",
            "workflows",
        ),
        *("daybook.news.naver", "daybook.news.newsapi", "daybook.filings.dart", "daybook.filings.edgar", "api"),
        *("sandbox", "workers.pipeline", "activities.pipeline", "openai", "anthropic", "google.genai", "ollama"),
        *("matplotlib", "talib", "fastapi"),
    ),
    "api": (
        *("daybook.broker", "daybook.execution.gateway", "daybook.llm", "daybook.news", "daybook.skills", "workflows"),
        *("daybook.paper", "activities", "workers", "sandbox", "httpx", "openai", "anthropic", "websockets", "numpy"),
    ),
    "paper": ("daybook.broker", "daybook.storage", "daybook.front", "workers", "temporalio", "sqlalchemy", "httpx"),
}
"""What must be out of reach: rooms of other layers, and packages that reach what this layer may not reach."""


@cache
def _own_tools(layer: Layer) -> frozenset[str]:
    return frozenset(spec.function.__module__ for spec in registry().tools if spec.layer is layer)


def reached_by(image: Image) -> Reached:
    """Return what an image's process can import. Bodies of tools that another layer runs are no part of it."""
    entry = f"{image.module}.__main__" if image.module in ("api", "sandbox") else image.module
    skipped: set[str] = set()
    if image.name in ("pipeline", "trading"):
        modules = (path.relative_to(ROOT) for path in (ROOT / "daybook" / "skills").glob("*/*.py"))
        skipped = {".".join(path.with_suffix("").parts) for path in modules} - _own_tools(Layer(image.name))
    return reach(entry, skip_inner_imports_of=frozenset(skipped))


@pytest.fixture(scope="session")
def room_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], ClosedRoom]:
    """Build a room once a session."""

    @cache
    def build(name: str) -> ClosedRoom:
        try:
            return ClosedRoom.build(IMAGE[name], tmp_path_factory.mktemp(name))
        except PackagesDiffer as reason:
            pytest.skip(f"{reason}; install them with: pip install -r requirements/dev.txt")

    return build


@pytest.mark.parametrize("name", NAMES)
def test_image_when_its_imports_are_followed_then_it_holds_every_file_they_reach(name: str) -> None:
    held = IMAGE[name].files()
    missing = {
        str(path.relative_to(ROOT)): f"imported by {importer}"
        for path, importer in reached_by(IMAGE[name]).files.items()
        if path not in held
    }
    assert not missing, f"Dockerfile.{IMAGE[name].file} copies too little"


@pytest.mark.parametrize("name", NAMES)
def test_image_when_a_room_is_copied_then_something_in_it_is_needed(name: str) -> None:
    reached = set(reached_by(IMAGE[name]).files)
    idle = []
    for sources, _ in IMAGE[name].stage.copies():
        for source in sources:
            paths = {file for path in ROOT.glob(source) for file in (path.rglob("*.py") if path.is_dir() else (path,))}
            if source.split("/")[0] in HOUSE and not any(source.endswith(end) for end in ("*.py", "__init__.py")):
                idle += [] if paths & reached else [source]
    assert not idle, f"Dockerfile.{IMAGE[name].file} copies what nothing in it imports"


@pytest.mark.parametrize("name", NAMES)
def test_image_when_its_imports_are_followed_then_its_pins_provide_every_package(name: str) -> None:
    try:
        found = pinned_distributions(IMAGE[name].requirements_file)
    except PackagesDiffer as reason:
        pytest.skip(str(reason))
    provided = {
        file.parts[0].removesuffix(".py") if len(file.parts) == 1 else part
        for installed in found
        for file in installed.files or ()
        for part in (file.parts[0],)
    }
    wanted = {module.split(".")[0]: importer for module, importer in reached_by(IMAGE[name]).foreign.items()}
    assert not {module: importer for module, importer in wanted.items() if module not in provided}


@pytest.mark.parametrize("name", WORKERS)
def test_worker_when_started_from_its_images_files_alone_then_it_gets_as_far_as_the_missing_server(
    name: str, room_of: Callable[[str], ClosedRoom]
) -> None:
    room = room_of(name)
    environment = {
        "DAYBOOK_TEMPORAL__ADDRESS": f"127.0.0.1:{free_port()}",
        "DAYBOOK_TEMPORAL__CONNECT_TIMEOUT_S": "0.1",
        "DAYBOOK_HOME": str(room.app.parent / "home"),
    }
    ended = room.run(room.image.stage.command, environment)
    assert ended.returncode == 2, ended.stderr
    assert ended.stderr.splitlines()[-1].startswith(f"{name} worker: no Temporal server at 127.0.0.1:")


def test_api_when_started_from_its_images_files_alone_then_it_answers(
    room_of: Callable[[str], ClosedRoom], tmp_path: Path
) -> None:
    room, port = room_of("api"), free_port()
    environment = {"DAYBOOK_HOME": str(tmp_path), "DAYBOOK_API__PORT": str(port), "PATH": os.defpath}
    with (tmp_path / "log").open("wb") as log:
        api = subprocess.Popen(
            room.command(room.image.stage.command), cwd=room.app, env=environment, stdout=log, stderr=log
        )
    try:
        assert _health_of(port, api)
        checked = [word.replace(":8080/", f":{port}/") for word in room.image.stage.health_command]
        assert room.run(checked).returncode == 0
    finally:
        api.terminate()
        api.wait(timeout=20)
    assert room.run(checked).returncode != 0, "the health check finds an API that is gone"


def _health_of(port: int, api: "subprocess.Popen[bytes]") -> object:
    deadline = time.monotonic() + 60
    while api.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as error:
            return json.load(error)
        except OSError:
            time.sleep(0.1)
    return None


def test_runner_when_started_from_its_images_files_alone_then_it_runs_a_script_with_pandas(
    room_of: Callable[[str], ClosedRoom], tmp_path: Path
) -> None:
    room, path = room_of("runner"), str(tmp_path / "sandbox.sock")
    script = tmp_path / "script.py"
    script.write_text("import pandas as pd\nresult = int(pd.Series([1, 2, 3]).sum())\n")

    def here(command: list[str]) -> list[str]:
        return [word.replace("/run/sandbox/sandbox.sock", path) for word in command]

    with (tmp_path / "log").open("wb") as log:
        runner = subprocess.Popen(room.command(here(room.image.stage.command)), cwd=room.app, stdout=log, stderr=log)
    try:
        while not Path(path).exists() and runner.poll() is None:
            time.sleep(0.05)
        if runner.poll() is not None:
            pytest.skip(f"no jail holds here: {(tmp_path / 'log').read_text()}")
        assert room.run(here(room.image.stage.health_command)).returncode == 0
        asked = [str(room.python), "-I", "-B", "-m", "sandbox", "run", str(script), "--socket", path, "--json"]
        answer = json.loads(room.run(asked).stdout)
        assert (answer["status"], answer["result"]) == ("done", 6)
    finally:
        runner.terminate()
        runner.wait(timeout=20)
    assert runner.returncode == 0
    assert room.run(here(room.image.stage.health_command)).returncode != 0, "a runner that is gone counts as well"


@pytest.mark.parametrize("name", NAMES)
def test_image_when_another_layers_module_is_asked_for_then_there_is_none(
    name: str, room_of: Callable[[str], ClosedRoom]
) -> None:
    room = room_of(name)
    assert room.cannot_import(*NOT_ITS_OWN[name]) == list(NOT_ITS_OWN[name])
    assert room.cannot_import("pytest", "pip", "setuptools") == ["pytest", "pip", "setuptools"]
    assert room.cannot_import(room.image.module) == []


def test_room_when_a_file_is_missing_then_the_worker_does_not_start(
    room_of: Callable[[str], ClosedRoom], tmp_path: Path
) -> None:
    whole = room_of("control")
    app = tmp_path / "app"
    shutil.copytree(whole.app, app)
    (app / "daybook" / "contracts" / "calls.py").unlink()
    ended = subprocess.run(
        [
            whole.python,
            "-I",
            "-B",
            "-c",
            f"import sys; sys.path.remove({str(whole.app)!r}); sys.path.append({str(app)!r});import workers.control",
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "No module named 'daybook.contracts.calls'" in ended.stderr


def test_requirements_when_two_layers_pin_a_package_then_they_pin_one_version() -> None:
    versions: dict[str, set[str]] = {}
    for image in IMAGES:
        if image.requirements_file.exists():
            for name, version in pins_of(image.requirements_file).items():
                versions.setdefault(name, set()).add(version)
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}
