from daybook.paper.environment import Environment
from daybook.paper.rate import RateLimiter


class _Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_limiter_when_window_is_full_then_refuses_until_it_slides() -> None:
    clock = _Clock()
    limiter = RateLimiter(2, clock)
    assert [limiter.admit("a") for _ in range(3)] == [True, True, False]
    clock.now_s += 0.99
    assert not limiter.admit("a")
    clock.now_s += 0.02
    assert limiter.admit("a")


def test_limiter_when_keys_differ_then_counted_apart() -> None:
    limiter = RateLimiter(1, _Clock())
    assert limiter.admit("a")
    assert limiter.admit("b")


def test_limiter_when_off_then_admits_everything() -> None:
    limiter = RateLimiter(None, _Clock())
    assert all(limiter.admit("a") for _ in range(100))


def test_environment_when_asked_then_gives_its_limit() -> None:
    assert (Environment.REAL.requests_per_second, Environment.MOCK.requests_per_second) == (18, 1)
