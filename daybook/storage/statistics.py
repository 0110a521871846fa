"""Numbers the risk rules ask of the books: counters, streaks and reservations."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from daybook.contracts.advice import OrderReason
from daybook.contracts.base import Side, Won
from daybook.contracts.orders import AttemptOutcome, IntentState
from daybook.storage import equity
from daybook.storage.store import Store
from daybook.storage.tables.ledger import fills
from daybook.storage.tables.orders import attempts, intents

_NOT_ACCEPTED_YET = [
    IntentState.RECORDED.value,
    IntentState.AWAITING_APPROVAL.value,
    IntentState.APPROVED.value,
    IntentState.SUBMITTING.value,
    IntentState.UNKNOWN.value,
]


@dataclass(frozen=True, slots=True)
class DayCounters:
    """What a day's orders add up to.

    ``orders_submitted`` counts attempts that may have reached the broker (refused for their rate are left out).
    ``bought_notional_krw`` is what was bought, plus the open rest of accepted buys at their price.
    """

    orders_submitted: int
    bought_notional_krw: Won
    orders_by_symbol: Mapping[str, int]


class Statistics(Store):
    """Read-only questions over intents, attempts, fills and equity."""

    def day_counters(self, account: str, day: date) -> DayCounters:
        """Return a day's counters."""
        submitted = (
            select(intents.c.symbol)
            .join(attempts, attempts.c.intent_id == intents.c.intent_id)
            .where(
                intents.c.account == account,
                intents.c.day == day,
                attempts.c.outcome != AttemptOutcome.NOT_EXECUTED.value,
            )
        )
        bought = select(intents).where(
            intents.c.account == account, intents.c.day == day, intents.c.side == Side.BUY.value
        )

        def read(session: Session) -> DayCounters:
            symbols = Counter(session.execute(submitted).scalars())
            bought_krw = 0
            for row in session.execute(bought):
                bought_krw += row.filled_amount_krw
                has_order = row.state not in _NOT_ACCEPTED_YET and row.order_number is not None
                if has_order and not IntentState(row.state).is_final:
                    bought_krw += max(0, row.shares - row.filled_shares) * row.price_krw
            return DayCounters(symbols.total(), bought_krw, dict(symbols))

        return self._read(read)

    def submits_since(self, account: str, since: datetime) -> list[datetime]:
        """Return when the account's attempts since a real time were begun, oldest first."""
        query = (
            select(attempts.c.started_at)
            .join(intents, attempts.c.intent_id == intents.c.intent_id)
            .where(intents.c.account == account, attempts.c.started_at >= since)
            .order_by(attempts.c.started_at)
        )
        return self._read(lambda session: list(session.execute(query).scalars()))

    def traded_since(self, account: str, since: datetime, *, excluding: str) -> bool:
        """Whether another intent's attempt or fill came since a real time."""
        attempted = (
            select(attempts.c.intent_id)
            .join(intents, attempts.c.intent_id == intents.c.intent_id)
            .where(intents.c.account == account, attempts.c.intent_id != excluding, attempts.c.started_at >= since)
        )
        moved = select(intents.c.intent_id).where(
            intents.c.account == account, intents.c.intent_id != excluding, intents.c.state_at >= since
        )
        return self._read(
            lambda session: session.execute(attempted).first() is not None or session.execute(moved).first() is not None
        )

    def recent_notionals(self, account: str, count: int) -> list[Won]:
        """Return the notionals of the account's last submitted orders, newest first."""
        query = (
            select(intents.c.shares, intents.c.price_krw)
            .where(intents.c.account == account, intents.c.submitted_at.is_not(None))
            .order_by(intents.c.submitted_at.desc(), intents.c.intent_id)
            .limit(count)
        )
        return self._read(lambda session: [row.shares * row.price_krw for row in session.execute(query)])

    def last_loss_exit(self, account: str, symbol: str) -> datetime | None:
        """Return when the symbol was last sold at a loss after costs, or None."""
        query = select(func.max(fills.c.at)).where(
            fills.c.account == account,
            fills.c.symbol == symbol,
            fills.c.side == Side.SELL.value,
            fills.c.realised_pnl_krw < 0,
            fills.c.shares > 0,
        )
        return self._read(lambda session: session.execute(query).scalar())

    def loss_exit_days(self, account: str) -> dict[str, date]:
        """Return, by symbol, the last trading day on which it was sold at a loss after costs."""
        query = (
            select(fills.c.symbol, func.max(fills.c.day))
            .where(
                fills.c.account == account,
                fills.c.side == Side.SELL.value,
                fills.c.realised_pnl_krw < 0,
                fills.c.shares > 0,
            )
            .group_by(fills.c.symbol)
        )
        return self._read(lambda session: {row[0]: row[1] for row in session.execute(query)})

    def stop_outs(self, account: str, days: Sequence[date]) -> int:
        """Return how many sells of these days were made by the stop-loss rule and filled, in part at least."""
        if not days:
            return 0
        sold = select(intents.c.ticket).where(
            intents.c.account == account,
            intents.c.day.in_(list(days)),
            intents.c.side == Side.SELL.value,
            intents.c.filled_shares > 0,
        )
        tickets = self._read(lambda session: session.execute(sold).scalars().all())
        return sum(json.loads(ticket).get("reason") == OrderReason.STOP_LOSS.value for ticket in tickets)

    def consecutive_rejects(self, account: str, day: date) -> int:
        """Return how many of the day's last attempts in a row the broker refused; an accepted one ends the row."""
        query = (
            select(attempts.c.outcome)
            .join(intents, attempts.c.intent_id == intents.c.intent_id)
            .where(
                intents.c.account == account,
                intents.c.day == day,
                attempts.c.outcome.in_([AttemptOutcome.REFUSED.value, AttemptOutcome.ACCEPTED.value]),
            )
            .order_by(attempts.c.started_at.desc(), attempts.c.intent_id.desc(), attempts.c.attempt.desc())
        )

        def read(session: Session) -> int:
            count = 0
            for outcome in session.execute(query).scalars():
                if outcome != AttemptOutcome.REFUSED.value:
                    break
                count += 1
            return count

        return self._read(read)

    def oldest_unknown(self, account: str) -> datetime | None:
        """Return since when the longest unresolved intent is UNKNOWN, or None."""
        query = select(func.min(intents.c.state_at)).where(
            intents.c.account == account, intents.c.state == IntentState.UNKNOWN.value
        )
        return self._read(lambda session: session.execute(query).scalar())

    def reserved_buy_notional(self, account: str, *, excluding: str | None = None) -> Won:
        """Return the notional of buys on their way to the broker: recorded, approved, submitting or unknown.

        ``excluding`` leaves out one intent, for a check of that intent itself.
        """
        query = select(intents.c.shares, intents.c.filled_shares, intents.c.price_krw).where(
            intents.c.account == account,
            intents.c.side == Side.BUY.value,
            intents.c.state.in_([*_NOT_ACCEPTED_YET, IntentState.NEEDS_HUMAN.value]),
        )
        # An intent that waits for a human holds its money back unless its order is known, and counted, already.
        query = query.where((intents.c.state != IntentState.NEEDS_HUMAN.value) | intents.c.order_number.is_(None))
        if excluding is not None:
            query = query.where(intents.c.intent_id != excluding)
        rows = self._read(lambda session: session.execute(query).all())
        return sum(max(0, row.shares - row.filled_shares) * row.price_krw for row in rows)

    def equity_close(self, account: str, before: date) -> Won | None:
        """Return the last equity recorded before a day, or None."""
        return self._read(lambda session: equity.close_before(session, account, before))
