"""Replay a day of requests and count what its model calls cost: all tools always, against the desk's own way.

    python scripts/bench/tokens.py [--requests 1000] [--hours 12] [--seed 20261123] [--models a,b]

The same questions, tool results, answers and models in every row. With ``--strict`` it exits with 1 when a target is
missed.
"""

import argparse
import asyncio
import os
import platform
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[2]))

from report import table
from token_day import INTENT_SHARES, KOREAN_SHARE, ORDER, PLAIN_SHARES, Asked, requests_of_a_day
from token_provider import CountingProvider
from token_results import arguments_for, result_of

from daybook.ask.prompt import SYSTEM, turn_request
from daybook.contracts.ask import MOST_TURNS, AskInput, RoutedQuestion, ToolExchange
from daybook.contracts.base import KST
from daybook.contracts.llm import CompletionRequest, ModelToolCall, Usage
from daybook.contracts.routing import AnswerPath, Intent, RouteDecision
from daybook.contracts.tools import ToolReply, ToolStatus
from daybook.llm.catalogue import Catalogue
from daybook.llm.catalogue_entry import ModelEntry
from daybook.llm.completion import CompletionDesk
from daybook.llm.port import CacheMarks, ProviderReply, ProviderRequest, ToolSchema
from daybook.llm.pricing import Cost, cost_of
from daybook.llm.tool_definitions import ToolDefinitions
from daybook.routing.classifier import IntentClassifier
from daybook.routing.router import Router
from daybook.routing.securities import Securities
from daybook.settings import LlmSettings
from daybook.skills.registry import registry
from daybook.storage.database import Database
from daybook.storage.llm_calls import LlmCallStore

BEGIN = datetime(2026, 11, 23, 8, 0, tzinfo=KST)
MODELS = ("gpt-6.1-terra", "claude-sonnet-5-5", "gemini-3.8-flash")
KRW_PER_USD = 1_400.0
SECONDS_A_CALL = 6.0
ANSWER = (
    "삼성전자의 최근 주가는 외국인 순매수와 실적 개선 기대에 힘입어 오름세를 보였습니다. "
    "3분기 영업이익은 시장 전망을 웃돌았고, 고대역폭메모리 출하가 늘면서 이익률이 높아졌습니다. "
    "다만 환율 변동과 미국의 관세 정책은 부담입니다. 현재가는 71,900원으로 전일보다 1.2% 올랐으며, "
    "주가수익비율은 14.3배로 업종 평균보다 낮습니다. 자료: KIS, 한국경제."
)
SHORT_ANSWER = "안녕하세요. 궁금한 종목이나 시장 상황을 물어보시면 알려 드리겠습니다."
TOLD = "only these may be called now: "
"""How the last message begins its list of allowed tools where the provider cannot mask; the scripted model obeys."""
FEWER_TOKENS, LESS_MONEY = 0.90, 0.85
DEFINITIONS = ToolDefinitions(registry().tools)


@dataclass
class Tally:
    """What one way of doing the day used."""

    usages: list[Usage] = field(default_factory=list)
    billed_input: float = 0.0
    billed_all: float = 0.0
    micro_usd: int = 0

    def add(self, usage: Usage, entry: ModelEntry, ttl: str) -> None:
        """Count one call in."""
        cost = _cost(usage, entry, ttl)
        self.usages.append(usage)
        self.micro_usd += cost.micro_usd
        self.billed_all += cost.billed_equivalent_tokens
        self.billed_input += _cost(usage.model_copy(update={"output_tokens": 0}), entry, ttl).billed_equivalent_tokens

    def total(self, name: str) -> int:
        """Return the sum of a field of the usages."""
        return sum(getattr(usage, name) for usage in self.usages)


def _cost(usage: Usage, entry: ModelEntry, ttl: str) -> Cost:
    return cost_of(usage, entry, day=BEGIN.date(), krw_per_usd=KRW_PER_USD, ttl=ttl)


class Conversation:
    """The scripted model of one request: it calls what the request needs, then answers."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.has_called = not asked.needs
        self.missed = False

    def say(self, request: ProviderRequest) -> ProviderReply:
        """Call the needed tools that are offered, or as many others; answer on the second turn."""
        offered = [tool.name for tool in request.tools]
        if request.allowed_tools is not None:
            offered = [name for name in offered if name in request.allowed_tools]
        elif TOLD in request.messages[-1].text:
            offered = request.messages[-1].text.partition(TOLD)[2].rstrip(".").split(", ")
        if self.has_called or not offered:
            self.missed |= not self.has_called
            self.has_called = True
            is_short = self.asked.is_plain and (not self.asked.needs or ORDER in self.asked.needs)
            return ProviderReply(text=SHORT_ANSWER if is_short else ANSWER)
        self.has_called = True
        needed = [name for name in self.asked.needs if name in offered]
        self.missed |= len(needed) < len(self.asked.needs)
        names = (needed + [name for name in offered if name not in needed])[: len(self.asked.needs)]
        calls = (ModelToolCall(id=f"call_{n}", name=name, arguments=_arguments(name)) for n, name in enumerate(names))
        return ProviderReply(tool_calls=tuple(calls))


@cache
def _arguments(tool: str) -> dict[str, object]:
    return arguments_for(dict(registry().get(tool).parameters))


def exchanges_for(calls: Sequence[ModelToolCall], asked: Asked, *, keeps_trust: bool) -> list[ToolExchange]:
    """Return the calls with results; the same ones in every row. ``keeps_trust``: mark what is from outside."""
    return [
        ToolExchange(
            call=call,
            reply=ToolReply(
                tool=call.name,
                status=ToolStatus.OK,
                value=result_of(call.name, Random(1_000 * asked.number + place)),
                is_untrusted=keeps_trust and registry().get(call.name).is_untrusted,
            ),
        )
        for place, call in enumerate(calls)
    ]


def ask_input(asked: Asked) -> AskInput:
    """Return the request as the workflow gets it."""
    at = BEGIN + timedelta(seconds=asked.at_s)
    return AskInput(run_id=f"bench-{asked.number}", question=asked.text, asked_at=at)


def all_tools(day: Sequence[Asked], entry: ModelEntry, schemas: tuple[ToolSchema, ...], *, is_caching: bool) -> Tally:
    """Do the day with every tool in every call; caching marks tools and system text, for the default lifetime."""
    tally, moment = Tally(), [0.0]
    talks: dict[str, Conversation] = {}
    provider = CountingProvider(entry, lambda request: talks["now"].say(request), is_caching=is_caching)
    ttl = entry.cache.default_ttl if entry.cache.kind in {"marked", "automatic"} and is_caching else ""
    marks = CacheMarks(key="all", mark_tools=True, mark_system=True, ttl=ttl) if is_caching else CacheMarks()
    for asked in day:
        talks["now"] = Conversation(asked)
        route = RouteDecision(
            intent=Intent(asked.intent), confidence=1, path=AnswerPath.MODEL, tools=("any",), language=asked.language
        )
        exchanges: list[ToolExchange] = []
        for turn in range(MOST_TURNS):
            moment[0] = max(moment[0], asked.at_s + SECONDS_A_CALL * turn)
            provider.now_s = moment[0]
            wanted = turn_request(ask_input(asked), RoutedQuestion(route=route), exchanges, final=False)
            reply = provider.count(_provider_request(wanted, entry, schemas, marks))
            tally.add(reply.usage, entry, ttl)
            if not reply.tool_calls:
                break
            exchanges += exchanges_for(reply.tool_calls, asked, keeps_trust=False)
    return tally


def _provider_request(
    wanted: CompletionRequest, entry: ModelEntry, schemas: tuple[ToolSchema, ...], marks: CacheMarks
) -> ProviderRequest:
    return ProviderRequest(
        model=entry.wire_name,
        messages=wanted.messages,
        system=wanted.system,
        tools=schemas,
        max_output_tokens=wanted.max_output_tokens,
        cache=marks,
    )


@dataclass
class Ours:
    """The desk's day: what it used, the paths it took, the plans it made."""

    tally: Tally
    paths: Counter[str]
    plans: Counter[str]
    missed: int
    fallbacks: int


async def ours(day: Sequence[Asked], routes: Sequence[RouteDecision], entry: ModelEntry, folder: Path) -> Ours:
    """Do the day as the Ask workflow does: zero-token paths, routed tools, planned prefixes, the real ledger."""
    moment = [0.0]
    talks: dict[str, Conversation] = {}
    provider = CountingProvider(entry, lambda request: talks["now"].say(request))
    paths: Counter[str] = Counter()
    missed = fallbacks = 0
    with Database(f"sqlite:///{folder / f'{entry.name}.db'}") as database:
        database.upgrade()
        store = LlmCallStore(database)
        desk = CompletionDesk(
            {provider.name: provider},
            Catalogue.shipped(),
            registry().tools,
            store,
            LlmSettings(daily_budget_krw=10**9, monthly_budget_krw=10**9, krw_per_usd=KRW_PER_USD),
            lambda: (BEGIN + timedelta(seconds=moment[0])).astimezone(UTC),
            monotonic_s=lambda: moment[0],
        )
        for asked, route in zip(day, routes, strict=True):
            paths[route.path.value] += 1
            if route.path is not AnswerPath.MODEL:
                continue
            talk = talks["now"] = Conversation(asked)
            routed = RoutedQuestion(route=route.model_copy(update={"model": entry.name}))
            exchanges: list[ToolExchange] = []
            for turn in range(1, MOST_TURNS + 1):
                moment[0] = max(moment[0], asked.at_s + SECONDS_A_CALL * (turn - 1))
                provider.now_s = moment[0]
                wanted = turn_request(ask_input(asked), routed, exchanges, final=turn == MOST_TURNS)
                done = await desk.complete(wanted)
                fallbacks += done.fallback is not None
                if not done.tool_calls:
                    break
                exchanges += exchanges_for(done.tool_calls, asked, keeps_trust=True)
            missed += talk.missed
        rows = store.calls(BEGIN.date(), BEGIN.date() + timedelta(days=365))
    tally = Tally()
    for row in rows:
        tally.add(row.usage, entry, row.plan.partition("-")[2])
    reported = [usage.model_dump() for usage in provider.usages]
    if [usage.model_dump() for usage in tally.usages] != reported or tally.micro_usd != sum(
        r.cost_micro_usd for r in rows
    ):
        raise SystemExit("the ledger does not say what the provider reported")
    return Ours(tally, paths, Counter(row.plan for row in rows), missed, fallbacks)


def untrimmed() -> tuple[ToolSchema, ...]:
    """Return all tools with their schemas as pydantic writes them: titles, defaults, additionalProperties."""
    return tuple(ToolSchema(t.name, t.description, t.arguments.model_json_schema()) for t in registry().tools)


def main() -> int:
    """Replay, print and compare."""
    options = _options()
    day = requests_of_a_day(options.requests, options.hours, options.seed, options.plain)
    catalogue = Catalogue.shipped()
    entries = [catalogue.usable(name, BEGIN.date()) for name in options.models.split(",")]
    router = Router(
        IntentClassifier.shipped(), Securities.shipped(), registry(), entries, system=SYSTEM, today=BEGIN.date
    )

    async def routed() -> list[RouteDecision]:
        return [await router.route(asked.text, f"bench-{asked.number}") for asked in day]

    routes = asyncio.run(routed())
    print(_assumptions(options, day, entries))
    every = DEFINITIONS.of_set(registry().tools).schemas
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for entry in entries:
            base = all_tools(day, entry, every, is_caching=False)
            rows = [
                ("(a0) all tools, untrimmed schemas", all_tools(day, entry, untrimmed(), is_caching=False)),
                ("(a) all tools always, no caching", base),
                ("(a') all tools, cached as well as possible", all_tools(day, entry, every, is_caching=True)),
            ]
            mine = asyncio.run(ours(day, routes, entry, Path(folder)))
            rows.append(("(b) the desk", mine.tally))
            print(_table(entry, rows, base))
            print(_plans(mine))
            results.append(_verdict(entry, base, mine.tally))
    print("\n".join(line for line, _ in results))
    return 1 if options.strict and not all(reached for _, reached in results) else 0


def _table(entry: ModelEntry, rows: Iterable[tuple[str, Tally]], base: Tally) -> str:
    head = (
        "way",
        "calls",
        "raw in",
        "cached",
        "written",
        "out",
        "billed in",
        "fewer",
        "billed all",
        "fewer",
        "USD",
        "KRW",
        "less",
    )
    lines = []
    for name, tally in rows:
        krw = tally.micro_usd * KRW_PER_USD / 1_000_000
        lines.append(
            (
                name,
                f"{len(tally.usages):,}",
                f"{tally.total('input_tokens'):,}",
                f"{tally.total('cached_tokens'):,}",
                f"{tally.total('cache_write_tokens'):,}",
                f"{tally.total('output_tokens'):,}",
                f"{tally.billed_input:,.0f}",
                f"{1 - tally.billed_input / base.billed_input:.1%}",
                f"{tally.billed_all:,.0f}",
                f"{1 - tally.billed_all / base.billed_all:.1%}",
                f"{tally.micro_usd / 1_000_000:.3f}",
                f"{krw:,.0f}",
                f"{1 - tally.micro_usd / base.micro_usd:.1%}",
            )
        )
    return f"\n{entry.name} ({entry.provider.value})\n\n{table(head, lines)}"


def _plans(mine: Ours) -> str:
    shown = ", ".join(f"{name} {count}" for name, count in mine.plans.most_common())
    paths = ", ".join(f"{name} {count}" for name, count in mine.paths.most_common())
    missed = f"needed tools that were not offered: {mine.missed} requests; fallbacks: {mine.fallbacks}"
    return f"\npaths: {paths}\nplans: {shown}; {missed}"


def _verdict(entry: ModelEntry, base: Tally, mine: Tally) -> tuple[str, bool]:
    tokens, everything = 1 - mine.billed_input / base.billed_input, 1 - mine.billed_all / base.billed_all
    money = 1 - mine.micro_usd / base.micro_usd
    reached = tokens >= FEWER_TOKENS and money >= LESS_MONEY
    return (
        f"{entry.name}: {tokens:.1%} fewer billed-equivalent input tokens (target {FEWER_TOKENS:.0%}; with output "
        f"{everything:.1%}), {money:.1%} less money (target {LESS_MONEY:.0%}): {'reached' if reached else 'missed'}",
        reached,
    )


def _assumptions(options: argparse.Namespace, day: Sequence[Asked], entries: Sequence[ModelEntry]) -> str:
    tools = len(registry().tools)
    plain = sum(asked.is_plain for asked in day) / len(day)
    shares = ", ".join(f"{name} {share:.0%}" for name, share in INTENT_SHARES.items())
    plain_of = ", ".join(f"{name} {share * options.plain:.0%}" for name, share in PLAIN_SHARES.items())
    caches = "; ".join(
        f"{entry.name}: {entry.cache.kind.value}, minimum {entry.cache.minimum_tokens:,}"
        f"{'' if entry.cache.known else ' (second-hand)'}, lifetimes {', '.join(entry.cache.ttls_s)}"
        for entry in entries
    )
    return f"""\
{len(day):,} requests over {options.hours:g} hours, Poisson arrivals, seed {options.seed}; {_machine()}
Assumptions
- requests: {shares}; Korean {KOREAN_SHARE:.0%}. In a plain form: {plain_of}, {plain:.1%} of all here;
  the others are the 160 hand-written utterances of scripts/router_data/dev.jsonl, which the router was trained on.
- {tools} tools of the Skill Layer; the router, the prompt builder of Ask, the desk of completions with its ledger and
  the adapters' request builders are the real ones. A scripted model calls the tools a request needs in its first turn
  and answers in the second with the same text of 4 sentences (plain greetings, terms and orders: 2); results of tools
  have the same rows everywhere.
- the router offers a tool too few: the model calls another one of those offered instead, so it costs as much.
- (a) sends every request, greetings too, to the model with all tools in every turn. (b) answers without a model where
  the router can, and after a result with text from outside it calls without tools.
- an order ticket or the question whether an order is meant ends the request; what the person says next is not counted.
- where a provider cannot mask tools, the model obeys the list of those it may call.
- no thinking tokens in any row. Texts that providers add unseen are not counted (Anthropic adds about 350 tokens to
  requests with tools, which would make (a) dearer).
- tokens: o200k by vocabulary for OpenAI; Claude and Gemini by measured coefficients (13-17 % error of one utterance).
  Definitions count as compact JSON plus 8 tokens.
- caches by documented rules: {caches};
  a hit prolongs the lifetime; OpenAI is marked at the end of the system text; Gemini shares the longest beginning.
- (a') marks tools and system text for the default lifetime.
- prices of the catalogue for {BEGIN.date()}, {KRW_PER_USD:,.0f} won a dollar.
- billed in: fresh input tokens that cost as much as the input; billed all: as much as input and output."""


def _machine() -> str:
    return f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Count what a day of requests costs.")
    parser.add_argument("--requests", type=int, default=1_000)
    parser.add_argument("--hours", type=float, default=12.0)
    parser.add_argument("--seed", type=int, default=20261123)
    parser.add_argument("--plain", type=float, default=1.0, help="factor on the shares of plain requests")
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a target is missed")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
