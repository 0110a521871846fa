"""Many days, unattended, through the same workflows and workers as a real day."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from datetime import time as time_of_day
from pathlib import Path
from typing import Any

from rich.console import Console

from daybook.contracts.clock import MarketClock
from daybook.contracts.limits import RiskLimits, StrategySettings
from daybook.krx.calendar import previous_trading_day
from daybook.paper.replay import read_index, replay_days
from daybook.report.rehearsal import render_rehearsal
from daybook.report.summary import DaySummary, summarise_day
from daybook.settings import Settings
from daybook.stack.compressed_day import (
    Agreement,
    CompressedDays,
    MarketEvent,
    compressed_settings,
    ended_well,
    ranked_by_momentum,
    rehearsal_environment,
)
from daybook.stack.local import LocalStack, Ports
from daybook.stack.processes import ManagedProcess
from daybook.stack.progress import DayProgress
from daybook.storage import Database

TOKEN_REVOKED_AT = time_of_day(11, 0)


@dataclass(frozen=True)
class RehearsalOutcome:
    """Where the report is, and whether every day did what its calendar allows and the books agree."""

    markdown_path: Path
    all_well: bool
    agreement: Agreement


@dataclass
class Rehearsal:
    """A rehearsal over ``days``.

    Args:
        notes: what is special about a day.
        replay: real daily prices; None generates prices from ``seed``.
        revoked_on: days on which the broker revokes all tokens in the middle of the session.
    """

    settings: Settings
    home: Path
    days: Sequence[date]
    notes: Mapping[date, str]
    replay: Path | None
    index: Path | None
    speed: float
    seed: int
    revoked_on: frozenset[date] = frozenset()
    assumptions: list[str] = field(default_factory=list)

    def build_stack(self, on_restart: Callable[[ManagedProcess], None]) -> LocalStack:
        """Return the stack, not started, with the exchange on the evening before the first day."""
        ranked, note = ranked_by_momentum(self.settings)
        self.assumptions.append(note)
        configured = compressed_settings(self._with_short_history(ranked), self.speed)
        begin = datetime.combine(self.days[0], time_of_day(8, 0)).isoformat()
        options = ["--start", f"{begin}+09:00", "--speed", "1", "--seed", str(self.seed)]
        if self.replay is not None:
            options += ["--replay", str(self.replay.resolve())]
        if self.index is not None:
            options += ["--index", str(self.index.resolve())]
        return LocalStack(
            settings=configured,
            home=self.home,
            ports=Ports.choose(),
            paper_options=options,
            worker_environment=rehearsal_environment(configured),
            on_restart=on_restart,
        )

    def _with_short_history(self, settings: Settings) -> Settings:
        """A replay file shorter than the strategy's window would only ever abstain; ask for less, and say so."""
        if self.replay is None:
            return settings
        sessions = len(replay_days(self.replay))
        wanted = settings.strategy.min_history_sessions
        if sessions > wanted + settings.strategy.skip_sessions:
            return settings
        strategy: StrategySettings = settings.strategy.model_copy(
            update={
                "lookback_sessions": min(settings.strategy.lookback_sessions, 3),
                "skip_sessions": 0,
                "min_history_sessions": 3,
            }
        )
        limits: RiskLimits = settings.limits.model_copy(update={"min_sessions_listed": 3})
        self.assumptions.append(
            f"The file holds {sessions} sessions only, so the strategy ranks on 3 earlier sessions instead of {wanted} "
            "and holds no position on the first 3 days; a momentum of 3 days is weak evidence of anything."
        )
        return settings.model_copy(update={"strategy": strategy, "limits": limits})

    def run(
        self, stack: LocalStack, progress: Callable[[MarketClock], DayProgress], console: Console
    ) -> RehearsalOutcome:
        """Run all days and write the report over them."""
        days = CompressedDays(stack, self.speed, progress)
        all_well = True
        outcomes: dict[date, str] = {}
        for day in self.days:
            console.rule(f"{day} {self.notes.get(day, '')}".strip())
            result = days.run(day, self._events(day, days))
            outcomes[day] = result.reason.split(";")[0]
            all_well = all_well and ended_well(result)
            console.print(f"{day} {result.phase.value} {result.reason}".rstrip())
        agreement = days.agreement()
        console.print(agreement.text())
        path = self._report(stack, outcomes)
        return RehearsalOutcome(path, all_well and agreement.holds, agreement)

    def _events(self, day: date, days: CompressedDays) -> list[MarketEvent]:
        if day not in self.revoked_on:
            return []
        rule: list[dict[str, Any]] = [{"match": {"path": "quotations"}, "times": 1, "fault": "egw00123"}]
        return [
            MarketEvent(TOKEN_REVOKED_AT, "the broker revokes all tokens", lambda: days.paper.set_faults(rule)),
        ]

    def _report(self, stack: LocalStack, outcomes: Mapping[date, str]) -> Path:
        account = self.settings.account
        with Database(stack.client_settings().ledger_url, read_only=True) as database:
            summaries: list[DaySummary] = [
                summarise_day(database, account, day, note=" ".join(filter(None, (self.notes.get(day), outcomes[day]))))
                for day in self.days
            ]
        return render_rehearsal(
            summaries,
            self._benchmark(),
            assumptions=[*self._facts(), *self.assumptions],
            account=account,
            report_links="../..",
        ).write(stack.home / "reports" / "rehearsal")

    def _facts(self) -> list[str]:
        source = (
            f"Daily open, high, low, close and volume are real ({self.replay.name}); the path inside each day is "
            "generated within them."
            if self.replay is not None
            else f"All prices are generated (seed {self.seed})."
        )
        return [
            source,
            "Fills come from the paper exchange: at most 30 % of a printed volume, own orders move no price.",
            f"The clock runs {self.speed:g} times faster; limits on the age of data stay real seconds, order "
            "submissions may follow each other faster than 1/s, orders live longer in market time, and a price may "
            "move 3 % instead of 1 % between decision and check, which are minutes of market time apart here.",
        ]

    def _benchmark(self) -> list[tuple[date, float]] | None:
        """Closes of KOSPI200 from its own file; None when there is none."""
        path = self.index or (self.replay.parent / "kospi200_daily.csv.gz" if self.replay is not None else None)
        if path is None or not path.is_file():
            return None
        first = previous_trading_day(self.days[0])
        return [(bar.day, bar.close) for bar in read_index(path) if first <= bar.day <= self.days[-1]]
