from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from daybook.filings.dart import DartClient
from daybook.filings.edgar import EdgarClient
from tests.filings.stand_ins.dart import KEY, Dart
from tests.filings.stand_ins.dart import dart as serving_dart
from tests.filings.stand_ins.edgar import Edgar
from tests.filings.stand_ins.edgar import edgar as serving_edgar


@pytest.fixture
def edgar() -> Iterator[Edgar]:
    with serving_edgar() as stand_in:
        yield stand_in


@pytest.fixture
async def edgar_client(edgar: Edgar) -> AsyncIterator[EdgarClient]:
    async with EdgarClient(
        "Tester tester@example.com", data_base_url=edgar.url, www_base_url=edgar.url, backoff_s=0
    ) as client:
        yield client


@pytest.fixture
def dart() -> Iterator[Dart]:
    with serving_dart() as stand_in:
        yield stand_in


@pytest.fixture
async def dart_client(dart: Dart, tmp_path: Path) -> AsyncIterator[DartClient]:
    async with DartClient(KEY, home=tmp_path, base_url=dart.url, backoff_s=0) as client:
        yield client
