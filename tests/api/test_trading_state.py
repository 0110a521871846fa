import asyncio
import time
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.routes import trading_state
from daybook.contracts.base import TradingState
from daybook.settings import Settings
from daybook.storage.database import Database
from daybook.storage.states import StateStore
from tests.api.conftest import client_of, key
from tests.api.fake_desk import RESUME_TOKEN, FakeDesk
from tests.report.order_story import START

STARTS = [
    ("/v1/reduce", {"reason": "stop"}),
    ("/v1/resume", {}),
    ("/v1/resume/confirm", {"token": RESUME_TOKEN}),
    ("/v1/reconcile", {"accept": True}),
]


async def test_halt_when_everything_is_up_then_file_and_workflow_hold(
    client: httpx.AsyncClient, desk: FakeDesk, settings: Settings
) -> None:
    response = await client.post("/v1/halt", json={"reason": "fire"}, headers=key())
    assert response.status_code == 202
    body = response.json()
    assert (body["state"], body["durable"], body["accepted"]) == ("halted", "workflow", True)
    assert desk.said == [("halt", "all", "fire", "")]
    assert "all: fire" in settings.kill_switch_path.read_text(encoding="utf-8")


async def test_halt_when_temporal_and_database_are_down_then_the_file_holds(
    client: httpx.AsyncClient, desk: FakeDesk, settings: Settings
) -> None:
    desk.is_up = False
    (settings.home / "daybook.db").unlink()
    response = await client.post("/v1/halt", json={"reason": "fire"})
    assert response.status_code == 202
    assert (response.json()["durable"], response.json()["state"]) == ("file", "halted")
    assert settings.kill_switch_path.exists()


async def test_halt_when_temporal_hangs_then_the_file_comes_first_and_the_answer_soon(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hangs(_settings: Settings) -> FakeDesk:
        assert settings.kill_switch_path.exists()
        await asyncio.sleep(60)
        raise AssertionError

    monkeypatch.setattr(trading_state, "BEGIN_TIMEOUT_S", 0.1)
    app = create_app(settings, hangs)
    started_s = time.monotonic()
    async with app.router.lifespan_context(app), client_of(app) as client:
        response = await client.post("/v1/halt", json={"reason": "fire"})
    assert (response.status_code, response.json()["durable"]) == (202, "file")
    assert time.monotonic() - started_s < 5


async def test_halt_when_temporal_breaks_in_an_unknown_way_then_the_file_still_holds(
    client: httpx.AsyncClient, desk: FakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> str:
        raise RuntimeError("inner detail")

    monkeypatch.setattr(desk, "begin_state_change", broken)
    response = await client.post("/v1/halt", json={"reason": "fire"})
    assert (response.status_code, response.json()["durable"]) == (202, "file")
    assert "inner detail" not in response.text


async def test_halt_when_workers_are_silent_then_the_file_holds_and_the_change_is_queued(
    client: httpx.AsyncClient, desk: FakeDesk
) -> None:
    desk.answers = False
    response = await client.post("/v1/halt", json={"reason": "fire"})
    assert response.status_code == 202
    assert response.json()["durable"] == "workflow"
    assert response.json()["workflow_id"]
    assert "queued" in response.json()["text"]


@pytest.mark.parametrize("is_up", [True, False])
async def test_halt_when_the_file_cannot_be_written_then_never_claimed_to_hold(
    client: httpx.AsyncClient, desk: FakeDesk, settings: Settings, tmp_path: Path, is_up: bool
) -> None:
    settings.home.rename(tmp_path / "away")
    settings.home.write_text("a file where the folder was", encoding="utf-8")
    desk.is_up = is_up
    response = await client.post("/v1/halt", json={"reason": "fire"})
    if is_up:
        assert (response.status_code, response.json()["durable"]) == (202, "workflow")
        assert desk.said
    else:
        assert (response.status_code, response.json()["code"]) == (503, "not_halted")
    desk.is_up, desk.answers = True, False
    assert (await client.post("/v1/halt", json={"reason": "fire"})).json()["code"] == "not_halted"


async def test_halt_when_retried_with_its_key_then_one_change(client: httpx.AsyncClient, desk: FakeDesk) -> None:
    first = await client.post("/v1/halt", json={"reason": "fire"}, headers=key())
    again = await client.post("/v1/halt", json={"reason": "fire"}, headers=key())
    assert first.json() == again.json()
    other = await client.post("/v1/halt", json={"reason": "flood"}, headers=key())
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert "kill-switch file is set" in other.json()["message"]
    assert len(desk.starts) == 1


async def test_halt_when_asked_many_times_at_once_then_all_are_told_it_holds(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    answers = await asyncio.gather(*(client.post("/v1/halt", json={"reason": "fire"}) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {202}
    assert len(settings.kill_switch_path.read_text(encoding="utf-8").splitlines()) == 1


@pytest.mark.parametrize("path", ["/v1/halt", "/v1/reduce"])
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"reason": ""},
        {"reason": "a\nb"},
        {"reason": "\x1b[2J"},
        {"reason": "x" * 301},
        {"reason": None},
        {"reason": ["x"]},
        {"reason": "x", "by": "somebody else"},
        {"reason": "x", "account": "other"},
        {"reason": "x", "code": "DAILY_LOSS"},
    ],
)
async def test_stop_when_the_body_is_wrong_then_nothing_is_done(
    client: httpx.AsyncClient, desk: FakeDesk, settings: Settings, path: str, body: dict[str, object]
) -> None:
    response = await client.post(path, json=body, headers=key())
    assert response.status_code == 422
    assert desk.starts == []
    assert not settings.kill_switch_path.exists()


@pytest.mark.parametrize(("path", "body"), STARTS)
async def test_change_when_the_key_is_missing_then_refused(
    client: httpx.AsyncClient, desk: FakeDesk, path: str, body: dict[str, object]
) -> None:
    response = await client.post(path, json=body)
    assert (response.status_code, response.json()["code"]) == (400, "idempotency_key_missing")
    assert desk.starts == []


@pytest.mark.parametrize(("path", "body"), STARTS)
async def test_change_when_repeated_with_its_key_then_the_same_answer_and_one_start(
    client: httpx.AsyncClient, desk: FakeDesk, path: str, body: dict[str, object]
) -> None:
    answers = await asyncio.gather(*(client.post(path, json=body, headers=key()) for _ in range(5)))
    assert {answer.status_code for answer in answers} <= {200, 202}
    assert len({answer.text for answer in answers}) == 1
    assert len(desk.starts) == 1


@pytest.mark.parametrize(("path", "body"), STARTS)
async def test_change_when_temporal_is_down_or_silent_then_503_and_what_to_do(
    client: httpx.AsyncClient, desk: FakeDesk, path: str, body: dict[str, object]
) -> None:
    desk.is_up = False
    response = await client.post(path, json=body, headers=key())
    assert (response.status_code, response.json()["code"]) == (503, "temporal_unreachable")
    desk.is_up, desk.answers = True, False
    response = await client.post(path, json=body, headers=key())
    assert (response.status_code, response.json()["code"]) == (503, "no_answer")
    assert "same Idempotency-Key" in response.json()["message"]
    desk.answers = True
    assert (await client.post(path, json=body, headers=key())).status_code in {200, 202}
    assert len(desk.starts) == 1


async def test_key_when_used_for_another_change_then_refused(client: httpx.AsyncClient, desk: FakeDesk) -> None:
    await client.post("/v1/reduce", json={"reason": "x"}, headers=key())
    for path, body in (("/v1/reduce", {"reason": "y"}), ("/v1/resume", {}), ("/v1/resume/confirm", {"token": "x"})):
        response = await client.post(path, json=body, headers=key())
        assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")
    assert len(desk.starts) == 1


async def test_resume_when_both_steps_are_taken_then_active(client: httpx.AsyncClient, desk: FakeDesk) -> None:
    token = (await client.post("/v1/resume", headers=key("one"))).json()["token"]
    response = await client.post("/v1/resume/confirm", json={"token": token}, headers=key("two"))
    assert (response.status_code, response.json()["state"]) == (200, "active")
    assert [said[0] for said in desk.said] == ["request_resume", "confirm_resume"]


@pytest.mark.parametrize("token", ["wrong", "", "a b", "x" * 101, None, 1])
async def test_resume_when_the_token_is_wrong_then_refused(client: httpx.AsyncClient, token: object) -> None:
    response = await client.post("/v1/resume/confirm", json={"token": token}, headers=key())
    assert response.status_code == (409 if token == "wrong" else 422)


@pytest.mark.parametrize(("body", "by"), [({"accept": True}, "all"), ({"accept": False}, ""), ({}, "")])
async def test_reconciliation_when_accepting_then_in_the_name_of_the_caller(
    client: httpx.AsyncClient, desk: FakeDesk, body: dict[str, object], by: str
) -> None:
    response = await client.post("/v1/reconcile", json=body, headers=key())
    assert (response.status_code, response.json()["signed_off"]) == (200, True)
    assert desk.said == [("reconcile", by)]


@pytest.mark.parametrize("body", [{"accept": "true"}, {"accept": 1}, {"accept_by": "x"}, {"accept": True, "by": "x"}])
async def test_reconciliation_when_the_body_is_wrong_then_nothing_is_adopted(
    client: httpx.AsyncClient, desk: FakeDesk, body: dict[str, object]
) -> None:
    assert (await client.post("/v1/reconcile", json=body, headers=key())).status_code == 422
    assert desk.starts == []


async def test_state_when_read_then_the_strictest_of_file_and_database(
    client: httpx.AsyncClient, database: Database, settings: Settings
) -> None:
    assert (await client.get("/v1/state")).json()["state"] == "active"
    states = StateStore(database)
    states.halt("main", TradingState.REDUCING, "DAILY_LOSS", "2 % lost", "breaker", START)
    states.lock_symbol("main", "005930", "UNEXPLAINED", "shares differ", at=START)
    state = (await client.get("/v1/state")).json()
    assert (state["state"], state["reason_code"], state["kill_switch_file"]) == ("reducing", "DAILY_LOSS", False)
    assert state["locked_symbols"] == {"005930": "shares differ"}
    settings.kill_switch_path.write_text("2026-08-14 minji: fire\n", encoding="utf-8")
    state = (await client.get("/v1/state")).json()
    assert (state["state"], state["kill_switch_file"]) == ("halted", True)
