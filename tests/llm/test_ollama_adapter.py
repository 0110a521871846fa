import pytest

from daybook.llm.errors import BadAnswer
from daybook.llm.ollama_adapter import build_request
from tests.llm.adapter_cases import CASES, NEWS, PRICE, Scored
from tests.llm.stand_ins import Reply, StandIn, ToolCall

CASE = next(case for case in CASES if case.name == "ollama")


def test_request_when_built_then_the_context_is_asked_for_and_the_model_kept() -> None:
    body = build_request(CASE.ask("얼마?", system="짧게", max_output_tokens=99), context_tokens=4096)
    assert body["options"] == {"num_ctx": 4096, "num_predict": 99}
    assert body["keep_alive"] == "10m"
    assert body["stream"] is False
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert "think" not in body


def test_request_when_a_property_is_optional_then_its_type_survives_the_package() -> None:
    parameters = build_request(CASE.ask(tools=(PRICE,)))["tools"][0]["function"]["parameters"]
    assert parameters["properties"]["days"]["type"] == "integer"


def test_request_when_tools_are_masked_then_only_the_allowed_ones_are_sent() -> None:
    body = build_request(CASE.ask(tools=(PRICE, NEWS), allowed_tools=("search_news",)))
    assert [tool["function"]["name"] for tool in body["tools"]] == ["search_news"]
    assert "tools" not in build_request(CASE.ask(tools=(PRICE, NEWS), allowed_tools=()))


def test_request_when_an_answer_or_an_effort_is_asked_then_it_says_so() -> None:
    body = build_request(CASE.ask(answer=Scored, effort="none"))
    assert body["format"]["properties"]["score"]["type"] == "number"
    assert body["think"] is False


async def test_adapter_when_the_server_sends_odd_arguments_then_the_answer_is_bad_and_not_a_crash() -> None:
    with StandIn.start("ollama", script=[Reply(tool_calls=(ToolCall("get_price", "[1]"),))]) as stand_in:
        provider = CASE.provider(stand_in.base_url, stand_in.api_key)
        with pytest.raises(BadAnswer):
            await provider.complete(CASE.ask(tools=(PRICE,)))
        await provider.close()
