"""Rehearses every cache policy with every request, and follows the one that would have cost least lately.

For each policy there is a shadow of the provider's cache: which prefixes would be alive had all requests been done that
way. A request costs each policy what its shadow says (alive: the read price, else the write price), and a moving mean
over the last requests is what policies are compared by. So hit rates are observed, not assumed, and no policy's rate
depends on another one being in use.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from daybook.llm.cache_plan import (
    CachePlan,
    PlanKind,
    PlanQuestion,
    Policy,
    Prefix,
    is_cacheable,
    marks_of,
    policies_of,
    possible_prefixes,
    prefix_cost,
    previous_prefix,
)
from daybook.llm.catalogue_entry import CacheKind, ModelEntry
from daybook.llm.tool_definitions import ToolDefinitions

WINDOW = 40
"""Requests the moving means look back."""
WORTH_A_CHANGE = 0.02
"""A change of policy writes its prefixes anew, so another one must be cheaper by this share."""
KEPT_KINS = 64
KEPT_PREFIXES = 256


@dataclass(slots=True)
class _Shadow:
    """One policy: its mean cost and share of hits, and the prefixes that would be alive."""

    cost: float = 0.0
    hits: float = 0.0
    alive_until_s: OrderedDict[str, float] = field(default_factory=OrderedDict)

    def keep(self, digest: str, until_s: float) -> None:
        self.alive_until_s[digest] = max(until_s, self.alive_until_s.get(digest, until_s))
        self.alive_until_s.move_to_end(digest)
        while len(self.alive_until_s) > KEPT_PREFIXES:
            self.alive_until_s.popitem(last=False)


@dataclass(slots=True)
class _Rehearsals:
    """All policies of one kin of requests."""

    shadows: dict[Policy, _Shadow]
    chosen: Policy
    calls: int = 0


class CacheRehearsal:
    """Chooses plans, and learns from the calls that are made."""

    def __init__(self, definitions: ToolDefinitions) -> None:
        self._definitions = definitions
        self._kins: OrderedDict[str, _Rehearsals] = OrderedDict()
        self._known: dict[str, list[tuple[str, str, float]]] = {}

    def knows(self, entry: ModelEntry) -> bool:
        """Whether earlier calls of the model were remembered, or there are none."""
        return entry.name in self._known

    def remember(self, entry: ModelEntry, calls: Iterable[tuple[str, str, float]]) -> None:
        """Take in calls of an earlier process: plan, prefix digest and second of each, oldest first."""
        self._known[entry.name] = list(calls)

    def plan(self, question: PlanQuestion) -> CachePlan:
        """Return the plan for a call. Raises ``UnknownTool``."""
        rehearsals = self._of(question)
        prefixes = possible_prefixes(question, self._definitions)
        policy = rehearsals.chosen
        prefix = prefixes[policy.kind]
        before = previous_prefix(question, self._definitions)
        if before is not None and before.digest != prefix.digest and policy.ttl:
            # The run's own prefix is alive for certain; the policy's may be.
            again = prefix_cost(question, policy, before, is_alive=True)
            if again < prefix_cost(
                question, policy, prefix, is_alive=self._is_alive(rehearsals, policy, prefix, question)
            ):
                prefix = before
        marks = marks_of(question, policy, prefix)
        shown = policy if is_cacheable(question.entry, policy, prefix) else Policy(prefix.kind, "")
        return CachePlan(prefix, shown, marks, self._reason(question, rehearsals, policy, prefix))

    def note(self, question: PlanQuestion) -> None:
        """Rehearse a call that is made with every policy, then choose the policy of the next one."""
        rehearsals = self._of(question)
        rehearsals.calls += 1
        share = 1 / min(rehearsals.calls, WINDOW)
        prefixes = possible_prefixes(question, self._definitions)
        for policy, shadow in rehearsals.shadows.items():
            prefix = prefixes[policy.kind]
            is_alive = self._is_alive(rehearsals, policy, prefix, question)
            cost = prefix_cost(question, policy, prefix, is_alive=is_alive)
            shadow.cost += share * (cost - shadow.cost)
            shadow.hits += share * (is_alive - shadow.hits)
            if is_cacheable(question.entry, policy, prefix):
                shadow.keep(prefix.digest, question.now_s + question.entry.cache.ttl_s(policy.ttl))
        best = min(rehearsals.shadows, key=lambda policy: rehearsals.shadows[policy].cost)
        if rehearsals.shadows[best].cost < (1 - WORTH_A_CHANGE) * rehearsals.shadows[rehearsals.chosen].cost:
            rehearsals.chosen = best

    def _of(self, question: PlanQuestion) -> _Rehearsals:
        found = self._kins.get(question.kin)
        if found is None:
            found = self._kins[question.kin] = self._begun(question)
            while len(self._kins) > KEPT_KINS:
                self._kins.popitem(last=False)
        self._kins.move_to_end(question.kin)
        return found

    def _begun(self, question: PlanQuestion) -> _Rehearsals:
        """Begin with what an earlier process used last, if its prefixes are still of this kin; else with routing."""
        entry = question.entry
        policies = policies_of(entry)
        begun = _Rehearsals({policy: _Shadow() for policy in policies}, policies[0])
        by_name = {policy.name: policy for policy in policies}
        digests = {prefix.digest for prefix in possible_prefixes(question, self._definitions).values()}
        for name, digest, at_s in self._known.get(entry.name, []):
            policy = by_name.get(name)
            if policy is not None and digest in digests:
                begun.chosen = policy
                begun.shadows[policy].keep(digest, at_s + entry.cache.ttl_s(policy.ttl))
        return begun

    @staticmethod
    def _is_alive(rehearsals: _Rehearsals, policy: Policy, prefix: Prefix, question: PlanQuestion) -> bool:
        return rehearsals.shadows[policy].alive_until_s.get(prefix.digest, -1.0) >= question.now_s

    def _reason(self, question: PlanQuestion, rehearsals: _Rehearsals, policy: Policy, prefix: Prefix) -> str:
        rules = question.entry.cache
        shown = f"{prefix.kind.value}: {len(prefix.tools.names)} tools, prefix of about {prefix.tokens:,} tokens"
        if rules.kind is CacheKind.NONE:
            return f"{shown}, the model has no cache"
        if prefix.tokens < rules.minimum_tokens:
            shown += f", below the cache's minimum of {rules.minimum_tokens:,}"
        elif not policy.ttl:
            shown += ", not cached: it is used too rarely"
        else:
            shown += f", cached {policy.ttl}, {rehearsals.shadows[policy].hits:.0%} hits lately"
        if not rehearsals.calls:
            return f"{shown}; the first of its kind"
        best = {
            kind: min(shadow.cost for one, shadow in rehearsals.shadows.items() if one.kind is kind)
            for kind in PlanKind
            if any(one.kind is kind for one in rehearsals.shadows)
        }
        costs = ", ".join(f"{kind.value} {cost:,.0f}" for kind, cost in best.items())
        return f"{shown}; billed tokens of a prefix lately: {costs}"
