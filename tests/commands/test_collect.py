from datetime import date

import pytest

from daybook.commands.collect import collection_lines
from daybook.contracts.collection import CollectionPlan, CollectionState, SeriesKind, SeriesReport
from tests.commands.conftest import Run

DAY = date(2026, 3, 6)


def test_lines_when_series_are_odd_then_each_is_named_below_the_sums() -> None:
    state = CollectionState(
        plan=CollectionPlan(symbols=("005930", "000660"), until=DAY),
        done=(
            SeriesReport(kind=SeriesKind.DAILY_BARS, key="005930", fetched=10, sessions=250, gaps=(DAY,)),
            SeriesReport(kind=SeriesKind.DAILY_BARS, key="000660", fetched=250, sessions=250, changed=5),
            SeriesReport(kind=SeriesKind.INVESTOR_FLOWS, key="005930", problem="no answer"),
        ),
    )
    lines = collection_lines(state)
    assert lines[0] == "3 series up to 2026-03-06"
    assert "500 sessions" in lines[1]
    assert "260 new" in lines[1]
    assert "1 without a row" in lines[1]
    assert any("000660: prices were adjusted" in line for line in lines)
    assert any("005930: no answer" in line for line in lines)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["삼성전자"], "no KRX code"), (["--run", "A B"], "cannot be a collection"), (["--sessions", "0"], "--sessions")],
)
def test_collect_when_arguments_are_wrong_then_one_line_says_so(arguments: list[str], said: str, run: Run) -> None:
    ended = run("collect", *arguments)
    assert ended.code != 0
    assert said in ended.line
