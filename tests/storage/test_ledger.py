import pytest

from daybook.contracts.base import Side
from daybook.contracts.orders import IntentState
from daybook.storage import AuditLog, IntentStore, Ledger, LedgerError, Progress, StorageUsageError
from tests.storage.facts import AT, DAY, HYNIX, SAMSUNG, holding, later, order_id, snapshot, ticket

BUY, SELL = Side.BUY, Side.SELL
NOTHING = Progress(0, 0, 0)


@pytest.fixture
def ledger(database) -> Ledger:
    books = Ledger(database)
    books.open_with("main", snapshot(10_000_000), AT)
    return books


def report(
    ledger: Ledger, shares: int, amount_krw: int, costs_krw: int = 0, *, side=BUY, key="117057", symbol=SAMSUNG
) -> Progress:
    return ledger.apply_progress("main", DAY, key, None, symbol, side, shares, amount_krw, costs_krw, later(1))


def test_books_when_opened_then_cash_and_holdings_are_the_brokers(database):
    ledger = Ledger(database)
    assert not ledger.is_open("main")
    opening = snapshot(5_000_000, holding(SAMSUNG, 3, 70_333.3333), holding(HYNIX, 0, 0.0))
    assert ledger.open_with("main", opening, AT)
    assert ledger.is_open("main")
    assert ledger.cash("main") == 5_000_000
    (position,) = ledger.positions("main")
    assert (position.symbol, position.shares, position.cost_basis_krw) == (SAMSUNG, 3, 211_000)
    assert position.average_price_krw == 70_333
    assert (position.opened_on, ledger.opened_on("main")) == (None, {})
    assert [entry.kind for entry in ledger.entries("main")] == ["OPENING", "OPENING"]


def test_books_when_opened_twice_then_the_first_opening_stands(ledger):
    assert not ledger.open_with("main", snapshot(1), later(1))
    assert ledger.cash("main") == 10_000_000


def test_books_when_not_open_then_nothing_is_booked(database):
    ledger = Ledger(database)
    with pytest.raises(LedgerError, match="not open"):
        ledger.cash("main")
    with pytest.raises(LedgerError, match="not open"):
        report(ledger, 1, 70_000)
    assert ledger.fills(DAY) == []


def test_progress_when_it_grows_then_only_the_difference_is_booked(ledger):
    assert report(ledger, 4, 280_000, 40) == Progress(4, 280_000, 40)
    assert report(ledger, 10, 701_000, 100) == Progress(6, 421_000, 60)
    assert [(fill.shares, fill.amount_krw, fill.costs_krw) for fill in ledger.fills(DAY)] == [
        (4, 280_000, 40),
        (6, 421_000, 60),
    ]
    assert ledger.cash("main") == 10_000_000 - 701_000 - 100
    (position,) = ledger.positions("main")
    assert (position.shares, position.cost_basis_krw, position.average_price_krw) == (10, 701_000, 70_100)
    assert position.realised_pnl_krw == -100


@pytest.mark.parametrize("stale", [(4, 280_000, 40), (3, 210_000, 30), (0, 0, 0), (4, 270_000, 40), (4, 280_000, 10)])
def test_progress_when_repeated_or_smaller_then_nothing_changes(ledger, stale):
    report(ledger, 4, 280_000, 40)
    assert report(ledger, *stale) == NOTHING
    assert len(ledger.fills(DAY)) == 1
    assert ledger.cash("main") == 10_000_000 - 280_040


def test_progress_when_the_number_has_leading_zeros_then_it_is_the_same_order(ledger):
    report(ledger, 4, 280_000, key="0000117057")
    assert report(ledger, 4, 280_000, key="117057") == NOTHING


def test_progress_when_amount_or_costs_are_corrected_upwards_then_cash_follows(ledger):
    report(ledger, 4, 280_000, 40)
    assert report(ledger, 4, 280_400, 45) == Progress(0, 400, 5)
    (position,) = ledger.positions("main")
    assert (position.shares, position.cost_basis_krw, position.realised_pnl_krw) == (4, 280_400, -45)
    assert ledger.cash("main") == 10_000_000 - 280_400 - 45


def test_progress_when_a_sold_buy_is_corrected_then_the_correction_is_result(ledger):
    report(ledger, 4, 280_000, key="1")
    report(ledger, 4, 300_000, side=SELL, key="2")
    report(ledger, 4, 280_100, key="1")
    (position,) = ledger.positions("main", include_flat=True)
    assert (position.shares, position.cost_basis_krw, position.realised_pnl_krw) == (0, 0, 19_900)


@pytest.mark.parametrize(
    "given", [{"symbol": HYNIX}, {"side": SELL}, {"shares": -1}, {"shares": 5, "amount_krw": 279_999}]
)
def test_progress_when_it_contradicts_what_is_booked_then_it_is_refused(ledger, given):
    report(ledger, 4, 280_000)
    with pytest.raises(LedgerError):
        report(ledger, **{"shares": 5, "amount_krw": 350_000} | given)
    assert len(ledger.fills(DAY)) == 1


def test_sale_when_booked_then_cash_and_result_count_costs(ledger):
    report(ledger, 10, 700_000, 98, key="1")
    report(ledger, 4, 300_000, 640, side=SELL, key="2")
    (position,) = ledger.positions("main")
    assert (position.shares, position.cost_basis_krw) == (6, 420_000)
    assert position.realised_pnl_krw == -98 + 20_000 - 640
    assert ledger.realised_pnl(DAY) == position.realised_pnl_krw
    assert ledger.cash("main") == 10_000_000 - 700_098 + 300_000 - 640
    assert position.opened_on == DAY


def test_position_when_sold_out_then_it_is_flat_and_its_opening_day_is_gone(ledger):
    report(ledger, 10, 700_000, key="1")
    assert ledger.opened_on("main") == {SAMSUNG: DAY}
    report(ledger, 10, 690_000, side=SELL, key="2")
    assert ledger.positions("main") == []
    (flat,) = ledger.positions("main", include_flat=True)
    assert (flat.shares, flat.cost_basis_krw, flat.realised_pnl_krw, flat.average_price_krw) == (0, 0, -10_000, 0)
    assert ledger.opened_on("main") == {}


def test_sale_beyond_the_holding_when_booked_then_it_shows_as_negative_shares_and_an_adjustment_mends_it(ledger):
    report(ledger, 5, 350_000, side=SELL)
    (short,) = ledger.positions("main")
    assert (short.shares, short.cost_basis_krw, short.realised_pnl_krw) == (-5, -350_000, 0)
    ledger.adjust("main", "EXTERNAL_POSITION", symbol=SAMSUNG, shares=5, cost_basis_krw=350_000, at=later(2))
    assert ledger.positions("main") == []


def test_fill_when_the_order_is_linked_then_the_intent_counts_it(ledger, database):
    intents = IntentStore(database)
    intents.record(ticket(), AT)
    intents.link_order(DAY, order_id(), "intent-1")
    report(ledger, 4, 280_000, 40)
    report(ledger, 6, 420_000, 60)
    known = intents.get("intent-1")
    assert (known.filled_shares, known.filled_amount_krw, known.costs_krw) == (6, 420_000, 60)
    assert known.remaining_shares == 4
    assert known.state is IntentState.RECORDED
    assert {fill.intent_id for fill in ledger.fills(DAY)} == {"intent-1"}


def test_fills_when_asked_by_account_then_others_are_left_out(ledger):
    ledger.open_with("second", snapshot(1_000_000), AT)
    report(ledger, 1, 70_000)
    ledger.apply_progress("second", DAY, "117057", None, SAMSUNG, BUY, 2, 140_000, 0, AT)
    assert [fill.account for fill in ledger.fills(DAY)] == ["main", "second"]
    assert [fill.shares for fill in ledger.fills(DAY, account="second")] == [2]
    assert [fill.shares for fill in ledger.fills_through("main", DAY)] == [1]


@pytest.mark.parametrize(
    ("given", "cash_krw", "shares", "basis_krw", "realised_krw", "flow_krw"),
    [
        ({"cash_krw": 50_000}, 50_000, 10, 700_000, 0, 50_000),
        ({"cash_krw": -140_000, "symbol": SAMSUNG, "shares": 2}, -140_000, 12, 840_000, 0, 0),
        ({"cash_krw": 300_000, "symbol": SAMSUNG, "shares": -4}, 300_000, 6, 420_000, 20_000, 0),
        ({"symbol": SAMSUNG, "shares": 490}, 0, 500, 700_000, 0, 0),
        ({"symbol": SAMSUNG, "shares": 2, "cost_basis_krw": 150_000}, 0, 12, 850_000, 0, 150_000),
        ({"symbol": SAMSUNG, "shares": -4}, 0, 6, 420_000, -280_000, 0),
        ({"symbol": SAMSUNG, "shares": -5, "cost_basis_krw": 0}, 0, 5, 700_000, 0, 0),
    ],
    ids=["deposit", "bought by hand", "sold by hand", "split", "moved in", "lost", "merged shares"],
)
def test_adjustment_when_booked_then_books_and_mark_follow(
    ledger, given, cash_krw, shares, basis_krw, realised_krw, flow_krw
):
    report(ledger, 10, 700_000)
    ledger.record_equity(DAY, AT, 10_000_000, 9_300_000)
    entry = ledger.adjust("main", "CASH_DIFFERS", note="explained", at=later(2), **given)
    (position,) = ledger.positions("main")
    assert ledger.cash("main") == 9_300_000 + cash_krw
    assert (position.shares, position.cost_basis_krw) == (shares, basis_krw)
    assert (entry.realised_pnl_krw, entry.flow_krw) == (realised_krw, flow_krw)
    assert ledger.high_water_mark("main") == 10_000_000 + flow_krw
    assert ledger.flows("main", DAY) == ledger.flows("main", later(2)) == flow_krw
    assert ledger.flows("main", later(3)) == 0


def test_adjustment_when_it_belongs_to_another_day_then_flows_count_it_there(ledger):
    ledger.adjust("main", "CASH_DIFFERS", 1_000, at=later(1), day=DAY.replace(day=2))
    assert ledger.flows("main", DAY) == 0
    assert ledger.flows("main", DAY.replace(day=2)) == 1_000


@pytest.mark.parametrize("given", [{"shares": 1}, {"symbol": SAMSUNG}, {"cost_basis_krw": 5}])
def test_adjustment_when_symbol_and_shares_do_not_go_together_then_it_is_refused(ledger, given):
    with pytest.raises(StorageUsageError):
        ledger.adjust("main", "X", at=AT, **given)


def test_equity_when_recorded_then_points_and_mark_are_kept(ledger):
    ledger.record_equity(DAY, later(60), 10_100_000, 9_000_000, 372.15)
    ledger.record_equity(DAY, later(0), 10_000_000, 9_000_000, None)
    ledger.record_equity(DAY, later(120), 9_900_000, 9_000_000, 371.5)
    ledger.record_equity(DAY, later(120), 9_950_000, 9_000_000, 371.6)
    points = ledger.equity_points(DAY)
    assert [(point.equity_krw, point.index_level) for point in points] == [
        (10_000_000, None),
        (10_100_000, 372.15),
        (9_950_000, 371.6),
    ]
    assert ledger.high_water_mark("main") == 10_100_000


def test_high_water_mark_when_the_books_are_closed_then_it_is_the_highest_point_or_none(database):
    ledger = Ledger(database)
    assert ledger.high_water_mark("main") is None
    ledger.record_equity(DAY, AT, 5, 5)
    ledger.record_equity(DAY, later(1), 3, 3)
    assert ledger.high_water_mark("main") == 5


def test_books_when_they_change_then_every_change_is_audited(ledger, database):
    report(ledger, 4, 280_000, 40)
    report(ledger, 4, 280_000, 40)
    ledger.adjust("main", "X", 5, at=AT, actor="kim")
    ledger.record_equity(DAY, AT, 5, 5)
    log = AuditLog(database)
    assert [row.action for row in log.rows()] == ["ledger.opened", "ledger.fill", "ledger.adjusted", "ledger.equity"]
    assert log.rows()[2].actor == "kim"
    assert log.verify() is None
