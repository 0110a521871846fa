"""Small talk, help and refusals: whole phrases that a template answers, in the language they are said in."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from pydantic import TypeAdapter

from daybook.contracts.base import Message
from daybook.routing.data_files import read_data
from daybook.routing.phrases import asks_or_quotes, phrase


class _Talk(Message):
    said: tuple[tuple[str, ...], tuple[str, ...]]
    ko: str
    en: str


class _Refusal(Message):
    ko: str
    en: str


@dataclass(frozen=True, slots=True)
class TemplateAnswer:
    """A ready answer. ``kind`` is the template's name: greeting, thanks, nod, farewell, help, nothing."""

    kind: str
    language: str
    text: str


@cache
def _phrases() -> Mapping[str, TemplateAnswer]:
    talks = read_data("small_talk.yaml", TypeAdapter(dict[str, _Talk]))
    return {
        phrase(said).replace(" ", ""): TemplateAnswer(kind, language, talk.ko if language == "ko" else talk.en)
        for kind, talk in talks.items()
        for language, phrases in zip(("ko", "en"), talk.said, strict=True)
        for said in phrases
    }


def small_talk(text: str) -> TemplateAnswer | None:
    """Return the answer to a text that is nothing but small talk, or None."""
    if asks_or_quotes(text.strip()):
        return None
    said = phrase(text).replace(" ", "")
    return _phrases().get(said) if said else None


@cache
def _refusals() -> _Refusal:
    return read_data("refusal.yaml", TypeAdapter(_Refusal))


def refusal(language: str) -> str:
    """Return the answer to a text that asks the desk to drop its rules."""
    return _refusals().ko if language == "ko" else _refusals().en
