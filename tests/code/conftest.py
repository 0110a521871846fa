import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from daybook.storage.database import Database
from sandbox.engine import JailEngine


@pytest.fixture(scope="session")
def engine() -> Iterator[JailEngine]:
    with JailEngine(idle_children=1) as started:
        report = started.probe()
        if not report.runs_code:
            pytest.skip(f"no jail here: {report.refusal}")
        yield started


@pytest.fixture(scope="session")
def _migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "daybook.db"
    with Database(f"sqlite:///{path}") as database:
        database.upgrade()
    return path


@pytest.fixture
def database(_migrated: Path, tmp_path: Path) -> Iterator[Database]:
    """A ledger that holds nothing."""
    path = shutil.copy(_migrated, tmp_path / "daybook.db")
    with Database(f"sqlite:///{path}", lock_wait_s=20) as opened:
        yield opened
