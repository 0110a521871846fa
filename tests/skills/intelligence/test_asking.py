from typing import Any

import pytest

from daybook.contracts.llm import Completion, CompletionRequest, FallbackReason, Purpose, Usage
from daybook.contracts.tools import ToolReply, ToolStatus
from daybook.skills.intelligence.model_desk import ModelDesk
from daybook.skills.registry import registry
from daybook.skills.running import run_tool
from tests.skills.sample import NOW, request

ASKING = {"ask_claude": "anthropic", "ask_gemini": "gemini", "ask_gpt": "openai", "ask_local_llm": "ollama"}
ANSWER = Completion(
    text="분산 투자는 위험을 줄입니다.",
    provider="anthropic",
    model="large-7",
    usage=Usage(input_tokens=80, output_tokens=20),
    cost_micro_krw=1_234_567,
)


class ScriptedModels:
    def __init__(self, completion: Completion = ANSWER, **defaults: str) -> None:
        self.completion = completion
        self.defaults = defaults or {provider: f"{provider}-default" for provider in ASKING.values()}
        self.asked: list[CompletionRequest] = []

    def default_model(self, provider: str) -> str:
        return self.defaults.get(provider, "")

    async def complete(self, request: CompletionRequest) -> Completion:
        self.asked.append(request)
        return self.completion


async def ask(tool: str, models: ScriptedModels, **arguments: Any) -> ToolReply:
    asked = request(tool, **{"question": "분산 투자가 뭐야?", **arguments})
    return await run_tool(registry().get(tool), asked, {ModelDesk: models})


@pytest.mark.parametrize(("tool", "provider"), ASKING.items())
async def test_ask_when_the_model_answers_then_answer_model_and_cost_come_back_as_outside_text(
    tool: str, provider: str
) -> None:
    models = ScriptedModels()
    reply = await ask(tool, models, max_output_tokens=200)
    assert reply.value == {
        "answer": "분산 투자는 위험을 줄입니다.",
        "model": "large-7",
        "cost_krw": 1.234567,
        "input_tokens": 80,
        "output_tokens": 20,
    }
    assert reply.is_untrusted
    (sent,) = models.asked
    assert (sent.model, sent.max_output_tokens, sent.purpose, sent.run_id) == (
        f"{provider}-default",
        200,
        Purpose.TOOL,
        "r-1",
    )


@pytest.mark.parametrize("tool", ASKING)
async def test_ask_when_sent_then_the_model_is_offered_no_tools(tool: str) -> None:
    models = ScriptedModels()
    await ask(tool, models)
    assert models.asked[0].tools == ()
    assert models.asked[0].holds_untrusted


@pytest.mark.parametrize("tool", ASKING)
async def test_ask_when_the_provider_has_no_model_then_it_says_what_to_set(tool: str) -> None:
    models = ScriptedModels(nobody="x")
    reply = await ask(tool, models)
    assert reply.status is ToolStatus.UNAVAILABLE
    assert "set DAYBOOK_LLM__" in reply.message
    assert models.asked == []


@pytest.mark.parametrize("reason", FallbackReason)
async def test_ask_when_the_model_does_not_answer_then_the_reason_is_told(reason: FallbackReason) -> None:
    models = ScriptedModels(Completion(fallback=reason, message="the day's budget is spent"))
    reply = await ask("ask_claude", models)
    assert (reply.status, reply.value) == (ToolStatus.UNAVAILABLE, None)
    assert reply.message == f"anthropic-default did not answer ({reason.value}: the day's budget is spent)"


async def test_ask_when_the_answer_is_empty_then_there_is_no_data() -> None:
    assert (await ask("ask_gpt", ScriptedModels(Completion(text=" \n")))).status is ToolStatus.NO_DATA


async def test_ask_when_at_a_point_in_time_then_no_model_is_asked() -> None:
    models = ScriptedModels()
    reply = await ask("ask_claude", models, as_of=NOW)
    assert (reply.status, models.asked) == (ToolStatus.REFUSED, [])


@pytest.mark.parametrize("arguments", [{"question": ""}, {"question": "x" * 4_001}, {"max_output_tokens": 4_001}])
async def test_ask_when_the_question_is_out_of_bounds_then_no_model_is_asked(arguments: dict[str, Any]) -> None:
    models = ScriptedModels()
    assert (await ask("ask_claude", models, **arguments)).status is ToolStatus.BAD_ARGUMENTS
    assert models.asked == []
