import io
from datetime import date, timedelta
from pathlib import Path

import pytest
from PIL import Image

from daybook.contracts.base import Side, TradingState
from daybook.contracts.orders import IntentState
from daybook.contracts.reconciliation import ReconcileMoment
from daybook.report.rehearsal import render_rehearsal
from daybook.report.summary import DaySummary, summarise_day
from daybook.storage.audit import AuditLog
from daybook.storage.database import Database
from daybook.storage.days import DayStore
from daybook.storage.states import StateStore
from tests.report.desk_day import ACCOUNT, DAY, HYNIX, SAMSUNG, DeskDay, reconciled

FIRST = date(2026, 3, 9)


def _day(offset: int, before_krw: int, after_krw: int, **more: object) -> DaySummary:
    values: dict[str, object] = {
        "day": FIRST + timedelta(days=offset),
        "outcome": "done",
        "opening_equity_krw": before_krw,
        "closing_equity_krw": after_krw,
        "costs_krw": 100,
        "orders": 3,
        "orders_filled": 2,
        "orders_refused": 1,
        "fills": 4,
        "exposure_ratio": 0.4,
        "state": TradingState.ACTIVE,
        "opening_signed_off": True,
        "closing_signed_off": True,
        "report": f"reports/{FIRST + timedelta(days=offset)}/report.md",
    }
    return DaySummary.model_validate(values | more)


def test_rehearsal_when_days_have_results_then_rows_totals_and_comparisons_are_shown() -> None:
    days = [
        _day(0, 1_000_000, 1_100_000),
        _day(1, 1_100_000, 990_000),
        DaySummary(day=date(2026, 3, 11), outcome="skipped", note="holiday"),
    ]
    closes = [(FIRST - timedelta(days=3), 400.0), (FIRST, 404.0), (FIRST + timedelta(days=1), 408.0)]
    report = render_rehearsal(days, closes, assumptions=["Paths are generated."], report_links="../..")
    text = report.markdown
    assert "**−10,000 KRW (−1.00 %)**" in text
    assert "| This desk | −1.00 % | −10,000 | −10.00 % | – |" in text
    assert "| KOSPI200, bought and held, no costs | +2.00 % | +20,000 | 0.00 % | −3.00 % |" in text
    assert "| Doing nothing (cash) | 0.00 % | 0 | 0.00 % | −1.00 % |" in text
    row = next(line for line in text.splitlines() if line.startswith("| [2026-03-09]"))
    assert row.startswith("| [2026-03-09](../../reports/2026-03-09/report.md) | 1,100,000 | +100,000 | +10.00 % |")
    assert row.endswith("| 3 | 2 | 1 | 4 | 100 | 40% | active | yes / yes | done |")
    assert "| **total** |  | **−10,000** |  | 6 | 4 | 2 | 8 | 200 |" in text
    assert "2 of 3 days with a result" in text
    assert "skipped: holiday" in text
    assert "- Paths are generated." in text
    assert "2 days prove nothing" in text
    assert report.chart is not None
    with Image.open(io.BytesIO(report.chart)) as image:
        assert image.size == (1200, 700)


def test_rehearsal_when_no_index_is_given_then_only_cash_is_compared() -> None:
    text = render_rehearsal([_day(0, 1_000_000, 1_001_000)], None).markdown
    assert "No KOSPI200 closes of these days were given." in text
    assert "One day proves nothing" in text


def test_rehearsal_when_no_day_has_a_result_then_it_says_so_without_a_chart(tmp_path: Path) -> None:
    report = render_rehearsal([DaySummary(day=FIRST, outcome="skipped", note="holiday")], [(FIRST, 400.0)])
    assert "No day has a result." in report.markdown
    assert report.chart is None
    assert report.write(tmp_path).read_text(encoding="utf-8") == report.markdown
    assert not (tmp_path / "rehearsal.png").exists()
    assert "without days" in render_rehearsal([], None).markdown


def test_rehearsal_when_money_came_in_then_growth_leaves_it_out() -> None:
    days = [_day(0, 1_000_000, 1_010_000), _day(1, 1_010_000, 2_020_200, flow_krw=1_000_000)]
    text = render_rehearsal(days, None).markdown
    assert "| Paid in or adjusted (not a result) | +1,000,000 KRW |" in text
    assert "**+20,200 KRW (+2.02 %)**" in text


def test_rehearsal_when_a_day_was_halted_or_not_reconciled_then_it_stands_out() -> None:
    days = [_day(0, 1_000_000, 990_000, state=TradingState.HALTED, closing_signed_off=False, differences=2)]
    text = render_rehearsal(days, None).markdown
    assert "**halted** | yes / **no**, 2 differences" in text
    assert "| Days reconciled at both ends | 0 of 1 |" in text


def test_rehearsal_when_many_days_differ_from_the_index_then_the_error_is_told() -> None:
    days, closes, equity, level = [], [(FIRST - timedelta(days=1), 400.0)], 1_000_000, 400.0
    for n in range(30):
        after = equity + (900 if n % 2 else -1_000)
        days.append(_day(n, equity, after))
        equity, level = after, level * (1.001 if n % 3 else 0.998)
        closes.append((FIRST + timedelta(days=n), level))
    text = render_rehearsal(days, closes).markdown
    assert "two standard errors" in text
    assert "Zero lies within" in text


def test_rehearsal_when_written_twice_then_the_bytes_are_the_same(tmp_path: Path) -> None:
    days = [_day(0, 1_000_000, 1_100_000), _day(1, 1_100_000, 990_000)]
    render_rehearsal(days, None).write(tmp_path)
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    render_rehearsal(days, None).write(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first
    assert set(first) == {"rehearsal.md", "rehearsal.png"}


def test_summary_when_a_day_was_closed_then_it_is_read_from_the_ledger(database: Database) -> None:
    day = DeskDay(database)
    day.begin()
    day.decide("09:05", proposed=2)
    day.send("buy-1", "09:05", SAMSUNG, Side.BUY, 10, 70_000, "17")
    day.fill("buy-1", "09:06", "17", SAMSUNG, Side.BUY, 10, 700_000, 98)
    day.end("buy-1", "09:06", IntentState.FILLED)
    day.deny("buy-2", "09:05", HYNIX, "CASH_FLOOR: too little cash")
    day.equity("09:05", 10_000_000, 10_000_000)
    day.equity("15:30", 10_004_902, 9_299_902)
    facts = day.request(opening_equity_krw=10_000_000).facts
    for moment, signed_off in ((ReconcileMoment.START, True), (ReconcileMoment.END, False)):
        AuditLog(database).append(
            f"reconcile.{moment.value}",
            DAY.isoformat(),
            reconciled(moment, signed_off=signed_off).model_dump(mode="json"),
            at=day.real("15:33"),
        )
    StateStore(database).halt(ACCOUNT, TradingState.HALTED, "RECONCILIATION_BREAK", "x", "day", day.real("15:33"))
    DayStore(database).finish(DAY, ACCOUNT, facts.model_dump_json(), "reports/x/report.md", day.real("15:34"))
    summary = summarise_day(database, ACCOUNT, DAY)
    assert summary.outcome == "done"
    assert summary.pnl_krw == 4_902
    assert (summary.orders, summary.orders_filled, summary.orders_refused, summary.fills) == (2, 1, 1, 1)
    assert summary.costs_krw == 98
    assert summary.exposure_ratio == pytest.approx((1 - 9_299_902 / 10_004_902) / 2)
    assert summary.state is TradingState.HALTED
    assert (summary.opening_signed_off, summary.closing_signed_off) == (True, False)
    assert summary.report == "reports/x/report.md"
    assert "yes / **no**" in render_rehearsal([summary], None).markdown


def test_summary_when_a_day_was_never_begun_or_never_closed_then_it_has_no_result(database: Database) -> None:
    assert summarise_day(database, ACCOUNT, DAY, outcome="skipped", note="holiday").outcome == "skipped"
    day = DeskDay(database)
    day.begin()
    open_day = summarise_day(database, ACCOUNT, DAY)
    assert (open_day.outcome, open_day.is_traded) == ("begun", False)
