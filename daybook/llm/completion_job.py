"""A completion under way: what is asked, redacted, and what it has used so far."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from daybook.contracts.llm import ChatMessage, Completion, CompletionRequest, Role, Usage
from daybook.llm.catalogue_entry import ModelEntry
from daybook.llm.errors import BadAnswer, LlmError
from daybook.llm.fencing import FENCE_RULE
from daybook.llm.ledger import Work
from daybook.llm.port import ProviderReply
from daybook.llm.pricing import Cost
from daybook.llm.redaction import Redaction

LONGEST_MESSAGE = 500


@dataclass(slots=True)
class Job:
    """A completion under way, with what it has used so far. Every text in it is redacted."""

    request: CompletionRequest
    work: Work
    answer: type[BaseModel] | None
    redaction: Redaction
    system: str
    messages: list[ChatMessage]
    bad_answers: int = 0
    attempts: int = 0
    latency_ms: int = 0
    usage: Usage = field(default_factory=Usage)
    cost: Cost = field(default_factory=lambda: Cost(0, 0, 0.0))

    def add(self, usage: Usage, cost: Cost, attempts: int, latency_ms: int) -> None:
        """Count a call in."""
        self.usage = Usage(**{name: getattr(self.usage, name) + getattr(usage, name) for name in Usage.model_fields})
        self.cost = Cost(
            self.cost.micro_usd + cost.micro_usd,
            self.cost.micro_krw + cost.micro_krw,
            self.cost.billed_equivalent_tokens + cost.billed_equivalent_tokens,
        )
        self.attempts += attempts
        self.latency_ms += latency_ms

    def ask_again(self, why: str) -> None:
        """Tell the model why its answer could not be used; ``why`` is redacted."""
        text = f"Your last answer could not be used: {why}. Answer again, and correct exactly that."
        self.messages.append(ChatMessage(role=Role.USER, text=text))

    def completion(self, entry: ModelEntry, reply: ProviderReply, *, restore: bool) -> Completion:
        """Return a model's answer; ``restore`` puts personal data back into text and parsed answer."""
        text = self.redaction.restore(reply.text) if restore else reply.text
        parsed = None if reply.parsed is None else reply.parsed.model_dump(mode="json")
        if restore and parsed is not None:
            parsed = self.redaction.restore_json(parsed)
        return Completion(
            text=text,
            tool_calls=reply.tool_calls,
            parsed=parsed,
            provider=entry.provider.value,
            model=entry.name,
            **self._spent(),
        )

    def fallback(self, failures: Sequence[tuple[str, str, LlmError]]) -> Completion:
        """Return why nobody answered: the reason of the model that was asked first, and a line about each."""
        provider, model, first = failures[0]
        lines = [f"{name}: {error.message}" if asked else error.message for asked, name, error in failures]
        return Completion(
            fallback=first.reason,
            message=self.redaction.redact("; then ".join(lines))[:LONGEST_MESSAGE],
            provider=provider,
            model=model,
            **self._spent(),
        )

    def _spent(self) -> dict[str, Any]:
        return {
            "usage": self.usage,
            "billed_equivalent_tokens": self.cost.billed_equivalent_tokens,
            "cost_micro_krw": self.cost.micro_krw,
            "cost_micro_usd": self.cost.micro_usd,
            "latency_ms": self.latency_ms,
            "attempts": self.attempts,
        }


def begin_job(request: CompletionRequest, redaction: Redaction, budget_krw: int | None) -> Job:
    """Return a job whose texts are redacted; the rule about fences is added where outside text is in the messages."""
    system = redaction.redact(request.system)
    if request.holds_untrusted and FENCE_RULE not in system:
        system = f"{system}\n\n{FENCE_RULE}".strip()
    messages = [_redacted(message, redaction) for message in request.messages]
    return Job(request, Work(request.purpose, request.run_id, budget_krw), None, redaction, system, messages)


def checked(reply: ProviderReply, allowed: tuple[str, ...]) -> ProviderReply:
    """Return a reply that calls allowed tools only; raises ``BadAnswer``. Adapters check too; this relies on none."""
    for call in reply.tool_calls:
        if call.name not in allowed:
            why = f"the model called {call.name[:60]!r}, which it may not call now"
            raise BadAnswer(why, usage=reply.usage, raw_usage=reply.raw_usage, attempts=reply.attempts)
    return reply


def _redacted(message: ChatMessage, redaction: Redaction) -> ChatMessage:
    # What the model wrote holds our placeholders; ids are the provider's and may carry its signatures.
    is_own = message.role is Role.ASSISTANT
    calls = tuple(
        call.model_copy(update={"arguments": redaction.redact_json(call.arguments, is_own=True)})
        for call in message.tool_calls
    )
    return message.model_copy(update={"text": redaction.redact(message.text, is_own=is_own), "tool_calls": calls})
