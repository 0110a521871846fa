import pytest

from daybook.contracts.base import Side, TradingState
from daybook.contracts.limits import RiskLimits
from daybook.contracts.tools import ToolStatus
from daybook.krx.calendar import previous_trading_day
from tests.execution.bench import Bench, BenchMaker
from tests.execution.conftest import _migrated as _migrated
from tests.execution.conftest import _prepared as _prepared
from tests.execution.conftest import bench as bench
from tests.execution.conftest import database as database
from tests.execution.conftest import make_bench as make_bench
from tests.execution.tool_desk import reply_of, value_of
from tests.risk import facts


def check(bench: Bench, **changes: object) -> dict[str, object]:
    order = {"symbol": facts.BOUGHT, "side": "buy", "shares": 10, "limit_price_krw": 70_100, **changes}
    value: dict[str, object] = value_of(bench, "check_order", **order)
    return value


def used(value: dict[str, list[dict[str, object]]]) -> dict[object, tuple[object, object]]:
    return {row["name"]: (row["used"], row["limit"]) for row in value["limits"]}


def test_check_order_when_nothing_denies_then_it_would_pass_and_leaves_no_trace(bench: Bench) -> None:
    audit = len(bench.desk.audit.for_subject("draft"))
    assert check(bench)["would_pass"] is True
    assert len(bench.desk.audit.for_subject("draft")) == audit
    assert bench.desk.intents.for_day(facts.DAY) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"limit_price_krw": 70_050}, "TICK_INVALID"),
        ({"limit_price_krw": 89_800}, "PRICE_LIMIT"),
        ({"limit_price_krw": 75_000}, "PRICE_COLLAR"),
        ({"shares": 100}, "ORDER_NOTIONAL"),
        ({"side": "sell"}, "SELL_QTY"),
    ],
)
def test_check_order_when_a_rule_denies_then_its_code_is_among_the_reasons(
    bench: Bench, changes: dict[str, object], code: str
) -> None:
    value = check(bench, **changes)
    assert value["would_pass"] is False
    assert code in [denial["code"] for denial in value["denials"]]


def test_check_order_when_the_desk_is_halted_then_it_says_so(bench: Bench) -> None:
    bench.desk.states.halt("main", TradingState.HALTED, "KILL_SWITCH", "stop", "owner", bench.clock())
    assert [denial["code"] for denial in check(bench)["denials"]] == ["TRADING_HALTED"]


def test_exposure_when_two_symbols_are_held_then_symbols_and_sectors_stand_against_their_limits(
    make_bench: BenchMaker,
) -> None:
    bench = make_bench()
    bench.hold(facts.HELD, 10, 50_000)
    bench.hold(facts.BOUGHT, 20, 60_000)
    bench.prepare()
    value = value_of(bench, "exposure")
    assert value["equity_krw"] == 10_000_000 + 500_000 + 1_400_000
    assert [row["name"] for row in value["symbols"]] == [facts.BOUGHT, facts.HELD]
    first = value["symbols"][0]
    assert (first["ratio"], first["limit_ratio"], first["room_krw"]) == (0.1176, 0.15, 385_000)
    assert {row["name"]: row["value_krw"] for row in value["sectors"]} == {"전기·전자": 1_400_000, "서비스업": 500_000}
    assert (value["names"], value["max_names"], value["unknown_sector_krw"]) == (2, RiskLimits().max_names, 0)


def test_exposure_when_a_sector_is_not_named_then_its_money_is_told_apart(make_bench: BenchMaker) -> None:
    bench = make_bench()
    bench.hold()
    bench.broker.quotes[facts.HELD] = facts.held_quote(sector="")
    bench.prepare()
    value = value_of(bench, "exposure")
    assert (value["sectors"], value["unknown_sector_krw"]) == ([], 500_000)


def test_limits_used_when_an_order_was_sent_then_it_counts(bench: Bench) -> None:
    bench.place(bench.buy())
    value = value_of(bench, "limits_used")
    assert (value["state"], value["is_reconciled"]) == ("active", True)
    rows = used(value)
    assert rows["orders today, either side, before buys stop"] == (1, 20)
    assert rows["bought today"] == (701_000, 3_000_000)


def test_limits_used_when_the_account_has_lost_then_the_loss_stands_against_its_limits(bench: Bench) -> None:
    before = previous_trading_day(facts.DAY)
    bench.desk.ledger.record_equity(before, bench.clock(), 10_200_000, 10_200_000, None, account="main")
    rows = used(value_of(bench, "limits_used"))
    assert rows["loss today until only reducing"] == (0.0196, 0.02)
    assert rows["loss today until halted"] == (0.0196, 0.03)


def test_limits_used_when_nothing_is_known_of_yesterday_then_the_loss_is_null(bench: Bench) -> None:
    assert used(value_of(bench, "limits_used"))["loss today until halted"] == (None, 0.03)


def test_limits_used_when_the_kill_switch_is_on_then_halted_with_its_reason(bench: Bench) -> None:
    bench.desk.kill_switch.engage("owner", "enough")
    value = value_of(bench, "limits_used")
    assert value["state"] == "halted"
    assert "enough" in value["state_reason"]


def test_limits_used_when_the_desk_is_new_then_it_answers_without_books(make_bench: BenchMaker) -> None:
    value = value_of(make_bench(), "limits_used")
    assert (value["is_reconciled"], used(value)["bought today"][0]) == (False, 0)


def test_check_order_when_the_price_is_missing_then_bad_arguments(bench: Bench) -> None:
    reply = reply_of(bench, "check_order", symbol=facts.BOUGHT, side=Side.BUY.value, shares=1)
    assert reply.status is ToolStatus.BAD_ARGUMENTS
