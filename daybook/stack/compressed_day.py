"""One trading day, compressed: the same workflows and workers as a real day, with clocks that run faster."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day

from daybook.contracts.base import KST
from daybook.contracts.clock import MarketClock
from daybook.contracts.day import DayPhase, DayResult, DayState
from daybook.contracts.desk import DeskConfig
from daybook.contracts.limits import AdvisorKind
from daybook.front.desk import Desk, DeskError, DeskUnreachable
from daybook.settings import ConfigurationError, Settings
from daybook.stack.local import LocalStack
from daybook.stack.paper_control import PaperControl
from daybook.stack.progress import DayProgress
from daybook.storage import Database, IntentStore, Ledger, StorageError

PAPER_ACCOUNT = "1234567801"
"""The account of the built-in paper credentials."""

STARTS_AT = time_of_day(8, 18)
_LOOK_S = 0.4
_PATIENCE = 6.0


@dataclass(frozen=True)
class MarketEvent:
    """Something done to the exchange at a market time of the day."""

    at: time_of_day
    text: str
    action: Callable[[], None]


@dataclass(frozen=True)
class Agreement:
    """Ledger against exchange, read directly from both after the day."""

    ledger_cash_krw: int
    broker_cash_krw: int
    ledger_shares: dict[str, int] = field(default_factory=dict)
    broker_shares: dict[str, int] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether cash and every position agree exactly."""
        return self.ledger_cash_krw == self.broker_cash_krw and self.ledger_shares == self.broker_shares

    def text(self) -> str:
        """One line for a person."""
        verdict = "agree" if self.holds else "DIFFER"
        return (
            f"ledger and broker {verdict}: cash {self.ledger_cash_krw:,} / {self.broker_cash_krw:,} KRW, "
            f"positions {len(self.ledger_shares)} / {len(self.broker_shares)}"
        )


def compressed_settings(settings: Settings, speed: float) -> Settings:
    """Return settings whose real-second patience fits a compressed day; market-time rules stay as they are."""
    limits = settings.limits.model_copy(
        update={"submit_rate_per_s": 50.0, "submit_burst": 100, "grounding_max_price_gap_ratio": 0.03}
    )
    strategy = settings.strategy.model_copy(
        update={"order_ttl_min": max(settings.strategy.order_ttl_min, min(60.0, 4 * speed / 60))}
    )
    return settings.model_copy(
        update={
            "limits": limits,
            "strategy": strategy,
            "poll_interval_s": 1.0,
            "settle_interval_s": 0.5,
            "settle_polls": 4,
        }
    )


def ranked_by_momentum(settings: Settings) -> tuple[Settings, str]:
    """Return settings that rank by momentum unless an advisor is set, and a sentence that says so.

    The factor advisor finds nothing worth its cost in generated prices, and a year of bars a symbol is much for a
    compressed morning: such a day would show no order.
    """
    if "advisor" in settings.strategy.model_fields_set:
        return settings, f"Ranked by the advisor that is configured: {settings.strategy.advisor.value}."
    strategy = settings.strategy.model_copy(update={"advisor": AdvisorKind.MOMENTUM})
    return settings.model_copy(update={"strategy": strategy}), (
        "Ranked by plain momentum, so that the day trades: a desk in real time ranks by factors and leaves alone what "
        'is not worth its cost. To see that, set DAYBOOK_STRATEGY={"advisor": "factor"}.'
    )


def rehearsal_environment(settings: Settings) -> dict[str, str]:
    """Return the limits as environment: the trading worker holds orders against its own, not against a message."""
    return {
        "DAYBOOK_ACCOUNT": settings.account,
        "DAYBOOK_LIMITS": settings.limits.model_dump_json(),
        "DAYBOOK_STRATEGY": settings.strategy.model_dump_json(),
    }


class CompressedDays:
    """Runs days one after the other on a started stack."""

    def __init__(self, stack: LocalStack, speed: float, progress: Callable[[MarketClock], DayProgress]) -> None:
        self._stack = stack
        self._settings = stack.client_settings()
        self._speed = speed
        self._progress = progress
        self._paper = PaperControl(stack.paper_url)

    @property
    def desk_config(self) -> DeskConfig:
        """The configuration the days run with."""
        return self._settings.desk_config()

    @property
    def paper(self) -> PaperControl:
        """The exchange's control."""
        return self._paper

    def run(self, day: date, events: Sequence[MarketEvent] = ()) -> DayResult:
        """Run one day to its end.

        Raises:
            ConfigurationError: when the day does not end within its time.
        """
        starts = datetime.combine(day, STARTS_AT, KST)
        self._paper.set_clock(starts, self._speed)
        clock = MarketClock(real_anchor=datetime.now(UTC), market_anchor=starts, speed=self._speed)
        return asyncio.run(self._run(day, clock, sorted(events, key=lambda event: event.at)))

    async def _run(self, day: date, clock: MarketClock, events: list[MarketEvent]) -> DayResult:
        desk = await Desk.connect(self._settings, timeout_s=30)
        await desk.start_day(day, clock)
        ending = asyncio.create_task(self._result(desk, day))
        began = time.monotonic()
        longest_s = timedelta(hours=9).total_seconds() / self._speed * _PATIENCE + 120
        state = DayState(day=day)
        with self._progress(clock) as progress:
            while not ending.done():
                self._stack.supervisor.check()
                elapsed_s = time.monotonic() - began
                if elapsed_s > longest_s:
                    ending.cancel()
                    raise ConfigurationError(f"{day} did not end within {longest_s:.0f} s; see {self._stack.home}/logs")
                market_now = clock.market_time(datetime.now(UTC))
                while events and market_now.date() == day and market_now.time() >= events[0].at:
                    event = events.pop(0)
                    await asyncio.to_thread(event.action)
                    progress.say(f"{market_now:%H:%M:%S}  {event.text}")
                state = await self._state(desk, day, state)
                progress.show(state, f"{market_now:%H:%M:%S}", await asyncio.to_thread(self._intents, day), elapsed_s)
                await asyncio.wait({ending}, timeout=_LOOK_S)
            state = await self._state(desk, day, state)
            progress.show(
                state, f"{clock.market_time(datetime.now(UTC)):%H:%M:%S}", self._intents(day), time.monotonic() - began
            )
        return ending.result()

    @staticmethod
    async def _result(desk: Desk, day: date) -> DayResult:
        """Wait for the day's end, through restarts of the server."""
        while True:
            try:
                return await desk.day_result(day)
            except DeskUnreachable:
                await asyncio.sleep(_LOOK_S)

    async def _state(self, desk: Desk, day: date, last: DayState) -> DayState:
        """A query needs a control worker; while one restarts, the last known state is shown."""
        try:
            return await asyncio.wait_for(desk.day_state(day), 2)
        except (DeskError, TimeoutError):
            return last

    def _intents(self, day: date) -> list:  # type: ignore[type-arg]
        try:
            with Database(self._settings.ledger_url, read_only=True) as database:
                return IntentStore(database).for_day(day, account=self._settings.account)
        except StorageError:
            return []

    def agreement(self) -> Agreement:
        """Compare ledger and exchange directly, past all workers."""
        broker = self._paper.account(PAPER_ACCOUNT)
        with Database(self._settings.ledger_url, read_only=True) as database:
            ledger = Ledger(database)
            shares = {row.symbol: row.shares for row in ledger.positions(self._settings.account) if row.shares}
            cash_krw = ledger.cash(self._settings.account)
        held = {row["symbol"]: int(row["shares"]) for row in broker["holdings"] if int(row["shares"])}
        return Agreement(cash_krw, int(broker["cash"]["d2_krw"]), shares, held)


def ended_well(result: DayResult) -> bool:
    """Whether a day did what its calendar allows: traded and agreed, or was skipped with a calendar reason."""
    return result.signed_off or result.phase is DayPhase.SKIPPED
