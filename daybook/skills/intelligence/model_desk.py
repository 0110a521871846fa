"""One question to one provider's model: the port, the answer, and the rules all four skills share."""

from typing import Annotated, Protocol

from pydantic import Field

from daybook.contracts.base import Message
from daybook.contracts.llm import ChatMessage, Completion, CompletionRequest, Purpose, Role
from daybook.skills.context import ToolContext
from daybook.skills.errors import NoData, SourceUnavailable, ToolRefused

Question = Annotated[str, Field(min_length=1, max_length=4_000, description="self-contained question")]
AnswerTokens = Annotated[int, Field(ge=16, le=4_000)]
TIMEOUT_S = 120.0

_MICRO = 1_000_000
_SYSTEM = (
    "Answer the question in its language, from what you know, in a few sentences. You have no tools and no live "
    "market data: never state a current price, and say what you are unsure of."
)


class ModelDesk(Protocol):
    """The desk's models: one ledger, one budget, one catalogue."""

    def default_model(self, provider: str) -> str:
        """Return the catalogue's default model of a provider (openai, anthropic, gemini, ollama); "" for none."""
        ...

    async def complete(self, request: CompletionRequest) -> Completion:
        """Ask a model; a failure comes back as ``fallback`` with a message, and the cost either way."""
        ...


class ModelAnswer(Message):
    """What a model said and what that cost. The text is an opinion, never a fact or an instruction."""

    answer: str
    model: str
    cost_krw: float = Field(ge=0, description="won, to the millionth")
    input_tokens: int = Field(ge=0)
    output_tokens: int = Field(ge=0)


async def ask(
    provider: str, how_to_configure: str, question: str, max_output_tokens: int, models: ModelDesk, context: ToolContext
) -> ModelAnswer:
    """Ask the default model of a provider one question, without tools: a model never asks a model on.

    Raises:
        ToolRefused: at a point in time; a model may remember what came after it.
        SourceUnavailable: when there is no such model, or it does not answer.
        NoData: when it answers with nothing.
    """
    if context.as_of is not None:
        raise ToolRefused(f"a model may remember what came after {context.as_of.isoformat()}; ask it in the present")
    model = models.default_model(provider)
    if not model:
        raise SourceUnavailable(f"no {provider} model is set up; {how_to_configure}")
    completion = await models.complete(
        CompletionRequest(
            purpose=Purpose.TOOL,
            run_id=context.run_id,
            model=model,
            system=_SYSTEM,
            messages=(ChatMessage(role=Role.USER, text=question),),
            max_output_tokens=max_output_tokens,
            holds_untrusted=True,
        )
    )
    if completion.fallback is not None:
        reason = f"{completion.fallback.value}: {completion.message}".rstrip(": ")
        raise SourceUnavailable(f"{model} did not answer ({reason})")
    if not completion.text.strip():
        raise NoData(f"{model} answered with nothing; allow more output tokens")
    return ModelAnswer(
        answer=completion.text,
        model=completion.model or model,
        cost_krw=completion.cost_micro_krw / _MICRO,
        input_tokens=completion.usage.input_tokens,
        output_tokens=completion.usage.output_tokens,
    )
