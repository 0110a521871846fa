"""Waves of broker faults: seeded sets of rules, each in force for a while, with calm in between."""

import random
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from daybook.paper.faults import FaultKind
from tests.chaos.exchange_side import ExchangeSide

Rule = dict[str, Any]

ORDER_POST = "order-cash"
"""The order's own path: the rules' name ``order`` is also part of the path of other services."""


def _on(path: str, fault: FaultKind, probability: float, **more: Any) -> Rule:
    return {"match": {"path": path}, "fault": fault.value, "probability": probability, **more}


ORDER_FAULTS: tuple[Rule, ...] = (
    _on(ORDER_POST, FaultKind.ACCEPT_THEN_DROP, 0.3),
    _on(ORDER_POST, FaultKind.HTTP_500_AFTER_ACCEPT, 0.3),
    _on(ORDER_POST, FaultKind.EGW00301_AFTER_ACCEPT, 0.3),
    _on(ORDER_POST, FaultKind.TRUNCATED_JSON, 0.3),
    _on(ORDER_POST, FaultKind.SLOW, 0.25, seconds=3.0),
    _on(ORDER_POST, FaultKind.SLOW, 0.25, seconds=2.6, before=True),
    _on(ORDER_POST, FaultKind.EARLY_NOTICE, 0.4, seconds=0.5),
    _on(ORDER_POST, FaultKind.EGW00201, 0.6),
    _on(ORDER_POST, FaultKind.EGW00215, 0.25),
    _on(ORDER_POST, FaultKind.EGW00123, 0.3),
    _on(ORDER_POST, FaultKind.RESET, 0.25),
    _on(ORDER_POST, FaultKind.HTML_502, 0.25),
    _on(ORDER_POST, FaultKind.BLANK_ENVELOPE, 0.25),
)
"""What an order POST meets; after most of these nobody knows whether the order exists."""

READ_FAULTS: tuple[Rule, ...] = (
    _on("ccld", FaultKind.LAGGING_CCLD, 1.0, seconds=3.0),
    _on("ccld", FaultKind.EMPTY_CCLD, 1.0),
    _on("ccld", FaultKind.EMPTY_CCLD, 0.1),
    _on("ccld", FaultKind.EGW00201, 0.3),
    _on("ccld", FaultKind.TRUNCATED_JSON, 0.2),
    _on("ccld", FaultKind.RESET, 0.2),
    _on("balance", FaultKind.DUPLICATE_BALANCE_ROW, 0.5),
    _on("balance", FaultKind.EMPTY_BALANCE, 0.4),
    _on("balance", FaultKind.EMPTY_BALANCE, 0.4, keep_totals=True),
    _on("orderable", FaultKind.BLANK_ENVELOPE, 0.3),
    _on("price", FaultKind.HTML_502, 0.2),
    _on("price", FaultKind.EGW00215, 0.3),
    _on("trading", FaultKind.EGW00123, 0.1),
    _on("trading", FaultKind.SLOW, 0.15, seconds=0.7),
)
"""What inquiries meet."""

CANCEL_FAULTS: tuple[Rule, ...] = (
    _on("cancel", FaultKind.ACCEPT_THEN_DROP, 0.5),
    _on("cancel", FaultKind.HTTP_500_AFTER_ACCEPT, 0.5),
    _on("cancel", FaultKind.TRUNCATED_JSON, 0.5),
    _on("cancel", FaultKind.SLOW, 0.5, seconds=2.6),
    _on("cancel", FaultKind.EGW00201, 0.5),
    _on("cancel", FaultKind.RESET, 0.5),
)
"""What a cancel POST meets."""

NOTICE_FAULTS: tuple[Rule, ...] = (
    _on("notice", FaultKind.DUPLICATE_NOTICE, 0.5),
    _on("notice", FaultKind.LATE_NOTICE, 0.5, seconds=2.0),
    _on("notice", FaultKind.LOST_NOTICE, 0.5),
    _on("frame", FaultKind.WS_DROP, 0.3),
)
"""What notices meet on their way."""

EVERY_KIND = frozenset(
    FaultKind(rule["fault"]) for rule in (*ORDER_FAULTS, *READ_FAULTS, *CANCEL_FAULTS, *NOTICE_FAULTS)
)


GENTLE: tuple[Rule, ...] = (
    _on(ORDER_POST, FaultKind.ACCEPT_THEN_DROP, 0.2),
    _on(ORDER_POST, FaultKind.HTTP_500_AFTER_ACCEPT, 0.2),
    _on(ORDER_POST, FaultKind.EGW00201, 0.3),
    _on(ORDER_POST, FaultKind.EGW00123, 0.2),
    _on("notice", FaultKind.DUPLICATE_NOTICE, 0.3),
    _on("notice", FaultKind.LOST_NOTICE, 0.3),
    _on("balance", FaultKind.DUPLICATE_BALANCE_ROW, 0.5),
)
"""Faults after which an order is found, or known not to exist, within seconds."""


def named(rule: Rule, seed: int) -> Rule:
    """Return a rule with its own seed and the name by which it is counted."""
    return {**rule, "seed": seed, "name": f"{rule['fault']} on {rule['match']['path']}"}


def gentle(seed: int) -> Iterator[list[Rule]]:
    """Return the same gentle faults for ever."""
    while True:
        yield [named(rule, seed + number) for number, rule in enumerate(GENTLE)]


def waves(seed: int) -> Iterator[list[Rule]]:
    """Return endless sets of rules that together contain every fault before any repeats."""
    source = random.Random(f"{seed}-waves")
    decks = [_dealt(deck, source) for deck in (ORDER_FAULTS, READ_FAULTS, CANCEL_FAULTS, NOTICE_FAULTS)]
    while True:
        yield [named(next(deck), source.randrange(1 << 30)) for deck in decks]


def _dealt(deck: Sequence[Rule], source: random.Random) -> Iterator[Rule]:
    while True:
        yield from source.sample(list(deck), len(deck))


class FaultWaves:
    """Puts waves in force at an exchange until stopped, and adds up what fired."""

    def __init__(
        self, exchange: ExchangeSide, rules: Iterator[list[Rule]], *, lasts_s: float, calm_s: float = 0.0
    ) -> None:
        self._exchange = exchange
        self._waves = rules
        self._lasts_s = lasts_s
        self._calm_s = calm_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fault-waves", daemon=True)
        self.fired: Counter[str] = Counter()
        self.fired_kinds: Counter[FaultKind] = Counter()

    def __enter__(self) -> "FaultWaves":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End the current wave; the exchange works well from now on."""
        if not self._stopping.is_set():
            self._stopping.set()
            self._thread.join()
            self._set([])

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._set(next(self._waves))
            self._stopping.wait(self._lasts_s)
            self._set([])
            self._stopping.wait(self._calm_s)

    def _set(self, rules: list[Rule]) -> None:
        for counted in self._exchange.fired_faults():
            if counted["fired"]:
                self.fired[counted["name"]] += counted["fired"]
                self.fired_kinds[FaultKind(counted["fault"])] += counted["fired"]
        self._exchange.set_faults(rules)
