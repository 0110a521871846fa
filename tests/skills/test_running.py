import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from daybook.contracts.tools import LARGEST_REPLY_BYTES, ToolReply, ToolRequest, ToolStatus
from daybook.skills.context import NotConfigured
from daybook.skills.running import LARGEST_ARGUMENTS_BYTES, Providers, run_tool
from tests.skills.sample import NOW, Archive, archive, article, request, sample


async def run(asked: ToolRequest, providers: Providers | None = None, tool: str = "") -> ToolReply:
    return await run_tool(sample.spec(tool or asked.tool), asked, providers or {}, clock=lambda: NOW)


async def test_run_when_all_is_well_then_value_and_sources_come_with_the_trust_of_the_tool() -> None:
    store = archive(article())
    reply = await run(request("find_articles", keyword="삼성전자"), {Archive: store})
    assert reply.status is ToolStatus.OK
    assert reply.value == [{"title": "실적 발표", "published_at": "2026-03-05T10:00:00+09:00", "score": None}]
    assert ([source.name for source in reply.sources], reply.is_untrusted, reply.message) == (["archive"], True, "")
    assert store.asked == [("삼성전자", 7)]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({}, "keyword is missing"),
        ({"keyword": ""}, "keyword: String should have at least 1 character"),
        ({"keyword": "x", "days": 31}, "days: Input should be less than or equal to 30"),
        ({"keyword": "x", "days": "many"}, "days: Input should be a valid integer"),
        ({"keyword": "x", "weeks": 1}, "weeks is not an argument of this tool"),
        ({"keyword": "x", "archive": "mine"}, "archive is not an argument of this tool"),
        ({"keyword": "x", "context": {}}, "context is not an argument of this tool"),
        ({"keyword": ["x"]}, "keyword: Input should be a valid string"),
        ({"keyword": "x" * LARGEST_ARGUMENTS_BYTES}, "the arguments are larger than 16,000 bytes"),
    ],
)
async def test_run_when_arguments_are_wrong_then_one_line_has_signature_and_argument(
    arguments: dict[str, Any], complaint: str
) -> None:
    store = archive(article())
    reply = await run(request("find_articles", **arguments), {Archive: store})
    assert reply.status is ToolStatus.BAD_ARGUMENTS
    assert reply.message.startswith("find_articles(keyword: str, days: int = 7) -> list[Article]: ")
    assert complaint in reply.message
    assert "\n" not in reply.message
    assert store.asked == []


async def test_run_when_numbers_come_as_text_then_they_are_understood() -> None:
    store = archive(article())
    await run(request("find_articles", keyword="x", days="3"), {Archive: store})
    assert store.asked == [("x", 3)]


async def test_run_when_the_request_is_for_another_tool_then_it_is_unknown() -> None:
    assert (await run(request("echo", value=1), tool="lie")).status is ToolStatus.UNKNOWN_TOOL


async def test_run_when_nothing_is_provided_then_the_reply_says_what_is_missing() -> None:
    reply = await run(request("find_articles", keyword="x"))
    assert reply.status is ToolStatus.UNAVAILABLE
    assert "needs Archive (Articles of days past)" in reply.message
    assert "pipeline worker" in reply.message


async def test_run_when_the_provider_is_not_configured_then_the_reply_says_how() -> None:
    reply = await run(request("find_articles", keyword="x"), {Archive: NotConfigured("set DAYBOOK_NEWS__X")})
    assert reply.status is ToolStatus.UNAVAILABLE
    assert reply.message == "find_articles is not available: set DAYBOOK_NEWS__X"


async def test_run_when_the_tool_finds_nothing_then_its_line_is_the_message() -> None:
    reply = await run(request("find_articles", keyword="x"), {Archive: archive()})
    assert (reply.status, reply.message, reply.value) == (ToolStatus.NO_DATA, "no article about x", None)


@pytest.mark.parametrize("tool", ["sleep_long", "block_long"])
async def test_run_when_time_is_up_then_it_is_unavailable(tool: str) -> None:
    reply = await run(request(tool))
    assert reply.status is ToolStatus.UNAVAILABLE
    assert "gave no answer within 0.05 s" in reply.message


async def test_run_when_the_tool_itself_times_out_on_something_then_it_has_failed() -> None:
    assert (await run(request("time_out_itself"))).message.startswith("time_out_itself failed (INTERNAL:TimeoutError)")


async def test_run_when_the_tool_breaks_down_then_the_caller_gets_a_code_and_the_log_the_rest(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR, "daybook.skills"):
        reply = await run(request("break_down", secret="hunter2"))
    assert (reply.status, reply.value) == (ToolStatus.FAILED, None)
    assert reply.message == "break_down failed (INTERNAL:RuntimeError); the pipeline worker's log has the reason"
    assert "hunter2" not in reply.model_dump_json()
    assert caplog.records[0].exc_info is not None
    assert "run r-1, call 3" in caplog.text


async def test_run_when_the_value_is_not_what_was_declared_then_it_has_failed() -> None:
    assert (await run(request("lie"))).status is ToolStatus.FAILED


async def test_run_when_numbers_are_not_finite_then_they_are_null() -> None:
    assert (await run(request("numbers"))).value == [1.5, None, None, None]


async def test_run_when_the_value_is_too_large_then_it_is_refused_whole() -> None:
    reply = await run(request("find_articles", keyword="x"), {Archive: archive(*[article("가" * 100)] * 300)})
    assert (reply.status, reply.value, reply.sources) == (ToolStatus.TOO_LARGE, None, ())
    assert f"{LARGEST_REPLY_BYTES:,}" in reply.message


async def test_run_when_the_value_fits_just_then_the_reply_keeps_its_limit() -> None:
    reply = await run(request("find_articles", keyword="x"), {Archive: archive(*[article("가" * 100)] * 150)})
    assert reply.status is ToolStatus.OK
    assert len(ToolReply(tool="x", status=reply.status, value=reply.value).model_dump_json()) <= LARGEST_REPLY_BYTES
    assert len(reply.sources) == 50


async def test_run_when_the_present_is_asked_then_the_context_has_the_clock() -> None:
    reply = await run(request("tell_context"))
    assert reply.value == {"run_id": "r-1", "number": 3, "as_of": None, "now": NOW.isoformat()}


async def test_run_when_at_a_point_in_time_then_the_context_stands_there() -> None:
    past = datetime(2025, 1, 2, tzinfo=UTC)
    value = (await run(request("tell_context", as_of=past))).value
    assert value == {"run_id": "r-1", "number": 3, "as_of": past.isoformat(), "now": past.isoformat()}


async def test_run_when_a_tool_without_context_is_asked_of_the_past_then_it_is_refused() -> None:
    reply = await run(request("echo", value=1, as_of=NOW))
    assert (reply.status, "knows the present only" in reply.message) == (ToolStatus.REFUSED, True)


async def test_run_when_a_source_is_from_after_the_point_in_time_then_nothing_of_it_comes_back() -> None:
    past = NOW - timedelta(days=2)
    reply = await run(request("find_articles", keyword="x", as_of=past), {Archive: archive(article("미래 급등"))})
    assert (reply.status, reply.value, reply.sources) == (ToolStatus.REFUSED, None, ())
    assert "미래" not in reply.message


async def test_run_when_the_caller_gives_up_then_the_tool_is_cancelled_too() -> None:
    task = asyncio.create_task(run_tool(sample.spec("sleep_long"), request("sleep_long"), {}))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
