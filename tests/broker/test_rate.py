import struct
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.broker.kis.rate import RateLimiter, RatePolicy, policy_for
from daybook.broker.port import RateLimited
from daybook.contracts.base import Mode
from tests.broker.fake_kis import Clock


class Time:
    """A monotonic clock that sleeping moves."""

    def __init__(self) -> None:
        self.at = 1_000.0

    def __call__(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds


def limiter(policy: RatePolicy, time: Time, path: Path | None = None) -> RateLimiter:
    return RateLimiter(lambda: policy, path, monotonic=time, sleep=time.sleep)


@pytest.mark.parametrize(("mode", "calls"), [(Mode.LIVE, 18), (Mode.MOCK, 1), (Mode.PAPER, 200)])
def test_policy_when_nothing_is_set_then_the_modes_limit_holds(mode: Mode, calls: int) -> None:
    assert policy_for(mode, Clock()()).calls == calls


def test_policy_when_the_key_is_new_then_three_a_second_until_its_date() -> None:
    now = Clock()()
    assert policy_for(Mode.LIVE, now, new_key_until=now + timedelta(seconds=1)).calls == 3
    assert policy_for(Mode.LIVE, now, new_key_until=now).calls == 18


@pytest.mark.parametrize(
    ("mode", "wanted", "calls", "window_s"),
    [
        (Mode.PAPER, 5, 5, 1.0),
        (Mode.LIVE, 40, 18, 1.05),
        (Mode.MOCK, 18, 1, 1.1),
        (Mode.PAPER, 0.5, 1, 2.0),
    ],
)
def test_policy_when_a_limit_is_set_then_it_only_lowers(mode: Mode, wanted: float, calls: int, window_s: float) -> None:
    assert policy_for(mode, Clock()(), rest_per_second=wanted) == RatePolicy(calls, window_s)


@given(calls=st.integers(1, 20), pauses=st.lists(st.floats(0, 0.5), max_size=60), shared=st.booleans())
def test_permits_when_asked_in_any_rhythm_then_no_window_holds_more_than_the_limit(
    tmp_path_factory: pytest.TempPathFactory, calls: int, pauses: list[float], shared: bool
) -> None:
    time = Time()
    path = tmp_path_factory.mktemp("rate") / "rate.bin" if shared else None
    limiters = [limiter(RatePolicy(calls, 1.0), time, path) for _ in range(2 if shared else 1)]
    granted = []
    for number, pause in enumerate(pauses):
        time.sleep(pause)
        limiters[number % len(limiters)].acquire()
        granted.append(time())
    for index in range(len(granted) - calls):
        assert granted[index + calls] - granted[index] >= 1.0 - 1e-9


def test_permit_when_the_wait_would_be_too_long_then_it_is_refused_and_not_reserved() -> None:
    time = Time()
    one = limiter(RatePolicy(1, 1.0), time)
    one.acquire()
    with pytest.raises(RateLimited):
        one.acquire(max_wait_s=0.5)
    one.acquire(max_wait_s=1.0)
    assert time() == pytest.approx(1_001.0)


@pytest.mark.parametrize(
    "content", [b"x", b"\xff" * 16, struct.pack("<2d", float("nan"), float("inf")), struct.pack("<d", 9e12), b"\0" * 80]
)
def test_permit_when_the_state_file_is_corrupt_or_from_before_a_restart_then_it_is_ignored(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "rate.bin"
    path.write_bytes(content)
    time = Time()
    limiter(RatePolicy(1, 1.0), time, path).acquire()
    assert time() == 1_000.0


def test_permits_when_threads_ask_together_then_each_gets_its_own_slot() -> None:
    slept: list[float] = []
    one = RateLimiter(lambda: RatePolicy(5, 1.0), monotonic=lambda: 50.0, sleep=slept.append)
    threads = [threading.Thread(target=one.acquire) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(slept) == [1.0] * 5 + [2.0] * 5 + [3.0] * 5


def test_permits_when_another_process_took_them_then_this_one_waits(tmp_path: Path) -> None:
    path = tmp_path / "state" / "rate.bin"
    code = (
        "import sys; from pathlib import Path; from daybook.broker.kis.rate import RateLimiter, RatePolicy\n"
        "one = RateLimiter(lambda: RatePolicy(3, 30.0), Path(sys.argv[1]))\n"
        "[one.acquire() for _ in range(3)]"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)
    with pytest.raises(RateLimited):
        RateLimiter(lambda: RatePolicy(3, 30.0), path).acquire(max_wait_s=0.1)
    assert path.stat().st_mode & 0o777 == 0o600
