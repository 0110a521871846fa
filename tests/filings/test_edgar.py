import asyncio
from datetime import UTC, date, datetime

import pytest

from daybook.filings.edgar import BLOCK_PAUSE_S, EdgarClient
from daybook.filings.errors import (
    FilingCode,
    FilingConfigurationError,
    FilingLimited,
    FilingNotFound,
    FilingUnavailable,
    FilingUnreadable,
)
from tests.filings.stand_ins.edgar import ACME, TOO_FAST, UNDECLARED, Edgar
from tests.filings.stand_ins.server import Answer


def client_of(edgar: Edgar, user_agent: str = "Tester tester@example.com", **options: object) -> EdgarClient:
    return EdgarClient(
        user_agent,
        data_base_url=edgar.url,
        www_base_url=edgar.url,
        backoff_s=0,
        **options,
    )


async def test_company_when_the_ticker_is_known_then_its_cik_comes_from_one_request(
    edgar: Edgar, edgar_client: EdgarClient
) -> None:
    company = await edgar_client.company("acme")
    await edgar_client.company("ACME")
    assert (company.cik, company.name) == (ACME, "ACME Industries Inc.")
    assert edgar.paths() == ["/files/company_tickers.json"]


async def test_company_when_the_ticker_has_a_dot_then_it_is_the_one_with_a_hyphen(edgar_client: EdgarClient) -> None:
    assert (await edgar_client.company("BRK.B")).cik == 1067983


async def test_company_when_the_ticker_is_unknown_then_it_says_so(edgar_client: EdgarClient) -> None:
    with pytest.raises(FilingNotFound) as raised:
        await edgar_client.company("NOPE")
    assert raised.value.code is FilingCode.UNKNOWN_COMPANY


@pytest.mark.parametrize("user_agent", ["", "no address", "이름 a@example.com", "a@example.com\nX: y"])
async def test_read_when_the_user_agent_is_missing_or_unusable_then_nothing_is_sent_and_the_variable_is_named(
    edgar: Edgar, user_agent: str
) -> None:
    async with client_of(edgar, user_agent) as client:
        with pytest.raises(FilingConfigurationError, match="DAYBOOK_NEWS__SEC_USER_AGENT") as raised:
            await client.company("ACME")
    assert (raised.value.code, edgar.requests) == (FilingCode.USER_AGENT_MISSING, [])


async def test_read_when_sent_then_it_carries_the_user_agent_and_takes_gzip(
    edgar: Edgar, edgar_client: EdgarClient
) -> None:
    await edgar_client.company("ACME")
    headers = edgar.requests[0].headers
    assert (headers["user-agent"], headers["accept-encoding"]) == ("Tester tester@example.com", "gzip")


async def test_read_when_edgar_refuses_the_user_agent_then_it_is_not_tried_again(
    edgar: Edgar, edgar_client: EdgarClient
) -> None:
    edgar.faults.append(Answer(403, UNDECLARED, "text/html"))
    with pytest.raises(FilingConfigurationError) as raised:
        await edgar_client.company("ACME")
    assert (raised.value.code, len(edgar.requests)) == (FilingCode.USER_AGENT_REFUSED, 1)


async def test_read_when_blocked_then_nothing_is_sent_for_ten_minutes(edgar: Edgar) -> None:
    now = [0.0]
    edgar.faults.append(Answer(403, TOO_FAST, "text/html"))
    async with client_of(edgar, clock=lambda: now[0]) as client:
        for moment in (0.0, BLOCK_PAUSE_S - 1):
            now[0] = moment
            with pytest.raises(FilingLimited) as raised:
                await client.company("ACME")
            assert raised.value.code is FilingCode.TOO_FAST
        assert len(edgar.requests) == 1
        now[0] = BLOCK_PAUSE_S + 1
        assert (await client.company("ACME")).cik == ACME


async def test_read_when_more_calls_start_at_once_than_edgar_takes_then_they_are_spread(edgar: Edgar) -> None:
    async with client_of(edgar, calls_per_s=6) as client:
        await asyncio.gather(*(client.company_concept(ACME, "us-gaap", "Assets") for _ in range(12)))
    assert (len(edgar.requests), edgar.blocked) == (12, False)


@pytest.mark.parametrize("fault", [Answer(503), Answer(500), Answer(0)])
async def test_read_when_the_server_fails_twice_then_the_third_answer_counts(
    edgar: Edgar, edgar_client: EdgarClient, fault: Answer
) -> None:
    edgar.faults.extend([fault, fault])
    assert (await edgar_client.company("ACME")).cik == ACME


async def test_read_when_the_server_goes_on_failing_then_it_stops_after_three(
    edgar: Edgar, edgar_client: EdgarClient
) -> None:
    edgar.faults.extend([Answer(503)] * 9)
    with pytest.raises(FilingUnavailable) as raised:
        await edgar_client.company("ACME")
    assert (raised.value.code, len(edgar.requests)) == (FilingCode.SERVER_ERROR, 3)


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"0": {"ticker": "A"}}'])
async def test_read_when_the_answer_is_no_ticker_map_then_it_is_unreadable(
    edgar: Edgar, edgar_client: EdgarClient, content: bytes
) -> None:
    edgar.faults.append(Answer(content=content))
    with pytest.raises(FilingUnreadable):
        await edgar_client.company("ACME")


async def test_filings_when_forms_are_named_then_only_those_come_newest_first_with_their_document(
    edgar: Edgar, edgar_client: EdgarClient
) -> None:
    found = await edgar_client.filings(ACME, forms=["10-K"], count=1)
    assert [(filing.form, filing.filed_on) for filing in found] == [("10-K", date(2025, 2, 11))]
    assert found[0].url == f"{edgar.url}/Archives/edgar/data/{ACME}/000100000125000006/acme-1.htm"
    assert edgar.paths() == [f"/submissions/CIK{ACME:010d}.json"]


async def test_filings_when_the_recent_page_has_too_few_then_older_pages_are_read(edgar_client: EdgarClient) -> None:
    found = await edgar_client.filings(ACME, forms=["10-k"], count=5)
    assert [filing.filed_on.year for filing in found] == [2025, 2024, 2023]


@pytest.mark.parametrize(
    ("as_of", "newest"),
    [
        # accepted 20:31 "Z", which may be New York's clock: known for certain five hours later
        (datetime(2025, 5, 2, 1, 31, tzinfo=UTC), "2025-05-01"),
        (datetime(2025, 5, 2, 1, 30, tzinfo=UTC), "2025-02-11"),
        (datetime(2023, 2, 11, 5, 0, tzinfo=UTC), "2023-02-10"),
    ],
)
async def test_filings_when_asked_as_of_a_moment_then_nothing_later_is_returned(
    edgar_client: EdgarClient, as_of: datetime, newest: str
) -> None:
    assert (await edgar_client.filings(ACME, as_of=as_of))[0].filed_on.isoformat() == newest


async def test_filings_when_before_the_first_was_known_then_there_is_none(edgar_client: EdgarClient) -> None:
    assert await edgar_client.filings(ACME, as_of=datetime(2023, 2, 11, 4, 59, tzinfo=UTC)) == []


async def test_company_facts_when_asked_twice_then_they_are_fetched_once(
    edgar: Edgar, edgar_client: EdgarClient
) -> None:
    facts = await edgar_client.company_facts(ACME)
    assert await edgar_client.company_facts(ACME) is facts
    assert (facts.name, len(edgar.requests)) == ("ACME Industries Inc.", 1)


async def test_company_facts_when_there_are_none_then_not_found(edgar_client: EdgarClient) -> None:
    with pytest.raises(FilingNotFound) as raised:
        await edgar_client.company_facts(7)
    assert raised.value.code is FilingCode.NO_DATA
