import json
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from daybook.paper.command import front_config_of
from daybook.paper.front import ENVIRONMENT_LIMIT
from daybook.paper.layouts import Layout
from daybook.paper.options import BadOptions, ServeConfig, exchange_config_of

PROGRAM = """
import json, sys
from pathlib import Path
from daybook.paper.command import serve
from daybook.paper.options import ServeConfig
options = json.loads(sys.argv[1])
for name in ("faults", "journal", "replay"):
    if name in options:
        options[name] = Path(options[name])
serve(ServeConfig(**options))
"""


def _start(**options: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, json.dumps(options)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_serve_when_started_then_prints_urls_and_stops_on_sigterm(tmp_path: Path) -> None:
    faults = tmp_path / "faults.yaml"
    faults.write_text("- {fault: egw00215, match: {path: balance}}\n")
    process = _start(port=0, real_port=0, ws_port=0, start="2026-03-20T10:00:00+09:00", faults=str(faults), speed=5.0)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        mock, real = re.findall(r"http://127\.0\.0\.1:\d+", line)
        assert re.search(r"stream ws://127\.0\.0\.1:\d+", line)
        assert "2026-03-20T10:00:00+09:00" in line
        assert httpx.get(f"{mock}/paper/faults/fired").json()["rules"][0]["fault"] == "egw00215"
        assert httpx.get(f"{real}/paper/clock").json()["phase"] == "continuous"
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=5) == 0
        assert time.monotonic() - began < 2
        assert process.stderr is not None
        assert process.stderr.read() == ""
    finally:
        process.kill()
        process.communicate()


def test_serve_when_options_are_bad_then_one_line_and_a_code(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        processes = [
            _start(port=0, rate_limit="fast"),
            _start(port=0, faults=str(tmp_path / "none.yaml")),
            _start(port=taken.getsockname()[1]),
        ]
        for process in processes:
            out, err = process.communicate(timeout=20)
            assert process.returncode == 2
            assert out == ""
            assert err.startswith("paper exchange: ")
            assert err.count("\n") == 1


@pytest.mark.parametrize(
    "config",
    [
        ServeConfig(port=70_000),
        ServeConfig(port=29443, real_port=29443),
        ServeConfig(rate_limit="0"),
        ServeConfig(token_limit="sometimes"),
        ServeConfig(ws_layout="old"),
        ServeConfig(accounts=("1234",)),
        ServeConfig(cash_krw=-1),
        ServeConfig(token_life_s=0),
        ServeConfig(start="noon"),
        ServeConfig(start="2026-03-20T10:00:00"),
    ],
)
def test_options_when_bad_then_one_line_says_so(config: ServeConfig) -> None:
    with pytest.raises(BadOptions) as caught:
        (front_config_of(config), exchange_config_of(config))
    assert "\n" not in str(caught.value)


def test_options_when_good_then_become_the_fronts() -> None:
    front = front_config_of(
        ServeConfig(strict=True, rate_limit="7", token_limit="off", ws_layout="legacy", accounts=("87654321-01",))
    )
    assert (front.strict, front.rate_limit, front.one_token_per_minute) == (True, 7, False)
    assert (front.ws_layout, front.accounts) == (Layout.LEGACY, ("8765432101",))
    assert front_config_of(ServeConfig()).rate_limit == ENVIRONMENT_LIMIT
    assert front_config_of(ServeConfig(rate_limit="off")).rate_limit is None
