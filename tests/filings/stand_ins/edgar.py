"""EDGAR as a client meets it: User-Agent check, ten requests a second, ticker map, submissions, XBRL facts."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.filings.stand_ins.server import Answer, Request, StandIn, serving

UNDECLARED = (
    b"<!DOCTYPE html><html><head><title>SEC.gov | Your Request Originates from an Undeclared Automated Tool</title>"
    b"</head><body><h1>Your Request Originates from an Undeclared Automated Tool</h1></body></html>"
)
TOO_FAST = (
    b"<!DOCTYPE html><html><head><title>SEC.gov | Request Rate Threshold Exceeded</title></head>"
    b"<body><h1>Request Rate Threshold Exceeded</h1></body></html>"
)
ACME = 1000001
"""A company with plain U.S. statements, one of them restated."""


def fact(end: str, value: float, accession: str, fy: int, filed: str, **more: Any) -> dict[str, Any]:
    return {"end": end, "val": value, "accn": accession, "fy": fy, "fp": "FY", "form": "10-K", "filed": filed, **more}


def year(year_: int, value: float, accession: str, fy: int, filed: str, **more: Any) -> dict[str, Any]:
    return fact(f"{year_}-12-31", value, accession, fy, filed, start=f"{year_}-01-01", **more)


def acme_facts() -> dict[str, Any]:
    """Revenue of 2022 restated in the report of 2023; a quarter, a ten-month stub and a later year beside it."""
    of_2022, of_2023, of_2024 = "0001000001-23-000004", "0001000001-24-000005", "0001000001-25-000006"
    revenue = [
        year(2021, 90, of_2022, 2022, "2023-02-10"),
        year(2022, 100, of_2022, 2022, "2023-02-10"),
        fact("2023-03-31", 27, "0001000001-23-000009", 2023, "2023-05-02", start="2023-01-01", fp="Q1", form="10-Q"),
        year(2022, 98, of_2023, 2023, "2024-02-12"),
        year(2023, 110, of_2023, 2023, "2024-02-12"),
        fact("2023-12-31", 88, of_2023, 2023, "2024-02-12", start="2023-03-01"),
        year(2023, 110, of_2024, 2024, "2025-02-11"),
        year(2024, 125, of_2024, 2024, "2025-02-11"),
    ]
    assets = [
        fact("2022-12-31", 300, of_2022, 2022, "2023-02-10"),
        fact("2022-12-31", 300, of_2023, 2023, "2024-02-12"),
        fact("2023-12-31", 320, of_2023, 2023, "2024-02-12"),
        fact("2024-12-31", 350, of_2024, 2024, "2025-02-11"),
    ]
    return {
        "cik": ACME,
        "entityName": "ACME  Industries Inc.",
        "facts": {
            "dei": {},
            "us-gaap": {
                "Revenues": {"label": "Revenues", "units": {"USD": revenue}},
                "Assets": {"label": "Assets", "units": {"USD": assets}},
            },
        },
    }


def page(rows: list[tuple[str, str, str, str]]) -> dict[str, Any]:
    """Parallel arrays of (accession number, form, filing date, acceptance time)."""
    return {
        "accessionNumber": [row[0] for row in rows],
        "form": [row[1] for row in rows],
        "filingDate": [row[2] for row in rows],
        "reportDate": ["" for _ in rows],
        "acceptanceDateTime": [row[3] for row in rows],
        "primaryDocument": [f"acme-{number}.htm" for number, _ in enumerate(rows)],
        "primaryDocDescription": [row[1] for row in rows],
        "items": ["2.02,9.01" if row[1] == "8-K" else "" for row in rows],
    }


def acme_submissions() -> dict[str, Any]:
    recent = [
        ("0001000001-25-000011", "8-K", "2025-05-01", "2025-05-01T20:31:00.000Z"),
        ("0001000001-25-000006", "10-K", "2025-02-11", "2025-02-11T21:05:00.000Z"),
        ("0001000001-24-000020", "4", "2024-06-03", "2024-06-03T22:00:00.000Z"),
    ]
    files = [{"name": f"CIK{ACME:010d}-submissions-001.json", "filingCount": 2}]
    return {
        "cik": str(ACME),
        "name": "ACME Industries Inc.",
        "tickers": ["ACME"],
        "filings": {"recent": page(recent), "files": files},
    }


def acme_older() -> dict[str, Any]:
    return page(
        [
            ("0001000001-24-000005", "10-K", "2024-02-12", "2024-02-12T21:05:00.000Z"),
            ("0001000001-23-000004", "10-K", "2023-02-10", ""),
        ]
    )


@dataclass
class Edgar(StandIn):
    """``most_per_s`` is the limit it enforces; a blocked caller stays blocked until ``unblock``."""

    most_per_s: int = 10
    documents: dict[str, Any] = field(default_factory=dict)
    blocked: bool = False
    _seen: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.documents = {
            "/files/company_tickers.json": {
                "0": {"cik_str": ACME, "ticker": "ACME", "title": "ACME Industries  Inc."},
                "1": {"cik_str": 1067983, "ticker": "BRK-B", "title": "BERKSHIRE HATHAWAY INC"},
            },
            f"/submissions/CIK{ACME:010d}.json": acme_submissions(),
            f"/submissions/CIK{ACME:010d}-submissions-001.json": acme_older(),
            f"/api/xbrl/companyfacts/CIK{ACME:010d}.json": acme_facts(),
            f"/api/xbrl/companyconcept/CIK{ACME:010d}/us-gaap/Assets.json": {
                "cik": ACME,
                "taxonomy": "us-gaap",
                "tag": "Assets",
                "label": "Assets",
                "units": acme_facts()["facts"]["us-gaap"]["Assets"]["units"],
            },
        }

    def answer(self, request: Request) -> Answer:
        if "@" not in request.headers.get("user-agent", ""):
            return Answer(403, UNDECLARED, "text/html")
        now = time.monotonic()
        self._seen = [moment for moment in self._seen if now - moment < 1] + [now]
        if self.blocked or len(self._seen) > self.most_per_s:
            self.blocked = True
            return Answer(403, TOO_FAST, "text/html")
        document = self.documents.get(request.path)
        if document is None:
            return Answer(404, b"<Error><Code>NoSuchKey</Code></Error>", "application/xml")
        return Answer(content=json.dumps(document).encode())


@contextmanager
def edgar() -> Iterator[Edgar]:
    stand_in = Edgar()
    with serving(stand_in.handle) as url:
        stand_in.url = url
        yield stand_in
