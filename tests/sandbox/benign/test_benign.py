"""Ordinary analysis scripts run unchanged in every tier: a jail that breaks them is not worth its walls."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from sandbox.engine import JailEngine
from sandbox.local_run import run_to_end
from sandbox.model import AdvanceRequest, JournalEntry, Limits, PendingCall, Status, ToolSignature
from tests.sandbox.support import NOW, entry

SCRIPTS = Path(__file__).with_name("scripts.py.txt").read_text()
TOOLS = (
    ToolSignature("search_news", ("keyword", "days"), ("keyword",)),
    ToolSignature("score_text", ("text",), ("text",)),
    ToolSignature("price_bars", ("symbol",), ("symbol",), "async def price_bars(symbol: str) -> list[Bar]"),
)
TITLES = {"005930": ["record profit", "supply fears", "new orders"], "000660": ["a rise"] * 2, "035420": ["fears"]}
SCORES = {"fears": -1}
CLOSES = (100, 102, 98, 103, 103, 105, 104, 108)


def cases() -> list[Any]:
    parts = re.split(r"^#: ", SCRIPTS, flags=re.MULTILINE)[1:]
    found = []
    for part in parts:
        name, _, rest = part.partition("\n")
        code, _, expected = rest.partition("\n#= ")
        found.append(pytest.param(code, json.loads(expected), id=name))
    return found


def answer(call: PendingCall) -> JournalEntry:
    match call.name:
        case "search_news":
            return entry(call, [{"title": title} for title in TITLES[call.arguments["keyword"]]])
        case "score_text":
            return entry(call, -1 if "fears" in call.arguments["text"] else 1)
    if call.arguments["symbol"] == "999999":
        return entry(call, error=("no_data", "there are no bars"))
    factor = {"005930": 0, "000660": 1000, "035420": -50}[call.arguments["symbol"]]
    return entry(
        call, [{"day": f"2026-03-{day:02d}", "close": close + factor} for day, close in enumerate(CLOSES, start=2)]
    )


@pytest.mark.parametrize(("code", "expected"), cases())
def test_script_when_it_is_an_ordinary_one_then_it_runs_unchanged(
    any_engine: JailEngine, code: str, expected: Any
) -> None:
    request = AdvanceRequest(code=code, now=NOW, tools=TOOLS, limits=Limits(wall_s=10))
    run = run_to_end(any_engine, request, answer)
    assert run.last.status is Status.DONE, run.last
    assert run.last.result == expected
