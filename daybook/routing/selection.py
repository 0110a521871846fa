"""Stage 2: the few tools a request needs, chosen by intent and by the words of the text; the same text, the same tools.

Only tools that read are chosen by intent and words. Tools that prepare an order join only when the caller says that the
order gate is open, and nothing else opens it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from pydantic import Field, TypeAdapter

from daybook.contracts.base import Message
from daybook.contracts.layers import Effect
from daybook.contracts.routing import Intent
from daybook.routing.data_files import read_data
from daybook.routing.phrases import plain
from daybook.skills.registry import Registry
from daybook.skills.spec import ToolSpec
from daybook.skills.toolset import ToolSet

_OWN_WORD: Final = 2
_SMALL_SKILL: Final = 2
"""Tools of a skill whose words stand for each of its tools."""
_LONGEST_LOOK: Final = 4_000


class _IntentTools(Message):
    first: tuple[str, ...]
    skills: tuple[str, ...]
    usual: tuple[str, ...] = ()


class _OtherModels(Message):
    skills: tuple[str, ...]
    asked_by: tuple[str, ...]


class SelectionRules(Message):
    """The shape of ``data/selection.yaml``."""

    most_tools: int = Field(ge=1)
    intents: dict[Intent, _IntentTools]
    writes: tuple[str, ...]
    reads_for_writes: tuple[str, ...]
    for_foreign: tuple[str, ...]
    other_models: _OtherModels
    enough_tools: int = Field(ge=1)


@dataclass(frozen=True, slots=True)
class Selection:
    """The chosen tools, and for each of them why, in a few words."""

    tools: ToolSet
    why: Mapping[str, str]


@cache
def selection_rules() -> SelectionRules:
    """Return the packaged rules; raises ``RoutingDataError`` when they cannot be read."""
    return read_data("selection.yaml", TypeAdapter(SelectionRules))


def tools_for(
    intents: Sequence[Intent],
    exposes_write: bool,
    registry: Registry,
    text: str = "",
    *,
    needs_reads: bool = True,
    names_foreign: bool = False,
) -> Selection:
    """Return the tools for a request.

    Args:
        intents: the intent, or the two likeliest when the router is unsure; the first counts most.
        exposes_write: the order gate is open.
        registry: all skills; tools the rules name and the registry lacks are left out.
        text: the request.
        needs_reads: False for a finished order, which needs the order tools only.
        names_foreign: the text names a security that is listed elsewhere.
    """
    rules = selection_rules()
    chosen: dict[str, str] = {}
    if exposes_write:
        for spec in registry.tools:
            if spec.effect is Effect.PREPARE and spec.skill in rules.writes:
                chosen[spec.name] = "prepares the order"
        if needs_reads:
            _add(chosen, registry, rules.reads_for_writes, "the order needs it")
    if needs_reads:
        if names_foreign and Intent.MARKET_RESEARCH in intents:
            _add(chosen, registry, rules.for_foreign, "a foreign company is named")
        _choose_reads(chosen, intents, registry, rules, plain(text[:_LONGEST_LOOK]).lower())
    return Selection(registry.tools.select(chosen), {name: chosen[name] for name in sorted(chosen)})


def _choose_reads(
    chosen: dict[str, str], intents: Sequence[Intent], registry: Registry, rules: SelectionRules, text: str
) -> None:
    most = rules.most_tools + (2 if len(intents) > 1 else 0)
    for intent in intents:
        _add(chosen, registry, rules.intents[intent].first, f"always for {intent.value}")
    spoken = sorted(_spoken_for(intents, registry, rules, text), key=lambda found: found.rank)
    _fill(chosen, [(found.name, found.why) for found in spoken if found.is_meant], most)
    usual = [(name, f"usual for {intent.value}") for intent in intents for name in rules.intents[intent].usual]
    _fill(chosen, [(name, why) for name, why in usual if name in registry.tools], most)
    _fill(chosen, [(found.name, found.why) for found in spoken], rules.enough_tools)


def _fill(chosen: dict[str, str], tools: Sequence[tuple[str, str]], most: int) -> None:
    for name, why in tools:
        if len(chosen) < most:
            chosen.setdefault(name, why)


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A tool the text speaks for; ``is_meant`` by a word of its own, not only of its skill."""

    name: str
    rank: tuple[int, int, str]
    is_meant: bool
    why: str


def _spoken_for(intents: Sequence[Intent], registry: Registry, rules: SelectionRules, text: str) -> list[_Spoken]:
    """Return the reading tools the text speaks for, ranked by points, nearness of the skill, and name."""
    near = [skill for intent in intents for skill in rules.intents[intent].skills]
    found = []
    for skill in registry.skills:
        if skill.name in rules.other_models.skills and not _has_any(rules.other_models.asked_by, text):
            continue
        of_skill = [word for word in skill.keywords if _stands_in(word, text)]
        for spec in skill.tools:
            if spec.effect is not Effect.READ:
                continue
            own = [word for word in _own_words(spec, skill.keywords) if _stands_in(word, text)]
            points = _OWN_WORD * len(own) + min(len(of_skill), 1)
            if not points:
                continue
            place = near.index(skill.name) if skill.name in near else len(near)
            is_meant = bool(own) or len(skill.tools) <= _SMALL_SKILL
            why = f'the text says "{", ".join((*own, *of_skill)[:3])}"'
            found.append(_Spoken(spec.name, (-points, place, spec.name), is_meant, why))
    return found


def _own_words(spec: ToolSpec, of_skill: Sequence[str]) -> list[str]:
    return [word for word in spec.keywords if word not in of_skill]


def _add(chosen: dict[str, str], registry: Registry, names: Sequence[str], why: str) -> None:
    for name in names:
        if name in registry.tools:
            chosen.setdefault(name, why)


def _has_any(wanted: Sequence[str], text: str) -> bool:
    return any(_stands_in(word, text) for word in wanted)


def _stands_in(word: str, text: str) -> bool:
    return _pattern(word).search(text) is not None


@lru_cache(maxsize=2_048)
def _pattern(word: str) -> re.Pattern[str]:
    """A Korean word may be part of a longer one; an English word stands alone, or with a plural s."""
    lowered = re.escape(word.lower())
    return re.compile(lowered if not word.isascii() else rf"(?<![a-z0-9]){lowered}s?(?![a-z0-9])")
