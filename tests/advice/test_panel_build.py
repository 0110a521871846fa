from datetime import date, datetime, timedelta

import numpy as np
import pytest

from daybook.advice.errors import AdviceError
from daybook.advice.panel import carried, log_prices, log_returns
from daybook.advice.panel_build import build_panel, news_day, news_signal
from daybook.contracts.base import KST
from daybook.contracts.factors import FundamentalFact, FundamentalKind, NewsScore
from daybook.contracts.market import InvestorFlow
from tests.advice.panels import bar, small_panel

D = [date(2026, 3, day) for day in (2, 3, 4, 5, 6)]


def test_panel_when_a_symbol_was_delisted_then_it_stays_and_is_a_member_until_its_last_session() -> None:
    history = {"000002": [bar("000002", day, 100) for day in D[:3]], "000001": [bar("000001", day, 200) for day in D]}
    panel = build_panel(history)
    assert (panel.days, panel.symbols, panel.survivorship) == (tuple(D), ("000001", "000002"), "current_members")
    assert panel.member[:, 1].tolist() == [True, True, True, False, False]


def test_panel_when_before_is_given_then_the_running_bar_is_left_out() -> None:
    panel = build_panel({"000001": [bar("000001", day, 200) for day in D]}, before=D[4])
    assert panel.days == tuple(D[:4])


def test_panel_when_membership_is_known_then_it_is_that_of_the_date() -> None:
    history = {symbol: [bar(symbol, day, 100) for day in D] for symbol in ("000001", "000002", "000003")}
    panel = build_panel(history, membership={"000001": [(D[1], D[2])], "000002": [(D[3], None)]})
    assert panel.member.T.tolist() == [[False, True, True, False, False], [False] * 3 + [True] * 2, [False] * 5]
    assert panel.survivorship == "point_in_time"


def test_panel_when_a_bar_has_no_price_then_it_is_unknown_and_turnover_falls_back_to_volume() -> None:
    panel = build_panel({"000001": [bar("000001", D[0], 0, 0, 0), bar("000001", D[1], 50, 0, 7)]})
    assert np.isnan(panel.close_krw[0, 0])
    assert panel.turnover_krw[:, 0].tolist() == [0.0, 350.0]


def test_filing_when_filed_on_a_session_then_it_counts_from_the_day_after_and_never_from_the_period_end() -> None:
    def fact(value: float, period_end: date, filed_on: date) -> FundamentalFact:
        return FundamentalFact(
            symbol="000001",
            kind=FundamentalKind.BOOK_EQUITY,
            value=value,
            period_end=period_end,
            filed_on=filed_on,
        )

    facts = [
        fact(10.0, date(2025, 12, 31), D[1]),
        fact(9.0, date(2025, 9, 30), D[3]),  # an older period filed late changes nothing
        fact(12.0, date(2025, 12, 31), D[3]),  # a restatement does
    ]
    panel = build_panel({"000001": [bar("000001", day, 100) for day in D]}, facts=facts)
    assert np.array_equal(panel.fundamentals["book_equity"][:, 0], [np.nan, np.nan, 10, 10, 12], equal_nan=True)


def test_filing_when_filed_before_its_period_ended_then_it_is_refused() -> None:
    with pytest.raises(ValueError, match="filed_on 2025-12-30 lies before"):
        FundamentalFact(
            symbol="000001",
            kind=FundamentalKind.SHARES,
            value=1,
            period_end=date(2025, 12, 31),
            filed_on=date(2025, 12, 30),
        )


def test_flows_when_given_then_they_stand_on_their_session_and_without_any_there_is_no_array() -> None:
    history = {"000001": [bar("000001", day, 100) for day in D]}
    shares = dict.fromkeys(("foreign_net_shares", "institution_net_shares", "individual_net_shares"), 0)
    flow = InvestorFlow(
        symbol="000001", day=D[2], foreign_net_krw=5, institution_net_krw=-7, individual_net_krw=2, **shares
    )
    panel = build_panel(history, flows=[flow])
    assert panel.foreign_net_krw is not None
    assert panel.institution_net_krw is not None
    assert (panel.foreign_net_krw[2, 0], panel.institution_net_krw[2, 0]) == (5, -7)
    assert build_panel(history).foreign_net_krw is None


@pytest.mark.parametrize(("hour", "minute", "row"), [(15, 20, 1), (15, 21, 2), (0, 0, 1)])
def test_news_when_published_after_the_cut_off_then_it_counts_for_the_next_session(
    hour: int, minute: int, row: int
) -> None:
    published = datetime(2026, 3, 3, hour, minute, tzinfo=KST)
    score = NewsScore(symbol="000001", published_at=published, sentiment=0.9, stories=4)
    values = news_signal([score], D, ["000001", "000002"], 2)
    expected = [0.9 * 4 / 6 if row <= session < row + 2 else np.nan for session in range(5)]
    assert np.allclose(values[:, 0], expected, equal_nan=True)
    assert np.isnan(values[:, 1]).all()
    assert news_day(published) == D[row]


def test_carried_when_a_gap_is_old_then_it_is_unknown_again() -> None:
    values = np.array([[np.nan], [1.0], [np.nan], [np.nan], [np.nan]])
    assert np.array_equal(carried(values, 2)[:, 0], [np.nan, 1, 1, 1, np.nan], equal_nan=True)


def test_returns_when_a_price_moves_more_than_a_day_can_then_that_day_is_not_known_and_counts_nothing() -> None:
    panel = small_panel(np.array([[100.0], [110.0], [22.0], [24.2]]))
    assert np.allclose(log_returns(panel)[1:, 0], [np.log(1.1), 0.0, np.log(1.1)])
    assert np.allclose(log_prices(panel)[:, 0], [0, np.log(1.1), np.log(1.1), 2 * np.log(1.1)])


def test_panel_when_shapes_or_days_are_wrong_then_the_message_names_the_field() -> None:
    closes = np.ones((3, 2))
    with pytest.raises(AdviceError, match="turnover_krw must have the shape"):
        small_panel(closes, turnover_krw=np.ones((2, 2)))
    with pytest.raises(AdviceError, match="sectors must name one"):
        small_panel(closes, sectors=("",))
    with pytest.raises(AdviceError, match="days must rise"):
        small_panel(closes, days=(D[0], D[0] + timedelta(0), D[1]))
