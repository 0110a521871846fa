from types import SimpleNamespace
from typing import Any

import pytest

from daybook.contracts.ask import LONGEST_TEXT, AnswerKind, AskAnswer, AskInput
from daybook.contracts.layers import Layer
from daybook.front.ask import ask_desk
from daybook.front.calls import TemporalCalls
from daybook.front.errors import DeskError
from daybook.settings import LlmSettings, Settings
from tests.workflows import facts


class Desk:
    """Keeps what a workflow would have been started with."""

    def __init__(self) -> None:
        self.client = SimpleNamespace(get_workflow_handle=lambda *_, **__: None)

    async def running_day(self) -> str:
        return "trading-day-2026-03-09"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, dict[str, Any]]]:
    begun: list[tuple[Any, dict[str, Any]]] = []

    async def require_workers(_calls: TemporalCalls, *layers: Layer) -> None:
        assert layers == (Layer.CONTROL, Layer.PIPELINE)

    async def start_once(_calls: TemporalCalls, _workflow: str, argument: Any, **options: Any) -> str:
        begun.append((argument, options))
        return str(options["workflow_id"])

    async def result(_calls: TemporalCalls, _handle: Any, **_options: Any) -> AskAnswer:
        return AskAnswer(run_id="q", kind=AnswerKind.MODEL, text="x", answered_at=facts.clock_at("10:00").market_anchor)

    monkeypatch.setattr(TemporalCalls, "require_workers", require_workers)
    monkeypatch.setattr(TemporalCalls, "start_once", start_once)
    monkeypatch.setattr(TemporalCalls, "result", result)
    return begun


async def test_question_when_it_holds_identifiers_then_none_reaches_the_server(
    settings: Settings, started: list[tuple[Any, dict[str, Any]]]
) -> None:
    held = settings.model_copy(update={"llm": LlmSettings(openai_api_key="sk-canary-0123456789abcdef")})
    text = "계좌 12345678-01, 010-1234-5678, sk-canary-0123456789abcdef 로 삼성전자 10주 70,000원에 매수"
    await ask_desk(Desk(), held, text, by="kim")  # type: ignore[arg-type]
    asked, options = started[0]
    assert isinstance(asked, AskInput)
    for secret in ("12345678-01", "010-1234-5678", "sk-canary"):
        assert secret not in asked.model_dump_json()
        assert secret not in options["static_summary"]
    assert "삼성전자 10주 70,000원에 매수" in asked.question
    assert asked.day_workflow_id == "trading-day-2026-03-09"


async def test_question_when_it_is_beyond_all_measure_then_nothing_is_started(
    settings: Settings, started: list[tuple[Any, dict[str, Any]]]
) -> None:
    with pytest.raises(DeskError, match="ask in at most 4,000"):
        await ask_desk(Desk(), settings, "x" * (LONGEST_TEXT + 1), by="kim")  # type: ignore[arg-type]
    assert started == []
