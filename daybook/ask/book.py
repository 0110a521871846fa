"""The book of answers: what is stored of a question is redacted first."""

from collections.abc import Callable

from daybook.contracts.ask import AskAnswer, AskInput
from daybook.storage.answers import AnswerStore


class RedactedBook:
    """Keeps answers with the person's identifiers taken out of the question."""

    def __init__(self, store: AnswerStore, redact: Callable[[str], str]) -> None:
        self._store = store
        self._redact = redact

    def save(self, ask: AskInput, answer: AskAnswer) -> None:
        """Keep an answer under its run; saving again replaces it."""
        self._store.save(self._redact(ask.question), ask.by, answer)
