from typing import Any

import pytest

from daybook.contracts.layers import Effect, Layer
from daybook.contracts.tools import ToolStatus
from tests.execution.bench import Bench
from tests.execution.conftest import _migrated as _migrated
from tests.execution.conftest import _prepared as _prepared
from tests.execution.conftest import bench as bench
from tests.execution.conftest import database as database
from tests.execution.conftest import make_bench as make_bench
from tests.execution.tool_desk import SPECS, reply_of, value_of
from tests.risk import facts


def test_prepare_order_when_declared_then_it_prepares_on_the_trading_layer() -> None:
    spec = SPECS["prepare_order"]
    assert (spec.effect, spec.layer) == (Effect.PREPARE, Layer.TRADING)


def test_prepare_order_when_all_is_well_then_a_draft_comes_and_nothing_was_sent(bench: Bench) -> None:
    value = value_of(bench, "prepare_order", symbol=facts.BOUGHT, side="buy", shares=5)
    assert (value["kind"], value["shares"], value["limit_price_krw"]) == ("limit", 5, 70_100)
    assert value["check"] == {"would_pass": True, "denials": [], "needs_approval": ["APPROVAL_MISSING"]}
    assert bench.broker.orders == []
    assert bench.desk.intents.for_day(facts.DAY) == []


def test_prepare_order_when_the_rules_deny_it_then_codes_and_texts_come_with_the_draft(bench: Bench) -> None:
    value = value_of(bench, "prepare_order", symbol=facts.BOUGHT, side="buy", amount_krw=5_000_000)
    denials = {denial["code"]: denial["text"] for denial in value["check"]["denials"]}
    assert "1,000,000" in denials["ORDER_NOTIONAL"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({}, "exactly one of"),
        ({"shares": 1, "amount_krw": 100_000}, "exactly one of"),
        ({"all_shares": True}, "all_shares sells"),
        ({"shares": 1, "market": True, "limit_price_krw": 70_000}, "no limit price"),
        ({"shares": 0}, "shares"),
        ({"shares": -3}, "shares"),
        ({"shares": 1.5}, "shares"),
        ({"shares": 1, "limit_price_krw": 0}, "limit_price_krw"),
        ({"shares": 1, "confirmed": True}, "confirmed"),
        ({"shares": 1, "symbol": "삼성전자"}, "symbol"),
        ({"shares": 1, "side": "short"}, "side"),
    ],
)
def test_prepare_order_when_arguments_cannot_be_then_one_line_says_so_and_the_broker_is_not_asked(
    bench: Bench, arguments: dict[str, Any], complaint: str
) -> None:
    reply = reply_of(bench, "prepare_order", **{"symbol": facts.BOUGHT, "side": "buy", **arguments})
    assert reply.status is ToolStatus.BAD_ARGUMENTS
    assert complaint in reply.message
    assert not bench.broker.calls.get("quote")
