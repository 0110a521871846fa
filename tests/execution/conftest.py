import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from daybook.storage.database import Database
from tests.execution.bench import Bench, BenchMaker


@pytest.fixture(scope="session")
def _migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "daybook.db"
    with Database(f"sqlite:///{path}") as database:
        database.upgrade()
    return path


@pytest.fixture
def database(_migrated: Path, tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "daybook.db"
    shutil.copy(_migrated, path)
    with Database(f"sqlite:///{path}") as opened:
        event.listen(opened.engine, "connect", _without_waiting_for_the_disk)
        yield opened


def _without_waiting_for_the_disk(connection: Any, record: Any) -> None:
    connection.execute("PRAGMA synchronous=OFF")


@pytest.fixture
def make_bench(database: Database, tmp_path: Path) -> BenchMaker:
    """Return a function that makes a desk with other options, not prepared."""

    def make(**options: Any) -> Bench:
        return Bench(database, tmp_path, **options)

    return make


@pytest.fixture(scope="session")
def _prepared(_migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared")
    path = folder / "daybook.db"
    shutil.copy(_migrated, path)
    with Database(f"sqlite:///{path}") as opened:
        Bench(opened, folder).prepare()
    return path


@pytest.fixture
def bench(_prepared: Path, tmp_path: Path) -> Iterator[Bench]:
    """A desk that may trade: books open and reconciled, the day begun."""
    path = tmp_path / "prepared.db"
    shutil.copy(_prepared, path)
    with Database(f"sqlite:///{path}") as opened:
        event.listen(opened.engine, "connect", _without_waiting_for_the_disk)
        yield Bench(opened, tmp_path)
