import httpx
from fastapi import FastAPI

from daybook.contracts.calls import Layer
from daybook.settings import Settings
from tests.api.conftest import client_of
from tests.api.fake_desk import FakeDesk


async def get(app: FastAPI, path: str) -> httpx.Response:
    async with client_of(app, None) as client:
        return await client.get(path)


async def test_health_when_everything_else_is_down_then_still_well(
    app: FastAPI, desk: FakeDesk, settings: Settings
) -> None:
    desk.is_up = False
    (settings.home / "daybook.db").unlink()
    response = await get(app, "/health")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert desk.connections == 0


async def test_ready_when_all_parts_answer_then_nothing_is_missing(app: FastAPI) -> None:
    response = await get(app, "/ready")
    assert (response.status_code, response.json()) == (200, {"ready": True, "missing": []})


async def test_ready_when_parts_are_down_then_each_is_named(app: FastAPI, desk: FakeDesk, settings: Settings) -> None:
    desk.polling = frozenset({Layer.CONTROL, Layer.SANDBOX})
    response = await get(app, "/ready")
    assert response.status_code == 503
    assert response.json() == {"ready": False, "missing": ["worker:pipeline", "worker:trading"]}
    desk.is_up = False
    (settings.home / "daybook.db").write_bytes(b"no database at all, for sure")
    assert (await get(app, "/ready")).json()["missing"] == ["temporal", "database"]
    desk.is_up, desk.polling = True, frozenset(Layer)
    assert (await get(app, "/ready")).json()["missing"] == ["database"]


async def test_ready_when_the_database_was_never_made_then_reading_does_not_make_it(
    app: FastAPI, settings: Settings
) -> None:
    (settings.home / "daybook.db").unlink()
    assert (await get(app, "/ready")).json()["missing"] == ["database"]
    assert not (settings.home / "daybook.db").exists()


async def test_ready_when_asked_then_leaks_nothing(app: FastAPI, desk: FakeDesk, settings: Settings) -> None:
    desk.is_up = False
    text = (await get(app, "/ready")).text
    assert settings.temporal.address not in text
    assert str(settings.home) not in text


async def test_openapi_when_read_then_describes_every_answer(app: FastAPI) -> None:
    described = (await get(app, "/openapi.json")).json()
    assert described["components"]["securitySchemes"]
    start = described["paths"]["/v1/days"]["post"]
    assert {"202", "400", "401", "403", "409", "422", "503"} <= set(start["responses"])
    assert any(parameter["name"] == "Idempotency-Key" for parameter in start["parameters"])


async def test_docs_when_read_then_load_and_run_nothing(app: FastAPI) -> None:
    response = await get(app, "/docs")
    assert response.status_code == 200
    assert "/v1/halt" in response.text
    for tag in ("<script", "<link", "<img", "<iframe", "http://", "https://", "@import"):
        assert tag not in response.text
    assert (await get(app, "/redoc")).status_code == 404
