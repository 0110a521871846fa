"""The second stage on OpenAI's decision endpoint: ``POST /v1/decisions``.

Protocol: the types of the official OpenAI client 3.54: ``{model, input, questions: [{type: choice, name, instructions,
choices: [{value, description}]}]}`` gives ``{answers: [{type, name, choice, probabilities: [{value, probability}],
confidence}], model, usage}``; a question may be answered with ``type: refusal``. Only input tokens are billed.
"""

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import httpx
from pydantic import SecretStr

from daybook.contracts.llm import ChatMessage, Purpose, Role, Usage
from daybook.llm.catalogue_entry import ModelEntry
from daybook.llm.errors import BadAnswer, BudgetSpent, ProviderDown, ProviderTimeout
from daybook.llm.ledger import CallLedger, Reservation, Work
from daybook.llm.port import ProviderRequest
from daybook.llm.redaction import Redactor
from daybook.routing.decision_http import post_json
from daybook.routing.errors import SecondStageFailed
from daybook.routing.second_stage import (
    LONGEST_STATE,
    PATIENCE_S,
    QUESTION_NAME,
    SecondOpinion,
    intent_question,
    opinion_of,
)
from daybook.storage.errors import StorageError

DEFAULT_URL: Final = "https://api.openai.com/v1"
_WHO: Final = "decisions"


class DecisionsStage:
    """Asks OpenAI's decision endpoint; every call goes through the ledger and its budget.

    Args:
        key: the API key.
        entry: the catalogue's entry of the decision model.
        ledger: sets the money aside before a call and settles it after; without its record there is no call.
        base_url: with ``/v1``; empty: the provider's own.
        patience_s: seconds for the whole exchange.
        redact: takes personal data out of the text before it is sent.
    """

    def __init__(
        self,
        key: SecretStr,
        entry: ModelEntry,
        ledger: CallLedger,
        *,
        base_url: str = "",
        patience_s: float = PATIENCE_S,
        redact: Callable[[str], str] | None = None,
    ) -> None:
        headers = {"Authorization": f"Bearer {key.get_secret_value()}"}
        self._client = httpx.AsyncClient(base_url=base_url or DEFAULT_URL, headers=headers, timeout=patience_s)
        self._entry = _without_output_price(entry)
        self._ledger = ledger
        self._patience_s = patience_s
        self._redact = redact or Redactor().redact

    async def decide(self, text: str, run_id: str) -> SecondOpinion:
        """Return the model's opinion; see ``SecondStage.decide``."""
        body = self._request(self._redact(text[:LONGEST_STATE]))
        reservation = await self._reserve(body, run_id)
        began = time.monotonic()
        try:
            answer = await post_json(self._client, "/decisions", body, who=_WHO, patience_s=self._patience_s)
        except SecondStageFailed as error:
            failure = (ProviderTimeout if error.may_have_worked else ProviderDown)(str(error), attempts=1)
            await self._ledger.failed(reservation, failure, _ms_since(began), str(error))
            raise
        try:
            usage = _usage_of(answer)
            opinion = _opinion_of(answer, self._entry.wire_name)
        except SecondStageFailed as error:
            unusable = BadAnswer(str(error), usage=_usage_or_none(answer), attempts=1)
            await self._ledger.failed(reservation, unusable, _ms_since(began), str(error))
            raise
        await self._ledger.answered(reservation, usage, 1, _ms_since(began))
        return opinion

    async def aclose(self) -> None:
        """Close the HTTP client."""
        await self._client.aclose()

    async def _reserve(self, body: dict[str, Any], run_id: str) -> Reservation:
        told = str(body["questions"])
        request = ProviderRequest(
            model=self._entry.wire_name,
            messages=(ChatMessage(role=Role.USER, text=str(body["input"])),),
            system=told,
            max_output_tokens=1,
        )
        try:
            return await self._ledger.reserve(Work(Purpose.ROUTE, run_id), self._entry, request, "decision", "")
        except (BudgetSpent, StorageError) as error:
            raise SecondStageFailed(f"{_WHO} was not asked: {error}") from error

    def _request(self, message: str) -> dict[str, Any]:
        question = intent_question()
        choices = [{"value": intent.value, "description": text} for intent, text in question.criteria.items()]
        return {
            "model": self._entry.wire_name,
            "input": [{"role": "user", "content": message}],
            "questions": [
                {
                    "type": "choice",
                    "name": QUESTION_NAME,
                    "instructions": question.instructions,
                    "choices": choices,
                }
            ],
        }


def _opinion_of(answer: dict[str, Any], model: str) -> SecondOpinion:
    answers = answer.get("answers")
    given = answers[0] if isinstance(answers, list) and len(answers) == 1 else None
    if not isinstance(given, dict) or given.get("type") != "choice":
        raise SecondStageFailed(f"{_WHO} did not answer the question")
    rows = given.get("probabilities")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SecondStageFailed(f"{_WHO} gave no probabilities")
    probabilities = {str(row.get("value")): row.get("probability") for row in rows}
    return opinion_of(given.get("choice"), probabilities, _WHO, str(answer.get("model", model))[:80])


def _usage_of(answer: dict[str, Any]) -> Usage:
    usage = answer.get("usage")
    if not isinstance(usage, dict):
        raise SecondStageFailed(f"{_WHO} reported no usage")
    details = usage.get("input_tokens_details")
    told = details if isinstance(details, dict) else {}
    numbers = {
        "input_tokens": usage.get("input_tokens"),
        "output_tokens": usage.get("output_tokens", 0),
        "cached_tokens": told.get("cached_tokens", 0),
        "cache_write_tokens": told.get("cache_write_tokens", 0),
    }
    counted = {name: number for name, number in numbers.items() if isinstance(number, int) and number >= 0}
    if len(counted) < len(numbers):
        raise SecondStageFailed(f"{_WHO} reported a usage that cannot be counted")
    return Usage(**counted)


def _usage_or_none(answer: dict[str, Any]) -> Usage | None:
    try:
        return _usage_of(answer)
    except SecondStageFailed:
        return None


def _without_output_price(entry: ModelEntry) -> ModelEntry:
    """The endpoint bills fresh input only: cached input costs the same as fresh, output nothing."""
    free = Decimal(0)
    prices = tuple(
        row.model_copy(
            update={
                "output": free,
                "cache_read": row.input,
                "cache_write": row.input,
                "cache_write_long": row.input,
            }
        )
        for row in entry.prices
    )
    return entry.model_copy(update={"prices": prices})


def _ms_since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
