from typing import Any

import pytest

from daybook.contracts.orders import OrderKind, OrderTicket
from daybook.contracts.reasons import DenialCode
from daybook.contracts.risk import PostContext
from daybook.risk.checks import check_before_post, check_order
from tests.risk.facts import LIMITS, account, buy, buy_codes, context, holding, quote, sell, sell_codes, sell_context


def ticket_with(template: OrderTicket, shares: object) -> OrderTicket:
    """Return a ticket that never went through validation."""
    return OrderTicket.model_construct(**{**dict(template), "shares": shares})


@pytest.mark.parametrize("shares", [0, -1, 10_001, None, "all", "10", 10.0, True, float("nan")])
@pytest.mark.parametrize("template", [buy(), sell()], ids=["buy", "sell"])
def test_order_when_its_quantity_is_malformed_then_denied_and_never_read_as_all(
    template: OrderTicket, shares: object
) -> None:
    ticket = ticket_with(template, shares)
    facts = context() if template.side == "buy" else sell_context()
    assert DenialCode.ORDER_QTY in check_order(ticket, facts, LIMITS).codes
    assert DenialCode.ORDER_QTY in check_before_post(ticket, facts, LIMITS).codes


def test_quantity_when_at_its_limit_then_the_limit_passes() -> None:
    plenty = {"account": account(holdings=(holding(shares=20_000),))}
    assert sell_codes({"shares": 10_000}, plenty) == []
    assert sell_codes({"shares": 10_001}, plenty) == [DenialCode.ORDER_QTY]
    assert sell_codes({"shares": 1}, plenty) == []


@pytest.mark.parametrize(
    ("ticket", "facts", "limits", "codes"),
    [
        ({"shares": 14}, {}, {}, []),
        ({"shares": 15}, {}, {}, [DenialCode.ORDER_NOTIONAL]),
        ({"limit_price_krw": 70_000}, {}, {"max_order_notional_krw": 700_000}, []),
        ({"limit_price_krw": 70_000}, {}, {"max_order_notional_krw": 699_999}, [DenialCode.ORDER_NOTIONAL]),
        ({"limit_price_krw": 70_000}, {}, {"max_order_equity_ratio": 0.07}, []),
        ({"limit_price_krw": 70_000}, {}, {"max_order_equity_ratio": 0.06999}, [DenialCode.ORDER_NOTIONAL]),
    ],
)
def test_buy_when_its_value_nears_the_limit_then_the_limit_passes(
    ticket: dict[str, Any], facts: dict[str, Any], limits: dict[str, Any], codes: list[str]
) -> None:
    assert buy_codes(ticket, facts, limits) == codes


def test_buy_when_its_value_is_not_known_then_the_post_is_denied() -> None:
    unpriced = buy(kind=OrderKind.MARKET, limit_price_krw=0, reference_price_krw=0)
    facts = PostContext(**{name: getattr(context(), name) for name in PostContext.model_fields})
    allowed = LIMITS.model_copy(update={"allow_market_buys": True})
    assert check_before_post(unpriced, facts, allowed).codes == (DenialCode.ORDER_NOTIONAL,)


@pytest.mark.parametrize("equity_krw", [0, -5_000_000])
def test_buy_when_there_is_no_equity_then_denied(equity_krw: int) -> None:
    assert DenialCode.ORDER_NOTIONAL in buy_codes({}, {"equity_krw": equity_krw})


@pytest.mark.parametrize(("sellable", "codes"), [(10, []), (9, [DenialCode.SELL_QTY]), (0, [DenialCode.SELL_QTY])])
def test_sell_when_fewer_shares_can_be_sold_then_denied(sellable: int, codes: list[str]) -> None:
    assert sell_codes({}, {"account": account(holdings=(holding(sellable=sellable),))}) == codes


def test_sell_when_nothing_is_held_then_denied() -> None:
    assert sell_codes({}, {"account": account(holdings=())}) == [DenialCode.SELL_QTY]


def test_sell_when_the_broker_says_more_sellable_than_held_then_the_smaller_number_counts() -> None:
    odd = account(holdings=(holding(shares=9, sellable=10),))
    assert sell_codes({}, {"account": odd}) == [DenialCode.SELL_QTY]


def test_sell_when_above_the_buy_limits_then_a_position_can_still_be_closed() -> None:
    large = {"account": account(holdings=(holding(shares=100),))}
    assert sell_codes({"shares": 100}, large, {"max_order_notional_krw": 1}) == []


def test_value_when_the_quote_is_missing_then_the_notional_still_counts() -> None:
    assert DenialCode.ORDER_NOTIONAL in buy_codes({"shares": 15}, {"quote": None})
    assert DenialCode.ORDER_NOTIONAL in buy_codes({"shares": 15}, {"quote": quote(price_krw=0)})
