import asyncio
import json
import logging
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from api import guard
from tests.api.conftest import client_of, key
from tests.api.fake_desk import FakeDesk

JSON = {"Content-Type": "application/json"}


async def chunks(count: int, size: int = 8192) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b" " * size


@pytest.mark.parametrize("path", ["/v1/days", "/v1/halt", "/health", "/nowhere"])
async def test_body_when_larger_than_the_limit_then_refused(client: httpx.AsyncClient, path: str) -> None:
    content = b'{"reason": "' + b"x" * guard.MAX_BODY_BYTES + b'"}'
    response = await client.post(path, content=content, headers=JSON | key())
    assert response.status_code == 413
    response = await client.post(path, content=chunks(9), headers=JSON | key())
    assert response.status_code == 413
    assert response.json()["code"] == "too_large"


async def test_body_when_its_length_is_a_lie_then_refused(client: httpx.AsyncClient, desk: FakeDesk) -> None:
    for length in ("99999999999999999999", "65537"):
        response = await client.post("/v1/halt", content=b"{}", headers=JSON | {"Content-Length": length})
        assert response.status_code == 413
    response = await client.post("/v1/halt", content=chunks(10), headers=JSON | {"Content-Length": "2"})
    assert response.status_code == 413
    assert desk.starts == []


async def test_body_when_exactly_at_the_limit_then_parsed(client: httpx.AsyncClient) -> None:
    content = json.dumps({"reason": "stop"}).encode()
    padded = content + b" " * (guard.MAX_BODY_BYTES - len(content))
    assert (await client.post("/v1/halt", content=padded, headers=JSON)).status_code == 202


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "application/json; charset=euc-kr",
        "application/json, text/plain",
        "application/merge-patch+json",
    ],
)
async def test_body_when_content_type_is_not_json_then_refused(client: httpx.AsyncClient, content_type: str) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    response = await client.post("/v1/halt", content=b'{"reason": "stop"}', headers=headers)
    assert response.status_code == 415
    assert response.json()["code"] == "content_type"


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; charset=UTF-8"])
async def test_body_when_content_type_is_json_then_read(client: httpx.AsyncClient, content_type: str) -> None:
    response = await client.post("/v1/halt", content=b'{"reason": "stop"}', headers={"Content-Type": content_type})
    assert response.status_code == 202


@pytest.mark.parametrize(
    "content", [b"{", b"\xff\xfe", b"nul", b'{"reason": "a"', b"[" * 60_000, b'{"a":' * 10_000, b'"text"', b"[]", b"1"]
)
async def test_body_when_not_a_json_object_then_refused_in_one_line(client: httpx.AsyncClient, content: bytes) -> None:
    response = await client.post("/v1/halt", content=content, headers=JSON)
    assert response.status_code in {400, 422}
    assert set(response.json()) == {"code", "message", "request_id"}
    assert "\n" not in response.json()["message"]
    assert "Traceback" not in response.text


async def test_body_when_it_does_not_arrive_then_given_up(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(30)

    monkeypatch.setattr(guard, "BODY_TIMEOUT_S", 0.05)
    response = await client.post("/v1/halt", content=slow(), headers=JSON)
    assert response.status_code == 408


async def test_answers_when_of_any_kind_then_carry_the_security_headers(app: FastAPI) -> None:
    async with client_of(app, None) as client:
        for path in ("/health", "/ready", "/docs", "/openapi.json", "/v1/state", "/nowhere"):
            response = await client.get(path, headers={"Origin": "https://elsewhere.example"})
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.headers["Cache-Control"] == "no-store"
            assert "default-src 'none'" in response.headers["Content-Security-Policy"]
            assert response.headers["X-Request-Id"]
            assert not any(name.startswith("access-control") for name in response.headers)


async def test_cors_when_a_browser_asks_then_nothing_is_allowed(client: httpx.AsyncClient) -> None:
    response = await client.options(
        "/v1/halt", headers={"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    )
    assert response.status_code == 405
    assert "access-control-allow-origin" not in response.headers


async def test_request_id_when_given_then_kept_unless_it_is_unusable(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health", headers={"X-Request-Id": "abc-1"})).headers["X-Request-Id"] == "abc-1"
    for bad in ("a b", "x" * 65, "<script>", "a;b"):
        answered = (await client.get("/health", headers={"X-Request-Id": bad})).headers["X-Request-Id"]
        assert answered != bad
        assert len(answered) == 32


async def test_failure_when_unforeseen_then_the_caller_gets_no_traceback(
    client: httpx.AsyncClient, desk: FakeDesk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object, **__: object) -> str:
        raise RuntimeError("secret inner detail")

    monkeypatch.setattr(desk, "begin_state_change", broken)
    with caplog.at_level(logging.ERROR):
        response = await client.post("/v1/reduce", json={"reason": "x"}, headers=key() | {"X-Request-Id": "find-me"})
    assert response.status_code == 500
    assert response.json()["code"] == "internal"
    assert "secret inner detail" not in response.text
    assert response.json()["request_id"] == "find-me"
    assert "find-me" in caplog.text


@pytest.mark.parametrize(("method", "path"), [("DELETE", "/v1/days"), ("GET", "/v1/halt"), ("GET", "/v1/nowhere")])
async def test_route_when_unknown_then_a_problem(client: httpx.AsyncClient, method: str, path: str) -> None:
    response = await client.request(method, path)
    assert response.status_code in {404, 405}
    assert response.headers["Content-Type"] == "application/problem+json"
    assert set(response.json()) == {"code", "message", "request_id"}
