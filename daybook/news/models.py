"""The Completer of the news room on the desk's models."""

from daybook.contracts.llm import Completion, CompletionRequest
from daybook.llm.answers import answer_models
from daybook.llm.completion import CompletionDesk
from daybook.news.model_scores import NewsScores

ANSWERS = answer_models(NewsScores)
"""The structured answers of this room by name."""


class NewsModels:
    """Asks the desk's models, with the answers of this room; a run may cost ``run_budget_krw`` at most."""

    def __init__(self, desk: CompletionDesk, *, run_budget_krw: int | None = None) -> None:
        self._desk = desk
        self._run_budget_krw = run_budget_krw

    async def complete(self, request: CompletionRequest) -> Completion:
        """Return the model's answer, or the reason why there is none."""
        return await self._desk.complete(request, answers=ANSWERS, run_budget_krw=self._run_budget_krw)
