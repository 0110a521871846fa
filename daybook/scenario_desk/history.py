"""The prices a scenario runs on: what this desk has collected, or a simulated history that says so."""

import math
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import numpy as np

from daybook.contracts.base import KST
from daybook.contracts.market import DailyBar
from daybook.contracts.scenario import DataSource, Scenario
from daybook.scenario.arrays import Hedge
from daybook.scenario.errors import ScenarioError
from daybook.scenario.market.fixture import LAST_DAY, SOURCE, fixture, fixture_history, hedge_products
from daybook.scenario.market.history import MarketHistory
from daybook.scenario.threats.catalogue import default_universe
from daybook.storage.bars import BarStore
from daybook.storage.database import Database
from daybook.storage.market_series import MarketSeriesStore

INDEX_CODES = ("2001", "0001")
"""KOSPI200, which hedges follow; KOSPI where it was not collected."""
_FIXTURE_SEED = 20_260_101
_NOTHING_STORED = f"{SOURCE}: no prices are stored here; collect them with: daybook collect"
_CLOSE = time(15, 30)
_CALENDAR_DAYS_PER_SESSION = 1.5
_NAMED = 8
_UNKNOWN_SECTOR = "기타"


def simulated_history(scenario: Scenario, source: str = SOURCE) -> MarketHistory:
    """Return a simulated history for a scenario; the same for every seed, so that seeds can be compared.

    Raises:
        ScenarioError: for a code or hedge the simulation does not know.
    """
    as_of = scenario.universe.as_of
    found = fixture_history(
        scenario.universe.codes,
        scenario.universe.lookback_days,
        _FIXTURE_SEED,
        hedge_codes=scenario.constraints.hedge_codes,
        last_day=LAST_DAY if as_of is None else min(LAST_DAY, last_session_day(as_of)),
    )
    return MarketHistory(**{**found.__dict__, "source": source})


def last_session_day(moment: datetime) -> date:
    """Return the last day whose close is known at a moment."""
    local = moment.astimezone(KST)
    return local.date() if local.time() >= _CLOSE else local.date() - timedelta(days=1)


class StoredPrices:
    """The bars and index levels of a database."""

    def __init__(self, database: Database) -> None:
        self._bars = BarStore(database)
        self._series = MarketSeriesStore(database)

    def history(self, scenario: Scenario, now: datetime) -> MarketHistory:
        """Return the history a scenario asks for, as it stands at ``now``.

        A desk that has collected nothing gets a simulated one, which is said wherever the result is shown.

        Raises:
            ScenarioError: names the stocks without prices and how to get them.
        """
        if scenario.universe.source is DataSource.FIXTURE:
            return simulated_history(scenario)
        last = last_session_day(scenario.universe.as_of or now)
        first = last - timedelta(days=int(scenario.universe.lookback_days * _CALENDAR_DAYS_PER_SESSION) + 30)
        days, levels = self._index(first, last, scenario.universe.lookback_days)
        codes = scenario.universe.codes
        bars = {code: self._bars.daily(code, days[0] if days else first, last) for code in codes}
        missing = [code for code in codes if not bars[code]]
        if not days and len(missing) == len(codes):
            return self._stand_in(scenario, missing)
        if missing:
            raise _no_prices(missing)
        if not days:
            raise ScenarioError(
                "universe.source",
                f"no index levels are stored up to {last}",
                "collect them with: daybook collect, or set universe.source to fixture",
            )
        return self._joined(scenario, days, levels, bars)

    def _stand_in(self, scenario: Scenario, missing: Sequence[str]) -> MarketHistory:
        unknown = [code for code in missing if code not in fixture().stocks]
        if unknown:
            raise _no_prices(unknown)
        return simulated_history(scenario, _NOTHING_STORED)

    def _index(self, first: date, last: date, sessions: int) -> tuple[list[date], list[float]]:
        for code in INDEX_CODES:
            rows = self._series.index(code, first, last)[-sessions:]
            if rows:
                return [row.day for row in rows], [row.close_level for row in rows]
        return [], []

    def _joined(
        self, scenario: Scenario, days: list[date], levels: list[float], bars: dict[str, list[DailyBar]]
    ) -> MarketHistory:
        codes = scenario.universe.codes
        row_of = {day: row for row, day in enumerate(days)}
        closes = np.full((len(days), len(codes)), math.nan)
        turnover = np.full((len(days), len(codes)), math.nan)
        for column, code in enumerate(codes):
            for bar in bars[code]:
                row = row_of.get(bar.day)
                if row is not None and bar.close_krw > 0:
                    closes[row, column] = bar.close_krw
                    turnover[row, column] = bar.turnover_krw
        empty = [code for code, column in zip(codes, closes.T, strict=True) if np.isnan(column).all()]
        if empty:
            raise _no_prices(empty)
        names, sectors, markets = self._facts(codes)
        return MarketHistory(
            codes=codes,
            names=names,
            sectors=sectors,
            markets=markets,
            days=tuple(days),
            closes_krw=closes,
            turnover_krw=turnover,
            market_index=np.array(levels, dtype=np.float64),
            hedges=self._hedges(scenario, days),
            source="stored prices",
            simulated=False,
        )

    def _facts(self, codes: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        """Return names, sectors and listing markets. Sectors come from one list for all stocks where one knows all."""
        listed = self._series.securities()
        packaged = {stock.code: stock for stock in default_universe()}
        simulated = fixture().stocks
        ours = {code: simulated[code].sector for code in codes if code in simulated}
        ours |= {code: packaged[code].sector for code in codes if code in packaged}
        theirs = {code: listed[code].sector for code in codes if code in listed and listed[code].sector}
        chosen = ours if len(ours) == len(codes) else {**ours, **theirs}
        names = [
            listed[code].name if code in listed else packaged[code].name_ko if code in packaged else code
            for code in codes
        ]
        markets = [listed[code].market.value if code in listed else "KOSPI" for code in codes]
        return tuple(names), tuple(chosen.get(code) or _UNKNOWN_SECTOR for code in codes), tuple(markets)

    def _hedges(self, scenario: Scenario, days: list[date]) -> tuple[Hedge, ...]:
        """Return the hedges with the last stored price, a round one where none is stored."""
        found = []
        for hedge in hedge_products(scenario.constraints.hedge_codes):
            bars = self._bars.daily(hedge.code, days[0], days[-1])
            price = bars[-1].close_krw if bars and bars[-1].close_krw > 0 else hedge.price_krw
            found.append(Hedge(hedge.code, hedge.leverage, price))
        return tuple(found)


def _no_prices(codes: Sequence[str]) -> ScenarioError:
    shown = ", ".join(codes[:_NAMED]) + (f" and {len(codes) - _NAMED} more" if len(codes) > _NAMED else "")
    return ScenarioError(
        "universe.codes",
        f"no prices of {shown} are stored: no such stock, or not collected yet",
        f"check the code, collect it with: daybook collect {' '.join(codes[:_NAMED])}, or take it out of the universe",
    )
