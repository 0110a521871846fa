"""One database of bars for all tests of the technical skills; they only read it, or add symbols of their own."""

from collections.abc import Iterator

import pytest

from daybook.storage.database import Database
from tests.skills.technical.desk import TechnicalDesk, filled_desk


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TechnicalDesk]:
    """A desk with ten symbols of 700 sessions each."""
    home = tmp_path_factory.mktemp("technical")
    with Database(f"sqlite:///{home / 'desk.db'}") as database:
        yield filled_desk(database, home)
