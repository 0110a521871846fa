"""Definitions of the desk's own glossary, for a text that asks for one term and nothing else."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from pydantic import Field, TypeAdapter

from daybook.contracts.base import Message
from daybook.routing.data_files import read_data
from daybook.routing.errors import RoutingDataError
from daybook.routing.phrases import asks_or_quotes, phrase


class AskedWith(StrEnum):
    """Which questions a term answers."""

    ANY = "any"
    """Also "tell me about X"."""
    DEFINITION = "definition"
    """Only "what is X": the name alone may ask for a figure, as KOSPI does."""


class _Names(Message):
    ko: tuple[str, ...]
    en: tuple[str, ...]


class GlossaryTerm(Message):
    """One term with its names and its explanation in both languages."""

    names: _Names
    asked_with: AskedWith = AskedWith.ANY
    ko: str = Field(min_length=20)
    en: str = Field(min_length=20)


class _Glossary(Message):
    terms: tuple[GlossaryTerm, ...]


@dataclass(frozen=True, slots=True)
class Definition:
    """The answer to a question for a term."""

    term: str
    language: str
    text: str


_WHAT = r"(?:뭐|뭔|뭣|무엇|머|뭥|what)"
_IS = (
    r"(?:야|얌|예요|에요|여|니|냐|임|인가요?|인지요?|죠|지|이야|이에요|입니까|일까|가요|데|래"
    r"|(?:인지|지) (?:좀 )?(?:알려|설명해) ?(?:줘|주세요|줄래))?"
)
_TOPIC = r"(?P<topic>이란|란|이라는 ?게|라는 ?게|이라는 ?건|라는 ?건|이라는|라는|이|가|은|는|의)?"
_MEAN = r"(?:뜻|의미|정의|개념)"
_TELL = r"(?:알려|설명 ?(?:좀 ?)?(?:해|헤)|가르쳐) ?(?:줘|죠|주세요|줄래|줄래요|주라)"
_THE = r"(?:an? |the )?"


def _forms(language: str, *patterns: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((language, re.compile(pattern)) for pattern in patterns)


_DEFINING: Final = (
    *_forms(
        "ko",
        rf"(?P<term>.+?){_TOPIC} ?(?:도대체 |대체 )?{_WHAT} ?{_IS}",
        rf"(?P<term>.+?){_TOPIC} ?(?:무슨|어떤) ?(?:{_MEAN}|말|거|것|건) ?{_IS}",
        rf"(?P<term>.+?){_TOPIC} ?{_MEAN}(?:이|가|은|는|을|를)? ?(?:{_WHAT} ?{_IS}|(?:좀 )?{_TELL})?",
        r"(?P<term>.+?)(?:이란|란)",
    ),
    *_forms(
        "en",
        r"(?:what is|what's|whats|wat is|what are|what does|define|definition of|(?:what is )?the meaning of"
        rf"|meaning of) {_THE}(?P<term>.+?)(?: mean| means| stand for)?(?: in (?:stocks|trading|investing|finance))?",
        r"(?P<term>.+?) (?:meaning|definition)",
    ),
)
_TELLING: Final = (
    *_forms(
        "ko",
        rf"(?P<term>.+?){_TOPIC}(?:에 (?:대해|대해서|관해))?(?:을|를)? ?(?:좀 )?(?:쉽게 |간단히 |간단하게 )?"
        rf"(?:{_TELL}|설명)",
    ),
    *_forms(
        "en",
        rf"(?:explain|tell me about|explain to me|can you explain|could you explain|tell me what|explain what) "
        rf"{_THE}(?P<term>.+?)(?: is| are| means| to me)?",
    ),
)


@cache
def _terms() -> Mapping[str, GlossaryTerm]:
    glossary = read_data("glossary.yaml", TypeAdapter(_Glossary))
    terms: dict[str, GlossaryTerm] = {}
    for term in glossary.terms:
        for name in (*term.names.ko, *term.names.en):
            if terms.setdefault(_key(name), term) is not term:
                raise RoutingDataError(f"glossary.yaml: {name} is a name of two terms")
    return terms


def _key(name: str) -> str:
    return phrase(name).replace(" ", "").replace("-", "")


def define(text: str) -> Definition | None:
    """Return the definition a text asks for; None when it asks for anything more, or for a term that is not known."""
    asked = "" if asks_or_quotes(text.strip()) else phrase(text)
    if not asked:
        return None
    for forms, is_definition in ((_DEFINING, True), (_TELLING, False)):
        for language, pattern in forms:
            found = pattern.fullmatch(asked)
            term = _term_of(found) if found is not None else None
            if term is not None and (is_definition or term.asked_with is AskedWith.ANY):
                return Definition(term.names.ko[0], language, term.ko if language == "ko" else term.en)
    return None


def _term_of(found: re.Match[str]) -> GlossaryTerm | None:
    """Look up the term; its last syllable may look like a particle (상한가), so it is tried with it too."""
    name, topic = found["term"], found.groupdict().get("topic") or ""
    return _terms().get(_key(name)) or _terms().get(_key(name + topic))
