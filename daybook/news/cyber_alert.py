"""Reading the national cyber alert from the feed that the settings name: an ``https:`` address or a file.

What the feed says is parsed by :mod:`daybook.risk.threat.alert` as data. A feed that does not answer, is too big, or
is too old is a problem in one line and no alert: unknown never lowers the level.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx

from daybook.risk.threat.alert import ParsedAlert, parse_cyber_alert
from daybook.settings import FeedSettings

LARGEST_FEED_BYTES = 1_000_000
_MOST_REDIRECTS = 3
_KEPT_S = 30.0
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class _Kept:
    at: float
    parsed: ParsedAlert


class CyberAlertFeed:
    """The feed of a process. Thread-safe enough: two readers at once read twice.

    Args:
        settings: where, how long to wait, how old a file may be.
        now: real time.
        monotonic: seconds; what an address said is kept for half a minute.
    """

    def __init__(
        self,
        settings: FeedSettings,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._now = now
        self._monotonic = monotonic
        self._kept: _Kept | None = None

    def read(self) -> ParsedAlert:
        """Return the alert in force, or why it is not known. Never raises for what a feed does."""
        where = self._settings.cyber_alert.strip()
        if not where:
            return ParsedAlert(None, "no feed of the cyber alert is set (feeds.cyber_alert)")
        if "://" not in where:
            return self._from_file(Path(where).expanduser())
        if self._kept is not None and self._monotonic() - self._kept.at < _KEPT_S:
            return self._kept.parsed
        parsed = self._from_address(where)
        self._kept = _Kept(self._monotonic(), parsed)
        return parsed

    def _from_file(self, path: Path) -> ParsedAlert:
        try:
            with path.open("rb") as file:
                content = file.read(LARGEST_FEED_BYTES + 1)
            changed_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        except OSError as error:
            return ParsedAlert(None, f"the cyber alert's file cannot be read: {error.strerror or type(error).__name__}")
        age_h = (self._now() - changed_at).total_seconds() / 3_600
        if age_h > self._settings.cyber_alert_max_age_h:
            return ParsedAlert(None, f"the cyber alert's file is {age_h:.0f} h old")
        return _parsed(content)

    def _from_address(self, url: str) -> ParsedAlert:
        deadline = self._monotonic() + self._settings.timeout_s
        try:
            with httpx.Client(follow_redirects=False, trust_env=False, timeout=self._settings.timeout_s) as client:
                for _ in range(_MOST_REDIRECTS + 1):
                    if not _is_allowed(url):
                        return ParsedAlert(None, "the cyber alert's feed is not an https address, or redirects to none")
                    with client.stream("GET", url) as response:
                        if response.is_redirect:
                            url = urljoin(url, response.headers.get("location", ""))
                            continue
                        if response.status_code != httpx.codes.OK:
                            return ParsedAlert(None, f"the cyber alert's feed answers {response.status_code}")
                        return _parsed(self._body(response, deadline))
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
            return ParsedAlert(None, f"the cyber alert's feed does not answer ({type(error).__name__})")
        return ParsedAlert(None, "the cyber alert's feed redirects too often")

    def _body(self, response: httpx.Response, deadline: float) -> bytes:
        parts: list[bytes] = []
        size = 0
        for part in response.iter_bytes():
            parts.append(part)
            size += len(part)
            if size > LARGEST_FEED_BYTES:
                break
            if self._monotonic() > deadline:
                raise httpx.ReadTimeout("the feed is too slow")
        return b"".join(parts)


def _is_allowed(url: str) -> bool:
    """Whether an address may be read: https, or plain http on this very machine."""
    parts = urlsplit(url)
    is_local = parts.scheme == "http" and parts.hostname in _LOOPBACK
    return bool(parts.hostname) and (parts.scheme == "https" or is_local)


def _parsed(content: bytes) -> ParsedAlert:
    if len(content) > LARGEST_FEED_BYTES:
        return ParsedAlert(None, f"the cyber alert's feed is larger than {LARGEST_FEED_BYTES:,} bytes")
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return parse_cyber_alert(content.decode(encoding))
        except UnicodeDecodeError:
            continue
    return ParsedAlert(None, "the cyber alert's feed is neither UTF-8 nor CP949")
