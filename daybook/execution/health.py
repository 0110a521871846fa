"""The desk's own health, and access to its account, as the trading layer knows them; unknown stays unknown."""

import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from daybook.broker.port import BrokerError
from daybook.contracts.response import RotateKeys
from daybook.contracts.threat_calls import TokenRotated
from daybook.contracts.threat_readings import AccountReadings, OperationReadings
from daybook.contracts.threats import HealthReadings, ReadHealth
from daybook.execution.desk import ExecutionDesk
from daybook.storage.write_time import write_time_s

KOSPI = "0001"
RESTING_POLL_S = 70.0
"""An idle worker's poll lasts up to a minute: a silence shorter than this says nothing."""


class BrokerFigures(Protocol):
    """How the broker has answered in the last five minutes."""

    @property
    def calls(self) -> int:
        """Calls made."""
        ...

    @property
    def errors(self) -> int:
        """Of these, those without a usable reply."""
        ...

    @property
    def latency_s(self) -> float | None:
        """95 % of the answered ones took at most that long."""
        ...

    @property
    def token_failures(self) -> int:
        """Issues of a token that failed in a row."""
        ...


class BrokerAccess(Protocol):
    """What the broker's client knows of itself, and the revocation of its token."""

    def figures(self) -> BrokerFigures:
        """Return the figures of the last five minutes."""
        ...

    def revoke_token(self) -> bool:
        """Revoke the token in use; False when there was none."""
        ...

    def warm_up(self) -> None:
        """Make sure that a token is there."""
        ...


class HealthReader:
    """Reads the desk's health. ``monotonic`` counts how long the index has not been seen."""

    def __init__(
        self, desk: ExecutionDesk, access: BrokerAccess, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._desk = desk
        self._access = access
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._seen_at: float | None = None
        """When the index was last seen, in the session; None: not yet."""

    def read(self, request: ReadHealth, worker_silent_s: float | None) -> HealthReadings:
        """Return the readings; the broker's silence is a reading, not an error."""
        desk, problems = self._desk, list[str]()
        level: float | None = None
        change: float | None = None
        try:
            index = desk.broker.index(KOSPI)
            level, change = index.level, index.change_ratio
        except BrokerError as error:
            problems.append(f"KOSPI cannot be read: {error.code or type(error).__name__}")
        figures = self._access.figures()
        now = desk.real_now()
        oldest = desk.statistics.oldest_unknown(request.account)
        held = [position.symbol for position in desk.ledger.positions(request.account) if position.shares > 0]
        return HealthReadings(
            operations=OperationReadings(
                observed_at=now,
                broker_calls=figures.calls,
                broker_errors=figures.errors,
                broker_latency_s=figures.latency_s,
                token_failures=figures.token_failures,
                feed_gap_s=self._feed_gap_s(level is not None, request.in_session),
                worker_silent_s=_silence_s(worker_silent_s),
                unknown_order_s=max(0.0, (now - oldest).total_seconds()) if oldest else 0.0,
                database_latency_s=write_time_s(desk.database, self._monotonic),
            ),
            account=self._account(request, now),
            index_level=level if level and level > 0 else None,
            index_change_ratio=change,
            held_symbols=tuple(held)[:60],
            problems=tuple(problems),
        )

    def rotate(self, request: RotateKeys) -> TokenRotated:
        """Revoke the broker's token and issue another; what failed is said. The application key is a person's."""
        revoked, issued, texts = False, False, list[str]()
        if request.mode is not self._desk.mode or request.account != self._desk.account:
            return TokenRotated(revoked=False, issued=False, text="another desk's token: nothing was done")
        if request.revoke_token:
            try:
                revoked = self._access.revoke_token()
                texts.append("revoked" if revoked else "there was no token to revoke")
            except BrokerError as error:
                texts.append(f"not revoked: {error.code} {error}".strip())
        if request.issue_token:
            try:
                self._access.warm_up()
                issued = True
                texts.append("a new one is issued")
            except BrokerError as error:
                texts.append(f"no new one yet: {error.code} {error}".strip())
        return TokenRotated(revoked=revoked, issued=issued, text="; ".join(texts)[:300])

    def _feed_gap_s(self, is_seen: bool, in_session: bool) -> float | None:
        with self._lock:
            now = self._monotonic()
            if not in_session:
                self._seen_at = None
                return None
            if is_seen or self._seen_at is None:
                self._seen_at = now
                return 0.0 if is_seen else None
            return now - self._seen_at

    def _account(self, request: ReadHealth, now: datetime) -> AccountReadings:
        """Return what is known of access: the desk has no log of the broker's logins, so most of it is unknown.

        Orders made outside the desk are counted; alone they mean nothing, since the owner may trade by hand.
        """
        outside = self._desk.intents.external_orders(request.day, account=request.account)
        return AccountReadings(observed_at=now, strange_orders=len(outside))


def _silence_s(silence_s: float | None) -> float | None:
    if silence_s is None:
        return None
    return silence_s if silence_s > RESTING_POLL_S else 0.0
