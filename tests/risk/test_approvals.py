from typing import Any

import pytest

from daybook.contracts.base import Mode
from daybook.contracts.orders import OrderTicket, TicketOrigin
from daybook.contracts.reasons import DenialCode
from daybook.contracts.risk import CheckContext
from daybook.risk.checks import check_before_post, check_order
from tests.risk.facts import LIMITS, approval, before, buy, context, held_quote, quote, sell, sell_context

MISSING, FAT_FINGER = DenialCode.APPROVAL_MISSING, DenialCode.FAT_FINGER
LIVE_BUY = buy(mode=Mode.LIVE)


def live(ticket: OrderTicket = LIVE_BUY, **changes: Any) -> CheckContext:
    """Return an armed live desk on which a person said yes to ``ticket``, with the answer changed."""
    return context(mode=Mode.LIVE, armed=True, approval=approval(ticket, **changes))


def test_live_order_when_nobody_was_asked_then_a_person_is_asked_and_the_post_denied() -> None:
    facts = context(mode=Mode.LIVE, armed=True)
    result = check_order(LIVE_BUY, facts, LIMITS)
    assert (result.codes, result.needs_approval, result.may_send) == ((), (MISSING,), False)
    assert check_before_post(LIVE_BUY, facts, LIMITS).codes == (MISSING,)


def test_live_sell_when_nobody_was_asked_then_a_person_is_asked() -> None:
    result = check_order(sell(mode=Mode.LIVE), sell_context(mode=Mode.LIVE, armed=True), LIMITS)
    assert result.needs_approval == (MISSING,)


@pytest.mark.parametrize("mode", [Mode.PAPER, Mode.MOCK])
def test_demo_order_when_nobody_was_asked_then_it_may_be_sent(mode: Mode) -> None:
    assert check_order(buy(mode=mode), context(mode=mode), LIMITS).may_send


@pytest.mark.parametrize("origin", [TicketOrigin.QUESTION, TicketOrigin.SCRIPT])
def test_demo_order_when_a_question_or_a_script_asked_for_it_then_a_person_is_asked(origin: TicketOrigin) -> None:
    order = buy().model_copy(update={"origin": origin})
    assert check_order(order, context(), LIMITS).needs_approval == (MISSING,)
    assert check_before_post(order, context(), LIMITS).codes == (MISSING,)
    assert check_before_post(order, context(approval=approval(order)), LIMITS).codes == ()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"granted": False}, DenialCode.APPROVAL_REJECTED),
        ({"intent_id": "another"}, MISSING),
        ({"shares": 9}, MISSING),
        ({"limit_price_krw": 70_200}, MISSING),
        ({"answered_at": before(-2)}, MISSING),
        ({"answered_at": before(62)}, MISSING),
        ({"asked_at": before(600.1)}, DenialCode.APPROVAL_EXPIRED),
        ({"price_krw": 69_300}, DenialCode.APPROVAL_EXPIRED),
        ({"price_krw": 70_710}, DenialCode.APPROVAL_EXPIRED),
    ],
)
def test_live_order_when_the_answer_does_not_cover_it_then_denied(changes: dict[str, Any], code: DenialCode) -> None:
    result = check_order(LIVE_BUY, live(**changes), LIMITS)
    assert (result.codes, result.needs_approval) == ((code,), ())


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"asked_at": before(600)},
        {"answered_at": before(61)},
        {"answered_at": before(-1)},
        {"price_krw": 69_307},
        {"price_krw": 70_700},
        {"price_krw": 0},
    ],
)
def test_live_order_when_the_answer_just_covers_it_then_it_may_be_sent(changes: dict[str, Any]) -> None:
    assert check_order(LIVE_BUY, live(**changes), LIMITS).may_send
    assert check_before_post(LIVE_BUY, live(**changes), LIMITS).may_send


def test_approval_when_the_yes_came_late_then_it_is_a_no() -> None:
    late = live(asked_at=before(600), answered_at=before(-0.5))
    assert check_order(LIVE_BUY, late, LIMITS).codes == (DenialCode.APPROVAL_EXPIRED,)


def test_post_when_the_price_moved_then_only_the_full_check_sees_it() -> None:
    assert check_order(LIVE_BUY, live(price_krw=60_000), LIMITS).codes == (DenialCode.APPROVAL_EXPIRED,)


def test_no_when_nobody_had_to_be_asked_then_it_still_counts() -> None:
    ticket = buy()
    rejected = context(approval=approval(ticket, granted=False))
    assert check_order(ticket, rejected, LIMITS).codes == (DenialCode.APPROVAL_REJECTED,)
    assert check_before_post(ticket, rejected, LIMITS).codes == (DenialCode.APPROVAL_REJECTED,)


@pytest.mark.parametrize(("who", "text"), [("owner", "owner said no"), ("", "a person said no")])
def test_no_when_told_then_it_names_the_person(who: str, text: str) -> None:
    ticket = buy()
    (denial,) = check_order(ticket, context(approval=approval(ticket, granted=False, answered_by=who)), LIMITS).denials
    assert denial.text == text


def test_answer_when_it_is_of_another_intent_and_nobody_had_to_be_asked_then_ignored() -> None:
    ticket = buy()
    assert check_order(ticket, context(approval=approval(ticket, intent_id="other", granted=False)), LIMITS).may_send


@pytest.mark.parametrize(
    ("recent", "reasons"),
    [
        ((140_200,) * 5, ()),
        ((140_199,) * 5, (FAT_FINGER,)),
        ((100_000,) * 4, ()),
        ((), ()),
        ((1_000_000, 100_000, 100_000, 100_000, 1_000_000), (FAT_FINGER,)),
        ((1_000_000,) * 20 + (1,) * 80, ()),
        ((100_000, 100_000, 100_000, 1_000_000, 1_000_000, 1_000_000), ()),
    ],
)
def test_buy_when_far_above_the_median_of_recent_ones_then_a_person_is_asked(
    recent: tuple[int, ...], reasons: tuple[DenialCode, ...]
) -> None:
    result = check_order(buy(), context(recent_notionals_krw=recent), LIMITS)
    assert (result.codes, result.needs_approval) == ((), reasons)


def test_sell_when_far_above_the_median_then_nobody_is_asked() -> None:
    facts = sell_context(recent_notionals_krw=(1_000,) * 10, quote=held_quote())
    assert check_order(sell(), facts, LIMITS).may_send


def test_median_when_no_minimum_is_asked_and_there_are_no_orders_then_nobody_is_asked() -> None:
    assert check_order(buy(), context(), LIMITS.model_copy(update={"fat_finger_min_orders": 0})).may_send


def test_reason_when_an_earlier_check_found_it_then_the_post_still_needs_the_answer() -> None:
    ticket = buy()
    asked = context(approval_reasons=(FAT_FINGER,))
    assert check_order(ticket, asked, LIMITS).needs_approval == (FAT_FINGER,)
    assert check_before_post(ticket, asked, LIMITS).codes == (MISSING,)
    answered = context(approval_reasons=(FAT_FINGER,), approval=approval(ticket))
    assert check_before_post(ticket, answered, LIMITS).may_send


def test_approval_when_the_quote_is_missing_then_the_missing_quote_denies() -> None:
    facts = live().model_copy(update={"quote": None})
    assert check_order(LIVE_BUY, facts, LIMITS).codes == (DenialCode.STALE_PRICE,)
    facts = live().model_copy(update={"quote": quote(price_krw=0)})
    assert check_order(LIVE_BUY, facts, LIMITS).codes == (DenialCode.STALE_PRICE,)


def test_ticket_when_written_for_live_and_sent_elsewhere_then_mismatch_and_still_asked() -> None:
    result = check_order(LIVE_BUY, context(), LIMITS)
    assert (result.codes, result.needs_approval) == ((DenialCode.MODE_MISMATCH,), (MISSING,))
