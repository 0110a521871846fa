"""What may go wrong with a model.

::

    LlmError                    .reason says it to the ledger and the fallback
    ├── ProviderDown            connection refused or reset, 5xx: PROVIDER_DOWN
    ├── RateLimited             429 after the last retry: RATE_LIMITED
    │   └── QuotaSpent          429 because the account has no credit; waiting does not help
    ├── ProviderTimeout         nothing within the request's deadline: TIMEOUT
    ├── BadAnswer               broken JSON, cut short, not of the asked schema, bad tool arguments: SCHEMA_FAILURES
    ├── AnswerRefused           the model or the provider's filter declines: REFUSED
    ├── RequestRefused          400, 403, 404, 413, 422: our request is wrong for this provider: BAD_REQUEST
    │   └── WrongKey            401, or 403 about the key: NO_KEY
    ├── UnknownModel            neither the catalogue nor the provider knows the name: UNKNOWN_MODEL
    ├── ModelRetired            past the shutdown date of the catalogue: MODEL_RETIRED
    ├── NoKey                   no key is configured for the model's provider: NO_KEY
    └── BudgetSpent             the day's or month's budget is used up: BUDGET_SPENT

    CatalogueError              the catalogue file cannot be read (a configuration fault, not a model's)

An error may have cost money: an answer that fails its schema is billed. ``usage`` holds what the provider reported with
the failure, and belongs into the ledger like any other. No error text contains a key.
"""

from collections.abc import Mapping

from pydantic import JsonValue

from daybook.contracts.llm import FallbackReason, Usage

LONGEST_MESSAGE = 300


class LlmError(Exception):
    """A model gave no usable answer.

    Attributes:
        message: one line, no key.
        usage: tokens the provider reported with the failure; zeros when it reported none.
        raw_usage: the same in the provider's own fields.
        attempts: HTTP calls that were made.
        retry_after_s: how long the provider asked to wait, when it did.
    """

    reason: FallbackReason = FallbackReason.PROVIDER_DOWN

    def __init__(
        self,
        message: str,
        *,
        usage: Usage | None = None,
        raw_usage: Mapping[str, JsonValue] | None = None,
        attempts: int = 0,
        retry_after_s: float | None = None,
    ) -> None:
        self.message = " ".join(message.split())[:LONGEST_MESSAGE]
        self.usage = usage or Usage()
        self.raw_usage = dict(raw_usage or {})
        self.attempts = attempts
        self.retry_after_s = retry_after_s
        super().__init__(self.message)


class ProviderDown(LlmError):
    """No connection, or a 5xx, also after the retries."""

    reason = FallbackReason.PROVIDER_DOWN


class RateLimited(LlmError):
    """429 also after the retries, or with a wait longer than the request's deadline."""

    reason = FallbackReason.RATE_LIMITED


class QuotaSpent(RateLimited):
    """The account has no credit left; waiting does not help."""


class ProviderTimeout(LlmError):
    """The request's deadline passed. The provider may still have billed it."""

    reason = FallbackReason.TIMEOUT


class BadAnswer(LlmError):
    """An answer that cannot be used: not JSON, cut short, not of the asked schema, or bad tool arguments."""

    reason = FallbackReason.SCHEMA_FAILURES


class AnswerRefused(LlmError):
    """The model or the provider's filter declined to answer."""

    reason = FallbackReason.REFUSED


class RequestRefused(LlmError):
    """The provider will not take this request; asking again does not help."""

    reason = FallbackReason.BAD_REQUEST


class WrongKey(RequestRefused):
    """The provider does not accept the key."""

    reason = FallbackReason.NO_KEY


class UnknownModel(LlmError):
    """No such model."""

    reason = FallbackReason.UNKNOWN_MODEL


class ModelRetired(LlmError):
    """The model is switched off."""

    reason = FallbackReason.MODEL_RETIRED


class NoKey(LlmError):
    """The model's provider is not configured."""

    reason = FallbackReason.NO_KEY


class BudgetSpent(LlmError):
    """The budget of the day or the month is used up; nothing was sent."""

    reason = FallbackReason.BUDGET_SPENT


class CatalogueError(Exception):
    """The model catalogue is missing, broken or contradicts itself; the message names the file and the entry."""
