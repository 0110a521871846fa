"""The models as the intelligence skills see them: one default a provider, one ledger, one budget."""

from collections.abc import Callable, Collection
from datetime import datetime

from daybook.contracts.base import KST
from daybook.contracts.llm import Completion, CompletionRequest, Purpose
from daybook.llm.catalogue import Catalogue
from daybook.llm.choice import default_models
from daybook.llm.completion import CompletionDesk
from daybook.settings import LlmSettings


class ProviderModels:
    """Asks a provider's default model; satisfies ``daybook.skills.intelligence.model_desk.ModelDesk``."""

    def __init__(
        self,
        desk: CompletionDesk,
        catalogue: Catalogue,
        providers: Collection[str],
        llm: LlmSettings,
        clock: Callable[[], datetime],
    ) -> None:
        self._desk = desk
        self._catalogue = catalogue
        self._providers = providers
        self._llm = llm
        self._clock = clock

    def default_model(self, provider: str) -> str:
        """Return the default model of a provider on this day, "" when it has none at hand."""
        day = self._clock().astimezone(KST).date()
        entries = default_models(Purpose.TOOL, self._catalogue, self._providers, self._llm, day)
        return next((entry.name for entry in entries if entry.provider.value == provider), "")

    async def complete(self, request: CompletionRequest) -> Completion:
        """Ask a model; a failure comes back as ``fallback``."""
        return await self._desk.complete(request)
