import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from daybook.stack.local import free_port

ROOT = Path(__file__).parents[2]


def environment(tmp_path: Path, **values: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DAYBOOK_")}
    return clean | {"PYTHONPATH": str(ROOT), "DAYBOOK_HOME": str(tmp_path / "home")} | values


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"DAYBOOK_API__PORT": "70000"}, "DAYBOOK_API__PORT"),
        ({"DAYBOOK_API__CALLERS": '{"a": {"token": "0123456789abcdef", "scopes": ["root"]}}'}, "root"),
        ({"DAYBOOK_DATABASE_URL": "postgresql://x/y"}, "postgresql"),
    ],
)
def test_process_when_configuration_is_bad_then_one_line_and_exit_2(
    tmp_path: Path, values: dict[str, str], named: str
) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "api"],
        cwd=tmp_path,
        env=environment(tmp_path, **values),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith("api: ")
    assert len(ended.stderr.splitlines()) == 1
    assert named in ended.stderr
    assert "0123456789abcdef" not in ended.stderr


def test_process_when_temporal_and_database_are_down_then_it_serves_health_and_stops_on_term(tmp_path: Path) -> None:
    port = free_port()
    values = {
        "DAYBOOK_API__PORT": str(port),
        "DAYBOOK_TEMPORAL__ADDRESS": "127.0.0.1:1",
        "DAYBOOK_API__CALLERS": '{"ops": {"token": "0123456789abcdef", "scopes": ["control"]}}',
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "api"],
        cwd=tmp_path,
        env=environment(tmp_path, **values),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            deadline = time.monotonic() + 30
            while True:
                try:
                    response = client.get("/health")
                    break
                except httpx.ConnectError:
                    assert time.monotonic() < deadline
                    time.sleep(0.1)
            assert response.json() == {"status": "ok"}
            assert "server" not in response.headers
            assert client.get("/ready").json()["missing"] == ["temporal", "database"]
            response = client.post(
                "/v1/halt", json={"reason": "drill"}, headers={"Authorization": "Bearer 0123456789abcdef"}
            )
            assert (response.status_code, response.json()["durable"]) == (202, "file")
            assert (tmp_path / "home" / "HALT").exists()
    finally:
        process.terminate()
        _, log = process.communicate(timeout=30)
    assert "caller=ops" in log
    assert "0123456789abcdef" not in log
    assert "Traceback" not in log
