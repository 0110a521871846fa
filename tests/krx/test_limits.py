import csv
import gzip
import os
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.contracts.market import SecurityKind
from daybook.krx.limits import PriceLimits, daily_limits, ipo_day_limits
from daybook.krx.ticks import Rounding, is_on_tick, round_to_tick

kinds = st.sampled_from(SecurityKind)
bases = st.integers(5, 3_000_000)
ratios = st.sampled_from([0.3, 0.6, Decimal("0.3"), Fraction(3, 10), 0.15])


@pytest.mark.parametrize(
    ("base_krw", "lower_krw", "upper_krw"),
    [
        (70_500, 49_400, 91_600),
        (239_000, 167_500, 310_500),
        (24_250, 17_000, 31_500),
        (128_500, 90_000, 167_000),
        (1, 1, 1),
        (10, 7, 13),
    ],
)
def test_daily_limits_when_base_is_known_then_published_limits_result(
    base_krw: int, lower_krw: int, upper_krw: int
) -> None:
    assert daily_limits(base_krw) == PriceLimits(lower_krw, upper_krw)


def test_daily_limits_when_upper_price_is_in_a_higher_band_then_that_bands_tick_counts() -> None:
    assert daily_limits(199_900).upper_krw == 259_500


def test_daily_limits_when_fund_is_leveraged_then_a_wider_ratio_applies() -> None:
    assert daily_limits(10_000, SecurityKind.ETF, 0.60) == PriceLimits(4_000, 16_000)


@pytest.mark.parametrize("base_krw", [10, 70, 190, 1_990, 19_990, 1_999_000])
def test_daily_limits_when_thirty_percent_is_whole_then_no_won_is_lost_to_floats(base_krw: int) -> None:
    assert daily_limits(base_krw, ratio=0.3) == daily_limits(base_krw, ratio=Fraction(3, 10))


@pytest.mark.parametrize("ratio", [0, 1, -0.3, 1.5])
def test_daily_limits_when_ratio_is_no_share_then_refused(ratio: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        daily_limits(70_500, ratio=ratio)


def test_daily_limits_when_base_is_not_positive_then_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        daily_limits(0)


def test_ipo_day_limits_when_offer_price_is_given_then_60_to_400_percent() -> None:
    assert ipo_day_limits(30_000) == PriceLimits(18_000, 120_000)
    with pytest.raises(ValueError, match="positive"):
        ipo_day_limits(0)


@given(bases, kinds, ratios)
def test_daily_limits_when_base_is_any_price_then_on_grid_and_within_the_ratio(
    base_krw: int, kind: SecurityKind, ratio: float | Decimal | Fraction
) -> None:
    limits = daily_limits(base_krw, kind, ratio)
    exact = Fraction(str(ratio))
    assert is_on_tick(limits.lower_krw, kind)
    assert is_on_tick(limits.upper_krw, kind)
    assert limits.lower_krw >= base_krw * (1 - exact)
    assert limits.upper_krw <= base_krw * (1 + exact)


@given(bases, kinds)
def test_daily_limits_when_base_is_on_grid_then_base_is_within(base_krw: int, kind: SecurityKind) -> None:
    base_krw = round_to_tick(base_krw, kind, Rounding.UP)
    limits = daily_limits(base_krw, kind)
    assert limits.contains(base_krw)
    assert not limits.contains(limits.upper_krw + 1)
    assert not limits.contains(limits.lower_krw - 1)


def test_daily_limits_when_held_against_real_sessions_then_stock_prices_stay_within() -> None:
    root = Path(__file__).resolve().parents[2]
    path = root / os.environ.get("DAYBOOK_SHARED_DATA", "../shared/data") / "krx_daily_2026-03.csv.gz"
    if not path.exists():
        pytest.skip("the shared market data is not present on this machine")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: (row["code"], row["date"]))
    last: dict[str, tuple[int, str]] = {}
    checked = outside = at_limit = 0
    for row in rows:
        close, high, low = (int(float(row[name])) for name in ("close", "high", "low"))
        shares = row["shares_outstanding"]
        base_krw, shares_before = last.get(row["code"], (0, ""))
        last[row["code"]] = (close, shares)
        if int(float(row["open"])) == 0:
            continue
        below, above = (round_to_tick(close, SecurityKind.STOCK, way) for way in (Rounding.DOWN, Rounding.UP))
        assert close in (below, above, (below + above) // 2), row
        if shares == shares_before:
            checked += 1
            limits = daily_limits(base_krw)
            outside += not (limits.contains(high) and limits.contains(low))
            at_limit += limits.upper_krw == high or limits.lower_krw == low
    assert checked > 20_000
    assert at_limit > 100
    # Liquidation trading has no limit and capital changes adjust the base price; the files mark neither.
    assert outside <= 20
