"""What a call cost, exactly, from its usage and the catalogue.

With fresh = input - cached - written tokens, and the prices of the day per token::

    cost = fresh * input + cached * cache_read + written * cache_write + output * output

A price in USD per million tokens is the same number in millionths of a dollar per token, so nothing is rounded until
the end; a fraction of a millionth is rounded up, so that a sum of costs never falls short of the bill.

Billed-equivalent tokens say the same as one number of tokens: how many fresh input tokens of the same model would have
cost as much, ``cost / input``. With prices as multiples r, w, o of the input price that is
``fresh + r * cached + w * written + o * output``.
"""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal

from daybook.contracts.llm import Usage
from daybook.llm.catalogue_entry import ModelEntry, PriceRow


@dataclass(frozen=True)
class Cost:
    """The cost of one call.

    Attributes:
        micro_usd: millionths of a dollar, rounded up.
        micro_krw: millionths of a won, rounded up from the exact dollars.
        billed_equivalent_tokens: in fresh input tokens of the same model; for a model without a price the raw tokens.
    """

    micro_usd: int
    micro_krw: int
    billed_equivalent_tokens: float


def exact_micro_usd(usage: Usage, price: PriceRow, *, long_ttl: bool = False) -> Decimal:
    """The cost in millionths of a dollar, unrounded. ``long_ttl``: the prefix was written for the long lifetime."""
    cached = min(usage.cached_tokens, usage.input_tokens)
    written = min(usage.cache_write_tokens, usage.input_tokens - cached)
    fresh = usage.input_tokens - cached - written
    write_price = price.cache_write_long if long_ttl else price.cache_write
    return fresh * price.input + cached * price.cache_read + written * write_price + usage.output_tokens * price.output


def cost_of(usage: Usage, entry: ModelEntry, *, day: date, krw_per_usd: float, ttl: str = "") -> Cost:
    """The cost of a call of ``entry`` on ``day``. ``ttl``: the lifetime asked for, in the provider's words.

    Raises:
        ModelRetired: no price holds on that day.
    """
    price = entry.price(day, usage.input_tokens)
    usd = exact_micro_usd(usage, price, long_ttl=bool(ttl) and ttl == entry.cache.long_ttl)
    krw = usd * Decimal(str(krw_per_usd))
    equivalent = usd / price.input if price.input else Decimal(usage.input_tokens + usage.output_tokens)
    return Cost(
        micro_usd=int(usd.to_integral_value(ROUND_CEILING)),
        micro_krw=int(krw.to_integral_value(ROUND_CEILING)),
        billed_equivalent_tokens=float(equivalent),
    )
