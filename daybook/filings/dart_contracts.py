"""Counterparties of supply contracts, as a company's own disclosures name them.

Companies on KRX disclose large contracts on the form 단일판매ㆍ공급계약체결, whose third point is the counterparty
(계약상대방). A company may withhold the name for a while; then there is none to read.
"""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from daybook.filings.dart_rows import Disclosure
from daybook.filings.errors import FilingError
from daybook.filings.ports import DartSource

_TAG = re.compile(r"<[^>]*>")
_COUNTERPARTY = re.compile(
    r"계약\s?상대(?:방|회사)?\s*:?\s+(?P<name>.{1,120}?)\s*"
    r"(?:-\s?최근|-\s?주요\s?사업|-\s?회사와|판매[ㆍ·‧]?\s?공급지역|\d\.\s|계약기간)"
)
_WITHHELD = re.compile(r"유보|비공개|비밀|^[-\s]*$")
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class SupplyContract:
    """One disclosed contract. ``counterparty`` is text from outside; empty when withheld or not to be read."""

    counterparty: str
    filed_on: date
    url: str


def is_supply_contract(title: str) -> bool:
    """Whether a disclosure's title announces a supply contract; its end (해지) is none."""
    plain = re.sub(r"[\sㆍ·‧・.]", "", title)
    return "단일판매공급계약체결" in plain and "해지" not in plain


def counterparty(document: str) -> str:
    """Return the counterparty a document names, "" when it names none or withholds it."""
    text = " ".join(html.unescape(_TAG.sub(" ", document)).split())
    found = _COUNTERPARTY.search(text)
    if found is None:
        return ""
    name = found["name"].strip(" -:")
    return "" if _WITHHELD.search(name) or len(name) > _LONGEST_NAME else name


async def supply_contracts(
    dart: DartSource, filings: Sequence[Disclosure], most: int = 4
) -> tuple[list[SupplyContract], int]:
    """Read the newest ``most`` supply contracts among filings; also return how many there are altogether.

    A document that cannot be read gives a contract without a counterparty.
    """
    announced = [filing for filing in filings if is_supply_contract(filing.title)]
    contracts = []
    for filing in announced[:most]:
        try:
            name = counterparty(await dart.document(filing.receipt_number))
        except FilingError:
            name = ""
        contracts.append(SupplyContract(name, filing.filed_on, filing.url))
    return contracts, len(announced)
