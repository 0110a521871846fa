import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from daybook.storage.database import Database


@pytest.fixture(scope="session")
def _migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("advice") / "ledger.db"
    with Database(f"sqlite:///{path}") as opened:
        opened.upgrade()
    return path


@pytest.fixture
def database(_migrated: Path, tmp_path: Path) -> Iterator[Database]:
    """An empty ledger."""
    path = tmp_path / "ledger.db"
    shutil.copyfile(_migrated, path)
    with Database(f"sqlite:///{path}") as opened:
        yield opened
