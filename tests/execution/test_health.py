from dataclasses import dataclass, field
from typing import Any

from daybook.broker.kis.call_statistics import BrokerFigures
from daybook.broker.port import BrokerUnavailable
from daybook.contracts.base import Mode
from daybook.contracts.response import RotateKeys
from daybook.contracts.threats import HealthReadings, ReadHealth
from daybook.execution.health import RESTING_POLL_S, HealthReader
from tests.execution.bench import Bench
from tests.risk import facts


@dataclass
class Access:
    """A broker's client with its figures."""

    now: BrokerFigures = field(default_factory=lambda: BrokerFigures(40, 2, 0.3, 1))
    done: list[str] = field(default_factory=list)
    failure: Exception | None = None

    def figures(self) -> BrokerFigures:
        return self.now

    def revoke_token(self) -> bool:
        self.done.append("revoke")
        if self.failure is not None:
            raise self.failure
        return True

    def warm_up(self) -> None:
        self.done.append("issue")


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def asking(**changes: Any) -> ReadHealth:
    values = {"day": facts.NOW.date(), "mode": Mode.PAPER, "market_now": facts.NOW, "in_session": True}
    return ReadHealth(**{**values, **changes})


def read(bench: Bench, silent_s: float | None = 0.0, access: Access | None = None) -> HealthReadings:
    return HealthReader(bench.desk, access or Access()).read(asking(), silent_s)


def test_health_when_all_answers_then_its_figures_are_those_of_the_desk(bench: Bench) -> None:
    seen = read(bench)
    operations = seen.operations
    assert (operations.broker_calls, operations.broker_errors, operations.broker_latency_s) == (40, 2, 0.3)
    assert (operations.token_failures, operations.feed_gap_s, operations.unknown_order_s) == (1, 0.0, 0.0)
    assert operations.database_latency_s is not None
    assert operations.database_latency_s < 5
    assert (seen.index_level, seen.index_change_ratio) == (2_500.0, bench.broker.index_change)
    assert (seen.account.strange_logins, seen.account.strange_orders, seen.account.incident) == (None, 0, None)


def test_health_when_a_worker_rests_in_its_poll_then_it_is_not_silent(bench: Bench) -> None:
    silences = [read(bench, silent_s).operations.worker_silent_s for silent_s in (None, RESTING_POLL_S, 90.0)]
    assert silences == [None, 0.0, 90.0]


def test_feed_when_the_index_is_not_seen_then_its_gap_grows_in_the_session_only(bench: Bench) -> None:
    clock = Seconds()
    reader = HealthReader(bench.desk, Access(), monotonic=clock)
    gaps = [reader.read(asking(), None).operations.feed_gap_s]
    bench.broker.fail("index", *[BrokerUnavailable("down", code="NETWORK")] * 3)
    for _ in range(2):
        clock.now += 30
        gaps.append(reader.read(asking(), None).operations.feed_gap_s)
    dark = reader.read(asking(in_session=False), None)
    assert gaps == [0.0, 30.0, 60.0]
    assert (dark.operations.feed_gap_s, dark.index_level, dark.problems) == (
        None,
        None,
        ("KOSPI cannot be read: NETWORK",),
    )


def test_rotation_when_it_is_this_desk_then_the_token_is_revoked_and_issued(bench: Bench) -> None:
    access = Access()
    done = HealthReader(bench.desk, access).rotate(RotateKeys(account="main", mode=bench.desk.mode))
    assert (done.revoked, done.issued, access.done) == (True, True, ["revoke", "issue"])


def test_rotation_when_the_broker_does_not_answer_then_it_is_said_and_a_token_is_tried(bench: Bench) -> None:
    access = Access(failure=BrokerUnavailable("no answer", code="NETWORK"))
    done = HealthReader(bench.desk, access).rotate(RotateKeys(account="main", mode=bench.desk.mode))
    assert (done.revoked, done.issued) == (False, True)
    assert "not revoked: NETWORK no answer" in done.text


def test_rotation_when_it_is_another_desk_then_nothing_is_done(bench: Bench) -> None:
    access = Access()
    other = next(mode for mode in Mode if mode is not bench.desk.mode)
    done = HealthReader(bench.desk, access).rotate(RotateKeys(account="main", mode=other))
    assert (done.revoked, done.issued, access.done) == (False, False, [])
