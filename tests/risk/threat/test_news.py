from datetime import timedelta
from typing import Any

import pytest

from daybook.contracts.news import Article, SourceKind, ThreatKind, ThreatSignal
from daybook.risk.threat.news import publisher_site, warnings_of
from tests.risk.threat.facts import HELD, NOW


def article(number: int, publisher: str, **changes: Any) -> Article:
    values: dict[str, Any] = {
        "article_id": f"a{number}",
        "source": SourceKind.NAVER,
        "publisher": publisher,
        "title": "해킹",
        "published_at": NOW - timedelta(minutes=number),
        "observed_at": NOW,
        "symbols": (HELD,),
    }
    return Article(**{**values, **changes})


def signal(*ids: str, **changes: Any) -> ThreatSignal:
    values: dict[str, Any] = {"kind": ThreatKind.HOLDING_BREACH, "severity": 0.8, "symbols": (HELD,)}
    return ThreatSignal(**{**values, **changes, "article_ids": ids})


def warnings(said: ThreatSignal, *articles: Article) -> list[tuple[tuple[str, ...], int, float, bool]]:
    found = warnings_of([said], {one.article_id: one for one in articles})
    return [(one.symbols, one.publishers, one.severity, one.disclosed) for one in found]


def test_warning_when_two_publishers_write_themselves_then_both_count() -> None:
    assert warnings(signal("a1", "a2"), article(1, "a.co.kr"), article(2, "b.com")) == [((HELD,), 2, 0.8, False)]


def test_warning_when_one_copies_the_other_then_one_counts() -> None:
    copies = (article(1, "a.co.kr", cluster="c"), article(2, "b.com", cluster="c"))
    assert warnings(signal("a1", "a2"), *copies) == [((HELD,), 1, 0.5, False)]


def test_warning_when_two_stories_speak_of_two_companies_then_neither_is_confirmed() -> None:
    said = signal("a1", "a2", symbols=(HELD, "005930"))
    found = warnings(said, article(1, "a.co.kr"), article(2, "b.com", symbols=("005930",)))
    assert found == [((HELD,), 1, 0.5, False), (("005930",), 1, 0.5, False)]


def test_warning_when_the_company_files_it_then_disclosed() -> None:
    assert warnings(signal("a1"), article(1, "DART", source=SourceKind.DART))[0][3]


def test_warning_when_its_articles_are_gone_then_none() -> None:
    assert warnings(signal("a1")) == []


@pytest.mark.parametrize(
    ("publisher", "site"),
    [("news.a.co.kr", "a.co.kr"), ("m.b.com", "b.com"), ("연합뉴스", "연합뉴스"), (" B.com ", "b.com"), ("", "")],
)
def test_site_when_a_publisher_has_subdomains_then_one_site(publisher: str, site: str) -> None:
    assert publisher_site(publisher) == site
