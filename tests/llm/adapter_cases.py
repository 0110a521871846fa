"""The four adapters against their stand-ins: what is the same for all of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field

from daybook.contracts.llm import ChatMessage, ModelToolCall, Role
from daybook.llm.port import ModelProvider, ProviderRequest, ToolSchema
from daybook.llm.providers import build_providers
from daybook.llm.retrying import RetryPolicy
from daybook.settings import LlmSettings
from tests.llm.stand_ins import StandIn

QUICK = RetryPolicy(first_wait_s=0.01)
MODELS = {
    "openai": "gpt-6-luna",
    "anthropic": "claude-haiku-5-5",
    "gemini": "gemini-3.8-flash",
    "ollama": "tiny-ko:1b",
}
PRICE = ToolSchema(
    "get_price",
    "Current price of a security.",
    {
        "type": "object",
        "properties": {
            "symbol": {"type": "string", "description": "KRX code"},
            "days": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None},
        },
        "required": ["symbol"],
    },
)
NEWS = ToolSchema("search_news", "Search news.", {"type": "object", "properties": {"word": {"type": "string"}}})


class Scored(BaseModel):
    """A structured answer with what providers are picky about: bounds, defaults, a list, an optional field."""

    score: float = Field(ge=-1, le=1)
    reason: str = Field(default="", max_length=200)
    tags: list[str] = Field(default_factory=list, max_length=3)
    symbol: str | None = None


@dataclass(frozen=True)
class Case:
    """One provider: its name and a model of it."""

    name: str

    @property
    def model(self) -> str:
        """A model the stand-in serves."""
        return MODELS[self.name]

    def settings(self, base_url: str, api_key: str) -> LlmSettings:
        """Settings that know this provider only."""
        if self.name == "ollama":
            return LlmSettings(ollama_url=base_url, ollama_model=self.model)
        return LlmSettings.model_validate({f"{self.name}_base_url": base_url, f"{self.name}_api_key": api_key})

    def provider(self, base_url: str, api_key: str) -> ModelProvider:
        """The adapter, with quick retries."""
        return build_providers(self.settings(base_url, api_key), {}, retry=QUICK)[self.name]

    def ask(self, text: str = "삼성전자 주가 알려줘", **fields: Any) -> ProviderRequest:
        """A request with one question."""
        fields.setdefault("messages", (user(text),))
        fields.setdefault("timeout_s", 5.0)
        return ProviderRequest(model=fields.pop("model", self.model), **fields)


CASES = tuple(Case(name) for name in MODELS)


def user(text: str) -> ChatMessage:
    """What the user says."""
    return ChatMessage(role=Role.USER, text=text)


def called(calls: Iterable[ModelToolCall], text: str = "") -> ChatMessage:
    """What the assistant said."""
    return ChatMessage(role=Role.ASSISTANT, text=text, tool_calls=tuple(calls))


def result(call: ModelToolCall, text: str) -> ChatMessage:
    """What a tool gave."""
    return ChatMessage(role=Role.TOOL, text=text, tool_call_id=call.id, name=call.name)


def started(case: Case, **arguments: Any) -> StandIn:
    """The stand-in of a case."""
    return StandIn.start(case.name, **arguments)
