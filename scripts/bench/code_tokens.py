"""Count the tokens of one task done by tool calls and by one script: three securities, a week of news, their prices.

    python scripts/bench/code_tokens.py [--models a,b] [--articles 20] [--strict]

The same question, tools, results and answer in every row. Exits with 1 under --strict when a target is missed.
"""

import argparse
import ast
import asyncio
import json
import re
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from report import table
from token_provider import CountingProvider

from daybook.ask.prompt import SYSTEM as ASK_SYSTEM
from daybook.ask.prompt import turn_request
from daybook.code.book import RedactedRunBook
from daybook.code.explainer import RunExplainer
from daybook.code.explanation import SYSTEM as EXPLAIN_SYSTEM
from daybook.code.prompt import SYSTEM as CODE_SYSTEM
from daybook.code.writer import ScriptWriter
from daybook.contracts.ask import AskInput, RoutedQuestion, ToolExchange
from daybook.contracts.base import KST
from daybook.contracts.code import (
    CallRecord,
    CodeOutcome,
    CodeRunInput,
    CodeRunResult,
    ExplainRun,
    ScriptOrigin,
    WriteScript,
    WrittenScript,
)
from daybook.contracts.llm import ModelToolCall, Usage
from daybook.contracts.routing import RouteDecision
from daybook.contracts.tools import ToolReply, ToolStatus
from daybook.llm.catalogue import Catalogue
from daybook.llm.catalogue_entry import ModelEntry
from daybook.llm.completion import CompletionDesk
from daybook.llm.port import CacheMarks, ProviderReply, ProviderRequest
from daybook.llm.pricing import cost_of
from daybook.llm.redaction import Redactor
from daybook.llm.tool_definitions import ToolDefinitions
from daybook.routing.classifier import IntentClassifier
from daybook.routing.router import Router
from daybook.routing.securities import Securities
from daybook.settings import LlmSettings
from daybook.skills.registry import registry
from daybook.storage.database import Database
from daybook.storage.llm_calls import LlmCallStore
from daybook.storage.scripts import ScriptStore

BEGIN = datetime(2026, 11, 23, 10, 0, tzinfo=KST)
MODELS = ("gpt-6.1-terra", "claude-sonnet-5-5", "gemini-3.8-flash")
KRW_PER_USD = 1_400.0
MOST_CALLS_OF_CODE = 2
ROUND_TRIPS = 6
TASK = "삼성전자, SK하이닉스, 현대차의 최근 1주일 뉴스 감성을 수익률, 변동성과 함께 비교해줘"
AGAIN = "Compare the news sentiment of Kakao, NAVER and Kia with their return and volatility over the last 2 weeks"
NAMES = {"005930": "삼성전자", "000660": "SK하이닉스", "005380": "현대차"}
OTHERS = {"035720": "카카오", "035420": "NAVER", "000270": "기아"}
TOOLS = ("search_news", "returns", "volatility")
SCRIPT = """import asyncio

names, symbols = inputs["names"], inputs["symbols"]
sessions = max(1, round(inputs["days"] * 5 / 7))


async def read(name):
    try:
        return await search_news(keyword=name, days=inputs["days"])
    except ToolError as error:
        return error


*news, gains, risks = await asyncio.gather(
    *(read(name) for name in names), returns(symbols=symbols, sessions=sessions), volatility(symbols=symbols)
)
gain = {row["symbol"]: row["total"] for row in gains}
risk = {row["symbol"]: row["annual"] for row in risks}
rows, missing = [], []
for name, symbol, items in zip(names, symbols, news):
    if isinstance(items, ToolError):
        missing.append({"name": name, "reason": items.message})
        continue
    scores = [item["sentiment"] for item in items]
    rows.append({
        "name": name,
        "sentiment": round(sum(scores) / len(scores), 2) if scores else None,
        "articles": len(items),
        "positive": sum(score > 0.1 for score in scores),
        "negative": sum(score < -0.1 for score in scores),
        "return_ratio": gain.get(symbol),
        "volatility_ratio": risk.get(symbol),
    })
rows.sort(key=lambda row: row["sentiment"] if row["sentiment"] is not None else -9, reverse=True)
result = {"days": inputs["days"], "ranking": rows, "missing": missing}
"""
_PASSAGE = (
    "{name}가 고대역폭메모리 수요 회복에 힘입어 3분기 영업이익이 시장 전망치를 웃돌았다고 밝혔다. 증권가는 내년 실적 "
    "전망을 상향하면서도 환율과 미국 관세 정책을 변수로 꼽았다. 외국인은 {n}거래일 연속 순매수했다."
)


def tool_result(tool: str, arguments: dict[str, Any], articles: int) -> Any:
    """Return a tool's result in the shape and size it has in use; the same for the same arguments."""
    dice = Random(json.dumps([tool, arguments], sort_keys=True))
    if tool == "search_news":
        return [
            {
                "title": f"{arguments['keyword']}, 3분기 영업이익 시장 전망 웃돌아… 외국인 {n + 2}거래일 연속 순매수",
                "passage": _PASSAGE.format(name=arguments["keyword"], n=n + 2),
                "publisher": "한국경제",
                "published_at": f"2026-11-{22 - n % 7}T{9 + n % 9:02d}:12+09:00",
                "url": f"https://news.example.co.kr/article/202611{n:02d}{dice.randrange(10**6):06d}",
                "symbols": ["005930"],
                "copies": 1 + n % 3,
                "sentiment": round(dice.uniform(-0.9, 0.9), 2),
            }
            for n in range(articles)
        ]
    if tool == "returns":
        return [
            {"symbol": symbol, "first_day": "2026-11-13", "last_day": "2026-11-20", "close_krw": 71_900, "annual": None,
             "total": round(dice.uniform(-0.1, 0.1), 4), "best_day": 0.021, "worst_day": -0.013, "up_days": 0.6,
             "latest": [0.01, -0.004, 0.008, 0.021, -0.013], "leaps": []}
            for symbol in arguments["symbols"]
        ]  # fmt: skip
    return [
        {"symbol": symbol, "last_day": "2026-11-20", "sessions": 60, "annual": round(dice.uniform(0.2, 0.5), 4),
         "annual_recent": 0.31, "daily": 0.0198, "leaps": []}
        for symbol in arguments["symbols"]
    ]  # fmt: skip


def calls_of(names: dict[str, str]) -> list[ModelToolCall]:
    """Return the five calls both ways make."""
    symbols = list(names)
    wanted: list[tuple[str, dict[str, Any]]] = [
        ("search_news", {"keyword": name, "days": 7}) for name in names.values()
    ]
    wanted += [("returns", {"symbols": symbols, "sessions": 5}), ("volatility", {"symbols": symbols})]
    return [ModelToolCall(id=f"call_{n}", name=tool, arguments=given) for n, (tool, given) in enumerate(wanted, 1)]


async def run_script(inputs: dict[str, Any], articles: int) -> Any:
    """Run this file's own script (and no other) as the sandbox would, with the planned results."""

    def tool(name: str) -> Callable[..., Awaitable[Any]]:
        async def call(**arguments: Any) -> Any:
            return tool_result(name, arguments, articles)

        return call

    space: dict[str, Any] = {name: tool(name) for name in TOOLS}
    space |= {"inputs": inputs, "ToolError": type("ToolError", (Exception,), {})}
    code = compile(SCRIPT, "<script>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    await eval(code, space)
    return space["result"]


def answer_of(result: dict[str, Any]) -> str:
    """Return the sentences every way ends with; every number of it stands in the result."""
    first, last = result["ranking"][0], result["ranking"][-1]
    best = (
        "{name}의 뉴스 감성이 {sentiment}로 가장 높았습니다. 기사 {articles}건 가운데 {positive}건이 긍정, "
        "{negative}건이 부정이었고, 같은 기간 수익률은 {return_ratio}, 연 변동성은 {volatility_ratio}입니다."
    )
    worst = "{name}의 감성이 {sentiment}로 가장 낮고, 수익률은 {return_ratio}, 변동성은 {volatility_ratio}입니다."
    return f"{best.format(**first)} {worst.format(**last)}"


@dataclass
class Way:
    """What one way of doing the task used."""

    name: str
    usages: list[Usage]
    micro_krw: int

    def total(self, field: str) -> int:
        """Return the sum of a field of the usages."""
        return sum(getattr(usage, field) for usage in self.usages)

    def row(self, base: "Way") -> tuple[str, ...]:
        """Return the line of the table."""
        tokens, of_base = (way.total("input_tokens") + way.total("output_tokens") for way in (self, base))
        return (
            self.name,
            f"{len(self.usages)}",
            f"{self.total('input_tokens'):,}",
            f"{self.total('cached_tokens'):,}",
            f"{self.total('output_tokens'):,}",
            f"{1 - tokens / of_base:.1%}",
            f"{self.micro_krw / 1_000_000:.2f}",
            f"{1 - self.micro_krw / base.micro_krw:.1%}",
        )


def by_tool_calls(
    name: str, entry: ModelEntry, offered: Sequence[str], answer: str, articles: int, *, in_parallel: bool
) -> Way:
    """Do the task with tool calls: everything a tool gave goes through the model, in every later turn again."""
    definitions = ToolDefinitions(registry().tools)
    schemas = definitions.of(offered).schemas
    calls = calls_of(NAMES)
    batches = [calls] if in_parallel else [[call] for call in calls]
    script = iter([*(ProviderReply(tool_calls=tuple(batch)) for batch in batches), ProviderReply(text=answer)])
    provider = CountingProvider(entry, lambda _: next(script))
    marks = CacheMarks(key="task", mark_tools=True, mark_system=True, ttl=_ttl(entry))
    route = RouteDecision(intent="news_analysis", confidence=1, path="model", tools=tuple(offered))
    asked = AskInput(run_id="bench", question=TASK, asked_at=BEGIN)
    exchanges: list[ToolExchange] = []
    for turn in range(len(batches) + 1):
        provider.now_s = 6.0 * turn
        wanted = turn_request(asked, RoutedQuestion(route=route), exchanges, final=False)
        request = ProviderRequest(
            model=entry.wire_name,
            messages=wanted.messages,
            system=wanted.system,
            tools=schemas,
            max_output_tokens=wanted.max_output_tokens,
            cache=marks,
        )
        reply = provider.count(request)
        exchanges += [_exchange(call, articles) for call in reply.tool_calls]
    cost = sum(_micro_krw(usage, entry) for usage in provider.usages)
    return Way(name, provider.usages, cost)


def _exchange(call: ModelToolCall, articles: int) -> ToolExchange:
    value = tool_result(call.name, dict(call.arguments), articles)
    return ToolExchange(call=call, reply=ToolReply(tool=call.name, status=ToolStatus.OK, value=value))


def _ttl(entry: ModelEntry) -> str:
    return entry.cache.default_ttl if entry.cache.kind in {"marked", "automatic"} else ""


def _micro_krw(usage: Usage, entry: ModelEntry) -> int:
    return cost_of(usage, entry, day=BEGIN.date(), krw_per_usd=KRW_PER_USD, ttl=_ttl(entry)).micro_krw


class CodeWay:
    """The desk's writer and explainer on a counting provider and a real ledger."""

    def __init__(self, entry: ModelEntry, folder: Path, articles: int) -> None:
        self.database = Database(f"sqlite:///{folder / f'{entry.name}.db'}")
        self.database.upgrade()
        self._articles = articles
        self._answer = ""
        self._now_s = 0.0
        self.provider = CountingProvider(entry, self._say)
        self.calls = LlmCallStore(self.database)
        desk = CompletionDesk(
            {self.provider.name: self.provider},
            Catalogue.shipped(),
            registry().tools,
            self.calls,
            LlmSettings(daily_budget_krw=10**9, monthly_budget_krw=10**9, krw_per_usd=KRW_PER_USD),
            lambda: (BEGIN + timedelta(seconds=self._now_s)).astimezone(UTC),
            monotonic_s=lambda: self._now_s,
        )
        securities = Securities.shipped()
        self.router = Router(
            IntentClassifier.shipped(), securities, registry(), [entry], system=ASK_SYSTEM, today=BEGIN.date
        )
        self.scripts = ScriptStore(self.database)
        self._writer = ScriptWriter(self.router, registry(), desk, self.scripts, securities)
        book = RedactedRunBook(self.database, Redactor().redact)
        self._explainer = RunExplainer(desk, book, registry().tools, securities)
        self._entry = entry

    def _say(self, request: ProviderRequest) -> ProviderReply:
        if request.system.startswith(EXPLAIN_SYSTEM[:40]):
            return ProviderReply(text=self._answer)
        if not request.system.startswith(CODE_SYSTEM[:40]) or request.tools:
            raise SystemExit("the writer asked in an unknown way")
        return ProviderReply(text=f"```python\n{SCRIPT}```")

    async def do(self, name: str, task: str, run_id: str) -> tuple[Way, WrittenScript, CodeRunResult]:
        """Do the task; the script itself costs no token."""
        before = len(self.provider.usages)
        run = CodeRunInput(run_id=run_id, task=task, model=self._entry.name, asked_at=BEGIN)
        script = await self._writer.write(WriteScript(run=run))
        if script.problems:
            raise SystemExit(f"the gate refuses the script: {script.problems}")
        result = await run_script(script.inputs, self._articles)
        self._answer = answer_of(result)
        self._now_s += 10
        self.provider.now_s = self._now_s
        call = CallRecord(number=1, tool="search_news", arguments={}, status=ToolStatus.OK, is_untrusted=True)
        ended = await self._explainer.explain(
            ExplainRun(
                run=run,
                script=script,
                outcome=CodeOutcome.DONE,
                result=result,
                calls=(call,),
                completions=(script.completion,) if script.completion else (),
                ended_at=BEGIN,
            )
        )
        usages = self.provider.usages[before:]
        if sum(usage.input_tokens for usage in usages) != ended.input_tokens:
            raise SystemExit("the run does not say what the provider reported")
        return Way(name, usages, ended.cost_micro_krw), script, ended


async def ways_of(entry: ModelEntry, folder: Path, articles: int) -> tuple[list[Way], list[str]]:
    """Return all ways, the common one first, and what is wrong with them."""
    code = CodeWay(entry, folder, articles)
    routed = tuple(dict.fromkeys([*(await code.router.route(TASK, "bench")).tools, *TOOLS]))
    result = await run_script({"symbols": list(NAMES), "names": list(NAMES.values()), "days": 7}, articles)
    answer, every = answer_of(result), registry().tools.names
    steps = f"{ROUND_TRIPS} round trips"
    ways = [
        by_tool_calls(f"(a) {steps}, all tools", entry, every, answer, articles, in_parallel=False),
        by_tool_calls(f"(b) {steps}, routed tools", entry, routed, answer, articles, in_parallel=False),
        by_tool_calls("(c) calls in parallel, routed tools", entry, routed, answer, articles, in_parallel=True),
    ]
    written, script, ended = await code.do("(d) one script, first time", TASK, "c-1")
    stored = code.scripts.get(script.script_id)
    code.scripts.approve(stored.script_id, stored.stub_digest, "bench")
    reused, again, _ = await code.do("(e) the same script, other securities", AGAIN, "c-2")
    faults = []
    if len(ways[0].usages) != ROUND_TRIPS or len(written.usages) > MOST_CALLS_OF_CODE:
        faults.append(f"{len(ways[0].usages)} and {len(written.usages)} model calls")
    if reused.usages or again.origin is not ScriptOrigin.STORE or list(again.inputs["symbols"]) != list(OTHERS):
        faults.append("the approved script was not used again for other securities")
    if ended.explained_by == "template":
        faults.append(f"the explanation was not used: {ended.message}")
    code.database.close()
    return [*ways, written, reused], faults


def main() -> int:
    """Count, print, compare."""
    parser = argparse.ArgumentParser(description="Count the tokens of one task by tool calls and by one script.")
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--articles", type=int, default=20, help="articles a search gives")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a target is missed")
    options = parser.parse_args()
    catalogue = Catalogue.shipped()
    print(_assumptions(options.articles))
    missed: list[str] = []
    head = ("way", "model calls", "tokens in", "cached", "out", "fewer tokens", "KRW", "less")
    with tempfile.TemporaryDirectory() as folder:
        for name in options.models.split(","):
            entry = catalogue.usable(name, BEGIN.date())
            ways, faults = asyncio.run(ways_of(entry, Path(folder), options.articles))
            print(f"\n{entry.name} ({entry.provider.value})\n\n{table(head, [way.row(ways[0]) for way in ways])}")
            missed += [f"{entry.name}: {fault}" for fault in faults]
    print("\n" + ("; ".join(missed) or f"targets reached: at most {MOST_CALLS_OF_CODE} model calls, 0 when reused"))
    return 1 if options.strict and missed else 0


def _assumptions(articles: int) -> str:
    lines = len(re.findall(r"\n", SCRIPT))
    return f"""\
Task: {TASK}
Again: {AGAIN}
Assumptions
- both ways make the same five calls: search_news for each of three names ({articles} articles of about 150 characters
  each), returns and volatility of the three; both end with the same answer.
- (a) and (b): a model that calls one tool a turn, so {ROUND_TRIPS} model calls; each result stays in the conversation,
  cut at 6,000 characters as the desk's prompt does. (c): one that asks for all five at once, so 2 model calls.
- (a) offers all {len(registry().tools)} tools, (b) and (c) those the router chooses and the ones needed. Tools and
  system text are marked for the provider's cache; OpenAI and Claude cache nothing below their minimum.
- (d): the desk's own writer and explainer, gate, ledger and request builders; the scripted model writes a script of
  {lines} lines that passes the gate at once, and explains the result. A repair would add one call of about that size.
- (e): approved by a person, asked for three other securities, in another language, with another period.
- no thinking tokens in any row. o200k by vocabulary for OpenAI; Claude and Gemini by measured coefficients.
- prices of the catalogue for {BEGIN.date()}, {KRW_PER_USD:,.0f} won a dollar; what providers add unseen is left out."""


if __name__ == "__main__":
    sys.exit(main())
