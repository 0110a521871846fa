import logging

import httpx
import pytest
from fastapi import FastAPI

from api.app import create_app
from api.security import CallerBook, Scope
from daybook.settings import ApiCaller, ApiSettings, ConfigurationError, Settings
from tests.api.conftest import TOKENS, client_of, key
from tests.api.fake_desk import WAITING, FakeDesk

REQUESTS = [
    ("GET", "/v1/days", "read", None),
    ("GET", "/v1/days/2026-08-14", "read", None),
    ("GET", "/v1/days/2026-08-14/report", "read", None),
    ("GET", "/v1/days/2026-08-14/report/charts", "read", None),
    ("GET", "/v1/days/2026-08-14/report/charts/equity.png", "read", None),
    ("GET", "/v1/orders", "read", None),
    ("GET", "/v1/orders/x", "read", None),
    ("GET", "/v1/state", "read", None),
    ("POST", "/v1/days", "trade", {"date": "2099-01-05"}),
    ("POST", f"/v1/orders/{WAITING}/approve", "trade", {}),
    ("POST", f"/v1/orders/{WAITING}/reject", "trade", {}),
    ("POST", f"/v1/orders/{WAITING}/resolve", "trade", {"order_number": None}),
    ("POST", "/v1/halt", "control", {"reason": "test"}),
    ("POST", "/v1/reduce", "control", {"reason": "test"}),
    ("POST", "/v1/resume", "control", {}),
    ("POST", "/v1/resume/confirm", "control", {"token": "resume-token-1"}),
    ("POST", "/v1/reconcile", "control", {"accept": True}),
]
OWNER = {"read": "reader", "trade": "trader", "control": "controller"}


@pytest.mark.parametrize(("method", "path", "scope", "body"), REQUESTS)
async def test_endpoint_when_scope_is_missing_then_forbidden_and_nothing_is_done(
    app: FastAPI, desk: FakeDesk, settings: Settings, method: str, path: str, scope: str, body: dict[str, object] | None
) -> None:
    for other in set(OWNER) - {scope}:
        async with client_of(app, OWNER[other]) as client:
            response = await client.request(method, path, json=body, headers=key())
            assert response.status_code == 403
            assert response.json()["code"] == "scope_missing"
            assert scope in response.json()["message"]
    assert desk.connections == 0
    assert not settings.kill_switch_path.exists()


@pytest.mark.parametrize(("method", "path", "scope", "body"), REQUESTS)
async def test_endpoint_when_scope_is_there_then_let_in(
    app: FastAPI, method: str, path: str, scope: str, body: dict[str, object] | None
) -> None:
    async with client_of(app, OWNER[scope]) as client:
        response = await client.request(method, path, json=body, headers=key())
        assert response.status_code not in {401, 403}


def test_endpoints_when_listed_then_every_one_under_v1_is_tested_here(app: FastAPI) -> None:
    described = {
        (method.upper(), path)
        for path, operations in app.openapi()["paths"].items()
        for method in operations
        if path.startswith("/v1")
    }
    replaced = {
        (method, path.replace("2026-08-14", "{day}").replace("equity.png", "{name}").replace(WAITING, "{intent_id}"))
        for method, path, _, _ in REQUESTS
    }
    assert {(method, path.replace("/orders/x", "/orders/{intent_id}")) for method, path in replaced} == described


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        f"Bearer {TOKENS['all'][:-1]}",
        f"Bearer {TOKENS['all']}x",
        f"Bearer  {TOKENS['all']}",
        f"Bearer {TOKENS['all'].upper()}",
        f"Basic {TOKENS['all']}",
        TOKENS["all"],
        "Bearer " + "x" * 20_000,
        "Bearer tökén-of-all-0123456789",
    ],
)
async def test_v1_when_token_is_not_one_of_ours_then_unauthorized(app: FastAPI, header: str | None) -> None:
    async with client_of(app, None) as client:
        headers = {} if header is None else {"Authorization": header.encode("latin-1")}
        for path in ("/v1/state", "/v1", "/v1/nowhere", "/v1/days/..%2f..%2fetc"):
            response = await client.get(path, headers=headers)
            assert response.status_code == 401
            assert response.headers["WWW-Authenticate"].startswith("Bearer")
            assert response.json()["code"] in {"token_missing", "token_wrong"}


async def test_v1_when_caller_is_unknown_then_the_body_is_not_even_parsed(app: FastAPI) -> None:
    async with client_of(app, None) as client:
        response = await client.post("/v1/days", content=b"{" * 100, headers={"Content-Type": "application/json"})
        assert response.status_code == 401


async def test_v1_when_no_caller_is_configured_then_the_answer_says_how(settings: Settings, desk: FakeDesk) -> None:
    app = create_app(settings.model_copy(update={"api": ApiSettings()}), desk.connect)
    async with client_of(app) as client:
        for method, path, _, body in REQUESTS:
            response = await client.request(method, path, json=body)
            assert response.status_code == 401
            assert "DAYBOOK_API__CALLERS" in response.json()["message"]
        assert (await client.get("/health")).status_code == 200


async def test_scheme_when_written_in_other_case_then_accepted(app: FastAPI) -> None:
    async with client_of(app, None) as client:
        response = await client.get("/v1/state", headers={"Authorization": f"bearer {TOKENS['reader']}"})
        assert response.status_code == 200


async def test_log_when_requests_carry_secrets_then_none_is_in_it(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await client.post("/v1/resume/confirm", json={"token": "very-secret-resume"}, headers=key("secret-key"))
    await client.get("/v1/state?token=query-secret", headers={"Authorization": "Bearer wrong-secret-0123456789"})
    await client.get("/v1/nowhere%0aFAKE line")
    written = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("httpx"))
    assert "caller=all" in written
    for secret in (*TOKENS.values(), "very-secret-resume", "wrong-secret", "query-secret", "secret-key"):
        assert secret not in written
    assert "\nFAKE" not in written


@pytest.mark.parametrize(
    ("callers", "named"),
    [
        ({"a b": ApiCaller(token="x" * 16)}, "a b"),
        ({"": ApiCaller(token="x" * 16)}, "caller name"),
        ({"a": ApiCaller(token="with a space in it")}, "api.callers.a.token"),
        ({"a": ApiCaller(token="x" * 513)}, "api.callers.a.token"),
        ({"a": ApiCaller(token="x" * 16, scopes=("read", "admin"))}, "admin"),
        ({"a": ApiCaller(token="x" * 16), "b": ApiCaller(token="x" * 16)}, "same token"),
    ],
)
def test_callers_when_unusable_then_refused_without_the_token(callers: dict[str, ApiCaller], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named) as caught:
        CallerBook.of(ApiSettings(callers=callers))
    assert "x" * 16 not in str(caught.value)


def test_callers_when_usable_then_scopes_are_exactly_those_named() -> None:
    book = CallerBook.of(ApiSettings(callers={"a": ApiCaller(token="x" * 16, scopes=("trade",))}))
    assert book.authenticate("Bearer " + "x" * 16).scopes == {Scope.TRADE}
