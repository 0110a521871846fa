"""The price history a market model is fitted to."""

from dataclasses import dataclass
from datetime import date

from daybook.scenario.arrays import FloatArray, Hedge


@dataclass(frozen=True)
class MarketHistory:
    """Daily closes of n stocks and the market index over T sessions, oldest first.

    Parameters
    ----------
    codes, names, sectors, markets : tuple[str, ...]
        One entry a stock.
    days : tuple[date, ...]
        The T sessions, each later than the one before.
    closes_krw : FloatArray
        (T, n), adjusted for splits; nan where a stock has no price.
    turnover_krw : FloatArray
        (T, n) won traded; nan where it is not known.
    market_index : FloatArray
        (T,) levels of the index hedges follow (KOSPI200).
    hedges : tuple[Hedge, ...]
        Products that gain when the index falls.
    source : str
        Where the prices come from, in a word or two.
    simulated : bool
        True where no real price is among them.
    missing : tuple[str, ...]
        Codes that were asked for and have no price at all; they are not among ``codes``.
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    sectors: tuple[str, ...]
    markets: tuple[str, ...]
    days: tuple[date, ...]
    closes_krw: FloatArray
    turnover_krw: FloatArray
    market_index: FloatArray
    hedges: tuple[Hedge, ...]
    source: str
    simulated: bool
    missing: tuple[str, ...] = ()
