import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from daybook.storage.database import Database
from tests.news.stand_ins.naver import Naver
from tests.news.stand_ins.newsapi import NewsApiServer
from tests.news.stand_ins.server import serving


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
def _empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("news") / "daybook.db"
    with Database(f"sqlite:///{path}") as database:
        database.upgrade()
    return path


@pytest.fixture
def database(_empty_ledger: Path, tmp_path: Path) -> Iterator[Database]:
    shutil.copy(_empty_ledger, tmp_path / "daybook.db")
    with Database(f"sqlite:///{tmp_path / 'daybook.db'}") as opened:
        yield opened
