import re
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from daybook.advice.intents import intent_id
from daybook.contracts.base import Side
from daybook.contracts.orders import Purpose

DAY = date(2026, 3, 6)


def test_intent_id_when_made_twice_then_equal_and_readable() -> None:
    first = intent_id("main", DAY, 12, "005930", Side.BUY, Purpose.ENTRY)
    assert first == intent_id("main", DAY, 12, "005930", Side.BUY, Purpose.ENTRY)
    assert first == "20260306-t012-005930-buy-bb92b351"


def test_intent_id_when_any_part_differs_then_it_differs() -> None:
    ids = {
        intent_id(account, day, number, symbol, side, purpose)
        for account in ("main", "other")
        for day in (DAY, date(2026, 3, 9))
        for number in (1, 2)
        for symbol in ("005930", "000660")
        for side in Side
        for purpose in Purpose
    }
    assert len(ids) == 64


@given(st.text(max_size=40), st.dates(), st.integers(0, 5_000), st.sampled_from(["005930", "0001A0"]))
def test_intent_id_when_made_of_anything_then_it_fits_a_ticket(account: str, day: date, number: int, code: str) -> None:
    name = intent_id(account, day, number, code, Side.SELL, Purpose.EXIT)
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,80}", name)
