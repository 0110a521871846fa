import json
from typing import Any

import pytest

from daybook.commands.orders import short_names
from daybook.contracts.base import Side
from daybook.contracts.orders import BrokerOrderId, IntentState, OrderKind
from daybook.storage.database import Database
from daybook.storage.intents import IntentStore
from tests.commands.conftest import Run
from tests.commands.desk import ScriptedDesk
from tests.storage import facts

DAY = facts.DAY.isoformat()
SYMBOLS = ("005930", "000660", "035420", "035720", "051910", "005380", "000270")
LONG_REASON = "PRICE_COLLAR: the limit 70,000 is 3.1 % above the last price 67,900; at most 2 % is allowed for a buy"


def record(books: Database, intent_id: str, number: int = 0, **changes: Any) -> None:
    IntentStore(books).record(facts.ticket(intent_id, **changes), facts.later(number))


@pytest.fixture
def day(books: Database) -> Database:
    """Seven buys of one tick: one waits for a person, one was denied, one has an unknown outcome."""
    for number, symbol in enumerate(SYMBOLS):
        record(books, f"20260304-t001-{symbol}-buy-{number:08x}", number, symbol=symbol)
    store = IntentStore(books)
    at = facts.later(60)
    store.set_state("20260304-t001-005930-buy-00000000", IntentState.AWAITING_APPROVAL, "waits until 10:10", at=at)
    store.set_state("20260304-t001-000660-buy-00000001", IntentState.DENIED, LONG_REASON, at=at)
    store.set_state("20260304-t001-035420-buy-00000002", IntentState.FILLED, "filled 10/10", at=at)
    store.set_state("20260304-t001-035720-buy-00000003", IntentState.UNKNOWN, "timeout", at=at)
    store.set_state("20260304-t001-051910-buy-00000004", IntentState.NEEDS_HUMAN, "two orders match", at=at)
    return books


def test_orders_when_listed_then_each_has_a_usable_name_and_fits_80_columns(run: Run, day: Database) -> None:
    ended = run("orders", "--day", DAY)
    lines = ended.out.splitlines()
    assert (ended.code, ended.err) == (0, "")
    assert max(len(line) for line in lines) <= 80
    assert lines[0].split() == ["order", "side", "shares", "limit", "filled", "state"]
    names = [line.split()[0] for line in lines if line.startswith("2026")]
    assert names == [f"20260304-t001-{symbol}" for symbol in SYMBOLS]
    assert " ".join(ended.out.split()).count(LONG_REASON) == 1
    assert "filled 10/10" not in ended.out
    for name in names:
        assert run("why", name).code == 0


def test_orders_when_only_waiting_ones_are_asked_for_then_those_of_any_day_are_shown(run: Run, day: Database) -> None:
    ended = run("orders", "--waiting")
    names = [line.split()[0] for line in ended.out.splitlines() if line.startswith("2026")]
    assert names == ["20260304-t001-005930", "20260304-t001-051910"]
    assert run("orders", "--waiting", "--json").out.count("intent_id") == 2


def test_orders_when_there_are_none_then_it_says_so(run: Run, books: Database) -> None:
    assert run("orders", "--day", DAY).out == f"no orders on {DAY}\n"
    assert run("orders", "--waiting").out == "no order waits for a person\n"
    assert json.loads(run("orders", "--json").out) == []


def test_orders_when_json_is_asked_for_then_it_holds_whole_ids_and_plain_numbers(run: Run, day: Database) -> None:
    rows = json.loads(run("orders", "--day", DAY, "--json").out)
    assert [row["intent_id"] for row in rows] == [
        f"20260304-t001-{symbol}-buy-{number:08x}" for number, symbol in enumerate(SYMBOLS)
    ]
    first = rows[0]
    assert (first["limit_price_krw"], first["shares"], first["state"]) == (70_000, 10, "awaiting_approval")
    assert (first["day"], first["broker_order"], first["closed_at"]) == (DAY, None, None)


def test_orders_when_an_order_is_at_the_market_then_no_price_is_shown(run: Run, books: Database) -> None:
    record(books, "external-1", kind=OrderKind.MARKET, limit_price_krw=0, side=Side.SELL)
    line = run("orders", "--day", DAY).out.splitlines()[1]
    assert line.split() == ["external-1", "005930", "sell", "10", "market", "0", "recorded"]


@pytest.mark.parametrize(
    ("ids", "names"),
    [
        (["20260304-t001-005930-buy-aa"], ["20260304-t001-005930"]),
        (
            ["20260304-t001-005930-buy-aa", "20260304-t001-005930-sell-bb"],
            ["20260304-t001-005930-buy", "20260304-t001-005930-sell"],
        ),
        (["a-b-c-d", "a-b-c-d-e"], ["a-b-c-d", "a-b-c-d-e"]),
        (["intent"], ["intent"]),
        ([], []),
    ],
)
def test_short_names_when_ids_share_beginnings_then_each_still_means_one(ids: list[str], names: list[str]) -> None:
    assert short_names(ids) == names


def test_why_when_a_beginning_fits_several_then_at_most_five_are_named(run: Run, day: Database) -> None:
    ended = run("why", "20260304")
    assert (ended.code, ended.out) == (1, "")
    assert "20260304 is the beginning of 7 orders; give more of the id: " in ended.line
    assert (ended.line.count("20260304-t001"), ended.line.endswith(", ...")) == (5, True)


@pytest.mark.parametrize("command", [["why"], ["approve"], ["reject"], ["resolve", "--absent"]])
def test_command_when_the_order_is_unknown_then_it_says_where_to_look(
    run: Run, day: Database, desk: ScriptedDesk, command: list[str]
) -> None:
    ended = run(command[0], "20990101", *command[1:])
    assert (ended.code, desk.asked) == (1, [])
    assert ended.line.startswith("daybook: no order 20990101; list a day's orders with: daybook orders")


def test_why_when_json_is_asked_for_then_the_whole_explanation_is_there(run: Run, day: Database) -> None:
    value = json.loads(run("why", "20260304-t001-000660", "--json").out)
    assert value["ticket"]["symbol"] == "000660"
    assert (value["state"], value["detail"]) == ("denied", LONG_REASON)


def test_why_when_a_program_reads_it_then_no_line_is_broken(run: Run, day: Database) -> None:
    assert any(LONG_REASON in line for line in run("why", "20260304-t001-000660").out.splitlines())


@pytest.mark.parametrize(("command", "approve"), [("approve", True), ("reject", False)])
def test_decide_when_a_beginning_is_given_then_the_whole_id_is_decided(
    run: Run, day: Database, desk: ScriptedDesk, command: str, approve: bool
) -> None:
    ended = run(command, "20260304-t001-005930")
    assert ended.code == 0
    assert desk.asked == [("decide", "20260304-t001-005930-buy-00000000", approve)]


def test_resolve_when_an_order_is_named_or_denied_then_the_desk_is_told(
    run: Run, day: Database, desk: ScriptedDesk
) -> None:
    assert run("resolve", "20260304-t001-035720", "--number", "0000117057", "--branch", "06010").code == 0
    assert run("resolve", "20260304-t001-035720", "--absent").code == 0
    intent_id = "20260304-t001-035720-buy-00000003"
    order = BrokerOrderId(branch="06010", number="0000117057")
    assert desk.asked == [("resolve", intent_id, order), ("resolve", intent_id, None)]
