"""One model of the catalogue: its prices, cache rules and abilities."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from daybook.contracts.base import Message
from daybook.llm.errors import ModelRetired


class ProviderName(StrEnum):
    """Who serves a model."""

    OPENAI = "openai"
    ANTHROPIC = "anthropic"
    GEMINI = "gemini"
    OLLAMA = "ollama"


class Tier(StrEnum):
    """How much a model can, and roughly what it costs."""

    LOCAL = "local"
    LIGHT = "light"
    STANDARD = "standard"
    STRONG = "strong"


class CacheKind(StrEnum):
    """How a provider caches prompts."""

    AUTOMATIC = "automatic"
    """Every repeated prefix over the minimum (OpenAI)."""
    MARKED = "marked"
    """Only up to marks in the request (Anthropic)."""
    IMPLICIT = "implicit"
    """Repeated prefixes, without a promise (Gemini)."""
    NONE = "none"


class PriceRow(Message):
    """USD per million tokens, which is the same number as millionths of a dollar per token.

    Attributes:
        since: first day of the price; None: from the beginning.
        above_tokens: holds for requests with more input tokens than this.
        cache_read: of a cached input token.
        cache_write: of an input token written to the cache with the default lifetime.
        cache_write_long: with the long lifetime; equal to ``cache_write`` where there is none.
    """

    since: date | None = None
    above_tokens: int = Field(default=0, ge=0)
    input: Decimal = Field(ge=0)
    output: Decimal = Field(ge=0)
    cache_read: Decimal = Field(ge=0)
    cache_write: Decimal = Field(ge=0)
    cache_write_long: Decimal = Field(ge=0)


class CacheRules(Message):
    """When a prefix is cached and for how long. ``known`` false: no first-hand source; read the usage, trust nothing.

    Attributes:
        minimum_tokens: a shorter prefix is never cached, and no error says so.
        default_ttl: a key of ``ttls_s``.
        long_ttl: the other key, or empty.
        ttls_s: lifetime in seconds by the provider's word for it.
    """

    kind: CacheKind = CacheKind.NONE
    minimum_tokens: int = Field(default=0, ge=0)
    known: bool = True
    default_ttl: str = ""
    long_ttl: str = ""
    ttls_s: dict[str, int] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _lifetimes_are_listed(self) -> Self:
        for name in (self.default_ttl, self.long_ttl):
            if name and name not in self.ttls_s:
                raise ValueError(f"cache lifetime {name} has no seconds in ttls_s")
        if self.kind is not CacheKind.NONE and not self.default_ttl:
            raise ValueError("a cache needs a default_ttl")
        return self

    def ttl_s(self, ttl: str = "") -> int:
        """Seconds a prefix lives; 0 without a cache."""
        return self.ttls_s.get(ttl or self.default_ttl, 0)


class Supports(Message):
    """What a model takes.

    Attributes:
        allowed_tools: the tools of a request can be masked without changing its prefix.
        efforts: accepted efforts, cheapest first; empty: the field must not be sent.
        default_effort: what the provider uses when none is sent.
        thinking_off: how effort ``none`` is said where it is no effort (Anthropic ``thinking.type``).
        cache_breakpoints: the end of the cached prefix can be marked (OpenAI, from 5.6 on).
    """

    tools: bool = True
    allowed_tools: bool = False
    structured_output: bool = True
    efforts: tuple[str, ...] = ()
    default_effort: str = ""
    thinking_off: str = ""
    cache_breakpoints: bool = False


class ModelEntry(Message):
    """One model.

    Attributes:
        name: Daybook's name, as in settings.
        provider_model: the provider's name when it differs (``local``: what the Ollama server has).
        shutdown: first day on which the provider no longer serves it.
        replacement: the provider's or our advice for after it.
        note: where the facts are from and which are assumed.
    """

    name: str = Field(min_length=1)
    provider: ProviderName
    provider_model: str = ""
    tier: Tier
    prices: tuple[PriceRow, ...] = ()
    cache: CacheRules = CacheRules()
    context_tokens: int = Field(gt=0)
    longest_output_tokens: int = Field(gt=0)
    shutdown: date | None = None
    replacement: str = ""
    supports: Supports = Supports()
    note: str = ""

    @property
    def wire_name(self) -> str:
        """The name the provider knows."""
        return self.provider_model or self.name

    def is_retired(self, day: date) -> bool:
        """Whether the provider has switched it off by ``day``."""
        return self.shutdown is not None and day >= self.shutdown

    def price(self, day: date, input_tokens: int = 0) -> PriceRow:
        """The price of a request of ``input_tokens`` on ``day``.

        Raises:
            ModelRetired: no price holds on that day.
        """
        holding = [row for row in self.prices if row.since is None or row.since <= day]
        if not holding:
            raise ModelRetired(f"no price of {self.name} is known for {day}")
        newest = max(row.since or date.min for row in holding)
        fitting = [
            row
            for row in holding
            if (row.since or date.min) == newest and (row.above_tokens == 0 or input_tokens > row.above_tokens)
        ]
        return max(fitting, key=lambda row: row.above_tokens)

    def effort(self, wanted: str) -> str:
        """The effort to send for ``wanted``: itself, else the cheapest accepted one, else nothing."""
        if not wanted or not self.supports.efforts:
            return ""
        return wanted if wanted in self.supports.efforts else self.supports.efforts[0]
