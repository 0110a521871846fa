"""The ledger as the desk of completions uses it: reserve before a call, settle after it, in money and tokens.

What a call is charged with:

- answered, or failed with a usage: exactly that usage by the catalogue's prices;
- failed without a usage and surely not worked on (429, 4xx, 5xx, no connection): nothing;
- timed out, a connection that broke after the request was sent, an answer that cannot even be read, or earlier attempts
  of an answered call that came back without a usage: at least the reserved amount, and the row says so.

Token columns never hold a guess.
"""

import asyncio
import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from daybook.contracts.base import KST
from daybook.contracts.llm import FallbackReason, Purpose, Usage
from daybook.llm.catalogue_entry import ModelEntry
from daybook.llm.errors import BudgetSpent, LlmError
from daybook.llm.port import ProviderRequest
from daybook.llm.pricing import Cost, cost_of
from daybook.llm.tokens import highest_request
from daybook.settings import LlmSettings
from daybook.storage.errors import StorageError
from daybook.storage.llm_call_records import MICRO, CallEnd, CallStart, CallStatus, Limits
from daybook.storage.llm_calls import LlmCallStore

LONGEST_RUN_ID = 120
LONGEST_NAME = 80
_NO_DIGEST = ""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Work:
    """What calls are made for."""

    purpose: Purpose
    run_id: str
    budget_krw: int | None = None


@dataclass(frozen=True, slots=True)
class Reservation:
    """A call with money set aside for it."""

    call_id: str
    entry: ModelEntry
    ttl: str
    at: datetime
    highest: Cost


def highest_cost(request: ProviderRequest, entry: ModelEntry, at: datetime, krw_per_usd: float) -> Cost:
    """Return a cost the call cannot exceed: every input token written to the cache, every output token used."""
    tokens = highest_request(request)
    most = Usage(input_tokens=tokens, cache_write_tokens=tokens, output_tokens=request.max_output_tokens)
    return cost_of(most, entry, day=_day(at), krw_per_usd=krw_per_usd, ttl=request.cache.ttl)


class CallLedger:
    """Reserves and settles calls in the store, off the event loop.

    Args:
        store: the table of calls.
        settings: budgets and the rate of exchange.
        clock: gives the time; budgets go by its Korean day.
    """

    def __init__(self, store: LlmCallStore, settings: LlmSettings, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock

    async def reserve(
        self, work: Work, entry: ModelEntry, request: ProviderRequest, plan: str, prefix_digest: str
    ) -> Reservation:
        """Set money aside for a call.

        Raises:
            BudgetSpent: a budget could be overspent by it.
            StorageError: the ledger cannot be written; without a record there is no call.
        """
        at = self._clock()
        highest = highest_cost(request, entry, at, self._settings.krw_per_usd)
        reservation = Reservation(uuid.uuid4().hex, entry, request.cache.ttl, at, highest)
        limits = Limits(self._settings.daily_budget_krw, self._settings.monthly_budget_krw, work.budget_krw)
        start = self._start(reservation.call_id, work, entry.provider.value, entry.name, plan, prefix_digest, highest)
        refusal = await asyncio.to_thread(self._store.reserve, start, limits, at)
        if refusal is not None:
            raise BudgetSpent(refusal.message)
        return reservation

    async def answered(
        self, reservation: Reservation, usage: Usage, attempts: int, latency_ms: int, note: str = ""
    ) -> Cost:
        """Settle an answered call and return what it is charged with."""
        cost = self._cost(reservation, usage)
        if attempts > 1:
            cost = _at_least(cost, reservation.highest)
            note = f"{note}; {_charged(attempts - 1, reservation)}".strip("; ")
        await self._settle(reservation, CallStatus.SETTLED, usage, cost, attempts, latency_ms, note)
        return cost

    async def failed(self, reservation: Reservation, error: LlmError, latency_ms: int, message: str) -> Cost:
        """Settle a call without a usable answer; ``message`` is the error's, redacted."""
        note = f"{error.reason.value}: {message}"
        if error.usage != Usage():
            cost, status = self._cost(reservation, error.usage), CallStatus.SETTLED
            if error.attempts > 1:
                cost = _at_least(cost, reservation.highest)
                note = f"{note}; {_charged(error.attempts - 1, reservation)}"
        elif may_have_worked(error):
            cost, status = _at_least(Cost(0, 0, 0.0), reservation.highest), CallStatus.FAILED
            note = f"{note}; {_charged(max(error.attempts, 1), reservation)}"
        else:
            cost, status = Cost(0, 0, 0.0), CallStatus.FAILED
        await self._settle(reservation, status, error.usage, cost, error.attempts, latency_ms, note)
        return cost

    async def not_made(self, work: Work, provider: str, model: str, reason: FallbackReason, message: str) -> None:
        """Record that no call was made, and why."""
        start = self._start(uuid.uuid4().hex, work, provider, model, "", _NO_DIGEST, Cost(0, 0, 0.0))
        await asyncio.to_thread(self._store.record_refused, start, f"{reason.value}: {message}", self._clock())

    async def newest_uses(self, model: str, count: int) -> list[tuple[str, str, float]]:
        """Return plan, prefix digest and second of the newest calls of a model, oldest first."""
        rows = await asyncio.to_thread(self._store.newest, model, count)
        return [(row.plan, row.prefix_digest, row.at.timestamp()) for row in rows]

    def _cost(self, reservation: Reservation, usage: Usage) -> Cost:
        day, rate = _day(reservation.at), self._settings.krw_per_usd
        return cost_of(usage, reservation.entry, day=day, krw_per_usd=rate, ttl=reservation.ttl)

    def _start(
        self, call_id: str, work: Work, provider: str, model: str, plan: str, prefix_digest: str, highest: Cost
    ) -> CallStart:
        return CallStart(
            call_id=call_id,
            provider=provider,
            model=model[:LONGEST_NAME],
            purpose=work.purpose.value,
            run_id=work.run_id[:LONGEST_RUN_ID],
            plan=plan,
            prefix_digest=prefix_digest,
            cost_micro_usd=highest.micro_usd,
            cost_micro_krw=highest.micro_krw,
            krw_per_usd=self._settings.krw_per_usd,
        )

    async def _settle(
        self,
        reservation: Reservation,
        status: CallStatus,
        usage: Usage,
        cost: Cost,
        attempts: int,
        latency_ms: int,
        error: str,
    ) -> None:
        end = CallEnd(
            status=status,
            usage=usage,
            billed_equivalent_tokens=cost.billed_equivalent_tokens,
            cost_micro_usd=cost.micro_usd,
            cost_micro_krw=cost.micro_krw,
            latency_ms=latency_ms,
            attempts=attempts,
            error=error,
        )
        try:
            await asyncio.to_thread(self._store.settle, reservation.call_id, end)
        except StorageError as trouble:
            # The answer is paid for; losing it would not undo that. The reservation goes on counting.
            _log.warning("model call %s stays reserved at its highest cost: %s", reservation.call_id, trouble)


def may_have_worked(error: LlmError) -> bool:
    """Whether a provider may bill a call that failed without a usage: it had the request and never said no to it."""
    if error.reason in {FallbackReason.TIMEOUT, FallbackReason.SCHEMA_FAILURES, FallbackReason.REFUSED}:
        return True
    # Adapters name the transport's exception; Connect... means that nothing was sent.
    was_lost = "no connection (" in error.message and "(Connect" not in error.message
    return error.reason is FallbackReason.PROVIDER_DOWN and was_lost


def _at_least(cost: Cost, floor: Cost) -> Cost:
    return Cost(
        max(cost.micro_usd, floor.micro_usd), max(cost.micro_krw, floor.micro_krw), cost.billed_equivalent_tokens
    )


def _charged(attempts: int, reservation: Reservation) -> str:
    won = reservation.highest.micro_krw / MICRO
    many = "s" if attempts > 1 else ""
    return f"usage of {attempts} attempt{many} unknown, charged at least the reserved {won:,.3f} won"


def _day(at: datetime) -> date:
    return at.astimezone(KST).date()
