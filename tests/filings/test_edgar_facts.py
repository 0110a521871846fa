from datetime import UTC, datetime

import pytest

from daybook.filings.edgar_facts import CompanyFacts, Concept
from daybook.filings.errors import FilingUnreadable
from tests.filings.stand_ins.edgar import acme_facts, fact, year


def revenues() -> Concept:
    concept = CompanyFacts.of(acme_facts()).concept("Revenues")
    assert concept is not None
    return concept


def rows(concept: Concept, as_of: datetime | None = None) -> list[tuple[int, float, float | None]]:
    return [(value.fiscal_year, value.fact.value, value.restated_from) for value in concept.yearly(10, as_of)[1]]


def test_yearly_when_a_year_was_restated_then_the_version_filed_last_counts_and_the_first_is_kept() -> None:
    assert rows(revenues()) == [(2024, 125, None), (2023, 110, None), (2022, 98, 100), (2021, 90, None)]


def test_yearly_when_seen_before_the_restatement_then_the_first_version_counts() -> None:
    assert rows(revenues(), datetime(2023, 6, 1, tzinfo=UTC)) == [(2022, 100, None), (2021, 90, None)]


def test_yearly_when_seen_on_the_filing_day_then_the_filing_is_not_known_yet() -> None:
    filed = datetime(2025, 2, 12, 5, tzinfo=UTC)
    assert rows(revenues(), filed)[0][0] == 2024
    assert rows(revenues(), filed.replace(hour=4))[0][0] == 2023


def test_yearly_when_asked_for_two_years_then_the_newest_two_come_with_their_unit() -> None:
    unit, values = revenues().yearly(2)
    assert (unit, [value.fiscal_year for value in values]) == ("USD", [2024, 2023])


def test_yearly_when_the_fiscal_year_ends_in_january_then_it_bears_the_year_the_company_calls_it() -> None:
    row = fact("2025-01-26", 60, "a", 2025, "2025-02-26", start="2024-01-29")
    comparative = fact("2024-01-28", 30, "a", 2025, "2025-02-26", start="2023-01-30")
    concept = Concept.of("us-gaap", "Revenues", {"units": {"USD": [row, comparative]}})
    assert rows(concept) == [(2025, 60, None), (2024, 30, None)]


def test_yearly_when_two_units_are_as_new_then_the_one_with_more_facts_counts() -> None:
    won = [year(2023, 1300, "a", 2023, "2024-04-01"), year(2022, 1200, "a", 2023, "2024-04-01")]
    dollars = [year(2023, 1, "a", 2023, "2024-04-01")]
    concept = Concept.of("ifrs-full", "Revenue", {"units": {"USD": dollars, "KRW": won}})
    assert concept.yearly(5)[0] == "KRW"


def test_yearly_when_only_quarters_were_filed_then_there_is_nothing() -> None:
    quarter = fact("2024-03-31", 5, "a", 2024, "2024-05-01", start="2024-01-01", form="10-Q")
    assert Concept.of("us-gaap", "Revenues", {"units": {"USD": [quarter]}}).yearly(3) == ("", [])


@pytest.mark.parametrize(
    "body",
    [{}, {"units": []}, {"units": {"USD": [{"end": "2024-01-01"}]}}, {"units": {"USD": [fact("x", 1, "a", 1, "y")]}}],
)
def test_concept_when_the_shape_is_another_then_it_is_unreadable(body: dict[str, object]) -> None:
    with pytest.raises(FilingUnreadable):
        Concept.of("us-gaap", "Revenues", body)


def test_concept_when_never_reported_then_none() -> None:
    assert CompanyFacts.of(acme_facts()).concept("Goodwill") is None
