import httpx
import pytest

from daybook.contracts.orders import IntentState
from daybook.storage.database import Database
from daybook.storage.intents import IntentStore
from tests.api.conftest import key
from tests.api.fake_desk import WAITING, FakeDesk
from tests.report.order_story import INTENT, START, ticket, write_filled_order


async def test_orders_when_listed_by_day_then_only_that_day(client: httpx.AsyncClient, database: Database) -> None:
    write_filled_order(database)
    orders = (await client.get("/v1/orders?day=2026-08-14")).json()["orders"]
    assert [(order["intent_id"], order["state"], order["filled_shares"]) for order in orders] == [
        (INTENT, "filled", 10)
    ]
    assert (await client.get("/v1/orders?day=2026-08-17")).json() == {"day": "2026-08-17", "orders": []}
    assert (await client.get("/v1/orders")).json()["orders"] == []


async def test_order_when_asked_why_then_the_whole_chain_as_data_and_text(
    client: httpx.AsyncClient, database: Database
) -> None:
    write_filled_order(database)
    answer = (await client.get(f"/v1/orders/{INTENT[:12]}")).json()
    explanation = answer["explanation"]
    assert explanation["decision"]["check"] == "verified"
    assert explanation["decision"]["facts"]["price_krw"] == 70_000
    assert explanation["approvals"][0]["by"] == "minji"
    assert [attempt["outcome"] for attempt in explanation["attempts"]] == ["not_accepted", "accepted"]
    assert len(explanation["fills"]) == 2
    assert "POST 2" in answer["text"]


async def test_order_when_the_id_is_ambiguous_then_the_candidates_are_listed(
    client: httpx.AsyncClient, database: Database
) -> None:
    intents = IntentStore(database)
    intents.record(ticket("abc1", symbol="005930"), START)
    intents.record(ticket("abc2", symbol="000660"), START)
    response = await client.get("/v1/orders/abc")
    assert (response.status_code, response.json()["code"]) == (409, "ambiguous")
    assert set(response.json()["candidates"]) == {"abc1", "abc2"}
    assert (await client.get("/v1/orders/zzz")).json()["code"] == "not_found"


@pytest.mark.parametrize("intent_id", ["%25", "a%20b", "a%2fb", "..%2fx", "x" * 81, "a'--", "a%00"])
async def test_order_when_the_id_is_malformed_then_refused(client: httpx.AsyncClient, intent_id: str) -> None:
    assert (await client.get(f"/v1/orders/{intent_id}")).status_code in {404, 422}
    assert (await client.post(f"/v1/orders/{intent_id}/approve", json={})).status_code in {404, 422}


@pytest.mark.parametrize(("verb", "verdict"), [("approve", "approved"), ("reject", "rejected")])
async def test_decision_when_made_then_in_the_name_of_the_caller(
    client: httpx.AsyncClient, desk: FakeDesk, verb: str, verdict: str
) -> None:
    response = await client.post(f"/v1/orders/{WAITING}/{verb}", json={"digest": "abc123"})
    assert (response.status_code, response.json()) == (200, {"intent_id": WAITING, "text": verdict})
    assert desk.said == [(verdict, WAITING, "all", "abc123")]
    again = await client.post(f"/v1/orders/{WAITING}/{verb}")
    assert (again.status_code, again.json()["code"]) == (409, "refused")


async def test_decision_when_retried_with_its_key_then_the_first_answer_and_no_other(
    client: httpx.AsyncClient, desk: FakeDesk
) -> None:
    first = await client.post(f"/v1/orders/{WAITING}/approve", json={}, headers=key())
    again = await client.post(f"/v1/orders/{WAITING}/approve", json={}, headers=key())
    other = await client.post(f"/v1/orders/{WAITING}/reject", json={}, headers=key())
    assert first.json() == again.json()
    assert other.status_code == 409
    assert len(desk.said) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"by": "somebody else"},
        {"digest": "a b"},
        {"digest": None},
        {"digest": "a" * 129},
        {"approve": False},
        [],
        "yes",
    ],
)
async def test_decision_when_the_body_is_wrong_then_nothing_is_decided(
    client: httpx.AsyncClient, desk: FakeDesk, body: object
) -> None:
    response = await client.post(f"/v1/orders/{WAITING}/approve", json=body)
    assert response.status_code == 422
    assert desk.said == []


async def test_decision_when_nothing_waits_or_temporal_is_down_then_said_so(
    client: httpx.AsyncClient, desk: FakeDesk
) -> None:
    assert (await client.post("/v1/orders/other/approve")).status_code == 404
    desk.is_up = False
    assert (await client.post(f"/v1/orders/{WAITING}/approve")).status_code == 503


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"order_number": "0000117057", "branch": "06010"}, "06010-0000117057"),
        ({"order_number": "117057"}, "-117057"),
        ({"order_number": None}, "none"),
    ],
)
async def test_resolution_when_given_then_passed_on_with_zeros_kept(
    client: httpx.AsyncClient, desk: FakeDesk, body: dict[str, object], named: str
) -> None:
    response = await client.post(f"/v1/orders/{WAITING}/resolve", json=body)
    assert response.status_code == 200
    assert desk.said == [("resolved", WAITING, "all", named)]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"branch": "06010"},
        {"order_number": None, "branch": "06010"},
        {"order_number": ""},
        {"order_number": 117057},
        {"order_number": "12a"},
        {"order_number": "１２"},
        {"order_number": "1" * 21},
        {"order_number": None, "by": "x"},
    ],
)
async def test_resolution_when_not_explicit_then_refused(
    client: httpx.AsyncClient, desk: FakeDesk, body: dict[str, object]
) -> None:
    response = await client.post(f"/v1/orders/{WAITING}/resolve", json=body)
    assert response.status_code == 422
    assert desk.said == []


async def test_state_when_orders_wait_for_a_person_then_they_are_named(
    client: httpx.AsyncClient, database: Database
) -> None:
    intents = IntentStore(database)
    intents.record(ticket(), START)
    assert (await client.get("/v1/state")).json()["orders_waiting"] == []
    intents.set_state(INTENT, IntentState.AWAITING_APPROVAL, "live", at=START)
    assert (await client.get("/v1/state")).json()["orders_waiting"] == [INTENT]
