import logging
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from daybook import cli
from daybook.commands import support
from daybook.storage.database import Database
from tests.commands.desk import ScriptedDesk

NO_SERVER = "127.0.0.1:1"


@dataclass(frozen=True)
class Ended:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def line(self) -> str:
        """The one line a person reads of a failure."""
        assert self.err.count("\n") == 1, self.err
        assert "Traceback" not in self.err
        return self.err.strip()


Run = Callable[..., Ended]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A desk's home that is not there yet; the command works in an empty folder with a clean environment."""
    for name in list(os.environ):
        if name.upper().startswith("DAYBOOK_"):
            monkeypatch.delenv(name)
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DAYBOOK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(support, "LEDGER_LOCK_WAIT_S", 0.1)
    return tmp_path / "home"


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Return a function that runs a command line in this process."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level

    def command(*arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["daybook", *arguments])
        capsys.readouterr()
        code = cli.run()
        said = capsys.readouterr()
        return Ended(code, said.out, said.err)

    yield command
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="session")
def _migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "daybook.db"
    with Database(f"sqlite:///{path}") as database:
        database.upgrade()
    return path


@pytest.fixture
def books(home: Path, _migrated: Path) -> Iterator[Database]:
    """The home's ledger, empty of days and orders, open for writing."""
    home.mkdir()
    shutil.copy(_migrated, home / "daybook.db")
    with Database(f"sqlite:///{home / 'daybook.db'}") as database:
        yield database


@pytest.fixture
def desk(home: Path, monkeypatch: pytest.MonkeyPatch) -> ScriptedDesk:
    """A desk that answers what a test tells it to."""
    scripted = ScriptedDesk()
    monkeypatch.setenv("DAYBOOK_TEMPORAL__ADDRESS", NO_SERVER)
    monkeypatch.setattr(support.Desk, "connect", scripted.connect)
    return scripted
