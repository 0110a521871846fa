from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from shutil import copyfile

import httpx
import pytest
from fastapi import FastAPI

from api.app import create_app
from daybook.settings import ApiCaller, ApiSettings, Settings
from daybook.storage.database import Database
from tests.api.fake_desk import FakeDesk

TOKENS = {
    "all": "token-of-all-0123456789",
    "reader": "token-of-reader-0123456789",
    "trader": "token-of-trader-0123456789",
    "controller": "token-of-controller-0123456789",
}
SCOPES = {
    "all": ("read", "trade", "control"),
    "reader": ("read",),
    "trader": ("trade",),
    "controller": ("control",),
}


@pytest.fixture(autouse=True)
def _no_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Configuration of the machine the tests run on must not reach them."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the newest schema and nothing in it."""
    path = tmp_path_factory.mktemp("schema") / "daybook.db"
    with Database(f"sqlite:///{path}") as database:
        database.upgrade()
    return path


@pytest.fixture
def settings(tmp_path: Path, empty_database: Path) -> Settings:
    home = tmp_path / "home"
    home.mkdir()
    copyfile(empty_database, home / "daybook.db")
    callers = {name: ApiCaller(token=token, scopes=SCOPES[name]) for name, token in TOKENS.items()}
    return Settings(home=home, api=ApiSettings(callers=callers))


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """The desk's database, writable."""
    with Database(settings.ledger_url) as opened:
        yield opened


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
async def app(settings: Settings, desk: FakeDesk) -> AsyncIterator[FastAPI]:
    application = create_app(settings, desk.connect)
    async with application.router.lifespan_context(application):
        yield application


@asynccontextmanager
async def client_of(app: FastAPI, caller: str | None = "all") -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application with a caller's token, or with none."""
    headers = {} if caller is None else {"Authorization": f"Bearer {TOKENS[caller]}"}
    transport = httpx.ASGITransport(app, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk", headers=headers) as client:
        yield client


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client that may do everything."""
    async with client_of(app) as opened:
        yield opened


def key(value: str = "key-1") -> dict[str, str]:
    """The header of an idempotency key."""
    return {"Idempotency-Key": value}
