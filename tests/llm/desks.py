"""A completion desk on stand-ins: real SDKs, a real ledger in SQLite, tools declared for the test."""

from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, SecretStr

from daybook.contracts.layers import Effect, Layer
from daybook.contracts.llm import ChatMessage, CompletionRequest, Purpose, Role
from daybook.llm.catalogue import Catalogue
from daybook.llm.completion import CompletionDesk
from daybook.llm.port import ModelProvider
from daybook.llm.providers import build_providers
from daybook.llm.redaction import Redactor, known_secrets
from daybook.llm.retrying import RetryPolicy
from daybook.settings import LlmSettings
from daybook.skills.skill import Skill
from daybook.skills.toolset import ToolSet
from daybook.storage.database import Database
from daybook.storage.llm_calls import LlmCallStore
from tests.llm.stand_ins.stand_in import API_KEY, StandIn

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
DAY = NOW.date()
MODELS = {
    "openai": "gpt-6.1-terra",
    "anthropic": "claude-sonnet-5-5",
    "gemini": "gemini-3.8-flash",
    "ollama": "local",
}
NO_WAIT = RetryPolicy(retries=2, first_wait_s=0.0)


class Verdict(BaseModel):
    """A structured answer for tests."""

    mood: Annotated[int, Field(ge=-1, le=1)]
    why: str


def sample_tools() -> ToolSet:
    """Eighteen read tools of three groups and one tool that prepares an order."""
    specs = []
    for group in ("market_data", "technical", "trading"):
        skill = Skill(f"{group}.sample", "Sample tools", layer=Layer.TRADING if group == "trading" else Layer.PIPELINE)
        for number in range(6):
            specs.append(_declare(skill, f"{group}_{number}", Effect.READ))
        if group == "trading":
            specs.append(_declare(skill, "prepare_order", Effect.PREPARE))
    return ToolSet.of(specs)


def _declare(skill: Skill, name: str, effect: Effect) -> Any:
    def tool(
        symbol: Annotated[str, Field(description="KRX short code of the security that is asked about, six digits")],
        days: Annotated[int, Field(ge=1, le=365, description="how many calendar days back to look")] = 30,
        currency: Annotated[str, Field(description="currency the values are given in, three letters")] = "KRW",
    ) -> str:
        """Return what is known of a security for a number of days, newest first, with sources."""
        return f"{symbol} {days} {currency}"

    tool.__name__ = name
    skill.tool(effect=effect)(tool)
    return skill.spec(name)


@dataclass
class Bench:
    """A desk with its stand-ins and ledger."""

    desk: CompletionDesk
    store: LlmCallStore
    stand_ins: dict[str, StandIn]
    settings: LlmSettings


@asynccontextmanager
async def bench(
    path: Path,
    stand_ins: dict[str, StandIn],
    *,
    tools: ToolSet | None = None,
    secrets: Sequence[str] = (),
    retry: RetryPolicy = NO_WAIT,
    providers: dict[str, ModelProvider] | None = None,
    seconds: list[float] | None = None,
    **settings: Any,
) -> AsyncIterator[Bench]:
    """Build a desk whose providers are the stand-ins; ``seconds`` in place of real ones where a test moves time."""
    configured = LlmSettings(
        **{f"{name}_api_key": SecretStr(API_KEY) for name in stand_ins if name != "ollama"},
        **{f"{name}_base_url": stand_in.base_url for name, stand_in in stand_ins.items() if name != "ollama"},
        **({"ollama_url": stand_ins["ollama"].base_url, "ollama_model": "tiny-ko:1b"} if "ollama" in stand_ins else {}),
        **({"daily_budget_krw": 1_000_000, "monthly_budget_krw": 10_000_000, "timeout_s": 10} | settings),
    )
    with ExitStack() as stack:
        database = stack.enter_context(Database(f"sqlite:///{path}", lock_wait_s=20))
        catalogue = Catalogue.of(configured)
        store = LlmCallStore(database)
        extra = {} if seconds is None else {"monotonic_s": lambda: seconds[0]}
        desk = CompletionDesk(
            build_providers(configured, {}, catalogue, retry) if providers is None else providers,
            catalogue,
            sample_tools() if tools is None else tools,
            store,
            configured,
            lambda: NOW,
            redactor=Redactor([*secrets, *known_secrets(configured)]),
            **extra,
        )
        try:
            yield Bench(desk, store, stand_ins, configured)
        finally:
            await desk.close()


def request(text: str = "삼성전자 어때?", **changes: Any) -> CompletionRequest:
    """A request of a run."""
    values: dict[str, Any] = {
        "purpose": Purpose.ASK,
        "run_id": "run-1",
        "model": MODELS["openai"],
        "system": "You answer questions of Korean investors.",
        "messages": (ChatMessage(role=Role.USER, text=text),),
        "max_output_tokens": 200,
    }
    return CompletionRequest(**(values | changes))
