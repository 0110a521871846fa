import asyncio
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.app import create_app
from daybook.contracts.base import Mode
from daybook.settings import Settings
from daybook.storage.database import Database
from daybook.storage.days import DayStore
from tests.api.conftest import client_of, key
from tests.api.fake_desk import FakeDesk

DAY = date(2026, 8, 14)
CLOCK = {"real_anchor": "2026-08-14T00:00:00+00:00", "market_anchor": "2026-08-14T08:30:00+09:00", "speed": 60}
REHEARSAL: dict[str, Any] = {"date": "2026-08-14", "clock": CLOCK}
PNG = b"\x89PNG\r\n\x1a\n" + b"pixels"


@pytest.fixture
def recorded_day(database: Database) -> DayStore:
    days = DayStore(database)
    days.begin(DAY, "main", Mode.PAPER, "regular", datetime(2026, 8, 13, 23, 0, tzinfo=UTC))
    return days


def write_report(settings: Settings, day: date = DAY) -> Path:
    folder = settings.reports_path / day.isoformat()
    folder.mkdir(parents=True)
    (folder / "report.md").write_text("# 보고서\n\n![Equity](equity.png)\n", encoding="utf-8")
    (folder / "equity.png").write_bytes(PNG)
    (folder / "candles-005930.png").write_bytes(PNG)
    return folder


async def test_start_when_asked_then_the_day_runs_and_links_lead_to_it(
    client: httpx.AsyncClient, desk: FakeDesk
) -> None:
    response = await client.post("/v1/days", json=REHEARSAL, headers=key())
    assert response.status_code == 202
    body = response.json()
    assert body["workflow_id"] == "trading-day-2026-08-14"
    assert response.headers["Location"] == body["links"]["status"]
    assert (await client.get(body["links"]["status"])).json()["state"]["phase"] == "trading"
    clock = desk.days[DAY]
    assert clock is not None
    assert clock.speed == 60


@pytest.mark.parametrize("value", [None, "", "a b", "a" * 101, "käy", "a/b", "a\tb"])
async def test_start_when_the_key_is_missing_or_malformed_then_refused(
    client: httpx.AsyncClient, desk: FakeDesk, value: str | None
) -> None:
    headers = {} if value is None else {"Idempotency-Key": value.encode("latin-1")}
    response = await client.post("/v1/days", json=REHEARSAL, headers=headers)
    assert response.status_code == (400 if value is None else 422)
    assert "Idempotency-Key" in response.json()["message"]
    assert desk.starts == []


async def test_start_when_repeated_with_the_same_key_then_the_same_answer_and_one_start(
    client: httpx.AsyncClient, desk: FakeDesk
) -> None:
    first = await client.post("/v1/days", json=REHEARSAL, headers=key())
    written_otherwise = b'{"clock": %s,\n "date":"2026-08-14"}' % httpx.Request("POST", "http://x", json=CLOCK).content
    again = await client.post(
        "/v1/days", content=written_otherwise, headers=key() | {"Content-Type": "application/json"}
    )
    assert (again.status_code, again.json()) == (202, first.json())
    assert desk.starts == ["trading-day-2026-08-14"]


async def test_start_when_the_key_comes_with_another_body_then_refused(
    client: httpx.AsyncClient, desk: FakeDesk
) -> None:
    await client.post("/v1/days", json=REHEARSAL, headers=key())
    for other in (REHEARSAL | {"date": "2026-08-17"}, REHEARSAL | {"clock": CLOCK | {"speed": 61}}):
        response = await client.post("/v1/days", json=other, headers=key())
        assert response.status_code == 422
        assert response.json()["code"] == "idempotency_key_reused"
    assert desk.starts == ["trading-day-2026-08-14"]


async def test_start_when_the_day_exists_then_another_key_does_not_start_it_again(
    client: httpx.AsyncClient, desk: FakeDesk
) -> None:
    await client.post("/v1/days", json=REHEARSAL, headers=key())
    response = await client.post("/v1/days", json=REHEARSAL, headers=key("key-2"))
    assert (response.status_code, response.json()["code"]) == (409, "refused")
    assert len(desk.starts) == 1


async def test_start_when_two_callers_use_the_same_key_then_they_do_not_share_it(
    settings: Settings, desk: FakeDesk
) -> None:
    app = create_app(settings, desk.connect)
    async with client_of(app) as one, client_of(app, "trader") as other:
        assert (await one.post("/v1/days", json=REHEARSAL, headers=key())).status_code == 202
        assert (await other.post("/v1/days", json=REHEARSAL, headers=key())).status_code == 409


async def test_start_when_many_ask_at_once_then_one_start_and_one_connection(
    client: httpx.AsyncClient, desk: FakeDesk
) -> None:
    answers = await asyncio.gather(*(client.post("/v1/days", json=REHEARSAL, headers=key()) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {202}
    assert desk.starts == ["trading-day-2026-08-14"]
    assert desk.connections == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"date": None},
        {"date": 20260814},
        {"date": "1786665600"},
        {"date": "2026-08-14T00:00:00"},
        {"date": "2026-02-30"},
        {"date": "2026-8-14"},
        {"date": "２０２６-08-14"},
        {"date": "../../etc/passwd"},
        REHEARSAL | {"by": "somebody else"},
        REHEARSAL | {"mode": "live"},
        REHEARSAL | {"desk": {}},
        REHEARSAL | {"clock": CLOCK | {"speed": 0}},
        REHEARSAL | {"clock": CLOCK | {"speed": 1e400}},
        REHEARSAL | {"clock": CLOCK | {"market_anchor": "2026-08-14T08:30:00"}},
        REHEARSAL | {"clock": CLOCK | {"more": 1}},
        REHEARSAL | {"clock": "fast"},
    ],
)
async def test_start_when_the_body_is_wrong_then_refused(
    client: httpx.AsyncClient, desk: FakeDesk, body: dict[str, Any]
) -> None:
    response = await client.post(
        "/v1/days", content=json.dumps(body), headers=key() | {"Content-Type": "application/json"}
    )
    assert response.status_code == 422
    assert response.json()["code"] == "invalid"
    assert desk.starts == []


async def test_start_when_the_day_is_over_then_only_a_rehearsal_can_run_it(
    client: httpx.AsyncClient, desk: FakeDesk
) -> None:
    response = await client.post("/v1/days", json={"date": "2020-01-02"}, headers=key())
    assert (response.status_code, response.json()["code"]) == (422, "day_is_past")
    assert desk.starts == []


@pytest.mark.parametrize("mode", [Mode.MOCK, Mode.LIVE])
async def test_start_when_mode_is_not_paper_then_a_clock_is_refused(
    settings: Settings, desk: FakeDesk, mode: Mode
) -> None:
    app = create_app(settings.model_copy(update={"mode": mode}), desk.connect)
    async with client_of(app) as client:
        response = await client.post("/v1/days", json=REHEARSAL | {"date": "2099-01-05"}, headers=key())
        assert (response.status_code, response.json()["code"]) == (422, "clock_not_allowed")
        assert desk.starts == []
        response = await client.post("/v1/days", json={"date": "2099-01-05"}, headers=key())
        assert response.status_code == 202
        assert desk.days[date(2099, 1, 5)] is None


async def test_start_when_temporal_is_down_then_503_and_the_same_key_works_later(
    client: httpx.AsyncClient, desk: FakeDesk
) -> None:
    desk.is_up = False
    response = await client.post("/v1/days", json=REHEARSAL, headers=key())
    assert (response.status_code, response.json()["code"]) == (503, "temporal_unreachable")
    assert "daybook up" in response.json()["message"]
    desk.is_up = True
    assert (await client.post("/v1/days", json=REHEARSAL, headers=key())).status_code == 202


async def test_days_when_listed_then_newest_first_with_their_figures(
    client: httpx.AsyncClient, recorded_day: DayStore, settings: Settings
) -> None:
    assert recorded_day.begin(date(2026, 8, 13), "main", Mode.PAPER, "regular", datetime(2026, 8, 12, 23, tzinfo=UTC))
    recorded_day.begin(date(2026, 8, 13), "other", Mode.PAPER, "regular", datetime(2026, 8, 12, 23, tzinfo=UTC))
    recorded_day.finish(date(2026, 8, 13), "main", '{"fills": 3}', "", datetime(2026, 8, 13, 7, tzinfo=UTC))
    write_report(settings, date(2026, 8, 13))
    days = (await client.get("/v1/days")).json()["days"]
    assert [(day["day"], day["has_report"]) for day in days] == [("2026-08-14", False), ("2026-08-13", True)]
    assert days[1]["summary"] == {"fills": 3}
    assert len((await client.get("/v1/days?limit=1")).json()["days"]) == 1
    for bad in ("0", "-1", "401", "x", "1e9"):
        assert (await client.get(f"/v1/days?limit={bad}")).status_code == 422


async def test_status_when_workflow_does_not_answer_then_the_recorded_row(
    client: httpx.AsyncClient, desk: FakeDesk, recorded_day: DayStore
) -> None:
    desk.is_up = False
    answer = (await client.get("/v1/days/2026-08-14")).json()
    assert (answer["source"], answer["row"]["phase"]) == ("database", "begun")
    assert "no Temporal server" in answer["note"]
    assert (await client.get("/v1/days/2026-08-17")).status_code == 503
    desk.is_up = True
    assert (await client.get("/v1/days/2026-08-14")).json()["source"] == "database"
    response = await client.get("/v1/days/2026-08-17")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")
    desk.answers = False
    assert (await client.get("/v1/days/2026-08-17")).json()["code"] == "no_answer"


async def test_status_when_workflow_hangs_then_the_recorded_row_soon(
    client: httpx.AsyncClient, desk: FakeDesk, recorded_day: DayStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hangs(_day: date) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(desk, "day_state", hangs)
    monkeypatch.setattr("api.routes.days.STATUS_TIMEOUT_S", 0.05)
    assert (await client.get("/v1/days/2026-08-14")).json()["source"] == "database"
    assert (await client.get("/v1/days/2026-08-17")).json()["code"] == "no_answer"


async def test_status_when_database_is_gone_then_the_workflow_still_shows(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    await client.post("/v1/days", json=REHEARSAL, headers=key())
    (settings.home / "daybook.db").unlink()
    answer = (await client.get("/v1/days/2026-08-14")).json()
    assert (answer["source"], answer["row"]) == ("workflow", None)
    response = await client.get("/v1/days/2026-08-17")
    assert (response.status_code, response.json()["code"]) == (503, "database_unavailable")
    assert (await client.get("/v1/days")).status_code == 503
    assert str(settings.home) not in (await client.get("/v1/days")).text


async def test_report_when_written_then_markdown_and_charts_are_served(
    client: httpx.AsyncClient, settings: Settings, recorded_day: DayStore
) -> None:
    assert (await client.get("/v1/days/2026-08-14/report")).status_code == 404
    assert (await client.get("/v1/days/2026-08-14/report/charts")).json() == {"charts": []}
    write_report(settings)
    response = await client.get("/v1/days/2026-08-14/report")
    assert response.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert response.text.startswith("# 보고서")
    charts = (await client.get("/v1/days/2026-08-14/report/charts")).json()["charts"]
    assert charts == ["candles-005930.png", "equity.png"]
    for name in charts:
        chart = await client.get(f"/v1/days/2026-08-14/report/charts/{name}")
        assert (chart.headers["Content-Type"], chart.content) == ("image/png", PNG)


async def test_report_when_its_path_is_recorded_then_that_file_is_served(
    client: httpx.AsyncClient, settings: Settings, recorded_day: DayStore
) -> None:
    folder = settings.reports_path / "elsewhere"
    folder.mkdir(parents=True)
    (folder / "day.md").write_text("recorded", encoding="utf-8")
    recorded_day.set_report(DAY, "main", "reports/elsewhere/day.md")
    assert (await client.get("/v1/days/2026-08-14/report")).text == "recorded"


@pytest.mark.parametrize(
    "path", ["../secret.md", "/etc/passwd", "reports/../secret.md", "secret.md", "reports", "reports/\x00", "HALT"]
)
async def test_report_when_the_recorded_path_leads_out_then_not_served(
    client: httpx.AsyncClient, settings: Settings, recorded_day: DayStore, path: str
) -> None:
    settings.reports_path.mkdir()
    for secret in (settings.home / "secret.md", settings.home.parent / "secret.md"):
        secret.write_text("secret", encoding="utf-8")
    recorded_day.set_report(DAY, "main", path)
    assert (await client.get("/v1/days/2026-08-14/report")).status_code == 404


async def test_report_when_it_is_a_link_out_of_the_folder_then_not_served(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    folder = write_report(settings)
    (settings.home / "secret.png").write_bytes(PNG)
    (folder / "linked.png").symlink_to(settings.home / "secret.png")
    (folder / "text.png").write_text("no image", encoding="utf-8")
    (folder / "folder.png").mkdir()
    for name in ("linked.png", "text.png", "folder.png"):
        assert (await client.get(f"/v1/days/2026-08-14/report/charts/{name}")).status_code == 404
    (folder / "report.md").unlink()
    (folder / "report.md").symlink_to("/etc/hostname")
    assert (await client.get("/v1/days/2026-08-14/report")).status_code == 404


@pytest.mark.parametrize(
    "name",
    [
        "..%2fequity.png",
        "..%2f..%2fdaybook.db",
        "%2e%2e%2fsecret.png",
        "..%5csecret.png",
        "%2fetc%2fpasswd",
        "equity.png%00",
        "equity.png%0a",
        ".hidden.png",
        "report.md",
        "equity.PNG",
        "equity",
        "-rf.png",
        "é.png",
        "a" * 200 + ".png",
        "%2e%2e",
    ],
)
async def test_chart_when_the_name_is_no_chart_name_then_not_served(
    client: httpx.AsyncClient, settings: Settings, name: str
) -> None:
    write_report(settings)
    (settings.reports_path / "secret.png").write_bytes(PNG)
    response = await client.get(f"/v1/days/2026-08-14/report/charts/{name}")
    assert response.status_code in {404, 422}
    assert b"PNG" not in response.content


@pytest.mark.parametrize(
    "day", ["..", "%2e%2e", "..%2f..%2fetc", "2026-08-14%2f..", "2026-08-14%00", "1786665600", "today", "2026-13-01"]
)
async def test_day_when_it_is_no_date_then_refused(client: httpx.AsyncClient, settings: Settings, day: str) -> None:
    write_report(settings)
    for path in ("", "/report", "/report/charts", "/report/charts/equity.png"):
        response = await client.get(f"/v1/days/{day}{path}")
        assert response.status_code in {404, 422}
    assert (await client.get(f"/v1/orders?day={day}")).status_code == 422
