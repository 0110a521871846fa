"""Whatever is reported, in whatever order and however often: cash, shares and results add up to the won."""

from dataclasses import dataclass
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daybook.contracts.base import Side
from daybook.storage import AuditLog, Ledger
from tests.storage.facts import AT, DAY, HYNIX, SAMSUNG, holding, snapshot

accounts = count()


@dataclass(frozen=True)
class Report:
    """An order's cumulative fill as one channel told it."""

    order: int
    shares: int


@dataclass(frozen=True)
class Adjustment:
    """Cash and shares that came or went without an order."""

    cash_krw: int
    symbol: str | None
    shares: int


ORDERS = {
    number: (symbol, side, price_krw)
    for number, (symbol, side, price_krw) in enumerate(
        [(SAMSUNG, Side.BUY, 70_100), (SAMSUNG, Side.SELL, 69_900), (HYNIX, Side.BUY, 201_500), (HYNIX, Side.SELL, 7)],
        start=1,
    )
}
reports = st.builds(Report, st.sampled_from(sorted(ORDERS)), st.integers(0, 30))
adjustments = st.one_of(
    st.builds(Adjustment, st.integers(-(10**6), 10**6), st.none(), st.just(0)),
    st.builds(Adjustment, st.integers(-(10**6), 10**6), st.sampled_from([SAMSUNG, HYNIX]), st.integers(1, 20)),
    st.builds(Adjustment, st.integers(-(10**6), 10**6), st.sampled_from([SAMSUNG, HYNIX]), st.integers(-20, -1)),
)
steps = st.lists(st.one_of(reports, reports, adjustments), max_size=14)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_books_when_anything_is_reported_then_cash_shares_and_results_are_conserved(database, steps):
    account = f"account-{next(accounts)}"
    with database.session() as session:
        ledger = Ledger(session)
        ledger.open_with(account, snapshot(50_000_000, holding(SAMSUNG, 7, 65_432.1)), AT)
        highest: dict[int, int] = {}
        for step in steps:
            if isinstance(step, Adjustment):
                ledger.adjust(account, "X", step.cash_krw, step.symbol, step.shares, at=AT)
                continue
            symbol, side, price_krw = ORDERS[step.order]
            before = highest.get(step.order, 0)
            booked = ledger.apply_progress(
                account,
                DAY,
                f"{step.order:010d}",
                None,
                symbol,
                side,
                step.shares,
                step.shares * price_krw,
                step.shares * 3,
                AT,
            )
            assert booked.delta_shares == max(0, step.shares - before)
            highest[step.order] = max(before, step.shares)
        fills = ledger.fills(DAY, account=account)
        entries = ledger.entries(account)
        positions = {position.symbol: position for position in ledger.positions(account, include_flat=True)}
        cash_krw = ledger.cash(account)

    signs = {Side.BUY: 1, Side.SELL: -1}
    assert cash_krw == sum(entry.cash_krw for entry in entries) - sum(
        signs[fill.side] * fill.amount_krw + fill.costs_krw for fill in fills
    )
    for symbol, position in positions.items():
        assert position.shares == sum(entry.shares for entry in entries if entry.symbol == symbol) + sum(
            signs[fill.side] * fill.shares for fill in fills if fill.symbol == symbol
        )
    for number, shares in highest.items():
        assert sum(fill.shares for fill in fills if fill.order_key == str(number)) == shares
    realised_krw = sum(position.realised_pnl_krw for position in positions.values())
    assert realised_krw == sum(row.realised_pnl_krw for row in (*fills, *entries))
    basis_krw = sum(position.cost_basis_krw for position in positions.values())
    assert cash_krw + basis_krw == realised_krw + sum(entry.flow_krw for entry in entries)


def test_audit_when_many_books_were_kept_then_the_chain_is_whole(database):
    ledger = Ledger(database)
    ledger.open_with("main", snapshot(), AT)
    for shares in (1, 2, 3):
        ledger.apply_progress("main", DAY, "1", None, SAMSUNG, Side.BUY, shares, shares, 0, AT)
    assert AuditLog(database).verify() is None
