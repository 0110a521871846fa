"""Which tools to send and what to cache: the cheapest of a few plans, by predicted billed-equivalent tokens.

Routing per request and caching fight each other: another tool set is another prefix. So neither is fixed. For each call
these prefixes (tools, then system text) are compared:

- ``routed``: the allowed tools only;
- ``group``: all read tools of the groups the allowed ones belong to, masked down to the allowed ones;
- ``full``: all read tools, masked.

- the prefix of the run's previous call, masked, even down to nothing: it is in the cache for certain.

With L tokens of prefix, M of messages, and read and write prices r and w as multiples of a fresh token, a call costs
``L + M`` uncached, and cached on average ``M + L * (h*r + (1-h)*w + (c-1)*r) / c`` a call, where h is the share of
first calls that find the prefix alive and c the calls of one run, the later of which always do.

Two rules come before cost. A prefix below the provider's minimum is never cached, and no error says so. And tools that
write are in a prefix only when they are allowed; a request that holds text from outside has no tools at all.

Where a provider cannot mask (Anthropic), the last message says which tools may be called now; a call of another one is
refused by the desk, and the next attempt shows the allowed tools only.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from daybook.contracts.layers import Effect
from daybook.llm.catalogue_entry import CacheKind, ModelEntry
from daybook.llm.port import CacheMarks
from daybook.llm.tokens import estimate_tokens, family_of
from daybook.llm.tool_definitions import DefinedTools, ToolDefinitions
from daybook.llm.traffic import Traffic
from daybook.skills.spec import ToolSpec

CALLS_WITH_TOOLS = 2.0
"""Calls of a run that may use tools: one that asks for them and one that reads the results."""
ABOUT_AS_CHEAP = 1.005
"""Plans within half a percent are equal: the rates they rest on are no better than that."""
_KEY_LENGTH = 16


class PlanKind(StrEnum):
    """Which tools are in the prefix."""

    ROUTED = "routed"
    GROUP = "group"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Prefix:
    """The stable beginning of a request; ``allowed`` is None when all of its tools may be called.

    ``note`` is what the last message has to say where the provider cannot mask.
    """

    kind: PlanKind
    tools: DefinedTools
    allowed: tuple[str, ...] | None
    tokens: int
    digest: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class CachePlan:
    """The chosen prefix and how it is cached; ``tokens`` is the predicted billed-equivalent input of this call."""

    prefix: Prefix
    marks: CacheMarks
    is_cached: bool
    hit_rate: float
    tokens: float
    reason: str

    @property
    def name(self) -> str:
        """The plan as the ledger names it, e.g. ``full-30m`` or ``routed``."""
        if not self.is_cached:
            return self.prefix.kind.value
        return f"{self.prefix.kind.value}-{self.marks.ttl or 'cached'}"


@dataclass(frozen=True, slots=True)
class PlanQuestion:
    """What a plan is made for.

    Attributes:
        allowed: names of the tools that may be called now.
        system: the system text; it is the same for all requests that shall share a prefix.
        rest_tokens: about how many tokens the messages have.
        previous: the prefix the same run has just used with this model; None for its first call.
        now_s: seconds of the clock ``Traffic`` is noted with.
        is_bare: only the allowed tools may be shown, whatever a provider can mask.
    """

    entry: ModelEntry
    day: date
    allowed: tuple[str, ...]
    system: str
    rest_tokens: int
    previous: Prefix | None
    now_s: float
    is_bare: bool = False


def choose_plan(question: PlanQuestion, definitions: ToolDefinitions, traffic: Traffic) -> CachePlan:
    """Return the cheapest plan, the simplest of those about as cheap. Raises ``UnknownTool``."""
    prefixes = possible_prefixes(question, definitions)
    plans = [plan for prefix in prefixes for plan in _plans(question, prefix, traffic)]
    cheapest = min(plan.tokens for plan in plans)
    best = next(plan for plan in plans if plan.tokens <= cheapest * ABOUT_AS_CHEAP)
    return CachePlan(
        best.prefix, best.marks, best.is_cached, best.hit_rate, best.tokens, _reason(best, plans, question)
    )


def note_use(question: PlanQuestion, definitions: ToolDefinitions, traffic: Traffic) -> None:
    """Note the first call of a run for every prefix it could have had, so that rates do not depend on the choice."""
    if question.previous is None:
        for prefix in possible_prefixes(question, definitions):
            traffic.note(prefix.digest, question.now_s)


def possible_prefixes(question: PlanQuestion, definitions: ToolDefinitions) -> list[Prefix]:
    """Return the prefixes a request may have, the smallest first, each tool set once."""
    allowed = definitions.tools.select(question.allowed)
    prefixes = [_prefix(question, PlanKind.ROUTED, definitions.of_set(allowed), None)]
    if question.is_bare or question.entry.cache.kind is CacheKind.NONE:
        return prefixes
    prefixes += _previous(question, prefixes[0], allowed.names)
    if not question.allowed:
        return prefixes
    groups = {spec.group for spec in allowed}
    wider: Sequence[tuple[PlanKind, Iterable[ToolSpec]]] = (
        (PlanKind.GROUP, (spec for spec in definitions.tools if spec.group in groups)),
        (PlanKind.FULL, definitions.tools),
    )
    for kind, specs in wider:
        names = {spec.name for spec in specs if spec.effect is Effect.READ} | set(allowed.names)
        made = _prefix(question, kind, definitions.of(names), allowed.names)
        if all(made.digest != other.digest for other in prefixes):
            prefixes.append(made)
    return prefixes


def _previous(question: PlanQuestion, routed: Prefix, allowed: tuple[str, ...]) -> list[Prefix]:
    before = question.previous
    if before is None or before.digest == routed.digest or not set(allowed) <= set(before.tools.names):
        return []
    if not allowed and not question.entry.supports.allowed_tools:
        return []  # words alone do not keep a model from calling tools
    again = _prefix(question, before.kind, before.tools, allowed)
    return [again] if again.digest == before.digest else []


def _prefix(question: PlanQuestion, kind: PlanKind, tools: DefinedTools, allowed: tuple[str, ...] | None) -> Prefix:
    family = family_of(question.entry.provider.value)
    digest = hashlib.sha256(f"{question.entry.name}\n{tools.digest}\n{question.system}".encode()).hexdigest()
    tokens = tools.tokens(family) + estimate_tokens(question.system, family)
    is_told = allowed is not None and not question.entry.supports.allowed_tools
    note = f"Of the tools, only these may be called now: {', '.join(allowed or ())}." if is_told else ""
    return Prefix(kind, tools, allowed, tokens, digest, note)


def _plans(question: PlanQuestion, prefix: Prefix, traffic: Traffic) -> Iterator[CachePlan]:
    entry, rules = question.entry, question.entry.cache
    rest_tokens = question.rest_tokens + estimate_tokens(prefix.note, family_of(entry.provider.value))
    key = f"daybook-{prefix.digest[:_KEY_LENGTH]}" if prefix.tokens else ""
    # OpenAI writes an unmarked prompt to its cache up to the last message; a mark keeps it to the prefix.
    always_marked = rules.kind is CacheKind.AUTOMATIC and entry.supports.cache_breakpoints
    plain = CacheMarks(key=key, mark_system=always_marked and bool(question.system))
    if rules.kind is CacheKind.NONE or prefix.tokens < max(rules.minimum_tokens, 1):
        yield CachePlan(prefix, plain, False, 0.0, prefix.tokens + rest_tokens, "")
        return
    if rules.kind is CacheKind.MARKED:
        yield CachePlan(prefix, CacheMarks(key=key), False, 0.0, prefix.tokens + rest_tokens, "")
    price = entry.price(question.day, prefix.tokens + rest_tokens)
    unit = price.input or 1
    takes_ttl = rules.kind is CacheKind.MARKED or always_marked
    lifetimes = (rules.default_ttl, *([rules.long_ttl] if rules.long_ttl and takes_ttl else []))
    for ttl in lifetimes:
        write = price.cache_write_long if ttl == rules.long_ttl else price.cache_write
        rate = traffic.hit_rate(prefix.digest, rules.ttl_s(ttl), question.now_s)
        factor = _factor(question, prefix, rate, float(price.cache_read / unit), float(write / unit))
        marks = CacheMarks(
            key=key,
            mark_tools=bool(prefix.tools.schemas),
            mark_system=bool(question.system),
            ttl=ttl if takes_ttl else "",
        )
        yield CachePlan(prefix, marks, True, rate, prefix.tokens * factor + rest_tokens, "")


def _factor(question: PlanQuestion, prefix: Prefix, rate: float, read: float, write: float) -> float:
    if question.previous is not None and question.previous.digest == prefix.digest:
        return read
    calls = CALLS_WITH_TOOLS if question.allowed and question.previous is None else 1.0
    return (rate * read + (1 - rate) * write + (calls - 1) * read) / calls


def _reason(best: CachePlan, plans: Sequence[CachePlan], question: PlanQuestion) -> str:
    prefix = best.prefix
    shown = f"{prefix.kind.value}: {len(prefix.tools.names)} tools, prefix of about {prefix.tokens:,} tokens"
    if best.is_cached:
        known = " (the run's own)" if question.previous and question.previous.digest == prefix.digest else ""
        cached = f", cached {best.marks.ttl or question.entry.cache.default_ttl}, hit rate {best.hit_rate:.2f}{known}"
    elif question.entry.cache.kind is CacheKind.NONE:
        cached = ", the model has no cache"
    elif prefix.tokens < question.entry.cache.minimum_tokens:
        cached = f", below the cache's minimum of {question.entry.cache.minimum_tokens:,}"
    else:
        cached = ", not cached: it is used too rarely"
    others = {
        kind: min(plan.tokens for plan in plans if plan.prefix.kind is kind)
        for kind in PlanKind
        if kind is not prefix.kind and any(plan.prefix.kind is kind for plan in plans)
    }
    versus = ", ".join(f"{kind.value} {tokens:,.0f}" for kind, tokens in others.items())
    return f"{shown}{cached}; about {best.tokens:,.0f} billed tokens{f' against {versus}' if versus else ''}"
