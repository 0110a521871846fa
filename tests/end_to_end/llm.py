"""Settings that point the models at stand-ins, and what their usages cost by the catalogue's printed prices."""

from collections.abc import Iterable
from decimal import ROUND_CEILING, Decimal
from typing import Any

from pydantic import SecretStr

from daybook.contracts.llm import Usage
from daybook.llm.catalogue import Catalogue
from daybook.settings import LlmSettings
from daybook.storage.llm_call_records import CallRecord
from tests.llm.stand_ins import StandIn

KRW_PER_USD = 1_400
MODELS = {
    "openai": "gpt-6-luna",
    "anthropic": "claude-haiku-5-5",
    "gemini": "gemini-3.8-flash",
    "ollama": "local",
}
"""A model of each provider by its catalogue name."""


def llm_settings(stand_ins: dict[str, StandIn], **changes: Any) -> LlmSettings:
    """Return settings that know these providers, with a budget nobody reaches."""
    values: dict[str, Any] = {
        "daily_budget_krw": 1_000_000,
        "monthly_budget_krw": 1_000_000,
        "krw_per_usd": KRW_PER_USD,
        "timeout_s": 10,
    }
    for name, stand_in in stand_ins.items():
        if name == "ollama":
            values |= {"ollama_url": stand_in.base_url, "ollama_model": "tiny-ko:1b"}
        else:
            values |= {f"{name}_base_url": stand_in.base_url, f"{name}_api_key": SecretStr(stand_in.api_key)}
    return LlmSettings(**{**values, **changes})


def priced_micro_krw(usage: Usage, model: str) -> int:
    """Work a usage out by the shipped price list, by hand: millionths of a won, rounded up."""
    entry = next(one for one in Catalogue.shipped().models if one.name == model)
    price = next(row for row in entry.prices if row.since is None and not row.above_tokens)
    fresh = usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens
    usd = (
        fresh * price.input
        + usage.cached_tokens * price.cache_read
        + usage.cache_write_tokens * price.cache_write
        + usage.output_tokens * price.output
    )
    return int((usd * Decimal(KRW_PER_USD)).to_integral_value(ROUND_CEILING))


def tokens_of(rows: Iterable[CallRecord]) -> Usage:
    """Return the tokens of ledger rows, summed."""
    kept = list(rows)
    return Usage(**{name: sum(getattr(row.usage, name) for row in kept) for name in Usage.model_fields})
