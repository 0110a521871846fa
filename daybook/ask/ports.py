"""What answering needs from the rooms around it."""

from collections.abc import Sequence
from typing import Protocol

from daybook.contracts.ask import AskAnswer, AskInput
from daybook.contracts.llm import Completion, CompletionRequest
from daybook.contracts.routing import RouteDecision


class Routes(Protocol):
    """The semantic router."""

    async def route(self, text: str, run_id: str) -> RouteDecision:
        """Return the route of a question; raises ``RoutingRefused`` for one that cannot be routed."""
        ...


class Completer(Protocol):
    """The models, with ledger, budget and fallback around them."""

    async def complete(
        self,
        request: CompletionRequest,
        *,
        fallback_models: Sequence[str] = (),
        run_budget_krw: int | None = None,
    ) -> Completion:
        """Ask a model; never raises for what a provider does."""
        ...


class AnswerBook(Protocol):
    """Where answers are kept."""

    def save(self, ask: AskInput, answer: AskAnswer) -> None:
        """Keep an answer under its run; saving again replaces it."""
        ...
