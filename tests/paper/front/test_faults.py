from pathlib import Path

import pytest

from daybook.paper.faults import (
    CALL_FAULTS,
    NOTICE_FAULTS,
    FaultBook,
    FaultFileError,
    FaultKind,
    FaultMatch,
    FaultRule,
    parse_rules,
    read_rules,
)

ORDER = ("VTTC0012U", "/uapi/domestic-stock/v1/trading/order-cash", frozenset({"order", "buy", "trading"}))


def _fires(book: FaultBook, count: int) -> list[int]:
    return [number for number in range(1, count + 1) if book.take(CALL_FAULTS, *ORDER)]


def test_rule_when_after_is_given_then_fires_on_that_call_once() -> None:
    book = FaultBook([FaultRule(fault=FaultKind.RESET, match=FaultMatch(path="order"), after=3)])
    assert _fires(book, 6) == [3]


def test_rule_when_times_is_given_then_fires_so_often() -> None:
    assert _fires(FaultBook([FaultRule(fault=FaultKind.RESET, after=2, times=3)]), 8) == [2, 3, 4]
    assert _fires(FaultBook([FaultRule(fault=FaultKind.RESET, times=0)]), 3) == [1, 2, 3]


def test_rule_when_probable_then_same_seed_same_calls() -> None:
    rule = FaultRule(fault=FaultKind.SLOW, probability=0.3, seed=11)
    first, second = _fires(FaultBook([rule]), 200), _fires(FaultBook([rule]), 200)
    assert first == second
    assert 30 < len(first) < 90


def test_rule_when_match_differs_then_not_counted() -> None:
    for match in (FaultMatch(tr_id="VTTC8434R"), FaultMatch(path="balance"), FaultMatch(path="quotations")):
        book = FaultBook([FaultRule(fault=FaultKind.RESET, match=match)])
        assert _fires(book, 3) == []
        assert book.counts()["rules"][0]["matched"] == 0


@pytest.mark.parametrize("path", ["order", "buy", "trading", "order-cash", ""])
def test_rule_when_named_any_way_then_matches(path: str) -> None:
    assert _fires(FaultBook([FaultRule(fault=FaultKind.RESET, match=FaultMatch(path=path))]), 1) == [1]


def test_book_when_kinds_differ_then_rules_of_other_stages_do_not_count() -> None:
    book = FaultBook([FaultRule(fault=FaultKind.LOST_NOTICE)])
    assert not book.take(CALL_FAULTS, *ORDER)
    assert book.take(NOTICE_FAULTS, "H0STCNI0", "notice", frozenset({"notice"}))
    assert book.counts()["fired"] == {"lost_notice": 1}


@pytest.mark.parametrize(
    "text",
    [
        "- {match: {path: order}, fault: reset, after: 2}\n",
        "rules:\n  - match: {path: order}\n    fault: reset\n    after: 2\n",
    ],
)
def test_read_rules_when_yaml_then_rules(tmp_path: Path, text: str) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text(text)
    assert read_rules(path) == [FaultRule(fault=FaultKind.RESET, match=FaultMatch(path="order"), after=2)]


def test_read_rules_when_json_then_rules(tmp_path: Path) -> None:
    path = tmp_path / "faults.json"
    path.write_text('[{"fault": "slow", "seconds": 2}]')
    assert read_rules(path) == [FaultRule(fault=FaultKind.SLOW, seconds=2)]


@pytest.mark.parametrize("data", ["text", [{"fault": "nonsense"}], [{"fault": "reset", "afterwards": 1}], [7]])
def test_parse_rules_when_wrong_then_one_line_says_where(data: object) -> None:
    with pytest.raises(FaultFileError) as caught:
        parse_rules(data)
    assert "\n" not in str(caught.value)


def test_read_rules_when_file_is_missing_or_broken_then_one_line(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("- {fault: [\n")
    for path in (tmp_path / "none.yaml", broken):
        with pytest.raises(FaultFileError, match=path.name) as caught:
            read_rules(path)
        assert "\n" not in str(caught.value)
