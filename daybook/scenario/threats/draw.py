"""Draw event candidates at ceiling intensity: the rates of level 5, before any control.

Counts are Poisson in each scenario, by inversion of one uniform, and days are uniform over the horizon. Each threat
has a Philox stream of its own in each block of scenarios, keyed by (key, block) and counted from the threat's tag; the
k-th event of a scenario takes the same bits whatever its threat's rate is. Day 0 is the first trading day.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from daybook.contracts.scenario import TRADING_DAYS_PER_YEAR, Scenario, ThreatSpec
from daybook.scenario.arrays import BLOCK, FloatArray, IntArray, MarketParameters
from daybook.scenario.errors import ScenarioError
from daybook.scenario.threats.candidates import EventCandidates, EventParts, PartKind
from daybook.scenario.threats.order import after_their_causes
from daybook.scenario.threats.picks import ANY_SECTOR, eligible_names, picked, rate_factor, sector_names, strikes_a_name
from daybook.scenario.threats.quantiles import magnitudes
from daybook.scenario.threats.uniforms import Bits, Channel, child, from_bits, tag, uniform

MAX_EVENTS = 20_000_000
"""Expected candidates of all scenarios of a run; more would not fit the memory of a desk's computer."""

_BELOW_ONE = float(np.nextafter(1.0, 0.0))


@dataclass(frozen=True)
class _Bunch:
    """Candidates of one threat. ``row`` counts them within all candidates in the order they are drawn."""

    threat: int
    row: int
    scenario: IntArray
    day: IntArray
    identity: Bits
    parent: IntArray
    depth: IntArray
    uniform: FloatArray
    stock: IntArray


def draw_candidates(
    scenario: Scenario, parameters: MarketParameters, first: int, count: int, key: int
) -> EventCandidates:
    """Return the candidates of ``count`` scenarios from number ``first`` on.

    The same scenario has the same candidates however the range is cut.

    Raises:
        ScenarioError: where the rates would give more events than fit in memory; names the threat of the most.
    """
    _refuse_too_many(scenario, parameters)
    threats = scenario.threats
    bunches: dict[int, _Bunch] = {}
    rows = 0
    for place in after_their_causes(threats):
        bunch = _drawn(scenario, place, parameters, (first, count, key), bunches, rows)
        bunches[place] = bunch
        rows += bunch.scenario.size
    return _assembled(scenario, parameters, list(bunches.values()), first, count)


def expected_candidates(scenario: Scenario, parameters: MarketParameters) -> FloatArray:
    """Return how many candidates of each threat one scenario has on average, (T,)."""
    years = scenario.horizon_days / TRADING_DAYS_PER_YEAR
    expected = np.array([t.annual_rate[-1] * rate_factor(t, parameters) * years for t in scenario.threats])
    places = {threat.id: place for place, threat in enumerate(scenario.threats)}
    for place in after_their_causes(scenario.threats):
        for entry in scenario.threats[place].triggers:
            expected[places[entry.threat]] += expected[place] * entry.probability
    return expected


def _refuse_too_many(scenario: Scenario, parameters: MarketParameters) -> None:
    expected = expected_candidates(scenario, parameters)
    total = float(expected.sum()) * scenario.scenarios
    if total > MAX_EVENTS:
        worst = scenario.threats[int(np.argmax(expected))]
        raise ScenarioError(
            f"threats.{worst.id}.annual_rate",
            f"the scenarios would hold {total:,.0f} events, more than {MAX_EVENTS:,}",
            "lower the rate of level 5, the horizon or the number of scenarios",
        )


def _drawn(
    scenario: Scenario,
    place: int,
    parameters: MarketParameters,
    window: tuple[int, int, int],
    bunches: dict[int, _Bunch],
    row: int,
) -> _Bunch:
    """Draw a threat's own events and those that the threats before it set off."""
    threat = scenario.threats[place]
    first, count, key = window
    years = scenario.horizon_days / TRADING_DAYS_PER_YEAR
    mean = threat.annual_rate[-1] * rate_factor(threat, parameters) * years
    numbers, identity = _roots(threat.id, mean, first, count, key)
    day = np.minimum(
        (uniform(identity, Channel.DAY) * scenario.horizon_days).astype(np.int64), scenario.horizon_days - 1
    )
    none = np.full(numbers.size, -1, dtype=np.int64)
    pieces = [(numbers, day, identity, none, np.zeros_like(none), uniform(identity, Channel.THIN), none)]
    for bunch in bunches.values():
        for entry in scenario.threats[bunch.threat].triggers:
            if entry.threat == threat.id and entry.probability > 0:
                pieces.append(_set_off(bunch, f"{scenario.threats[bunch.threat].id}>{threat.id}", entry.probability))
    columns = [np.concatenate(column) for column in zip(*pieces, strict=True)]
    numbers, day, identity, parent, depth, thin, inherited = columns
    stock = picked(eligible_names(threat, parameters), uniform(identity, Channel.NAME_PICK))
    if strikes_a_name(threat) and threat.name_pick == "random_holding":
        stock = np.where(inherited >= 0, inherited, stock)
    return _Bunch(place, row, numbers, day, identity, parent, depth, thin, stock)


def _roots(threat: str, mean: float, first: int, count: int, key: int) -> tuple[IntArray, Bits]:
    """Return scenario numbers (from ``first``) and identities of a threat's own events."""
    numbers: list[IntArray] = [np.empty(0, dtype=np.int64)]
    identities: list[Bits] = [np.empty(0, dtype=np.uint64)]
    if mean > 0:
        most = math.ceil(mean + 12 * math.sqrt(mean) + 30)
        cumulative = np.asarray(special.pdtr(np.arange(most, dtype=np.float64), mean), dtype=np.float64)
        start = np.array([0, 0, 0, tag(threat)], dtype=np.uint64)
        for block in range(first // BLOCK, -(-(first + count) // BLOCK)):
            bits = np.random.Philox(key=np.array([key % 2**64, block], dtype=np.uint64), counter=start)
            counts = np.searchsorted(cumulative, from_bits(bits.random_raw(BLOCK)), side="right")
            drawn = bits.random_raw(int(counts.max()) * BLOCK).reshape(-1, BLOCK)
            low, high = max(first - block * BLOCK, 0), min(first + count - block * BLOCK, BLOCK)
            turn, place = np.nonzero(np.arange(drawn.shape[0])[:, None] < counts[None, low:high])
            numbers.append(place + (block * BLOCK + low - first))
            identities.append(drawn[turn, place + low])
    return np.concatenate(numbers), np.concatenate(identities)


def _set_off(
    bunch: _Bunch, edge: str, probability: float
) -> tuple[IntArray, IntArray, Bits, IntArray, IntArray, FloatArray, IntArray]:
    """Return the events a bunch sets off through one edge, as columns of a bunch without its picks."""
    identity = child(bunch.identity, edge)
    chance = uniform(identity, Channel.TRIGGER)
    kept = np.flatnonzero(chance < probability)
    # Given that it lies below the probability, the chance over it is uniform again: the child's own thinning number.
    thin = np.minimum(chance[kept] / probability, _BELOW_ONE)
    parent = kept + bunch.row
    return bunch.scenario[kept], bunch.day[kept], identity[kept], parent, bunch.depth[kept] + 1, thin, bunch.stock[kept]


def _assembled(
    scenario: Scenario, parameters: MarketParameters, bunches: list[_Bunch], first: int, count: int
) -> EventCandidates:
    """Put bunches into one table, sorted by scenario and day, causes before what they set off."""
    empty = np.empty(0, dtype=np.int64)
    numbers = np.concatenate([empty, *(bunch.scenario for bunch in bunches)])
    day = np.concatenate([empty, *(bunch.day for bunch in bunches)])
    order = np.argsort(numbers * scenario.horizon_days + day, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size)
    parent = np.concatenate([empty, *(bunch.parent for bunch in bunches)])
    parent = np.where(parent >= 0, rank[parent], -1) if parent.size else parent
    direct = np.zeros(order.size)
    outage = np.zeros(order.size)
    for bunch in bunches:
        threat = scenario.threats[bunch.threat]
        rows = rank[bunch.row : bunch.row + bunch.scenario.size]
        if threat.direct_loss is not None:
            loss = magnitudes(threat.direct_loss, uniform(bunch.identity, Channel.DIRECT))
            direct[rows] = loss if threat.direct_base == "krw" else np.minimum(loss, 1.0)
        if threat.outage_days is not None:
            outage[rows] = magnitudes(threat.outage_days, uniform(bunch.identity, Channel.OUTAGE))
    places = [np.full(bunch.scenario.size, bunch.threat, dtype=np.int64) for bunch in bunches]
    return EventCandidates(
        first=first,
        count=count,
        horizon_days=scenario.horizon_days,
        threats=tuple(threat.id for threat in scenario.threats),
        scenario=numbers[order],
        day=day[order],
        threat=np.concatenate([empty, *places])[order],
        parent=parent[order],
        depth=np.concatenate([empty, *(bunch.depth for bunch in bunches)])[order],
        uniform=np.concatenate([np.empty(0), *(bunch.uniform for bunch in bunches)])[order],
        stock=np.concatenate([empty, *(bunch.stock for bunch in bunches)])[order],
        direct=direct,
        outage_days=outage,
        parts=_parts(scenario, parameters, bunches, rank),
    )


@dataclass(frozen=True)
class _PartColumns:
    kind: PartKind
    event: IntArray
    shock: FloatArray
    target: IntArray


def _parts(scenario: Scenario, parameters: MarketParameters, bunches: list[_Bunch], rank: IntArray) -> EventParts:
    columns: list[_PartColumns] = []
    for bunch in bunches:
        threat = scenario.threats[bunch.threat]
        rows = rank[bunch.row : bunch.row + bunch.scenario.size]
        columns += _market_parts(threat, bunch, rows)
        columns += _sector_parts(threat, bunch, rows, sector_names(parameters))
        if threat.name_shock is not None:
            struck = np.flatnonzero(bunch.stock >= 0)
            shock = magnitudes(threat.name_shock, uniform(bunch.identity[struck], Channel.NAME))
            columns.append(_PartColumns(PartKind.NAME, rows[struck], shock, bunch.stock[struck]))
    kind = np.concatenate([np.empty(0, dtype=np.int64), *(np.full(c.event.size, int(c.kind)) for c in columns)])
    event = np.concatenate([np.empty(0, dtype=np.int64), *(column.event for column in columns)])
    shock = np.concatenate([np.empty(0), *(column.shock for column in columns)])
    target = np.concatenate([np.empty(0, dtype=np.int64), *(column.target for column in columns)])
    order = np.argsort(event, kind="stable")
    kind, event, shock, target = kind[order], event[order], shock[order], target[order]
    return EventParts(
        kind=kind,
        event=event,
        market_shock=np.where(kind == PartKind.MARKET, shock, 0.0),
        sector=np.where(kind == PartKind.SECTOR, target, -1),
        sector_shock=np.where(kind == PartKind.SECTOR, shock, 0.0),
        stock=np.where(kind == PartKind.NAME, target, -1),
        name_shock=np.where(kind == PartKind.NAME, shock, 0.0),
    )


def is_market_wide(threat: ThreatSpec) -> bool:
    """Say whether a threat has an exogenous part: a market shock, or days of higher volatility or correlation."""
    return threat.market_shock is not None or threat.vol_multiplier > 1 or threat.correlation_lift > 0


def _market_parts(threat: ThreatSpec, bunch: _Bunch, rows: IntArray) -> list[_PartColumns]:
    if not is_market_wide(threat):
        return []
    shock = np.zeros(rows.size)
    if threat.market_shock is not None:
        shock = magnitudes(threat.market_shock, uniform(bunch.identity, Channel.MARKET))
    return [_PartColumns(PartKind.MARKET, rows, shock, np.full(rows.size, -1, dtype=np.int64))]


def _sector_parts(threat: ThreatSpec, bunch: _Bunch, rows: IntArray, names: tuple[str, ...]) -> list[_PartColumns]:
    """Return a threat's sector shocks; one event is as severe in each of its sectors, so they share a uniform."""
    columns = []
    for sector, spec in threat.sector_shock.items():
        if sector != ANY_SECTOR and sector not in names:
            continue
        shock = magnitudes(spec, uniform(bunch.identity, Channel.SECTOR))
        if sector == ANY_SECTOR:
            choices = np.arange(len(names), dtype=np.int64)
            target = picked(choices, uniform(bunch.identity, Channel.SECTOR_PICK))
        else:
            target = np.full(rows.size, names.index(sector), dtype=np.int64)
        columns.append(_PartColumns(PartKind.SECTOR, rows, shock, target))
    return columns
