from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.contracts.base import Side
from daybook.contracts.market import Market, SecurityKind
from daybook.krx.fees import DEFAULT_COMMISSION_RATE, OrderCosts, order_costs, sell_tax_rate

DAY = date(2026, 3, 20)
STOCK = SecurityKind.STOCK
amounts = st.integers(0, 10**15)
markets = st.sampled_from(Market)
kinds = st.sampled_from(SecurityKind)
sides = st.sampled_from(Side)
rates = st.decimals(0, Decimal("0.01"), places=7)


@pytest.mark.parametrize(
    ("market", "on", "rate"),
    [
        (Market.KOSPI, date(2019, 6, 3), "0.0025"),
        (Market.KOSPI, date(2021, 1, 1), "0.0023"),
        (Market.KOSPI, date(2023, 1, 1), "0.0020"),
        (Market.KOSPI, date(2024, 12, 31), "0.0018"),
        (Market.KOSPI, date(2025, 12, 31), "0.0015"),
        (Market.KOSPI, date(2026, 1, 1), "0.0020"),
        (Market.KOSDAQ, date(2020, 12, 31), "0.0025"),
        (Market.KOSDAQ, date(2022, 12, 31), "0.0023"),
        (Market.KOSDAQ, date(2023, 6, 1), "0.0020"),
        (Market.KOSDAQ, date(2024, 6, 3), "0.0018"),
        (Market.KOSDAQ, date(2025, 6, 2), "0.0015"),
        (Market.KOSDAQ, date(2027, 6, 1), "0.0020"),
        (Market.KONEX, date(2026, 6, 1), "0.0010"),
    ],
)
def test_sell_tax_rate_when_a_stock_is_sold_then_the_rate_of_its_date_applies(
    market: Market, on: date, rate: str
) -> None:
    assert sell_tax_rate(market, STOCK, on) == Decimal(rate)


@pytest.mark.parametrize("kind", [SecurityKind.ETF, SecurityKind.ETN, SecurityKind.ELW])
def test_sell_tax_rate_when_security_is_exempt_then_zero(kind: SecurityKind) -> None:
    assert sell_tax_rate(Market.KOSPI, kind, DAY) == 0


def test_sell_tax_rate_when_date_precedes_the_table_then_refused() -> None:
    with pytest.raises(ValueError, match="2019-06-03"):
        sell_tax_rate(Market.KOSPI, STOCK, date(2019, 6, 2))


def test_order_costs_when_sold_in_2026_then_tax_and_commission_are_floored() -> None:
    costs = order_costs(Side.SELL, Market.KOSPI, STOCK, 995_250, DAY)
    assert costs == OrderCosts(commission_krw=139, tax_krw=1_990)
    assert costs.total_krw == 2_129


def test_order_costs_when_bought_then_no_tax() -> None:
    assert order_costs(Side.BUY, Market.KOSDAQ, STOCK, 1_000_000, DAY) == OrderCosts(140, 0)


def test_order_costs_when_bought_before_the_tax_table_then_commission_alone() -> None:
    assert order_costs(Side.BUY, Market.KOSPI, STOCK, 1_000_000, date(2010, 1, 4)).total_krw == 140


@pytest.mark.parametrize(("amount_krw", "rate"), [(-1, "0.0001"), (1, "-0.0001"), (1, "1"), (1, "NaN")])
def test_order_costs_when_input_is_impossible_then_refused(amount_krw: int, rate: str) -> None:
    with pytest.raises(ValueError):
        order_costs(Side.BUY, Market.KOSPI, STOCK, amount_krw, DAY, Decimal(rate))


@given(sides, markets, kinds, amounts, rates)
def test_order_costs_when_amount_is_any_then_within_a_won_below_the_exact_cost(
    side: Side, market: Market, kind: SecurityKind, amount_krw: int, rate: Decimal
) -> None:
    costs = order_costs(side, market, kind, amount_krw, DAY, rate)
    tax_rate = sell_tax_rate(market, kind, DAY) if side is Side.SELL else Decimal(0)
    assert 0 <= amount_krw * Fraction(rate) - costs.commission_krw < 1
    assert 0 <= amount_krw * Fraction(tax_rate) - costs.tax_krw < 1
    assert costs.total_krw == costs.commission_krw + costs.tax_krw


@given(sides, markets, kinds, amounts, amounts)
def test_order_costs_when_more_is_executed_then_no_cost_falls(
    side: Side, market: Market, kind: SecurityKind, one: int, two: int
) -> None:
    low, high = sorted((one, two))
    less = order_costs(side, market, kind, low, DAY, DEFAULT_COMMISSION_RATE)
    more = order_costs(side, market, kind, high, DAY, DEFAULT_COMMISSION_RATE)
    assert less.commission_krw <= more.commission_krw
    assert less.tax_krw <= more.tax_krw


def test_costs_when_the_rate_is_a_float_then_it_means_the_number_it_is_printed_as() -> None:
    given = (Side.SELL, Market.KOSPI, SecurityKind.STOCK, 10_000_000, date(2026, 3, 3))
    assert order_costs(*given, 0.000140527) == order_costs(*given, Decimal("0.000140527"))
    with pytest.raises(ValueError, match="commission rate"):
        order_costs(*given, float("nan"))
