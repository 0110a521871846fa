from datetime import timedelta

from daybook.report.decision_facts import SeenDecision
from daybook.report.gaps import missing_bars, missing_looks, missing_values
from daybook.report.model import EquityRow, PositionRow, PriceSource, SymbolBars
from tests.report.desk_day import SAMSUNG, market, session_of, walk


def _seen(hhmm: str, missing: tuple[str, ...] = ()) -> SeenDecision:
    return SeenDecision(market(hhmm), market(hhmm), {}, {}, missing, 0, (), ())


def test_bars_when_all_minutes_of_continuous_trading_are_there_then_no_gap() -> None:
    bars = SymbolBars(symbol=SAMSUNG, bars=tuple(walk(SAMSUNG, session_of().day, 70_000)))
    assert missing_bars([bars], session_of()) == []


def test_bars_when_minutes_are_missing_then_they_are_counted_and_named_in_ranges() -> None:
    out = {market("10:03"), market("10:04"), market("11:30")}
    rows = tuple(bar for bar in walk(SAMSUNG, session_of().day, 70_000) if bar.starts_at not in out)
    (gap,) = missing_bars([SymbolBars(symbol=SAMSUNG, bars=rows)], session_of())
    assert gap.subject == SAMSUNG
    assert gap.text == "3 minutes without a bar (no trade, or not recorded): 10:03–10:04, 11:30"


def test_bars_when_many_stretches_are_missing_then_the_rest_is_counted() -> None:
    out = {market("09:00") + timedelta(minutes=20 * n) for n in range(7)}
    rows = tuple(bar for bar in walk(SAMSUNG, session_of().day, 70_000) if bar.starts_at not in out)
    (gap,) = missing_bars([SymbolBars(symbol=SAMSUNG, bars=rows)], session_of())
    assert gap.text.endswith("09:00, 09:20, 09:40, 10:00 and 3 more")


def test_bars_when_a_traded_symbol_has_none_then_it_is_named() -> None:
    (gap,) = missing_bars([SymbolBars(symbol=SAMSUNG)], session_of())
    assert (gap.subject, "no minute bars" in gap.text) == (SAMSUNG, True)


def test_looks_when_none_was_recorded_then_that_is_the_gap() -> None:
    assert [gap.text for gap in missing_looks([], session_of(), 10)] == ["no decision was recorded"]


def test_looks_when_the_grid_has_holes_then_each_is_named_also_the_one_before_the_close() -> None:
    seen = [_seen("09:05"), _seen("09:15"), _seen("09:45"), _seen("09:55")]
    texts = [gap.text for gap in missing_looks(seen, session_of(), 10)]
    assert texts[0] == "none between 09:15 and 09:45: about 2 missed"
    assert texts[1].startswith("none between 09:55 and 15:20")


def test_looks_when_quotes_were_missing_then_symbol_and_count_are_named() -> None:
    seen = [_seen("15:00", (SAMSUNG,)), _seen("15:10", (SAMSUNG,))]
    (gap,) = missing_looks(seen, session_of(), 10)
    assert (gap.subject, gap.text) == (SAMSUNG, "no quote in 2 of 2 decisions")


def test_values_when_prices_or_points_are_missing_then_each_is_named() -> None:
    point = EquityRow(at=market("09:05"), equity_krw=1, cash_krw=1)
    positions = [
        PositionRow(symbol="000001", shares=1, cost_basis_krw=1),
        PositionRow(
            symbol="000002",
            shares=1,
            cost_basis_krw=1,
            price_krw=5,
            price_source=PriceSource.QUOTE,
            priced_at=market("15:10"),
        ),
        PositionRow(symbol="000003", shares=1, cost_basis_krw=1, price_krw=5, price_source=PriceSource.DAILY_BAR),
    ]
    found = {gap.subject: gap.text for gap in missing_values([point], positions, None)}
    assert set(found) == {"equity", "index", "000001", "000002"}
    assert "15:10" in found["000002"]
    assert missing_values([point, point], [], 0.01) == []
    assert [gap.subject for gap in missing_values([], [], 0.01)] == ["equity"]
