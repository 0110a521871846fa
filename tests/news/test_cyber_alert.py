import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from daybook.news.cyber_alert import LARGEST_FEED_BYTES, CyberAlertFeed
from daybook.settings import FeedSettings

ALERT = '{"level": "주의"}'.encode()


@contextmanager
def served(status: int, body: bytes, location: str = "") -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            if location:
                self.send_header("location", location)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/alert", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def feed(where: str, **more: float) -> CyberAlertFeed:
    return CyberAlertFeed(FeedSettings(cyber_alert=where, **more))


def test_feed_when_it_is_a_file_then_its_stage_is_read_anew_each_time(tmp_path: Path) -> None:
    path = tmp_path / "alert.json"
    path.write_bytes(ALERT)
    reader = feed(str(path))
    first = reader.read().alert
    path.write_text('{"level": 4}', encoding="utf-8")
    second = reader.read().alert
    assert (first.level if first else None, second.level if second else None) == (2, 4)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
def test_feed_when_its_text_is_korean_in_any_usual_encoding_then_it_is_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "alert.txt"
    path.write_bytes("위기경보: 경계".encode(encoding))
    alert = feed(str(path)).read().alert
    assert alert is not None
    assert alert.level == 3


def test_feed_when_its_file_is_too_old_then_nothing_is_known(tmp_path: Path) -> None:
    path = tmp_path / "alert.json"
    path.write_bytes(ALERT)
    long_ago = (datetime.now(UTC) - timedelta(hours=60)).timestamp()
    os.utime(path, (long_ago, long_ago))
    parsed = feed(str(path)).read()
    assert (parsed.alert, parsed.problem) == (None, "the cyber alert's file is 60 h old")


@pytest.mark.parametrize(
    ("where", "problem"),
    [
        ("", "no feed of the cyber alert is set (feeds.cyber_alert)"),
        ("/nowhere/alert.json", "the cyber alert's file cannot be read: No such file or directory"),
        ("http://example.com/alert", "the cyber alert's feed is not an https address, or redirects to none"),
        ("ftp://127.0.0.1/alert", "the cyber alert's feed is not an https address, or redirects to none"),
        ("https://", "the cyber alert's feed is not an https address, or redirects to none"),
        ("http://127.0.0.1:9/alert", "the cyber alert's feed does not answer (ConnectError)"),
    ],
)
def test_feed_when_it_cannot_be_read_then_it_says_why_in_a_line(where: str, problem: str) -> None:
    parsed = feed(where, timeout_s=1).read()
    assert (parsed.alert, parsed.problem) == (None, problem)


def test_feed_when_it_is_an_address_then_it_is_asked_once_in_half_a_minute() -> None:
    moment = [0.0]
    with served(200, ALERT) as (url, asked):
        reader = CyberAlertFeed(FeedSettings(cyber_alert=url), monotonic=lambda: moment[0])
        levels = [parsed.alert.level if parsed.alert else None for parsed in (reader.read(), reader.read())]
        moment[0] = 31.0
        reader.read()
    assert (levels, len(asked)) == ([2, 2], 2)


def test_feed_when_it_redirects_to_another_scheme_then_it_is_not_followed() -> None:
    with served(302, b"", "file:///etc/passwd") as (url, asked):
        parsed = feed(url).read()
    assert (parsed.alert, len(asked)) == (None, 1)
    assert "redirects to none" in parsed.problem


def test_feed_when_it_redirects_for_ever_then_it_ends() -> None:
    with served(302, b"", "/alert") as (url, asked):
        parsed = feed(url).read()
    assert (parsed.problem, len(asked)) == ("the cyber alert's feed redirects too often", 4)


def test_feed_when_it_is_too_large_or_refused_then_nothing_is_known() -> None:
    with served(200, ALERT + b" " * LARGEST_FEED_BYTES) as (url, _):
        assert "larger than" in feed(url).read().problem
    with served(503, b"") as (url, _):
        assert feed(url).read().problem == "the cyber alert's feed answers 503"
