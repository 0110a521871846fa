from rich.cells import cell_len

from daybook.commands.report_view import report_view
from daybook.commands.screen import aligned, labelled, wrapped

REPORT = """# Trading day 2026-03-06

> **PAPER** — simulated.

| time | name | shares | limit | why |
| --- | --- | ---: | ---: | --- |
| 09:05:49 | KT&amp;G | 7 | 131,200 | rank 1 of 30 (momentum, score +3.17): 7 x 131,200 = 918,400 won, 9.2% of equity |
| 09:05:49 | 한국조선해양 | 12 | 487,000 | a \\| b |

![Equity over market time](equity.png)

- one `entry`
"""


def test_aligned_when_names_are_korean_then_columns_still_stand_under_each_other() -> None:
    lines = aligned(["name", "won"], [["삼성전자", "1"], ["KT&G", "1,000"]], right={1})
    assert lines == ["name        won", "삼성전자      1", "KT&G      1,000"]
    assert {cell_len(line) for line in lines} == {15}


def test_labelled_when_the_text_is_long_then_it_hangs_beside_its_label() -> None:
    text = labelled("last", "word " * 40)
    lines = text.splitlines()
    assert lines[0].startswith("last            word")
    assert all(line.startswith(" " * 16 + "word") for line in lines[1:])
    assert max(map(len, lines)) <= 80
    assert labelled("empty", "") == "empty"


def test_wrapped_when_an_entry_is_long_then_it_hangs_and_digests_stay_whole() -> None:
    digest = "0" * 64
    text = wrapped(f"- inputs of the decision, SHA-256 {digest}\n\n## Next")
    assert text.splitlines() == ["- inputs of the decision, SHA-256", f"  {digest}", "", "## Next"]


def test_report_when_a_table_is_too_wide_then_its_last_columns_stand_underneath() -> None:
    view = report_view(REPORT, 80)
    assert max(cell_len(line) for line in view.splitlines()) <= 80
    assert "    why rank 1 of 30 (momentum, score +3.17): 7 x 131,200 = 918,400 won, 9.2% of" in view
    assert "09:05:49  한국조선해양      12  487,000" in view
    assert "why a | b" in view
    assert "KT&G" in view
    assert "**" not in view


def test_report_when_the_terminal_is_wide_then_tables_keep_all_columns() -> None:
    assert "131,200  rank 1 of 30" in report_view(REPORT, 200)
    assert "Equity over market time: equity.png" in report_view(REPORT, 200)
