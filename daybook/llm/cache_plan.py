"""Which tools to send and what to cache: the policy that would have cost least lately, by billed-equivalent tokens.

Routing per request and caching fight each other: another tool set is another prefix. So neither is fixed. The prefixes
(tools, then system text) a request may have:

- ``routed``: the allowed tools only;
- ``group``: all read tools of the groups the allowed ones belong to, masked down to the allowed ones;
- ``full``: all read tools, masked;
- the prefix of the run's previous call, masked even down to nothing: it is in the cache for certain.

A policy is one of the first three with a lifetime of the cache, or without caching. Which one is cheapest depends on
how often requests come and how they differ, so every policy is rehearsed with every request, see
:mod:`daybook.llm.cache_rehearsal`.

Two rules come before cost. A prefix below the provider's minimum is never cached, and no error says so. And tools that
write are in a prefix only when they are allowed; a request that holds text from outside has no tools at all.

Where a provider cannot mask (Anthropic), the last message says which tools may be called now; a call of another one is
refused by the desk, and the next attempt shows the allowed tools only.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from daybook.contracts.layers import Effect
from daybook.llm.catalogue_entry import CacheKind, ModelEntry
from daybook.llm.port import CacheMarks
from daybook.llm.tokens import estimate_tokens, family_of
from daybook.llm.tool_definitions import DefinedTools, ToolDefinitions
from daybook.skills.spec import ToolSpec

_KEY_LENGTH = 16


class PlanKind(StrEnum):
    """Which tools are in the prefix."""

    ROUTED = "routed"
    GROUP = "group"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Policy:
    """A way of doing all requests; ``ttl`` is a lifetime of the model's cache, empty for no caching."""

    kind: PlanKind
    ttl: str

    @property
    def name(self) -> str:
        """As the ledger names it: ``full-30m``, ``routed``."""
        return f"{self.kind.value}-{self.ttl}" if self.ttl else self.kind.value


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
    """The chosen prefix and how it is cached; ``reason`` is one line."""

    prefix: Prefix
    policy: Policy
    marks: CacheMarks
    reason: str


@dataclass(frozen=True, slots=True)
class PlanQuestion:
    """What a plan is made for.

    Attributes:
        allowed: names of the tools that may be called now.
        system: the system text; it is the same for all requests that shall share a prefix.
        rest_tokens: about how many tokens the messages have.
        previous: the prefix the same run has just used with this model; None for its first call.
        now_s: seconds of one clock for all questions.
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

    @property
    def kin(self) -> str:
        """Requests of the same kin can share a prefix: same model, same system text, tools or none."""
        text = f"{self.entry.name}\n{bool(self.allowed) and not self.is_bare}\n{self.system}"
        return hashlib.sha256(text.encode()).hexdigest()


def policies_of(entry: ModelEntry) -> tuple[Policy, ...]:
    """Return what can be done with a model, the simplest first."""
    rules = entry.cache
    if rules.kind is CacheKind.NONE:
        return (Policy(PlanKind.ROUTED, ""),)
    ttls = [""] if rules.kind is CacheKind.MARKED else []
    ttls += [rules.default_ttl, *([rules.long_ttl] if rules.long_ttl and takes_ttl(entry) else [])]
    return tuple(Policy(kind, ttl) for kind in PlanKind for ttl in ttls)


def takes_ttl(entry: ModelEntry) -> bool:
    """Whether a request can say how long its prefix lives."""
    return entry.cache.kind is CacheKind.MARKED or is_always_marked(entry)


def is_always_marked(entry: ModelEntry) -> bool:
    """Whether the end of the prefix is marked in any case: OpenAI writes an unmarked prompt up to its last message."""
    return entry.cache.kind is CacheKind.AUTOMATIC and entry.supports.cache_breakpoints


def possible_prefixes(question: PlanQuestion, definitions: ToolDefinitions) -> dict[PlanKind, Prefix]:
    """Return the prefix of each kind; kinds with the same tools have the same one. Raises ``UnknownTool``."""
    allowed = definitions.tools.select(question.allowed)
    routed = _prefix(question, PlanKind.ROUTED, definitions.of_set(allowed), None)
    prefixes = dict.fromkeys(PlanKind, routed)
    if question.is_bare or not question.allowed:
        return prefixes
    groups = {spec.group for spec in allowed}
    wider: Sequence[tuple[PlanKind, Iterable[ToolSpec]]] = (
        (PlanKind.GROUP, (spec for spec in definitions.tools if spec.group in groups)),
        (PlanKind.FULL, definitions.tools),
    )
    for kind, specs in wider:
        names = {spec.name for spec in specs if spec.effect is Effect.READ} | set(allowed.names)
        if len(names) > len(allowed.names):
            prefixes[kind] = _prefix(question, kind, definitions.of(names), allowed.names)
    return prefixes


def previous_prefix(question: PlanQuestion, definitions: ToolDefinitions) -> Prefix | None:
    """Return the prefix of the run's previous call, if this call may have it too."""
    before = question.previous
    if before is None or question.is_bare or not set(question.allowed) <= set(before.tools.names):
        return None
    if not question.allowed and not question.entry.supports.allowed_tools:
        return None  # words alone do not keep a model from calling tools
    allowed = definitions.tools.select(question.allowed).names
    again = _prefix(question, before.kind, before.tools, None if allowed == before.tools.names else allowed)
    return again if again.digest == before.digest else None


def is_cacheable(entry: ModelEntry, policy: Policy, prefix: Prefix) -> bool:
    """Whether the provider caches the prefix under the policy."""
    return bool(policy.ttl) and prefix.tokens >= max(entry.cache.minimum_tokens, 1)


def prefix_cost(question: PlanQuestion, policy: Policy, prefix: Prefix, *, is_alive: bool) -> float:
    """Return what a prefix costs in fresh input tokens, with what the last message has to say about it."""
    entry = question.entry
    note = estimate_tokens(prefix.note, family_of(entry.provider.value))
    if not is_cacheable(entry, policy, prefix):
        return prefix.tokens + note
    price = entry.price(question.day, prefix.tokens + question.rest_tokens)
    write = price.cache_write_long if policy.ttl == entry.cache.long_ttl else price.cache_write
    return note + prefix.tokens * float((price.cache_read if is_alive else write) / (price.input or 1))


def marks_of(question: PlanQuestion, policy: Policy, prefix: Prefix) -> CacheMarks:
    """Return the marks of a request under a policy."""
    entry, is_cached = question.entry, is_cacheable(question.entry, policy, prefix)
    return CacheMarks(
        key=f"daybook-{prefix.digest[:_KEY_LENGTH]}" if prefix.tokens else "",
        mark_tools=is_cached and bool(prefix.tools.schemas),
        mark_system=(is_cached or is_always_marked(entry)) and bool(question.system),
        ttl=policy.ttl if is_cached and takes_ttl(entry) else "",
    )


def _prefix(question: PlanQuestion, kind: PlanKind, tools: DefinedTools, allowed: tuple[str, ...] | None) -> Prefix:
    family = family_of(question.entry.provider.value)
    digest = hashlib.sha256(f"{question.entry.name}\n{tools.digest}\n{question.system}".encode()).hexdigest()
    tokens = tools.tokens(family) + estimate_tokens(question.system, family)
    is_told = allowed is not None and not question.entry.supports.allowed_tools
    note = f"Of the tools, only these may be called now: {', '.join(allowed or ())}." if is_told else ""
    return Prefix(kind, tools, allowed, tokens, digest, note)
