import httpx
import pytest

from daybook.paper.front import FrontConfig
from tests.paper.front.kis_caller import KisCaller, calling, serving


def test_health_when_asked_then_what_runs(caller: KisCaller) -> None:
    body = caller.client.get("/paper/health").json()
    assert (body["status"], body["strict"], body["ws_layout"]) == ("ok", False, "new")
    assert body["market_time"].startswith("2026-03-20T10:")
    assert body["phase"] == "continuous"


def test_clock_when_set_then_market_time_moves(alone: KisCaller) -> None:
    body = alone.client.post("/paper/clock", json={"market_time": "2026-03-23T15:25:00+09:00", "speed": 2}).json()
    assert body["market_time"].startswith("2026-03-23T15:25:0")
    assert body["phase"] == "closing_auction"
    assert alone.client.get("/paper/clock").json()["opens"] == "2026-03-23T09:00:00+09:00"


@pytest.mark.parametrize(
    "data",
    [
        {},
        [],
        {"market_time": "noon"},
        {"market_time": "2026-03-20T10:00:00"},
        {"market_time": "2026-03-23T10:00:00+09:00", "speed": 0},
    ],
)
def test_clock_when_request_is_wrong_then_400_and_why(caller: KisCaller, data: object) -> None:
    reply = caller.client.post("/paper/clock", json=data)
    assert reply.status_code == 400
    assert reply.json()["error"]


def test_clock_when_set_before_an_order_then_refused(alone: KisCaller) -> None:
    alone.order(int(alone.price()["stck_prpr"]) - 5_000)
    reply = alone.client.post("/paper/clock", json={"market_time": "2026-03-20T09:30:00+09:00"})
    assert reply.status_code == 400
    assert "before the last event" in reply.json()["error"]


def test_orders_and_account_when_asked_then_exchanges_own_truth(fresh: KisCaller) -> None:
    fresh.order(int(fresh.price()["stck_mxpr"]), 2)
    (order,) = fresh.exchange_orders()
    assert (order["symbol"], order["side"], order["shares"], order["status"]) == ("005930", "buy", 2, "filled")
    account = "".join(fresh.owner.values())
    body = fresh.client.get(f"/paper/accounts/{account[:8]}-{account[8:]}").json()
    assert body["cash"]["d2_krw"] < body["cash"]["d0_krw"] == 10_000_000
    assert body["holdings"][0]["shares"] == 2
    assert len(fresh.client.get("/paper/orders", params={"account": account}).json()["orders"]) == 1


def test_account_when_unknown_then_400(caller: KisCaller) -> None:
    assert caller.client.get("/paper/accounts/99999999-01").status_code == 400
    assert caller.client.get("/paper/orders", params={"account": "9999999901"}).status_code == 400


def test_faults_when_rules_are_wrong_then_400(caller: KisCaller) -> None:
    reply = caller.client.post("/paper/faults", json=[{"fault": "nonsense"}])
    assert reply.status_code == 400
    assert "fault" in reply.json()["error"]


def test_control_when_post_is_not_json_then_refused(caller: KisCaller) -> None:
    reply = caller.client.post("/paper/faults", content=b"[]", headers={"content-type": "text/plain"})
    assert reply.status_code == 415
    broken = caller.client.post("/paper/faults", content=b"[", headers={"content-type": "application/json"})
    assert broken.status_code == 400


def test_control_when_switched_off_then_not_found() -> None:
    with serving(FrontConfig(control=False)) as running, calling(running.mock_url) as caller:
        assert caller.client.get("/paper/health").status_code == 404
        assert httpx.post(f"{running.mock_url}/paper/faults", json=[]).status_code == 404
