"""The KIS stream: own order notices, trades and order books over one WebSocket that reconnects by itself.

KIS replays nothing: what happened while the stream was down must be read from the day's orders. One connection a key,
41 registrations a connection. Use::

    with broker.stream(StreamSettings(trades=("005930",))) as stream:
        for message in stream:
            ...

or call ``next_message(timeout_s)`` in a loop that also heartbeats. One thread reads; ``stop()`` may come from any.
"""

import logging
import socket
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime
from types import TracebackType
from typing import Self

from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect

from daybook.broker.kis.credentials import KisCredentials
from daybook.broker.kis.environments import Environment
from daybook.broker.kis.mode_lock import check_stream_url
from daybook.broker.kis.stream_frames import (
    NOTICE_IDS,
    FrameRefused,
    StreamKey,
    StreamMessage,
    is_ping,
    message_of,
    notice_account,
    parse_acknowledgement,
    parse_data,
    subscription,
)
from daybook.broker.kis.stream_settings import StreamSettings, registrations_of
from daybook.broker.port import BrokerConfigurationError, BrokerError

logger = logging.getLogger(__name__)

# The library logs frames at DEBUG, and frames carry approval key and HTS id.
_wire_logger = logging.getLogger(f"{__name__}.wire")
_wire_logger.setLevel(logging.ERROR)

_STREAM_PATH = "/tryitout"
_REFUSED_FOR_GOOD = frozenset({"OPSP8991", "OPSP8992", "OPSP0008"})


class KisStream:
    """Yields the messages of one account's stream; see the module's docstring for its use."""

    def __init__(
        self,
        environment: Environment,
        credentials: KisCredentials,
        approval_key: Callable[[], str],
        settings: StreamSettings,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._environment = environment
        self._credentials = credentials
        self._approval_key = approval_key
        self._settings = settings
        self._now = now
        self._registrations = registrations_of(environment.mode, credentials, settings)
        self._stopped = threading.Event()
        self._resources = ExitStack()
        self._connection: ClientConnection | None = None
        self._keys: dict[str, StreamKey] = {}
        self._unanswered: set[tuple[str, str]] = set()
        self._pending: deque[StreamMessage] = deque()
        self._failures = 0
        self._connect_at_s = 0.0
        self._last_frame_s = 0.0
        self._last_message_at: datetime | None = None
        self._dropped: Counter[str] = Counter()
        self._reconnects = 0

    @property
    def last_message_at(self) -> datetime | None:
        """Real time of the last frame of any kind, pings included; None before the first. Old means stale."""
        return self._last_message_at

    @property
    def is_ready(self) -> bool:
        """Whether the stream is connected and every registration was acknowledged (nothing to register: always)."""
        return not self._registrations or (self._connection is not None and not self._unanswered)

    @property
    def dropped(self) -> Mapping[str, int]:
        """How many frames or records were dropped, by reason."""
        return dict(self._dropped)

    @property
    def reconnects(self) -> int:
        """How often a connection was lost; each time, missed notices must be looked for in the day's orders."""
        return self._reconnects

    def next_message(self, timeout_s: float) -> StreamMessage | None:
        """Return the next message, or None when there is none within ``timeout_s`` or the stream was stopped.

        Connects and reconnects as needed. Raises ``BrokerConfigurationError`` on a refusal that no retry can heal.
        """
        deadline = time.monotonic() + timeout_s
        while not self._stopped.is_set():
            if self._pending:
                return self._pending.popleft()
            remaining_s = deadline - time.monotonic()
            if remaining_s <= 0:
                return None
            if not self._registrations:
                self._stopped.wait(remaining_s)
            elif self._connection is None:
                self._try_to_connect(remaining_s)
            else:
                self._receive(self._connection, remaining_s)
        return None

    def wait_ready(self, timeout_s: float) -> bool:
        """Read until every registration is acknowledged (messages are kept); False when that takes too long."""
        deadline = time.monotonic() + timeout_s
        kept: list[StreamMessage] = []
        while not self.is_ready and time.monotonic() < deadline and not self._stopped.is_set():
            message = self.next_message(0.05)
            if message is not None:
                kept.append(message)
        self._pending.extendleft(reversed(kept))
        return self.is_ready

    def stop(self) -> None:
        """End the stream: the reader leaves its loop within a moment. Safe from any thread, and to repeat."""
        self._stopped.set()

    def close(self) -> None:
        """Stop and disconnect; called by the reading thread (leaving the ``with`` block does it)."""
        self.stop()
        self._disconnect()

    def __iter__(self) -> Iterator[StreamMessage]:
        while not self._stopped.is_set():
            message = self.next_message(0.5)
            if message is not None:
                yield message

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"KisStream({self._environment.mode.value}, {len(self._registrations)} registrations)"

    def _try_to_connect(self, max_wait_s: float) -> None:
        wait_s = self._connect_at_s - time.monotonic()
        if wait_s > 0:
            self._stopped.wait(min(wait_s, max_wait_s, 0.5))
            return
        try:
            self._connect()
        except BrokerConfigurationError:
            self._disconnect()
            raise
        except (OSError, WebSocketException, BrokerError, ValueError) as error:
            # ValueError is the library's word on a redirect, which is not followed.
            self._lost(type(error).__name__)

    def _connect(self) -> None:
        url = self._environment.stream.url + _STREAM_PATH
        check_stream_url(self._environment, url)
        approval_key = self._approval_key()
        origin = self._environment.stream
        # A socket of our own: with one, the library follows no redirect and uses no proxy.
        plain = socket.create_connection((origin.host, origin.port), timeout=self._settings.open_timeout_s)
        try:
            plain.settimeout(None)
            connection = self._resources.enter_context(
                connect(
                    url,
                    sock=plain,
                    compression=None,
                    proxy=None,
                    ping_interval=None,
                    open_timeout=self._settings.open_timeout_s,
                    close_timeout=1.0,
                    max_size=1 << 20,
                    logger=_wire_logger,
                )
            )
        except BaseException:
            plain.close()
            raise
        self._connection = connection
        self._keys.clear()
        self._unanswered = set(self._registrations)
        self._last_frame_s = time.monotonic()
        for tr_id, tr_key in self._registrations:
            connection.send(subscription(approval_key, tr_id, tr_key))

    def _receive(self, connection: ClientConnection, max_wait_s: float) -> None:
        silent_s = time.monotonic() - self._last_frame_s
        if silent_s > self._settings.stale_after_s:
            self._lost("silence")
            return
        try:
            frame = connection.recv(timeout=min(max_wait_s, 0.5))
            text = frame if isinstance(frame, str) else frame.decode()
            self._last_frame_s = time.monotonic()
            self._last_message_at = self._now()
            if is_ping(text):
                connection.send(text)
            elif text.startswith("{"):
                self._acknowledged(text)
            else:
                self._collect(text)
        except TimeoutError:
            return
        except (FrameRefused, UnicodeDecodeError) as refusal:
            self._drop(str(refusal) if isinstance(refusal, FrameRefused) else "not text")
        except (ConnectionClosed, OSError) as error:
            self._lost(type(error).__name__)

    def _acknowledged(self, text: str) -> None:
        answer = parse_acknowledgement(text)
        if answer.is_ok:
            if answer.stream_key is not None:
                self._keys[answer.tr_id] = answer.stream_key
            # There is one notice registration, and some replies leave its HTS id out.
            answered = {(answer.tr_id, answer.tr_key)}
            if answer.tr_id in NOTICE_IDS:
                answered = {pair for pair in self._unanswered if pair[0] == answer.tr_id}
            self._unanswered -= answered
            if not self._unanswered:
                self._failures = 0
            return
        logger.warning("the stream refused a registration of %s: %s", answer.tr_id or "?", answer.code or "no code")
        if answer.code in _REFUSED_FOR_GOOD:
            self._disconnect()
            raise BrokerConfigurationError(
                f"the stream refuses {answer.tr_id or 'a registration'} ({answer.code})",
                code=answer.code,
                advice="check HTS id and symbols; at most 41 registrations a connection",
            )
        self._lost(answer.code or "refusal")

    def _collect(self, text: str) -> None:
        data = parse_data(text, self._keys.get)
        received_at = self._now()
        for fields in data.records:
            if data.tr_id in NOTICE_IDS and not self._is_own(notice_account(fields)):
                self._drop("notice of another account", is_expected=True)
                continue
            try:
                self._pending.append(message_of(data.tr_id, fields, received_at))
            except FrameRefused as refusal:
                self._drop(str(refusal))

    def _is_own(self, account: str) -> bool:
        number = self._credentials.account_number.get_secret_value()
        return account in ("", number, number + self._credentials.product_code.get_secret_value())

    def _drop(self, reason: str, *, is_expected: bool = False) -> None:
        self._dropped[reason] += 1
        seen = self._dropped[reason]
        # Each power of ten, so that a changed layout is loud without flooding the log.
        if not is_expected and seen == 10 ** (len(str(seen)) - 1):
            logger.warning("dropped %d stream frame(s): %s", seen, reason)

    def _lost(self, reason: str) -> None:
        if self._connection is not None:
            self._reconnects += 1
        self._disconnect()
        wait_s = min(self._settings.max_backoff_s, self._settings.min_backoff_s * 2.0 ** min(self._failures, 10))
        self._failures += 1
        self._connect_at_s = time.monotonic() + wait_s
        logger.info("the stream is down (%s); next attempt in %.1f s", reason, wait_s)

    def _disconnect(self) -> None:
        self._connection = None
        self._unanswered = set(self._registrations)
        try:
            self._resources.close()
        except (OSError, WebSocketException):
            logger.debug("the stream did not close cleanly")
