import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest

from daybook.llm.errors import BadAnswer, LlmError, ProviderDown, ProviderTimeout, QuotaSpent, RateLimited
from daybook.llm.retrying import RetryPolicy, with_retries

POLICY = RetryPolicy(retries=2, first_wait_s=0.01, longest_wait_s=0.2)


def failing_with(errors: Sequence[LlmError], lefts: list[float]) -> Callable[[float], Awaitable[str]]:
    rest = list(errors)

    async def call(left_s: float) -> str:
        lefts.append(left_s)
        if rest:
            raise rest.pop(0)
        return "done"

    return call


async def tried(*errors: LlmError, timeout_s: float = 5.0) -> tuple[str, int, list[float]]:
    lefts: list[float] = []
    result, attempts = await with_retries(failing_with(errors, lefts), timeout_s=timeout_s, policy=POLICY)
    return result, attempts, lefts


async def test_retries_when_two_calls_fail_then_the_third_counts_and_less_time_is_left_each_time() -> None:
    result, attempts, lefts = await tried(ProviderDown("a"), RateLimited("b", retry_after_s=0.05))
    assert (result, attempts) == ("done", 3)
    assert lefts == sorted(lefts, reverse=True)
    assert lefts[0] - lefts[2] >= 0.06
    assert lefts[0] <= 5.0


@pytest.mark.parametrize("kind", [BadAnswer, QuotaSpent, ProviderTimeout])
async def test_retries_when_another_try_cannot_help_then_there_is_none(kind: type[LlmError]) -> None:
    with pytest.raises(kind) as raised:
        await tried(kind("no"))
    assert raised.value.attempts == 1


async def test_retries_when_the_wait_is_longer_than_the_cap_or_the_deadline_then_given_up_at_once() -> None:
    for error, timeout_s in ((RateLimited("a", retry_after_s=0.3), 5.0), (RateLimited("b", retry_after_s=0.15), 0.1)):
        with pytest.raises(RateLimited) as raised:
            await tried(error, timeout_s=timeout_s)
        assert raised.value.attempts == 1


async def test_retries_when_the_deadline_passes_in_a_call_then_it_is_a_timeout() -> None:
    async def sleeps(_left_s: float) -> None:
        await asyncio.sleep(30)

    with pytest.raises(ProviderTimeout, match=r"0\.05 s"):
        await with_retries(sleeps, timeout_s=0.05, policy=POLICY)


async def test_retries_when_the_caller_is_cancelled_then_the_cancellation_goes_through() -> None:
    async def sleeps(_left_s: float) -> None:
        await asyncio.sleep(30)

    task = asyncio.create_task(with_retries(sleeps, timeout_s=20, policy=POLICY))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
