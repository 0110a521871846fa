import pytest

from daybook.contracts.base import Side
from daybook.storage import NoticeStore
from tests.storage.facts import DAY, HYNIX, later, notice


@pytest.fixture
def notices(database) -> NoticeStore:
    return NoticeStore(database)


def test_notice_when_repeated_then_it_is_kept_once_a_day(notices):
    assert notices.record(DAY, notice("a"))
    assert not notices.record(DAY, notice("a"))
    assert notices.record(DAY.replace(day=5), notice("a"))
    assert notices.record(DAY, notice("a"), account="second")


def test_notices_when_asked_by_order_then_zeros_do_not_matter(notices):
    second = notice("b", received_at=later(2), shares=4, price_krw=70_100)
    notices.record(DAY, second)
    notices.record(DAY, notice("a"))
    notices.record(DAY, notice("c", order_number="999"))
    assert notices.for_order(DAY, "117057") == notices.for_order(DAY, "0000117057") == [notice("a"), second]
    assert notices.fill_totals(DAY, "0117057") == (7, 3 * 70_000 + 4 * 70_100)
    assert notices.fill_totals(DAY, "1") == (0, 0)


def test_fill_totals_when_notices_are_no_fills_then_they_do_not_count(notices):
    notices.record(DAY, notice("accepted", is_fill=False, shares=10))
    notices.record(DAY, notice("rejected", is_rejection=True))
    notices.record(DAY, notice("filled"))
    assert notices.fill_totals(DAY, "117057") == (3, 210_000)


def test_cancel_notice_when_it_has_its_own_number_then_it_is_found_under_the_order_it_cancels(notices):
    cancel = notice("x", order_number="0000117099", original_number="0000117057", is_fill=False, is_cancel=True)
    notices.record(DAY, cancel)
    assert notices.for_order(DAY, "117057") == notices.for_order(DAY, "117099") == [cancel]
    assert notices.fill_totals(DAY, "117057") == (0, 0)


def test_accepts_when_asked_then_only_new_orders_of_the_symbol_and_side_are_listed(notices):
    wanted = notice("a", is_fill=False, original_number="0000000000", shares=10)
    notices.record(DAY, wanted)
    for other in (
        notice("b"),
        notice("c", is_fill=False, symbol=HYNIX),
        notice("d", is_fill=False, side=Side.SELL),
        notice("e", is_fill=False, is_cancel=True),
        notice("f", is_fill=False, is_rejection=True),
        notice("g", is_fill=False, original_number="5"),
    ):
        notices.record(DAY, other)
    assert notices.accepts(DAY, "005930", Side.BUY) == [wanted]
    assert notices.accepts(DAY, "005930", Side.BUY, account="second") == []
