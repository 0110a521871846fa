"""Runs, models and stores for tests of code runs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from daybook.contracts.base import KST
from daybook.contracts.code import (
    CallRecord,
    CodeOutcome,
    CodeRunInput,
    ExplainRun,
    ScriptOrigin,
    WrittenScript,
)
from daybook.contracts.llm import Completion, CompletionRequest, FallbackReason, Usage
from daybook.contracts.routing import AnswerPath, Intent, RouteDecision
from daybook.contracts.tools import ToolStatus
from daybook.routing.errors import RefusalCode, RoutingRefused

ASKED_AT = datetime(2026, 3, 6, 10, 0, tzinfo=KST)
TASK = "삼성전자, SK하이닉스, 현대차의 최근 1주일 뉴스 감성을 비교해줘"
SCRIPT = """import asyncio

async def read(name):
    try:
        return await search_news(keyword=name, days=inputs["days"])
    except ToolError as error:
        return []

found = await asyncio.gather(*(read(name) for name in inputs["names"]))
result = {
    name: round(sum(item["sentiment"] for item in items) / len(items), 2) if items else None
    for name, items in zip(inputs["names"], found)
}
"""
RESULT = {"삼성전자": 0.41, "SK하이닉스": -0.13, "현대차": 0.27}


def run(task: str = TASK, **changes: Any) -> CodeRunInput:
    values: dict[str, Any] = {"run_id": "c-1", "task": task, "asked_at": ASKED_AT, "by": "cli:test"}
    return CodeRunInput(**(values | changes))


def said(text: str, **changes: Any) -> Completion:
    usage = Usage(input_tokens=1_500, cached_tokens=1_000, output_tokens=200)
    values: dict[str, Any] = {"text": text, "provider": "openai", "model": "gpt-6.1-sol", "usage": usage}
    return Completion(**(values | {"cost_micro_krw": 4_000_000, "attempts": 1} | changes))


def block(code: str) -> Completion:
    return said(f"```python\n{code}```")


NO_MODEL = Completion(fallback=FallbackReason.NO_KEY, message="no key is set up for purpose code")


@dataclass
class ScriptedCompleter:
    """Models that answer what a test tells them to, in turn."""

    answers: list[Completion] = field(default_factory=list)
    asked: list[CompletionRequest] = field(default_factory=list)
    budgets: list[int | None] = field(default_factory=list)

    async def complete(
        self,
        request: CompletionRequest,
        *,
        fallback_models: Sequence[str] = (),
        run_budget_krw: int | None = None,
    ) -> Completion:
        self.asked.append(request)
        self.budgets.append(run_budget_krw)
        return self.answers.pop(0)

    @property
    def prompt(self) -> str:
        """The newest text of the desk."""
        return self.asked[-1].messages[-1].text


@dataclass
class PlannedRoutes:
    """A router with one answer."""

    tools: tuple[str, ...] = ("search_news", "latest_news", "search_symbol", "quote")
    intent: Intent = Intent.NEWS_ANALYSIS
    path: AnswerPath = AnswerPath.MODEL
    refusal: str = ""

    async def route(self, text: str, run_id: str) -> RouteDecision:
        if self.refusal:
            raise RoutingRefused(RefusalCode.EMPTY, self.refusal)
        return RouteDecision(intent=self.intent, confidence=0.9, path=self.path, tools=self.tools)


def ended(result: Any = RESULT, *, script: WrittenScript | None = None, **changes: Any) -> ExplainRun:
    written = script or WrittenScript(code=SCRIPT, origin=ScriptOrigin.MODEL)
    call = CallRecord(number=1, tool="search_news", arguments={"keyword": "삼성전자"}, status=ToolStatus.OK)
    values: dict[str, Any] = {
        "run": run(),
        "script": written,
        "outcome": CodeOutcome.DONE,
        "result": result,
        "calls": (call.model_copy(update={"is_untrusted": True}),),
        "completions": (block(written.code),),
        "turns": 2,
        "tier": 3,
        "ended_at": ASKED_AT + timedelta(seconds=9),
    }
    return ExplainRun(**(values | changes))
