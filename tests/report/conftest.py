import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from daybook.storage.database import Database


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An upgraded, empty database file, to be copied: upgrading takes longer than most tests.

    Closing the last connection moves everything into the one file.
    """
    path = tmp_path_factory.mktemp("ledger") / "empty.db"
    with Database(f"sqlite:///{path}") as opened:
        opened.upgrade()
    return path


@pytest.fixture
def database(empty_ledger: Path, tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "ledger.db"
    shutil.copyfile(empty_ledger, path)
    with Database(f"sqlite:///{path}") as opened:
        yield opened
