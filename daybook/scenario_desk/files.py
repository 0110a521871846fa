"""Scenario files in ``<home>/scenarios`` and a person's catalogue in ``<home>/catalogue``."""

import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from daybook.contracts.scenario import Scenario
from daybook.scenario.errors import ScenarioError
from daybook.scenario.threats.catalogue import default_catalogue
from daybook.scenario.threats.parse import Catalogue, parse_catalogue
from daybook.scenario_desk.edit import with_field
from daybook.scenario_desk.resolve import DEFAULT_PRESET, scenario_of
from daybook.scenario_desk.template import new_text
from daybook.scenario_desk.yaml_text import read_value

_NAME = re.compile(r"[\w][\w.-]{0,59}")
_SUFFIX = ".yaml"
FOLDER = "scenarios"
CATALOGUE = "catalogue"


class ScenarioFiles:
    """The scenarios and the catalogue of a desk's home."""

    def __init__(self, home: Path) -> None:
        self._folder = home / FOLDER
        self._catalogue = home / CATALOGUE

    def names(self) -> list[str]:
        """Return the names of the scenarios, in order."""
        if not self._folder.is_dir():
            return []
        return sorted(path.name.removesuffix(_SUFFIX) for path in self._folder.glob(f"*{_SUFFIX}"))

    def path(self, name: str) -> Path:
        """Return where a scenario's file is, or would be.

        Raises:
            ScenarioError: for a name no file can have.
        """
        if not _NAME.fullmatch(name):
            raise ScenarioError(
                "name",
                f"{name[:80]!r} cannot be a scenario's name",
                "use letters, digits, '.', '-' and '_', 60 at most",
            )
        return self._folder / f"{name}{_SUFFIX}"

    def has(self, name: str) -> bool:
        """Return whether a scenario of this name is there."""
        return bool(_NAME.fullmatch(name)) and self.path(name).is_file()

    def text(self, name: str) -> str:
        """Return a scenario's text.

        Raises:
            ScenarioError: when there is none, or it is no text.
        """
        path = self.path(name)
        if not path.is_file():
            names = self.names()
            known = f"choose {', '.join(names[:8])}, or make it" if names else "make it"
            raise ScenarioError("name", f"there is no scenario {name}", f"{known} with: daybook scenario new {name}")
        return _read(path)

    def read(self, name: str) -> Scenario:
        """Return a scenario as it would be run.

        Raises:
            ScenarioError: names the field that is wrong, and the way out.
        """
        return self.check(name, self.text(name))

    def check(self, name: str, text: str) -> Scenario:
        """Return the scenario a text describes, whether it is kept or not.

        Raises:
            ScenarioError: names the field that is wrong, and the way out.
        """
        return scenario_of(text, self.catalogue(), name=name)

    def create(self, name: str, preset: str = DEFAULT_PRESET) -> Path:
        """Write a new file and return its path.

        Raises:
            ScenarioError: when the name is taken, or the preset unknown.
        """
        path = self.path(name)
        if path.exists():
            raise ScenarioError("name", f"{name} exists already", f"change it with: daybook scenario edit {name}")
        text = new_text(name, preset)
        self.check(name, text)
        _write(path, text)
        return path

    def change(self, name: str, assignments: Sequence[str]) -> Scenario:
        """Set fields, each ``field=value``, and return the scenario; nothing is written unless all of it is right.

        Raises:
            ScenarioError: names the field that is wrong, and the way out.
        """
        text = self.text(name)
        for assignment in assignments:
            field, is_there, value = assignment.partition("=")
            if not is_there or not field.strip():
                raise ScenarioError(
                    "--set", f"{assignment[:80]!r} is no field=value", "write it as in --set budget.total_krw=50000000"
                )
            text = with_field(text, field.strip(), read_value(value, field.strip()), name)
        scenario = self.check(name, text)
        _write(self.path(name), text)
        return scenario

    def catalogue(self) -> Catalogue:
        """Return the packaged threats and controls with the person's own laid over them.

        Raises:
            ScenarioError: names the file and the field that is wrong.
        """
        found = default_catalogue()
        for name in ("threats", "controls"):
            path = self._catalogue / f"{name}{_SUFFIX}"
            if path.is_file():
                found = parse_catalogue(_read(path), found, name=f"{CATALOGUE}/{path.name}")
        return found


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ScenarioError(path.name, "is no UTF-8 text", "save it as UTF-8") from error


def _write(path: Path, text: str) -> None:
    """Replace a file in one step, so that it is never half there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
