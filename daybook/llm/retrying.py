"""Bounded retries of one provider call; the SDKs' own retries are switched off, so that attempts can be counted."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from daybook.llm.errors import LlmError, ProviderDown, ProviderTimeout, QuotaSpent, RateLimited

T = TypeVar("T")


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how patiently.

    Attributes:
        retries: calls after the first.
        first_wait_s: wait before the first retry, when the provider names none; doubles each time.
        longest_wait_s: a provider that asks for more is given up at once.
    """

    retries: int = 2
    first_wait_s: float = 0.5
    longest_wait_s: float = 20.0


async def with_retries(
    call: Callable[[float], Awaitable[T]], *, timeout_s: float, policy: RetryPolicy
) -> tuple[T, int]:
    """The result of ``call`` and how many calls it took.

    ``call`` gets the seconds that are left. No connection, 5xx and 429 are tried again, nothing else is: a 4xx stays
    wrong, and a call that ran into the deadline has used it up.

    Raises:
        LlmError: the last one, with ``attempts`` set.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout_s
    for attempt in range(1, policy.retries + 2):
        try:
            async with asyncio.timeout_at(deadline):
                return await call(max(deadline - loop.time(), 0.001)), attempt
        except TimeoutError:
            raise ProviderTimeout(f"no answer within {timeout_s:g} s", attempts=attempt) from None
        except (ProviderDown, RateLimited) as error:
            error.attempts = attempt
            wait_s = policy.first_wait_s * 2 ** (attempt - 1) if error.retry_after_s is None else error.retry_after_s
            too_long = wait_s > policy.longest_wait_s or loop.time() + wait_s >= deadline
            if isinstance(error, QuotaSpent) or attempt > policy.retries or too_long:
                raise
        except LlmError as error:
            error.attempts = attempt
            raise
        await asyncio.sleep(wait_s)
    raise AssertionError("the last attempt returns or raises")
