"""Risk scores of stocks and of an account's portfolio, from stored bars."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from daybook.advice_desk.market import StoredMarket, first_day_of
from daybook.contracts.market import DailyBar
from daybook.contracts.scores import RiskScore
from daybook.risk.score.asset import STANDARD_POSITION_KRW, score_assets
from daybook.risk.score.bars import bar_table, index_levels
from daybook.risk.score.portfolio import score_portfolio
from daybook.storage.database import Database
from daybook.storage.scores import ScoreStore

SCORE_SESSIONS = 300
"""251 give every metric; the rest is for days without a trade."""


@dataclass(frozen=True)
class ScoredBook:
    """Scores of symbols by risk, of the portfolio where something is held, and what could not be scored.

    ``prices_as_of`` is the last session with a price of each symbol: a score of old prices is an old score.
    """

    scores: tuple[RiskScore, ...] = ()
    portfolio: RiskScore | None = None
    missing: tuple[str, ...] = ()
    prices_as_of: tuple[tuple[str, date], ...] = ()

    @property
    def by_symbol(self) -> dict[str, float]:
        """Points by symbol."""
        return {row.subject: row.score for row in self.scores}


def portfolio_subject(account: str) -> str:
    """Return the name an account's portfolio is scored under."""
    return f"portfolio:{account}"


class ScoreDesk:
    """Scores what is asked for as of the last stored session; the expected threat loss is not known to it."""

    def __init__(self, database: Database, index_code: str = "2001") -> None:
        self._market = StoredMarket(database)
        self._store = ScoreStore(database)
        self._index_code = index_code

    def score(self, symbols: Sequence[str], account: str, last: date) -> ScoredBook:
        """Return the scores of ``symbols`` and of the account's portfolio from bars up to ``last``.

        Raises:
            ScoreError: when stored bars cannot be scored.
        """
        held = self._market.held(account)
        asked = tuple(dict.fromkeys((*symbols, *held)))
        stored = self._market.bars(asked, last, SCORE_SESSIONS)
        bars = {symbol: rows for symbol, rows in stored.items() if any(row.volume_shares > 0 for row in rows)}
        missing = tuple(symbol for symbol in asked if symbol not in bars)
        if not bars:
            return ScoredBook(missing=missing)
        values = {symbol: float(held.get(symbol, 0) * _last_close_krw(rows)) for symbol, rows in bars.items()}
        levels = self._market.index(self._index_code, first_day_of(last, SCORE_SESSIONS), last)
        scores = self._assets(bars, values, levels)
        portfolio = None
        if any(values.values()) and not any(symbol in missing for symbol in held):
            table = bar_table({symbol: rows for symbol, rows in bars.items() if values[symbol]})
            portfolio = score_portfolio(
                portfolio_subject(account),
                table.closes,
                [values[symbol] for symbol in table.codes],
                cash_krw=float(self._market.cash_krw(account)),
                index_closes=index_levels(table.days, levels),
                turnovers_krw=table.turnovers_krw,
                as_of=table.days[-1],
            )
        shown = frozenset(symbols) or frozenset(held)
        return ScoredBook(
            scores=tuple(sorted((row for row in scores if row.subject in shown), key=lambda row: -row.score)),
            portfolio=portfolio,
            missing=missing,
            prices_as_of=tuple((symbol, _last_priced(rows)) for symbol, rows in bars.items()),
        )

    @staticmethod
    def _assets(
        bars: Mapping[str, Sequence[DailyBar]], values: Mapping[str, float], levels: Mapping[date, float]
    ) -> list[RiskScore]:
        """Score symbols together that end on the same session, each as of its own last one."""
        scores: list[RiskScore] = []
        for ends in sorted({rows[-1].day for rows in bars.values()}):
            table = bar_table({symbol: rows for symbol, rows in bars.items() if rows[-1].day == ends})
            scores += score_assets(
                table.codes,
                table.closes,
                index_closes=index_levels(table.days, levels),
                turnovers_krw=table.turnovers_krw,
                positions_krw=[values[symbol] or STANDARD_POSITION_KRW for symbol in table.codes],
                as_of=ends,
            )
        return scores

    def record(self, book: ScoredBook) -> int:
        """Keep the scores and return how many."""
        return self._store.save((*book.scores, *((book.portfolio,) if book.portfolio else ())))


def _last_close_krw(rows: Sequence[DailyBar]) -> int:
    return next(row.close_krw for row in reversed(rows) if row.volume_shares > 0)


def _last_priced(rows: Sequence[DailyBar]) -> date:
    return next(row.day for row in reversed(rows) if row.volume_shares > 0)
