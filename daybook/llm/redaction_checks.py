"""Whether a run of digits is what it looks like: a resident number, a card, an account rather than two dates."""

import calendar

_TODAY_CENTURIES = {"1": 19, "2": 19, "3": 20, "4": 20, "5": 19, "6": 19, "7": 20, "8": 20, "9": 18, "0": 18}
"""Century of birth by the seventh digit: 1-4 Koreans, 5-8 foreigners, 9 and 0 born before 1900."""
_CARD_LENGTHS = {"2": (16,), "3": (14, 15, 16), "4": (13, 16, 19), "5": (16,), "6": (16, 19), "9": (16,)}
"""Lengths by first digit; 9 is for cards that only work in Korea."""


def digits_of(text: str) -> str:
    """Return the digits of a text as ASCII."""
    return "".join(str(int(character)) for character in text if character.isdecimal())


def is_resident_number(text: str) -> bool:
    """Whether thirteen digits begin with a date of birth; the check digit means nothing since October 2020."""
    digits = digits_of(text)
    year = 100 * _TODAY_CENTURIES[digits[6]] + int(digits[:2])
    month, day = int(digits[2:4]), int(digits[4:6])
    return 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]


def is_card(text: str) -> bool:
    """Whether digits have a card's length and pass the Luhn check."""
    digits = digits_of(text)
    if digits[0] == "2" and not 2221 <= int(digits[:4]) <= 2720:
        return False
    if len(digits) not in _CARD_LENGTHS.get(digits[0], ()) or len(set(digits)) == 1:
        return False
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if position % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_not_a_date_pair(text: str) -> bool:
    """Whether an 8-2 number is no date with an hour or a serial behind it, such as 20260304-t or 20260304-09.

    Only dates from 2000 to 2039 count, and only before a suffix that is no product of a KIS account (01, 03, 08, 22,
    29): when in doubt it is an account.
    """
    digits = digits_of(text)
    year, month, day, product = int(digits[:4]), int(digits[4:6]), int(digits[6:8]), digits[8:]
    if not 2000 <= year <= 2039 or not 1 <= month <= 12 or product in {"01", "03", "08", "22", "29"}:
        return True
    return not 1 <= day <= calendar.monthrange(year, month)[1]
