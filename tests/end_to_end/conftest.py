"""Desks and sources that the tests of this folder share."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.end_to_end.house import House, open_house
from tests.end_to_end.market import open_market, prepare_books
from tests.end_to_end.sources import Sources, open_sources
from tests.temporal_environment import TemporalServer

OpenHouse = Callable[..., AbstractContextManager[House]]
"""Opens a desk: ``open_house(llm=..., news=...)``."""
KEY_VARIABLES = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY")


@pytest.fixture(scope="session")
def books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose books agree with an exchange before its first order."""
    home = tmp_path_factory.mktemp("books")
    with open_market() as market:
        prepare_books(home, market)
    return home


@pytest.fixture(scope="module")
def sources() -> Iterator[Sources]:
    """News and filings with one honest week."""
    with open_sources() as opened:
        yield opened


@pytest.fixture(scope="module")
def house_of(
    temporal_server: TemporalServer, books: Path, sources: Sources, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OpenHouse]:
    """Return a function that opens a desk on these sources, in a home of its own."""
    with pytest.MonkeyPatch.context() as environment:
        for name in KEY_VARIABLES:
            environment.delenv(name, raising=False)

        def opened(**options: object) -> AbstractContextManager[House]:
            options.setdefault("news", sources.settings())
            return open_house(temporal_server, books, tmp_path_factory.mktemp("house"), **options)  # type: ignore[arg-type]

        yield opened
