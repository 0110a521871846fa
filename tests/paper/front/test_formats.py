from datetime import date

import pytest

from daybook.paper.formats import change_percent, change_sign, fixed, parse_day, short_decimal


@pytest.mark.parametrize(("price", "sign"), [(130, "1"), (110, "2"), (100, "3"), (70, "4"), (90, "5")])
def test_change_sign_when_price_moves_then_code(price: int, sign: str) -> None:
    assert change_sign(price, 100, 130, 70) == sign


def test_change_percent_when_a_side_is_unknown_then_zero() -> None:
    assert (change_percent(0, 100), change_percent(100, 0), change_percent(99, 100)) == ("0.00", "0.00", "-1.00")


def test_fixed_when_rounded_to_zero_then_no_sign() -> None:
    assert fixed(-0.001) == "0.00"


@pytest.mark.parametrize(("value", "shown"), [(249000, "249000"), (70333.33333, "70333.3333"), (100.5, "100.5")])
def test_short_decimal_when_formatted_then_shortest(value: float, shown: str) -> None:
    assert short_decimal(value) == shown


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("20260320", date(2026, 3, 20)),
        ("20260231", None),
        ("2026", None),
        ("00000101", date.min),
        ("２０２６０３２０", None),
    ],
)
def test_parse_day_when_text_given_then_date_or_none(text: str, day: date | None) -> None:
    assert parse_day(text) == day
