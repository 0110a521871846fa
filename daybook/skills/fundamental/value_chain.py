"""Suppliers, customers and peers of a KRX company; each relation says where it comes from."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Protocol

from pydantic import Field

from daybook.contracts.base import KST, Message, Symbol
from daybook.contracts.layers import Layer
from daybook.contracts.tools import SourceRef
from daybook.filings.dart_contracts import SupplyContract, supply_contracts
from daybook.filings.dart_rows import known_from
from daybook.filings.errors import FilingError
from daybook.filings.ports import DartSource
from daybook.skills.context import ToolContext
from daybook.skills.errors import NoData
from daybook.skills.fundamental.value_chain_table import Relation, packaged_table
from daybook.skills.result import Sourced
from daybook.skills.skill import Cost, Skill

value_chain = Skill(
    "fundamental.value_chain",
    "Suppliers, customers and peers of KRX companies, with where each relation comes from",
    layer=Layer.PIPELINE,
    cost=Cost.MEDIUM,
    keywords=("밸류체인", "공급망", "납품", "고객사", "협력사", "경쟁사", "supply chain", "suppliers", "competitors"),
)

_FILINGS_LOOK_BACK = timedelta(days=365)


class SectorPeers(Protocol):
    """Listed companies by the exchange's sector."""

    def sector_of(self, symbol: str) -> str:
        """Return a symbol's sector, "" when it is not known."""
        ...

    def in_sector(self, sector: str) -> Sequence[tuple[str, str]]:
        """Return (symbol, name) of the companies of a sector, largest first where that is known."""
        ...


class SectorList:
    """Sectors from rows of (symbol, name, sector), in the order they are given."""

    def __init__(self, rows: Iterable[tuple[str, str, str]] = ()) -> None:
        self._rows = tuple(rows)

    def sector_of(self, symbol: str) -> str:
        """Return a symbol's sector, "" when it is not among the rows."""
        return next((sector for code, _, sector in self._rows if code == symbol), "")

    def in_sector(self, sector: str) -> Sequence[tuple[str, str]]:
        """Return the rows of a sector."""
        return [(code, name) for code, name, its in self._rows if its == sector]


class Origin(StrEnum):
    """Where a relation comes from: the desk's table, a filing of this company, or the exchange's sector."""

    TABLE = "table"
    FILING = "filing"
    SECTOR = "sector"


class Related(Message):
    """Another company. ``code`` is a KRX code or a foreign ticker; ``source`` is what states the relation."""

    name: str
    code: str = ""
    what: str = ""
    origin: Origin
    source: str
    confidence: str = ""
    known_from: date | None = None


class ValueChain(Message):
    """The relations that were public at the moment. An empty list means none is known here, not that there is none."""

    symbol: Symbol
    name: str
    industry: str
    suppliers: tuple[Related, ...]
    customers: tuple[Related, ...]
    peers: tuple[Related, ...]
    table_compiled_on: date
    notes: tuple[str, ...] = ()


@value_chain.tool(untrusted=True, timeout_s=45)
async def supply_chain(
    symbol: Symbol,
    count: Annotated[int, Field(ge=1, le=20, description="most rows of each list")] = 8,
    *,
    dart: DartSource,
    sectors: SectorPeers,
    context: ToolContext,
) -> Sourced[ValueChain]:
    """Suppliers, customers and peers of a KRX company, each with its source."""
    table = packaged_table()
    today = context.now.astimezone(KST).date()
    name, industry = table.company(symbol) or ("", "")
    # The table knows days, not times: for a run in the past, a row of that very day is not known yet.
    known_on = today if context.as_of is None else today - timedelta(days=1)
    suppliers = [_supplier(row) for row in _surest(table.suppliers(symbol, known_on))]
    customers = [_customer(row) for row in _surest(table.customers(symbol, known_on))]
    filed, filed_name, notes = await _from_filings(dart, symbol, context)
    customers = [*(_filed(contract) for contract in filed), *customers]
    peers = [
        Related(name=peer.name, code=peer.code, origin=Origin.TABLE, source=f"same industry: {industry}")
        for peer in table.peers(symbol)
    ]
    sector = sectors.sector_of(symbol)
    if sector:
        known = {peer.code for peer in peers} | {symbol}
        peers += [
            Related(name=other, code=code, origin=Origin.SECTOR, source=f"same KRX sector: {sector}")
            for code, other in sectors.in_sector(sector)
            if code not in known
        ]
    if not (suppliers or customers or peers):
        raise NoData(" ".join((f"no relation of {symbol} is known here", *notes)))
    value = ValueChain(
        symbol=symbol,
        name=name or filed_name,
        industry=industry,
        suppliers=tuple(suppliers[:count]),
        customers=tuple(customers[:count]),
        peers=tuple(peers[:count]),
        table_compiled_on=table.compiled_on,
        notes=tuple(notes),
    )
    return Sourced(value, _sources(filed, context))


async def _from_filings(
    dart: DartSource, symbol: str, context: ToolContext
) -> tuple[list[SupplyContract], str, list[str]]:
    """Return named counterparties of the last year's supply contracts, the company's name, and notes."""
    end = context.now.astimezone(KST).date()
    try:
        company = await dart.corporation(symbol)
        filings = await dart.disclosures(end - _FILINGS_LOOK_BACK, end, company.corp_code, pages=3)
        if context.as_of is not None:
            filings = [filing for filing in filings if known_from(filing.filed_on) <= context.as_of]
        contracts, announced = await supply_contracts(dart, filings)
    except FilingError as error:
        return [], "", [f"DART's filings were not searched: {error}"]
    named = {contract.counterparty: contract for contract in reversed(contracts) if contract.counterparty}
    note = f"supply contracts disclosed to DART in a year: {announced}; read: {len(contracts)}; naming: {len(named)}"
    return list(named.values()), company.name, [note]


def _surest(rows: Iterable[Relation]) -> list[Relation]:
    """Return the relations named by a party first, the newest of them first."""
    return sorted(rows, key=lambda row: (row.confidence.value, -row.known_from.toordinal()))


def _supplier(row: Relation) -> Related:
    return _related(row.supplier, row.supplier_code, row)


def _customer(row: Relation) -> Related:
    return _related(row.customer, row.customer_code, row)


def _related(name: str, code: str, row: Relation) -> Related:
    return Related(
        name=name,
        code=code,
        what=row.what,
        origin=Origin.TABLE,
        source=row.source,
        confidence=row.confidence.value,
        known_from=row.known_from,
    )


def _filed(contract: SupplyContract) -> Related:
    return Related(
        name=contract.counterparty,
        what="supply contract",
        origin=Origin.FILING,
        source=contract.url,
        confidence="high",
        known_from=contract.filed_on,
    )


def _sources(filed: Iterable[SupplyContract], context: ToolContext) -> tuple[SourceRef, ...]:
    table = SourceRef(name="Daybook value-chain table", observed_at=context.now)
    return (
        table,
        *(
            SourceRef(
                name="DART",
                title=f"supply contract of {contract.filed_on}",
                url=contract.url,
                published_at=min(known_from(contract.filed_on), context.now),
                observed_at=context.now,
            )
            for contract in filed
        ),
    )
