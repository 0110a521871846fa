"""One day in a few figures, for a report over many days."""

from datetime import UTC, date, datetime

from pydantic import Field

from daybook.contracts.base import Message, TradingState, Won
from daybook.contracts.day import DayFacts, DayPhase
from daybook.contracts.orders import IntentState
from daybook.contracts.reconciliation import ReconcileMoment, ReconcileReport
from daybook.report.day_window import day_window
from daybook.report.decision_facts import read_decisions
from daybook.storage.audit import AuditLog
from daybook.storage.database import Database
from daybook.storage.days import DayRecord, DayStore
from daybook.storage.errors import RecordNotFound
from daybook.storage.intents import IntentStore
from daybook.storage.ledger import Ledger
from daybook.storage.states import StateStore

_STRICTNESS = (TradingState.ACTIVE, TradingState.REDUCING, TradingState.HALTED)


class DaySummary(Message):
    """One day of a rehearsal. A day without a session, or never closed, has no equity; None is "not known"."""

    day: date
    outcome: str = Field(description="how the day ended: its last phase, or why there was none")
    note: str = ""
    opening_equity_krw: Won | None = None
    closing_equity_krw: Won | None = None
    closing_cash_krw: Won | None = None
    flow_krw: Won = Field(default=0, description="paid in or adjusted, less paid out; shares at cost")
    realised_pnl_krw: Won = 0
    costs_krw: Won = 0
    orders: int = 0
    orders_filled: int = Field(default=0, description="with at least one share")
    orders_refused: int = 0
    fills: int = 0
    exposure_ratio: float | None = Field(default=None, description="share of equity not in cash, mean over the looks")
    state: TradingState | None = None
    opening_signed_off: bool | None = None
    closing_signed_off: bool | None = None
    differences: int = Field(default=0, description="differences both reconciliations named")
    report: str = Field(default="", description="the day's report, relative to the desk's home")

    @property
    def is_traded(self) -> bool:
        """Whether the day has a result."""
        return bool(self.opening_equity_krw) and self.closing_equity_krw is not None

    @property
    def pnl_krw(self) -> Won | None:
        """The result after costs, without flows."""
        if self.opening_equity_krw is None or self.closing_equity_krw is None:
            return None
        return self.closing_equity_krw - self.opening_equity_krw - self.flow_krw

    @property
    def pnl_ratio(self) -> float | None:
        """The result against equity before."""
        return self.pnl_krw / self.opening_equity_krw if self.pnl_krw is not None and self.opening_equity_krw else None


def summarise_day(database: Database, account: str, day: date, *, outcome: str = "", note: str = "") -> DaySummary:
    """Return a day's summary from the ledger; a day that was never begun is a row that says so.

    ``outcome`` and ``note`` override what the day's row says, e.g. with a workflow's result.
    """
    try:
        record = DayStore(database).get(day, account)
    except RecordNotFound:
        return DaySummary(day=day, outcome=outcome or "not begun", note=note)
    ledger = Ledger(database)
    points = ledger.equity_points(day, account=account)
    intents = IntentStore(database).for_day(day, account=account)
    fills = ledger.fills(day, account=account)
    facts = DayFacts.model_validate(record.summary_value) if record.summary_value else None
    reports = _reconciliations(database, day)
    decisions, _ = read_decisions(database, account, day)
    adjusted = day_window(database, account, day, decisions).adjustments(ledger.entries(account))
    exposures = [1 - point.cash_krw / point.equity_krw for point in points if point.equity_krw > 0]
    refused = (IntentState.DENIED, IntentState.REJECTED, IntentState.EXPIRED)
    return DaySummary(
        day=day,
        outcome=outcome or (DayPhase.DONE.value if facts else record.phase),
        note=note,
        opening_equity_krw=facts.opening_equity_krw if facts else None,
        closing_equity_krw=facts.closing_equity_krw if facts else None,
        closing_cash_krw=points[-1].cash_krw if points else None,
        flow_krw=sum(entry.cash_krw + entry.cost_basis_krw for entry in adjusted),
        realised_pnl_krw=ledger.realised_pnl(day, account=account),
        costs_krw=sum(fill.costs_krw for fill in fills),
        orders=len(intents),
        orders_filled=sum(intent.filled_shares > 0 for intent in intents),
        orders_refused=sum(intent.state in refused for intent in intents),
        fills=sum(fill.shares > 0 for fill in fills),
        exposure_ratio=sum(exposures) / len(exposures) if exposures else None,
        state=_state_at_end(database, account, record),
        opening_signed_off=_verdict(reports.get(ReconcileMoment.START)),
        closing_signed_off=_verdict(reports.get(ReconcileMoment.END)),
        differences=sum(len(report.differences) for report in reports.values()),
        report=record.report_path,
    )


def _reconciliations(database: Database, day: date) -> dict[ReconcileMoment, ReconcileReport]:
    """Return the day's last reconciliation of each moment, as the audit chain keeps them."""
    found = {}
    for row in AuditLog(database).for_subject(day.isoformat()):
        if row.action.startswith("reconcile."):
            report = ReconcileReport.model_validate_json(row.detail)
            found[report.moment] = report
    return found


def _verdict(report: ReconcileReport | None) -> bool | None:
    return None if report is None else report.signed_off


def _state_at_end(database: Database, account: str, record: DayRecord) -> TradingState:
    ended = record.finished_at or datetime.max.replace(tzinfo=UTC)
    states = [
        halt.state
        for halt in StateStore(database).halts(account)
        if halt.at <= ended and (halt.closed_at is None or halt.closed_at > ended)
    ]
    return max(states, key=_STRICTNESS.index, default=TradingState.ACTIVE)
