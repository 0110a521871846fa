"""Whole runs with the real jail: scripts as a model would write them, on tools of the test's own."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from temporalio.client import Client

from activities.sandbox import SandboxActivities
from daybook.contracts.calls import ADVANCE_SCRIPT, RECORD_INTENT, WRITE_SCRIPT
from daybook.contracts.code import AdvancedScript, CodeOutcome, CodeReason, ScriptOrigin, ScriptTool, WrittenScript
from daybook.contracts.tools import ToolReply, ToolRequest, ToolStatus, tool_call
from sandbox.engine import JailEngine
from tests.workflows.scripted_layers import TOOLS, ScriptedLayers, eventually
from tests.workflows.scripted_scripts import execute, script_layers, written

QUOTE, NEWS = (tool_call(TOOLS[name]) for name in ("quote", "search_news"))
STUBS = (
    ScriptTool(name="quote", parameters=("symbol",), required=("symbol",), signature="quote(symbol: str) -> Quote"),
    ScriptTool(
        name="search_news",
        parameters=("keyword", "days"),
        required=("keyword",),
        signature="search_news(keyword: str, days: int = 7) -> list[NewsItem]",
    ),
    ScriptTool(name="prepare_order", parameters=("symbol",), required=("symbol",), signature="prepare_order(symbol)"),
)


@pytest.fixture(scope="module")
def jail() -> Iterator[JailEngine]:
    with JailEngine(idle_children=2) as engine:
        report = engine.probe()
        if not report.runs_code:
            pytest.skip(report.refusal)
        yield engine


def script(code: str, **changes: Any) -> WrittenScript:
    return written(code, **{"tools": STUBS, **changes})


@pytest.fixture
def run_on(jail: JailEngine, layers: ScriptedLayers) -> Any:
    """Script the layers for these scripts, one after the other, with the real jail as sandbox."""
    room = SandboxActivities(jail)

    async def advance(request: Any) -> AdvancedScript:
        return await asyncio.to_thread(room.advance_script, request)

    def prepare(*scripts: WrittenScript) -> None:
        script_layers(layers, advance, *scripts)
        layers.script(QUOTE, _quoted)
        layers.script(NEWS, _news)

    return prepare


def _quoted(request: ToolRequest) -> ToolReply:
    symbol = str(request.arguments["symbol"])
    if symbol == "999999":
        return ToolReply(tool="quote", status=ToolStatus.NO_DATA, message="no such symbol")
    return ToolReply(tool="quote", status=ToolStatus.OK, value={"symbol": symbol, "price_krw": int(symbol) // 7})


def _news(request: ToolRequest) -> ToolReply:
    keyword = str(request.arguments["keyword"])
    items = [{"title": f"{keyword} {word}", "sentiment": score} for word, score in (("급등", 0.6), ("하락", -0.2))]
    return ToolReply(tool="search_news", status=ToolStatus.OK, value=items, is_untrusted=True)


SENTIMENT = """
import pandas as pd

names = {"005930": "삼성전자", "000660": "SK하이닉스", "035420": "NAVER"}
found = await gather(*(search_news(keyword=name, days=7) for name in names.values()))
quotes = await gather(*(quote(symbol) for symbol in names))
rows = [
    {"symbol": symbol, "sentiment": item["sentiment"], "price_krw": price["price_krw"]}
    for symbol, items, price in zip(names, found, quotes)
    for item in items
]
table = pd.DataFrame(rows).groupby("symbol", sort=False)["sentiment"].mean().round(3)
print(f"{len(rows)} rows")
result = {"mean": table.to_dict(), "prices": {each["symbol"]: each["price_krw"] for each in quotes}}
"""


async def test_script_when_it_asks_for_three_tickers_then_six_calls_take_three_turns(
    control: Client, layers: ScriptedLayers, run_on: Any
) -> None:
    run_on(script(SENTIMENT))
    result = await execute(control)
    assert (result.outcome, result.reason, result.message) == (CodeOutcome.DONE, None, "")
    assert isinstance(result.result, dict)
    assert result.result["mean"] == {"005930": 0.2, "000660": 0.2, "035420": 0.2}
    assert (len(result.calls), result.turns, result.stdout) == (6, 3, "6 rows\n")
    assert result.tier > 0
    assert [record.tool for record in result.calls] == ["search_news"] * 3 + ["quote"] * 3
    assert layers.requests(NEWS)[0].arguments["days"] == 7


async def test_script_when_it_catches_a_tools_error_then_it_goes_on_and_the_error_names_the_signature(
    control: Client, run_on: Any
) -> None:
    code = """
texts = []
for symbol in ("999999", "005930"):
    try:
        await quote(symbol)
    except ToolError as error:
        texts.append(str(error))
try:
    await quote(name="005930")
except ToolError as error:
    texts.append(error.code)
result = texts
"""
    run_on(script(code))
    result = await execute(control)
    assert isinstance(result.result, list)
    no_data, bad = result.result
    assert "no such symbol" in str(no_data)
    assert str(no_data).count("quote(symbol: str) -> Quote") == 1
    assert (bad, len(result.calls)) == ("bad_arguments", 2)


async def test_script_when_it_fails_then_the_repair_is_told_where_and_made_calls_are_answered_from_the_log(
    control: Client, layers: ScriptedLayers, run_on: Any
) -> None:
    broken = 'price = await quote("005930")\nresult = price["price"]'
    mended = 'price = await quote("005930")\nresult = price["price_krw"]'
    run_on(script(broken), script(mended))
    result = await execute(control)
    problem = layers.requests(WRITE_SCRIPT)[1].problem
    assert (problem.reason, problem.line) == (CodeReason.SCRIPT_ERROR, 2)
    assert "KeyError" in problem.message
    assert (result.result, layers.count(QUOTE), result.repairs) == (847, 1, 1)


@pytest.mark.parametrize(
    ("code", "reason", "limits"),
    [
        ("def (", CodeReason.SYNTAX_ERROR, {}),
        ("while True: pass", CodeReason.TIMEOUT, {"wall_s": 1}),
        ("result = 'x' * 300_000", CodeReason.RESULT_TOO_LARGE, {"result_bytes": 100_000}),
        ("result = await submit_order('005930')", CodeReason.UNKNOWN_TOOL, {}),
        ("result = await prepare_order('005930')", CodeReason.UNKNOWN_TOOL, {}),
        ("result = await quote(1, 2, 3)", CodeReason.BAD_ARGUMENTS, {}),
        ("result = object()", CodeReason.BAD_RESULT, {}),
        ("open('/etc/passwd')", CodeReason.SCRIPT_ERROR, {}),
        ("for n in range(9):\n    await quote(str(n))", CodeReason.TOO_MANY_CALLS, {"calls": 4}),
        ("n = [0] * 10**9", CodeReason.MEMORY_LIMIT, {"memory_mb": 128}),
    ],
)
async def test_script_when_it_is_bad_then_there_is_one_clear_outcome(
    control: Client, run_on: Any, code: str, reason: CodeReason, limits: dict[str, Any]
) -> None:
    run_on(script(code, origin=ScriptOrigin.GIVEN))
    result = await execute(control, limits=limits)
    assert (result.outcome, result.reason) == (CodeOutcome.FAILED, reason)
    assert result.message


async def test_script_when_its_clock_and_dice_decide_then_every_turn_decides_the_same(
    control: Client, run_on: Any
) -> None:
    code = """
import random, time, datetime
picks = [random.randint(1, 999999), int(time.time()) % 1000, datetime.datetime.now().hour]
first = await quote(f"{picks[0]:06d}")
second = await quote(f"{random.randint(1, 999999):06d}")
result = [picks, first["symbol"], second["symbol"], datetime.datetime.now().isoformat()]
"""
    run_on(script(code))
    result = await execute(control)
    assert (result.outcome, result.message) == (CodeOutcome.DONE, "")
    assert isinstance(result.result, list)
    assert str(result.result[3]).startswith("2026-03-06T10:00:00")


async def test_script_when_it_proposes_an_order_then_a_ticket_is_opened(
    control: Client, layers: ScriptedLayers, run_on: Any
) -> None:
    code = """
price = await quote("005930")
intent = {"symbol": "005930", "side": "buy", "shares": 3, "limit_price_krw": price["price_krw"], "rationale": "low"}
result = {"intents": [intent]}
"""
    run_on(script(code))
    result = await execute(control)
    assert result.tickets == (f"code-{result.run_id}-1",)
    recorded = await eventually(lambda: layers.requests(RECORD_INTENT))
    assert (recorded[0].shares, recorded[0].limit_price_krw) == (3, 847)


async def test_script_when_its_jail_is_killed_in_the_middle_of_a_turn_then_the_turn_is_run_again(
    control: Client, layers: ScriptedLayers, jail: JailEngine, run_on: Any
) -> None:
    run_on(script('result = [sum(range(30_000_000)), await quote("005930")]'))
    running = asyncio.create_task(execute(control))
    await eventually(lambda: layers.count(ADVANCE_SCRIPT))
    await asyncio.sleep(0.15)
    server = jail._server
    assert server is not None
    server._process.kill()
    result = await running
    assert (result.outcome, result.reason, layers.count(QUOTE)) == (CodeOutcome.DONE, None, 1)
