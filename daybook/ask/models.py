"""Whether a model that a person names can be asked."""

from collections.abc import Callable, Collection
from datetime import datetime

from daybook.contracts.base import KST
from daybook.llm.catalogue import Catalogue
from daybook.llm.errors import LlmError


class ModelNames:
    """Judges names of models by the catalogue and the providers at hand."""

    def __init__(self, catalogue: Catalogue, providers: Collection[str], clock: Callable[[], datetime]) -> None:
        self._catalogue = catalogue
        self._providers = providers
        self._clock = clock

    def complaint(self, name: str) -> str:
        """Return one line that says why a model cannot be asked and what to do; empty when it can."""
        try:
            entry = self._catalogue.usable(name, self._clock().astimezone(KST).date())
        except LlmError as error:
            return error.message
        if entry.provider.value not in self._providers:
            return f"no key is set up for {entry.name} ({entry.provider.value}); set one, as .env.example says"
        return ""
