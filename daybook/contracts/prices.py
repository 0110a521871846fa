"""Daily bars on demand: what a tool needs is fetched before it runs."""

from pydantic import Field

from daybook.contracts.base import Message, Symbol

MOST_SYMBOLS = 20
MOST_SESSIONS = 2_600


class FillPrices(Message):
    """Fetch what is missing of the last sessions' daily bars."""

    symbols: tuple[Symbol, ...] = Field(max_length=MOST_SYMBOLS)
    sessions: int = Field(ge=1, le=MOST_SESSIONS)


class PricesFilled(Message):
    """How many bars were fetched; ``missing`` names symbols the broker gave nothing for."""

    bars: int = Field(default=0, ge=0)
    missing: tuple[Symbol, ...] = ()
