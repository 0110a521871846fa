import shutil
from collections.abc import Callable, Iterator

import pytest

from daybook.storage.database import Database
from tests.news.stand_ins.naver import Naver
from tests.news.stand_ins.newsapi import NewsApiServer
from tests.news.stand_ins.server import serving

NewLedger = Callable[[], Database]


@pytest.fixture
def naver() -> Iterator[Naver]:
    stand_in = Naver()
    with serving(stand_in):
        yield stand_in


@pytest.fixture
def newsapi() -> Iterator[NewsApiServer]:
    stand_in = NewsApiServer()
    with serving(stand_in):
        yield stand_in


@pytest.fixture(scope="session")
def new_ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewLedger]:
    """Return a function that makes an upgraded, empty ledger."""
    template = tmp_path_factory.mktemp("news") / "daybook.db"
    with Database(f"sqlite:///{template}") as upgraded:
        upgraded.upgrade()
    opened: list[Database] = []

    def make() -> Database:
        path = tmp_path_factory.mktemp("ledger") / "daybook.db"
        shutil.copy(template, path)
        opened.append(Database(f"sqlite:///{path}"))
        return opened[-1]

    yield make
    for database in opened:
        database.close()


@pytest.fixture
def database(new_ledger: NewLedger) -> Database:
    return new_ledger()
