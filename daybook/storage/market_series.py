"""Index bars, investor flows, securities, and how far each series was collected without a gap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, select
from sqlalchemy.engine import RowMapping

from daybook.contracts.market import IndexBar, InvestorFlow, ListedSecurity
from daybook.storage.store import Store
from daybook.storage.tables.market import collected_series, index_bars, investor_flows, securities
from daybook.storage.upsert import upsert


@dataclass(frozen=True)
class CollectedSeries:
    """How far a series reaches without a gap; ``digest`` names its last archive in the object store, or is empty."""

    series: str
    series_key: str
    first_day: date
    last_day: date
    sessions: int
    digest: str = ""


class MarketSeriesStore(Store):
    """Series of the market besides prices; saving again replaces, since all can be fetched again."""

    def save_index(self, bars: Sequence[IndexBar]) -> int:
        """Insert or replace index bars and return how many."""
        return self._save(index_bars, {(bar.index_code, bar.day): bar.model_dump() for bar in bars})

    def index(self, index_code: str, first: date, last: date) -> list[IndexBar]:
        """Return an index's bars in ``[first, last]``, oldest first."""
        key = index_bars.c.index_code == index_code
        return [IndexBar(**row) for row in self._between(index_bars, key, first, last)]

    def save_flows(self, flows: Sequence[InvestorFlow]) -> int:
        """Insert or replace investor flows and return how many."""
        return self._save(investor_flows, {(flow.symbol, flow.day): flow.model_dump() for flow in flows})

    def flows(self, symbol: str, first: date, last: date) -> list[InvestorFlow]:
        """Return a symbol's flows in ``[first, last]``, oldest first."""
        key = investor_flows.c.symbol == symbol
        return [InvestorFlow(**row) for row in self._between(investor_flows, key, first, last)]

    def save_securities(self, found: Sequence[ListedSecurity]) -> int:
        """Insert or replace securities and return how many."""
        rows = {
            (entry.symbol,): entry.model_dump() | {"market": entry.market.value, "kind": entry.kind.value}
            for entry in found
        }
        return self._save(securities, rows)

    def securities(self) -> dict[str, ListedSecurity]:
        """Return every known security by symbol."""
        rows = self._read(lambda session: session.execute(select(securities)).mappings().all())
        return {row["symbol"]: ListedSecurity(**row) for row in rows}

    def mark_collected(self, reached: CollectedSeries, at: datetime | None = None) -> None:
        """Keep how far a series was collected."""
        row = {**reached.__dict__, "at": self._now(at)}
        self._save(collected_series, {(reached.series, reached.series_key): row})

    def collected(self, series: str, series_key: str) -> CollectedSeries | None:
        """Return how far a series was collected, None when it never was."""
        query = select(collected_series).where(
            collected_series.c.series == series, collected_series.c.series_key == series_key
        )
        row = self._read(lambda session: session.execute(query).mappings().first())
        if row is None:
            return None
        return CollectedSeries(**{name: row[name] for name in row if name != "at"})

    def _save(self, table: Table, rows: Mapping[Any, dict[str, Any]]) -> int:
        if rows:
            self._write(lambda session: upsert(session, table, list(rows.values())), exclusive=False)
        return len(rows)

    def _between(self, table: Table, key: ColumnElement[bool], first: date, last: date) -> Sequence[RowMapping]:
        query = select(table).where(key, table.c.day >= first, table.c.day <= last)
        query = query.order_by(table.c.day)
        return self._read(lambda session: session.execute(query).mappings().all())
