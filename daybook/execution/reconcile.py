"""Reconciliation: ledger against broker. Agreement, an explained adoption, or no trading.

An empty or failed reply is never "flat"; an order made by hand is adopted as EXTERNAL and never cancelled; a position
or cash nobody can explain stops the desk until a person accepts it.
"""

from datetime import datetime

from daybook.contracts.account import AccountSnapshot
from daybook.contracts.base import Mode
from daybook.contracts.orders import BrokerOrder, IntentState
from daybook.contracts.reasons import DifferenceCode
from daybook.contracts.reconciliation import Difference, ReconcileMoment, ReconcileReport, ReconcileRequest
from daybook.execution.booking import Booking
from daybook.execution.desk import ExecutionDesk
from daybook.execution.opening import before_fills

LIVE_CASH_TOLERANCE_KRW = 1_000
"""Real commissions can differ from the configured rate by a few won an order; such a rest is booked as costs."""


class Reconciler:
    """Compares and repairs, as far as facts explain."""

    def __init__(self, desk: ExecutionDesk, booking: Booking) -> None:
        self._desk = desk
        self._booking = booking

    def reconcile(self, request: ReconcileRequest) -> ReconcileReport:
        """Compare once.

        Raises:
            BrokerError: when the broker gives no usable answer; the caller asks again.
        """
        desk, at = self._desk, self._desk.real_now()
        opened = False
        if not desk.ledger.is_open(request.account):
            self._open(request, at)
            opened = True
        differences: list[Difference] = []
        rows = self._orders(request, differences)
        snapshot = self._account(request)
        differences += self._positions(request, snapshot, at)
        differences += self._cash(request, snapshot, at)
        signed_off = all(difference.adopted for difference in differences)
        report = ReconcileReport(
            moment=request.moment,
            signed_off=signed_off,
            opened_ledger=opened,
            ledger_cash_krw=desk.ledger.cash(request.account),
            broker_cash_krw=snapshot.settled_cash_krw,
            positions_checked=len([holding for holding in snapshot.holdings if holding.shares]),
            orders_checked=len(rows),
            differences=tuple(differences),
        )
        if request.moment is not ReconcileMoment.DURING:
            desk.states.mark_reconciled(request.account, request.day, signed_off, at)
            desk.audit.append(
                at=at,
                actor=request.accept_by or "reconciler",
                action=f"reconcile.{request.moment.value}",
                subject=request.day.isoformat(),
                detail=report.model_dump(mode="json"),
            )
        return report

    def _open(self, request: ReconcileRequest, at: datetime) -> None:
        """Open the books before today's executions, which are then booked like any others."""
        rows = self._desk.broker.orders_today(request.day)
        snapshot = before_fills(
            self._desk.broker.account(),
            rows,
            lambda row: self._booking.costs_krw(row.symbol, row.side, row.filled_amount_krw, request.day),
        )
        self._desk.ledger.open_with(request.account, snapshot, at)

    def _orders(self, request: ReconcileRequest, differences: list[Difference]) -> list[BrokerOrder]:
        """Book fills of today's orders; adopt those that no intent can claim."""
        desk, at = self._desk, self._desk.real_now()
        rows = desk.broker.orders_today(request.day)
        unresolved = {
            (record.ticket.symbol, record.ticket.side)
            for record in desk.intents.open_intents(request.account)
            if record.state in (IntentState.SUBMITTING, IntentState.UNKNOWN, IntentState.NEEDS_HUMAN)
        }
        # Read after the unresolved ones: an intent resolved in between is found among the links.
        linked = desk.intents.linked_orders(request.day)
        known_external = {order.id.key for order in desk.intents.external_orders(request.day)}
        for row in rows:
            intent_id = linked.get(row.id.key)
            if intent_id is None and (row.symbol, row.side) in unresolved:
                continue
            if intent_id is None and row.id.key not in known_external:
                desk.intents.record_external(request.day, row)
                differences.append(
                    Difference(
                        code=DifferenceCode.EXTERNAL_ORDER,
                        subject=row.symbol,
                        ledger="-",
                        broker=f"{row.id.number} {row.side.value} {row.shares}",
                        adopted=True,
                        text="an order made outside the desk; adopted, never cancelled by it",
                    )
                )
            self._booking.book(row, intent_id, request.day, at)
        if not rows and linked and request.moment is not ReconcileMoment.DURING and desk.mode is not Mode.MOCK:
            differences.append(
                Difference(
                    code=DifferenceCode.ORDER_LIST_UNAVAILABLE,
                    subject=request.day.isoformat(),
                    ledger=f"{len(linked)} orders",
                    broker="0 orders",
                    adopted=False,
                    text="the broker's order list is empty although orders were accepted today",
                )
            )
        return rows

    def _account(self, request: ReconcileRequest) -> AccountSnapshot:
        """Return the account; a sudden emptiness is asked again before it is believed."""
        snapshot = self._desk.broker.account()
        held = any(position.shares for position in self._desk.ledger.positions(request.account))
        if held and not any(holding.shares for holding in snapshot.holdings):
            snapshot = self._desk.broker.account()
        return snapshot

    def _positions(self, request: ReconcileRequest, snapshot: AccountSnapshot, at: datetime) -> list[Difference]:
        desk = self._desk
        ours = {position.symbol: position.shares for position in desk.ledger.positions(request.account)}
        theirs = {holding.symbol: holding.shares for holding in snapshot.holdings}
        found: list[Difference] = []
        for symbol in sorted(ours.keys() | theirs.keys()):
            have, broker_has = ours.get(symbol, 0), theirs.get(symbol, 0)
            if have == broker_has:
                continue
            empty = bool(ours) and not any(theirs.values())
            code = (
                DifferenceCode.EMPTY_REPLY
                if empty
                else DifferenceCode.SHARES_DIFFER
                if have
                else DifferenceCode.EXTERNAL_POSITION
            )
            if request.accept_by:
                desk.ledger.adjust(
                    request.account,
                    code.value,
                    symbol=symbol,
                    shares=broker_has - have,
                    note=f"accepted by {request.accept_by}",
                    at=at,
                    cost_basis_krw=self._cost_krw(snapshot, symbol, broker_has - have),
                    day=request.day,
                )
            found.append(
                Difference(
                    code=code,
                    subject=symbol,
                    ledger=f"{have} shares",
                    broker=f"{broker_has} shares",
                    adopted=bool(request.accept_by),
                    text=f"accepted by {request.accept_by}" if request.accept_by else "no order explains it",
                )
            )
        return found

    @staticmethod
    def _cost_krw(snapshot: AccountSnapshot, symbol: str, shares: int) -> int | None:
        """Return what adopted shares cost at the broker's average price; removed shares keep the ledger's own."""
        holding = snapshot.holding(symbol)
        return round(holding.average_price_krw * shares) if holding is not None and shares > 0 else None

    def _cash(self, request: ReconcileRequest, snapshot: AccountSnapshot, at: datetime) -> list[Difference]:
        desk = self._desk
        ours = desk.ledger.cash(request.account)
        gap_krw = snapshot.settled_cash_krw - ours
        if not gap_krw:
            return []
        small = desk.mode is not Mode.PAPER and abs(gap_krw) <= LIVE_CASH_TOLERANCE_KRW
        if small or request.accept_by:
            desk.ledger.adjust(
                request.account,
                DifferenceCode.CASH_DIFFERS.value,
                cash_krw=gap_krw,
                note="rounding of the broker's costs" if small else f"accepted by {request.accept_by}",
                at=at,
                day=request.day,
            )
        return [
            Difference(
                code=DifferenceCode.CASH_DIFFERS,
                subject="cash",
                ledger=f"{ours:,} KRW",
                broker=f"{snapshot.settled_cash_krw:,} KRW",
                adopted=small or bool(request.accept_by),
                text="within the tolerance for costs" if small else (request.accept_by or "no fill explains it"),
            )
        ]
