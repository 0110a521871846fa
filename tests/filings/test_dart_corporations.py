import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from daybook.filings.dart import DartClient
from daybook.filings.dart_corporations import FRESH_FOR, USABLE_FOR, read_zip
from daybook.filings.errors import FilingCode, FilingNotFound, FilingUnavailable, FilingUnreadable
from tests.filings.stand_ins.dart import KEY, SAMSUNG, Dart, corp_code_zip


class Calendar:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def client_of(dart: Dart, home: Path | None, calendar: Calendar) -> DartClient:
    return DartClient(KEY, home=home, base_url=dart.url, now=calendar, backoff_s=0)


def zip_of(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, content)
    return packed.getvalue()


@pytest.mark.parametrize("symbol", ["005930", "005935", "00593K"])
async def test_corporation_when_common_or_preferred_then_the_company_is_found(
    dart_client: DartClient, symbol: str
) -> None:
    assert (await dart_client.corporation(symbol)).corp_code == SAMSUNG


async def test_corporation_when_not_listed_then_unknown_company(dart_client: DartClient) -> None:
    with pytest.raises(FilingNotFound) as raised:
        await dart_client.corporation("999999")
    assert raised.value.code is FilingCode.UNKNOWN_COMPANY


async def test_table_when_read_then_only_listed_companies_are_kept_with_their_marks(dart_client: DartClient) -> None:
    table = await dart_client.corporations()
    assert [item.name for item in table.corporations] == ["삼성전자", "에스케이하이닉스", "R&D <연구>"]
    named = table.named("R&D <연구>")
    assert named is not None
    assert named.symbol == "900110"


async def test_table_when_another_process_starts_then_it_comes_from_the_file(dart: Dart, tmp_path: Path) -> None:
    calendar = Calendar()
    for _ in range(2):
        async with client_of(dart, tmp_path, calendar) as client:
            await client.corporation("005930")
    assert dart.paths() == ["/api/corpCode.xml"]


async def test_table_when_a_week_old_then_it_is_loaded_again(dart: Dart, tmp_path: Path) -> None:
    calendar = Calendar()
    async with client_of(dart, tmp_path, calendar) as client:
        await client.corporation("005930")
        calendar.now += FRESH_FOR
        dart.zip = corp_code_zip(((SAMSUNG, "새이름", "New", "005930"),))
        assert (await client.corporation("005930")).name == "새이름"


async def test_table_when_old_and_dart_is_down_then_the_kept_one_serves_for_a_while(dart: Dart, tmp_path: Path) -> None:
    calendar = Calendar()
    async with client_of(dart, tmp_path, calendar) as client:
        await client.corporation("005930")
        dart.status = "800"
        calendar.now += USABLE_FOR - timedelta(days=1)
        assert (await client.corporation("005930")).corp_code == SAMSUNG
        calendar.now += timedelta(days=2)
        with pytest.raises(FilingUnavailable):
            await client.corporation("005930")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"loaded_at": "2026-11-20T00:00:00", "corporations": []}'])
async def test_table_when_the_file_is_damaged_then_it_is_loaded_again(dart: Dart, tmp_path: Path, content: str) -> None:
    kept = tmp_path / "filings" / "dart_corporations.json"
    kept.parent.mkdir()
    kept.write_text(content)
    async with client_of(dart, tmp_path, Calendar()) as client:
        assert (await client.corporation("005930")).corp_code == SAMSUNG
    assert len(json.loads(kept.read_text(encoding="utf-8"))["corporations"]) == 3


async def test_table_when_the_home_cannot_be_written_then_memory_serves(dart: Dart, tmp_path: Path) -> None:
    (tmp_path / "filings").write_text("a file where the folder should be")
    async with client_of(dart, tmp_path, Calendar()) as client:
        await client.corporation("005930")
        assert (await client.corporation("000660")).name == "에스케이하이닉스"
    assert len(dart.requests) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04 broken",
        zip_of("readme.txt", b"hello"),
        zip_of("CORPCODE.xml", b"<result><list>"),
        zip_of("CORPCODE.xml", b"<result></result>"),
        zip_of("CORPCODE.xml", b'<!DOCTYPE r [<!ENTITY a "aaaa">]><result>&a;</result>'),
    ],
)
def test_read_zip_when_it_is_not_the_documented_table_then_it_is_unreadable(content: bytes) -> None:
    with pytest.raises(FilingUnreadable):
        read_zip(content)
