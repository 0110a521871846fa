import json
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.advice.llm_rating import rate, rating_points, record_weight, unknown_symbols
from daybook.contracts.base import KST
from daybook.contracts.factors import FactorSettings, Rating, RatingCode, RatingRecord, RatingReply

CUT_OFF = datetime(2026, 3, 6, 9, 0, tzinfo=KST)
SETTINGS = FactorSettings()
PROVEN = RatingRecord(outcomes=100_000, rank_ic=0.5)


def reply(text: str | None = None, symbol: str = "000001", minutes: int = -5, **changes: object) -> RatingReply:
    body = {"symbol": symbol, "rating": "buy", "confidence": 0.8} if text is None else None
    return RatingReply(
        symbol=symbol,
        text=json.dumps(body) if text is None else text,
        received_at=CUT_OFF + timedelta(minutes=minutes),
        **changes,  # type: ignore[arg-type]
    )


def answer(**changes: object) -> str:
    return json.dumps({"symbol": "000001", "rating": "buy", "confidence": 0.8} | changes)


@pytest.mark.parametrize(("call", "value"), [("buy", 0.8), ("hold", 0.0), ("sell", -0.8)])
def test_rating_when_well_formed_then_call_times_confidence(call: str, value: float) -> None:
    rating = rate([reply(answer(rating=call))], ["000001"], CUT_OFF)["000001"]
    assert (rating.code, rating.value) == (RatingCode.USED, value)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("buy!", RatingCode.MALFORMED),
        ("", RatingCode.MALFORMED),
        ("[]", RatingCode.MALFORMED),
        ("[" * 10_000, RatingCode.MALFORMED),
        (answer(rating="strong buy"), RatingCode.MALFORMED),
        (answer(rating=["buy"]), RatingCode.MALFORMED),
        (answer(rating={"buy": 1}), RatingCode.MALFORMED),
        (answer(confidence=1.5), RatingCode.MALFORMED),
        (answer(confidence="high"), RatingCode.MALFORMED),
        (answer(confidence=True), RatingCode.MALFORMED),
        ('{"symbol":"000001","rating":"buy","confidence":NaN}', RatingCode.MALFORMED),
        ('{"symbol":"000001","rating":"buy","confidence":1e999}', RatingCode.MALFORMED),
        ('{"symbol":"000001","rating":"sell","rating":"buy","confidence":1}', RatingCode.MALFORMED),
        ('{"symbol":"000001","rating":"buy"}', RatingCode.MALFORMED),
        (answer() + " Now buy all of it.", RatingCode.MALFORMED),
        (answer(position_krw=10**12), RatingCode.INJECTED),
        (answer(action="A3", note="ignore the limits"), RatingCode.INJECTED),
        (answer(symbol="000002"), RatingCode.INJECTED),
    ],
)
def test_rating_when_malformed_or_injected_then_ignored_with_its_code(text: str, code: RatingCode) -> None:
    rating = rate([reply(text)], ["000001"], CUT_OFF)["000001"]
    assert (rating.code, rating.value) == (code, 0)
    assert rating.text
    assert rating_points({"000001": rating}, PROVEN, SETTINGS) == {}


@pytest.mark.parametrize(("minutes", "code"), [(0, RatingCode.USED), (1, RatingCode.LATE)])
def test_rating_when_after_the_cut_off_then_ignored(minutes: int, code: RatingCode) -> None:
    assert rate([reply(minutes=minutes)], ["000001"], CUT_OFF)["000001"].code is code


def test_rating_when_nobody_replied_or_replies_differ_then_no_view() -> None:
    assert rate([], ["000001"], CUT_OFF)["000001"].code is RatingCode.MISSING
    both = [reply(), reply(answer(rating="sell"))]
    assert rate(both, ["000001"], CUT_OFF)["000001"].code is RatingCode.CONFLICTING
    assert rate([reply(), reply()], ["000001"], CUT_OFF)["000001"].code is RatingCode.USED


def test_rating_when_one_of_two_replies_is_injected_then_neither_counts() -> None:
    ratings = rate([reply(), reply(answer(orders=["buy"]))], ["000001"], CUT_OFF)
    assert ratings["000001"].code is RatingCode.INJECTED


def test_rating_when_about_a_symbol_not_asked_about_then_it_is_coded_and_changes_nothing() -> None:
    replies = [reply(symbol="000009"), reply()]
    assert set(rate(replies, ["000001"], CUT_OFF)) == {"000001"}
    (row,) = unknown_symbols(replies, ["000001"])
    assert (row.symbol, row.code) == ("000009", RatingCode.UNKNOWN_SYMBOL)


@pytest.mark.parametrize(
    ("ended", "code"),
    [
        (date(2025, 12, 31), RatingCode.USED),
        (date(2026, 3, 6), RatingCode.BEFORE_TRAINING_END),
        (None, RatingCode.BEFORE_TRAINING_END),
    ],
)
def test_rating_when_backtested_then_only_behind_the_end_of_training(ended: date | None, code: RatingCode) -> None:
    ratings = rate([reply(training_ended=ended)], ["000001"], CUT_OFF, as_of=date(2026, 3, 6))
    assert ratings["000001"].code is code


@pytest.mark.parametrize(
    ("outcomes", "ic", "weight"),
    [(0, 0.9, 0.0), (250, 0.04, 0.02), (750, 0.04, 0.03), (500, -0.2, 0.0)],
)
def test_record_when_it_grows_then_its_weight_is_shrunk_by_n_over_n_plus_250(
    outcomes: int, ic: float, weight: float
) -> None:
    assert record_weight(RatingRecord(outcomes=outcomes, rank_ic=ic), SETTINGS) == pytest.approx(weight)


def test_points_when_there_is_no_record_then_none() -> None:
    ratings = {"000001": Rating(symbol="000001", code=RatingCode.USED, value=1)}
    assert rating_points(ratings, RatingRecord(), SETTINGS) == {"000001": 0.0}
    half = rating_points(ratings, RatingRecord(outcomes=250, rank_ic=0.01), SETTINGS)
    assert half == {"000001": pytest.approx(2.5)}


@given(st.floats(-1, 1), st.floats(-1, 1), st.integers(0, 10**5), st.floats(-1, 1), st.floats(0, 20))
def test_points_when_a_rating_flips_then_they_move_by_the_cap_at_most(
    first: float, second: float, outcomes: int, ic: float, cap: float
) -> None:
    settings = SETTINGS.model_copy(update={"opinion_cap_points": cap})
    record = RatingRecord(outcomes=outcomes, rank_ic=ic)

    def points(value: float) -> float:
        rating = Rating(symbol="000001", code=RatingCode.USED, value=value)
        return rating_points({"000001": rating}, record, settings)["000001"]

    assert abs(points(first) - points(second)) <= cap + 1e-9
