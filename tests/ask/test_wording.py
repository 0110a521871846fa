import pytest

from daybook.ask.denials import KOREAN
from daybook.ask.wording import draft_refusal, no_ticket, no_tool_answer
from daybook.contracts.drafts import DraftDenial
from daybook.contracts.reasons import DenialCode

DENIALS = (
    DraftDenial(code=DenialCode.PRICE_LIMIT, text="1,000 won is outside the day's limits"),
    DraftDenial(code=DenialCode.CASH, text="3 won are missing"),
)


def test_denials_when_told_in_korean_then_every_code_has_a_sentence() -> None:
    assert set(KOREAN) == set(DenialCode)
    assert all("가" <= text[0] <= "힣" for text in KOREAN.values())


def test_draft_when_refused_then_each_reason_has_a_line_with_its_code() -> None:
    lines = draft_refusal(DENIALS, "ko").splitlines()
    assert lines[0].endswith("아무것도 주문하지 않았습니다.")
    assert lines[1:] == [
        "- 상한가와 하한가 밖의 가격입니다 (PRICE_LIMIT: 1,000 won is outside the day's limits)",
        "- 주문가능현금이 모자랍니다 (CASH: 3 won are missing)",
    ]
    english = draft_refusal(DENIALS, "en").splitlines()
    assert english[0].endswith("Nothing has been ordered.")
    assert english[2] == "- CASH: 3 won are missing"


@pytest.mark.parametrize(
    ("language", "said"), [("ko", "아무것도 주문하지 않았습니다"), ("en", "Nothing has been ordered")]
)
def test_order_when_no_draft_can_be_made_then_it_says_that_nothing_was_ordered(language: str, said: str) -> None:
    text = no_ticket(["no share can be sold"], language)
    assert said in text
    assert text.endswith("no share can be sold")


def test_tool_when_it_has_no_answer_then_the_reason_is_told() -> None:
    assert no_tool_answer(["the broker is down"], "ko") == "지금은 답할 수 없습니다: the broker is down"
    assert no_tool_answer([], "en") == "This cannot be answered now."
