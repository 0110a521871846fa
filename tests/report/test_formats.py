from daybook.report.formats import UNKNOWN, cell, code, percent, price, signed_won, table, won


def test_numbers_when_shown_then_they_have_separators_and_true_signs() -> None:
    assert won(1_234_567) == "1,234,567"
    assert won(-1_234) == "−1,234"
    assert won(None) == UNKNOWN
    assert signed_won(1_000) == "+1,000"
    assert signed_won(-1_000) == "−1,000"
    assert signed_won(0) == "0"
    assert price(72_264.2857) == "72,264.3"
    assert price(72_300) == "72,300"


def test_percent_when_it_rounds_to_zero_then_it_has_no_sign() -> None:
    assert percent(0.00123) == "+0.12 %"
    assert percent(-0.0157) == "−1.57 %"
    assert percent(-0.000001) == "0.00 %"
    assert percent(None) == UNKNOWN


def test_cell_when_text_of_others_carries_markup_then_it_is_shown_and_not_obeyed() -> None:
    assert cell("a|b\n# *c* <img src=x> [d](e)") == "a\\|b # \\*c\\* &lt;img src=x&gt; \\[d\\](e)"
    assert cell("") == UNKNOWN
    assert code("DAILY_LOSS") == "`DAILY_LOSS`"
    assert code("a`|b") == "`a'/b`"


def test_table_when_columns_hold_numbers_then_they_are_aligned_to_the_right() -> None:
    assert table(("name", "KRW>"), [("a", "1")]) == "| name | KRW |\n| --- | ---: |\n| a | 1 |"
