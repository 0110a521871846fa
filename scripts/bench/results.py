"""Everything one run of the benchmark measured."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cpu_time import CpuMeter
from figures import Latency
from machine import Machine
from orders import PlacedOrder
from ticks import TickDay

FULL_DAY_TICKS = 390
HISTORY_LIMIT = 10_000


@dataclass
class Block:
    """One kind of work: its durations and the CPU time it took. ``count`` includes what was not timed."""

    durations_s: list[float] = field(default_factory=list)
    wall_s: float = 0.0
    cpu: CpuMeter | None = None

    @property
    def latency(self) -> Latency:
        """Latency figures."""
        return Latency.of(self.durations_s)

    @property
    def per_s(self) -> float:
        """Completions a second."""
        return len(self.durations_s) / self.wall_s

    def cpu_ms_each(self) -> dict[str, float]:
        """Return CPU milliseconds of one, by process."""
        used = self.cpu.used_s if self.cpu is not None else {}
        return {name: 1000 * spent_s / len(self.durations_s) for name, spent_s in used.items()}


@dataclass
class Results:
    """What a run measured."""

    machine: Machine
    load_before: tuple[float, float, float]
    load_after: tuple[float, float, float] = (0.0, 0.0, 0.0)
    floor: Block = field(default_factory=Block)
    floor_in_flight: Block = field(default_factory=Block)
    order: Block = field(default_factory=Block)
    order_in_flight: Block = field(default_factory=Block)
    orders: list[PlacedOrder] = field(default_factory=list)
    orders_in_flight: list[PlacedOrder] = field(default_factory=list)
    idle_cpu_ms_per_s: Mapping[str, float] = field(default_factory=dict)
    day: TickDay | None = None
    at_once: int = 10

    @property
    def to_exchange(self) -> Latency:
        """Trigger to the exchange, one order at a time."""
        return _to_exchange(self.orders)

    @property
    def to_exchange_in_flight(self) -> Latency:
        """Trigger to the exchange with several orders in flight."""
        return _to_exchange(self.orders_in_flight)

    @property
    def order_events(self) -> Counter[int]:
        """Events of an order's history, and how many orders had so many."""
        return Counter(order.events for order in self.orders)

    @property
    def detours(self) -> int:
        """Orders whose calls were not the usual ones, e.g. because a second look was needed."""
        usual = usual_calls(self.orders)
        return sum(calls(order) != usual for order in (*self.orders, *self.orders_in_flight))

    def as_json(self) -> dict[str, Any]:
        """Return everything for a program."""
        found: dict[str, Any] = {
            "machine": vars(self.machine),
            "load_average": {"before": self.load_before, "after": self.load_after},
            "latency": {
                "floor": self.floor.latency.as_json(),
                "order_to_exchange": self.to_exchange.as_json(),
                "order_to_filled_and_booked": self.order.latency.as_json(),
                f"floor_{self.at_once}_in_flight": self.floor_in_flight.latency.as_json(),
                f"order_to_exchange_{self.at_once}_in_flight": self.to_exchange_in_flight.as_json(),
                f"order_to_filled_and_booked_{self.at_once}_in_flight": self.order_in_flight.latency.as_json(),
            },
            "per_s": {
                f"floor_{self.at_once}_in_flight": round(self.floor_in_flight.per_s, 1),
                f"order_{self.at_once}_in_flight": round(self.order_in_flight.per_s, 1),
            },
            "cpu_ms_each": {
                "floor": _rounded(self.floor.cpu_ms_each()),
                "order": _rounded(self.order.cpu_ms_each()),
                "idle_per_s": _rounded(self.idle_cpu_ms_per_s),
            },
            "events": {"place_order": {str(events): count for events, count in sorted(self.order_events.items())}},
            "detours": self.detours,
            "steps_p50_ms": [
                {"step": name, **{part: round(value, 1) for part, value in parts.items()}}
                for name, parts in step_medians(self.orders)
            ],
        }
        if self.day is not None:
            day, chain = self.day, self.day.chain
            found["latency"]["decision_tick"] = Latency.of(day.durations_s).as_json()
            found["events"] |= {
                "decision_tick": _counted(day.events_by_tick),
                "trading_day_per_tick": round(chain.events_per_child, 2),
                "trading_day_by_run": chain.events_by_run,
                "trading_day_bytes_by_run": chain.bytes_by_run,
                "trading_day": chain.events,
                f"trading_day_extrapolated_to_{FULL_DAY_TICKS}_ticks": chain.extrapolated(FULL_DAY_TICKS),
                "limit": HISTORY_LIMIT,
            }
            found["day"] = {
                "ticks": day.ticks,
                "missed_ticks": day.missed_ticks,
                "speed": round(day.speed, 1),
                "orders": day.orders,
                "filled": day.filled,
                "signed_off": day.signed_off,
            }
        return found


def step_medians(orders: Sequence[PlacedOrder]) -> list[tuple[str, dict[str, float]]]:
    """Return the usual steps of an order, in order, with the median of each part in milliseconds."""
    usual = usual_calls(orders)
    alike = [order for order in orders if calls(order) == usual]
    found = []
    for position, name in enumerate(usual):
        steps = [order.steps[position] for order in alike]
        parts = {
            "decided": [step.decided_s for step in steps],
            "waited": [step.waited_s for step in steps],
            "worked": [step.worked_s for step in steps],
        }
        found.append((name, {part: Latency.of(values).p50_ms for part, values in parts.items()}))
    return found


def calls(order: PlacedOrder) -> tuple[str, ...]:
    """Return the calls an order made, in order."""
    return tuple(step.name for step in order.steps)


def usual_calls(orders: Sequence[PlacedOrder]) -> tuple[str, ...]:
    """Return the calls most orders make."""
    return Counter(calls(order) for order in orders).most_common(1)[0][0]


def _to_exchange(orders: Sequence[PlacedOrder]) -> Latency:
    return Latency.of([order.to_exchange_s for order in orders])


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 2) for name, value in values.items()}


def _counted(values: Sequence[int]) -> dict[str, int]:
    return {str(value): count for value, count in sorted(Counter(values).items())}
