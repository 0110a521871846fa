"""The desk's own table of who supplies whom: data with sources, each row known from a day on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache, cached_property
from importlib.resources import files

import yaml
from pydantic import ConfigDict, Field

from daybook.contracts.base import Message, Symbol


class TableError(ValueError):
    """A table cannot be used; the text says which entry and why."""


class Confidence(StrEnum):
    """How sure a relation is: named by a party, or reported by many and not denied."""

    HIGH = "high"
    MEDIUM = "medium"


class _Strict(Message):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Source(_Strict):
    text: str
    known_from: date | None = None


class _Other(_Strict):
    name: str = Field(min_length=1)
    code: str = ""


class _Row(_Other):
    what: str
    source: str
    note: str = ""
    confidence: Confidence
    known_from: date | None = None


class _Company(_Strict):
    symbol: Symbol
    name: str
    industry: str
    peers: tuple[_Other, ...] = ()
    customers: tuple[_Row, ...] = ()
    suppliers: tuple[_Row, ...] = ()


class _File(_Strict):
    compiled_on: date
    sources: dict[str, _Source]
    companies: tuple[_Company, ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """``supplier`` sells ``what`` to ``customer``; codes are "" for a company without one in the table."""

    supplier: str
    supplier_code: str
    customer: str
    customer_code: str
    what: str
    source: str
    confidence: Confidence
    known_from: date


@dataclass(frozen=True, slots=True)
class Peer:
    """A company of the same business."""

    name: str
    code: str


class ValueChainTable:
    """Relations of companies; safe to share."""

    def __init__(self, content: _File) -> None:
        self._content = content

    @classmethod
    def parse(cls, text: str) -> "ValueChainTable":
        """Return the table of a YAML text.

        Raises:
            TableError: for a text of another form, a source nobody declared, a row without a day, or a row twice.
        """
        try:
            content = _File.model_validate(yaml.safe_load(text))
        except (yaml.YAMLError, ValueError) as error:
            raise TableError(f"the value-chain table cannot be read: {error}") from error
        table = cls(content)
        symbols = [company.symbol for company in content.companies]
        twice = sorted({symbol for symbol in symbols if symbols.count(symbol) > 1})
        if twice:
            raise TableError(f"listed twice: {', '.join(twice)}")
        pairs = [f"{row.supplier} -> {row.customer}" for row in table.relations]
        repeated = sorted({pair for pair in pairs if pairs.count(pair) > 1})
        if repeated:
            raise TableError(f"the same relation twice: {', '.join(repeated)}")
        return table

    @property
    def compiled_on(self) -> date:
        """The day the table was last gone through."""
        return self._content.compiled_on

    @cached_property
    def relations(self) -> tuple[Relation, ...]:
        """Every relation, once."""
        found = []
        for company in self._content.companies:
            for row in company.customers:
                found.append(self._relation((company.name, company.symbol), (row.name, row.code), row))
            for row in company.suppliers:
                found.append(self._relation((row.name, row.code), (company.name, company.symbol), row))
        return tuple(found)

    def company(self, symbol: str) -> tuple[str, str] | None:
        """Return name and industry of a company the table is about, else None."""
        found = self._companies.get(symbol)
        return (found.name, found.industry) if found else None

    def suppliers(self, symbol: str, known_on: date) -> tuple[Relation, ...]:
        """Return who sells to a company, as public on a day."""
        return tuple(row for row in self.relations if row.customer_code == symbol and row.known_from <= known_on)

    def customers(self, symbol: str, known_on: date) -> tuple[Relation, ...]:
        """Return who buys from a company, as public on a day."""
        return tuple(row for row in self.relations if row.supplier_code == symbol and row.known_from <= known_on)

    def peers(self, symbol: str) -> tuple[Peer, ...]:
        """Return the companies of the same industry, KRX ones first."""
        company = self._companies.get(symbol)
        if company is None:
            return ()
        same = [
            Peer(other.name, other.symbol)
            for other in self._content.companies
            if other.industry == company.industry and other.symbol != symbol
        ]
        named = [Peer(other.name, other.code) for other in company.peers]
        return tuple(dict.fromkeys((*same, *named)))

    @cached_property
    def _companies(self) -> Mapping[str, _Company]:
        return {company.symbol: company for company in self._content.companies}

    def _relation(self, supplier: tuple[str, str], customer: tuple[str, str], row: _Row) -> Relation:
        source = self._content.sources.get(row.source)
        if source is None:
            raise TableError(f"{supplier[0]} -> {customer[0]}: nobody declared the source {row.source!r}")
        known_from = row.known_from or source.known_from
        if known_from is None:
            raise TableError(f"{supplier[0]} -> {customer[0]}: a row from {row.source!r} needs known_from")
        if known_from > self._content.compiled_on:
            raise TableError(f"{supplier[0]} -> {customer[0]}: known from {known_from}, after the table was compiled")
        text = f"{source.text}, {row.note}" if row.note else source.text
        return Relation(*supplier, *customer, row.what, text, row.confidence, known_from)


@cache
def packaged_table() -> ValueChainTable:
    """Return the table that comes with Daybook; read once."""
    path = files("daybook.skills.fundamental").joinpath("data/value_chain.yaml")
    return ValueChainTable.parse(path.read_text(encoding="utf-8"))
