from datetime import date, datetime, timedelta
from types import SimpleNamespace

import pytest

from daybook.contracts.base import KST
from daybook.contracts.market import DailyBar
from daybook.paper.investors import inquire_investor

FRIDAY = date(2026, 3, 6)


def _bars(symbol: str, first: date, last: date) -> list[DailyBar]:
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [
        DailyBar(
            symbol=symbol, day=day, open_krw=100, high_krw=110, low_krw=90, close_krw=100 + day.day % 7,
            volume_shares=1_000_000 + day.toordinal(), turnover_krw=100 * (1_000_000 + day.toordinal()),
        )
        for day in days if day.weekday() < 5
    ]  # fmt: skip


def _rows(hour: int) -> list[dict[str, str]]:
    engine = SimpleNamespace(daily_bars=_bars, now=lambda: datetime(2026, 3, 6, hour, 0, tzinfo=KST))
    call = SimpleNamespace(stock=lambda engine: SimpleNamespace(symbol="005930"))
    return inquire_investor(SimpleNamespace(engine=engine), call).body["output"]


def test_investors_when_the_session_runs_then_its_row_is_blank_and_the_earlier_ones_stand() -> None:
    rows = _rows(11)
    assert len(rows) == 30
    assert rows[0]["stck_bsop_date"] == "20260306"
    assert rows[0]["frgn_ntby_qty"] == ""
    assert int(rows[1]["frgn_ntby_qty"]) != 0
    assert rows[1:] == _rows(16)[1:]
    assert _rows(16)[0]["frgn_ntby_qty"] != ""


@pytest.mark.parametrize("kind", ["prsn", "frgn", "orgn"])
def test_investors_when_shown_then_net_is_bought_less_sold(kind: str) -> None:
    for row in _rows(16):
        assert int(row[f"{kind}_ntby_qty"]) == int(row[f"{kind}_shnu_vol"]) - int(row[f"{kind}_seln_vol"])
        assert int(row[f"{kind}_seln_vol"]) >= 0


def test_investors_when_the_symbol_is_unknown_then_the_reply_is_an_empty_success() -> None:
    engine = SimpleNamespace(now=lambda: datetime(2026, 3, 6, 9, 0, tzinfo=KST))
    reply = inquire_investor(SimpleNamespace(engine=engine), SimpleNamespace(stock=lambda engine: None))
    assert reply.body["output"] == []
