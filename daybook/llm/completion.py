"""The one place where models are asked: every text redacted, every call planned, paid for and written down.

    choose models -> redact -> plan the prefix -> reserve the highest cost -> call -> settle -> Completion

A model that is down, limits us or is too slow is followed by the next one; an answer that cannot be used is asked for
again with the reason, three times in all. What a provider can do wrong never raises: ``Completion.fallback`` says why
nobody answered.
"""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

from pydantic import BaseModel

from daybook.contracts.base import KST
from daybook.contracts.llm import ChatMessage, Completion, CompletionRequest, FallbackReason, Purpose, Role
from daybook.llm.answers import answer_model
from daybook.llm.cache_plan import CachePlan, PlanQuestion, Prefix
from daybook.llm.cache_rehearsal import CacheRehearsal
from daybook.llm.catalogue import Catalogue
from daybook.llm.catalogue_entry import ModelEntry
from daybook.llm.choice import EFFORTS, chosen_models, default_models
from daybook.llm.circuit import Circuit
from daybook.llm.completion_job import Job, begin_job, checked
from daybook.llm.errors import BadAnswer, LlmError, ProviderDown, RequestRefused
from daybook.llm.ledger import CallLedger
from daybook.llm.port import ModelProvider, ProviderReply, ProviderRequest
from daybook.llm.redaction import Redactor
from daybook.llm.tokens import estimate_messages, family_of
from daybook.llm.tool_definitions import ToolDefinitions
from daybook.settings import LlmSettings
from daybook.skills.errors import SkillError
from daybook.skills.toolset import ToolSet
from daybook.storage.llm_calls import LlmCallStore

ANSWER_ATTEMPTS = 3
"""Times an answer is asked for before its schema counts as failed."""
REMEMBERED_RUNS = 512
REMEMBERED_CALLS = 50
_TRY_NEXT = frozenset(
    {
        FallbackReason.PROVIDER_DOWN,
        FallbackReason.RATE_LIMITED,
        FallbackReason.TIMEOUT,
        FallbackReason.NO_KEY,
        FallbackReason.UNKNOWN_MODEL,
        FallbackReason.BUDGET_SPENT,
    }
)
"""Failures after which another model may still answer; a cheaper or local one may fit what is left of a budget."""
_log = logging.getLogger(__name__)


class ToolsWithUntrustedText(ValueError):
    """A request held text from outside and tools at once: a fault of the caller, never sent."""


class CompletionDesk:
    """Asks models on behalf of the desk; shared by all requests of a process.

    Args:
        providers: adapters by the catalogue's name of the provider.
        catalogue: models, prices and cache rules.
        tools: every tool of the Skill Layer.
        calls: the cost ledger.
        settings: budgets, preferred models, timeout.
        clock: gives the time; budgets go by its Korean day.
        redactor: knows the process's secrets; by default only what has the shape of one is found.
        monotonic_s: seconds for latencies, pauses and traffic.
    """

    def __init__(
        self,
        providers: Mapping[str, ModelProvider],
        catalogue: Catalogue,
        tools: ToolSet,
        calls: LlmCallStore,
        settings: LlmSettings,
        clock: Callable[[], datetime],
        *,
        redactor: Redactor | None = None,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._providers = providers
        self._catalogue = catalogue
        self._definitions = ToolDefinitions(tools, monotonic_s=monotonic_s)
        self._ledger = CallLedger(calls, settings, clock)
        self._settings = settings
        self._clock = clock
        self._redactor = redactor or Redactor()
        self._monotonic_s = monotonic_s
        self._rehearsal = CacheRehearsal(self._definitions)
        self._circuit = Circuit()
        self._runs: OrderedDict[tuple[str, str], Prefix] = OrderedDict()

    async def complete(
        self,
        request: CompletionRequest,
        *,
        answers: Mapping[str, type[BaseModel]] | None = None,
        fallback_models: Sequence[str] = (),
        run_budget_krw: int | None = None,
        restore: bool = False,
    ) -> Completion:
        """Ask a model, or say why none answered.

        Args:
            request: what to ask.
            answers: answer models by the names ``request.answer_schema`` may have.
            fallback_models: asked in this order when the first cannot be reached.
            run_budget_krw: most the whole run may cost, earlier calls included.
            restore: put personal data back into text and parsed answer; for what is shown at once, never for what is
                stored or sent on. Arguments of tool calls always keep their placeholders.

        Raises:
            ToolsWithUntrustedText: the request holds text from outside and tools.
            StorageError: the ledger cannot be written; nothing was asked.
        """
        if request.holds_untrusted and request.tools:
            raise ToolsWithUntrustedText("a request that holds text from outside must not carry tools")
        job = begin_job(request, self._redactor.begin(), run_budget_krw)
        try:
            job.answer = answer_model(request.answer_schema, answers or {})
            self._definitions.of(request.tools)
            entries = self._entries(request, fallback_models)
        except (LlmError, SkillError) as error:
            refused = error if isinstance(error, LlmError) else RequestRefused(str(error))
            message, model = job.redaction.redact(refused.message), job.redaction.redact(request.model)
            await self._ledger.not_made(job.work, "", model, refused.reason, message)
            return job.fallback([("", model, refused)])
        failures: list[tuple[str, str, LlmError]] = []
        for entry in entries:
            try:
                return await self._answer(job, entry, restore)
            except LlmError as error:
                failures.append((entry.provider.value, entry.name, error))
                if error.reason not in _TRY_NEXT:
                    break
        return job.fallback(failures)

    def default_model(self, provider: str) -> str:
        """Return the model a provider is asked with when nobody names one; empty when it has none at hand."""
        at_hand = {provider} & set(self._providers)
        models = default_models(Purpose.TOOL, self._catalogue, at_hand, self._settings, self._today())
        return models[0].name if models else ""

    async def close(self) -> None:
        """Close the providers' connections."""
        for provider in self._providers.values():
            await provider.close()

    def _entries(self, request: CompletionRequest, fallback_models: Sequence[str]) -> tuple[ModelEntry, ...]:
        return chosen_models(
            request.model,
            request.purpose,
            fallback_models,
            catalogue=self._catalogue,
            providers=self._providers.keys(),
            llm=self._settings,
            day=self._today(),
        )

    async def _answer(self, job: Job, entry: ModelEntry, restore: bool) -> Completion:
        """Ask one model until its answer can be used; raises ``LlmError`` when it has none."""
        while True:
            try:
                reply = await self._call(job, entry)
            except BadAnswer as error:
                job.bad_answers += 1
                if job.bad_answers >= ANSWER_ATTEMPTS:
                    raise BadAnswer(f"{job.bad_answers} answers in a row could not be used: {error.message}") from None
                job.ask_again(job.redaction.redact(error.message))
                continue
            return job.completion(entry, reply, restore=restore)

    async def _call(self, job: Job, entry: ModelEntry) -> ProviderReply:
        """Make one call of one model and write it down; raises ``LlmError``."""
        provider = entry.provider.value
        pause_s = self._circuit.pause_left_s(provider, self._monotonic_s())
        if pause_s > 0:
            skipped = ProviderDown(
                f"{provider} failed several times in a row and is left alone for {pause_s:.0f} s more"
            )
            await self._ledger.not_made(job.work, provider, entry.name, skipped.reason, skipped.message)
            raise skipped
        question, plan = await self._plan(job, entry)
        wanted = self._provider_request(job, entry, plan)
        reservation = await self._ledger.reserve(job.work, entry, wanted, plan.policy.name, plan.prefix.digest)
        self._rehearsal.note(question)
        begun_s = self._monotonic_s()
        try:
            reply = checked(await self._ask(provider, wanted), job.request.tools)
        except LlmError as error:
            latency_ms = self._since_ms(begun_s)
            self._circuit.failed(provider, error.reason, self._monotonic_s())
            message = job.redaction.redact(error.message)
            cost = await self._ledger.failed(reservation, error, latency_ms, message)
            job.add(error.usage, cost, error.attempts, latency_ms)
            _log.warning("model %s for %s: %s: %s", entry.name, job.work.purpose.value, error.reason.value, message)
            raise
        latency_ms = self._since_ms(begun_s)
        self._circuit.answered(provider)
        self._remember((job.work.run_id, entry.name), plan.prefix)
        cost = await self._ledger.answered(reservation, reply.usage, reply.attempts, latency_ms)
        job.add(reply.usage, cost, reply.attempts, latency_ms)
        _log.info("model %s for %s answered in %d ms; %s", entry.name, job.work.purpose.value, latency_ms, plan.reason)
        return reply

    async def _ask(self, provider: str, wanted: ProviderRequest) -> ProviderReply:
        try:
            return await self._providers[provider].complete(wanted)
        except LlmError:
            raise
        except Exception as error:  # noqa: BLE001 - a fault of an adapter is one more thing a provider can do
            # Neither text nor traceback: both may quote the request.
            raise BadAnswer(f"{provider}: {type(error).__name__} while asking", attempts=1) from None

    async def _plan(self, job: Job, entry: ModelEntry) -> tuple[PlanQuestion, CachePlan]:
        if not self._rehearsal.knows(entry):
            now_s, now = self._monotonic_s(), self._clock().timestamp()
            uses = await self._ledger.newest_uses(entry.name, REMEMBERED_CALLS)
            self._rehearsal.remember(entry, [(plan, digest, now_s - max(now - at, 0.0)) for plan, digest, at in uses])
        question = PlanQuestion(
            entry=entry,
            day=self._today(),
            allowed=job.request.tools,
            system=job.system,
            rest_tokens=estimate_messages(
                ProviderRequest(model="", messages=tuple(job.messages), answer=job.answer),
                family_of(entry.provider.value),
            ),
            previous=self._runs.get((job.work.run_id, entry.name)),
            now_s=self._monotonic_s(),
            is_bare=job.request.holds_untrusted or job.bad_answers > 0,
        )
        return question, self._rehearsal.plan(question)

    def _provider_request(self, job: Job, entry: ModelEntry, plan: CachePlan) -> ProviderRequest:
        prefix = plan.prefix
        note = (ChatMessage(role=Role.USER, text=prefix.note),) if prefix.note else ()
        return ProviderRequest(
            model=entry.wire_name,
            messages=(*job.messages, *note),
            system=job.system,
            tools=prefix.tools.schemas,
            allowed_tools=None if prefix.note else prefix.allowed,
            answer=job.answer,
            max_output_tokens=min(job.request.max_output_tokens, entry.longest_output_tokens),
            effort=entry.effort(EFFORTS[job.request.purpose]),
            cache=plan.marks,
            timeout_s=self._settings.timeout_s,
        )

    def _remember(self, run: tuple[str, str], prefix: Prefix) -> None:
        self._runs[run] = prefix
        self._runs.move_to_end(run)
        while len(self._runs) > REMEMBERED_RUNS:
            self._runs.popitem(last=False)

    def _today(self) -> date:
        return self._clock().astimezone(KST).date()

    def _since_ms(self, begun_s: float) -> int:
        return max(round(1_000 * (self._monotonic_s() - begun_s)), 0)
