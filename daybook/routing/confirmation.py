"""What a person is asked when a text may be an order: what was read, why it is no ticket yet, and how to write it."""

from collections.abc import Sequence
from typing import Final

from daybook.contracts.base import Side
from daybook.contracts.orders import OrderKind
from daybook.contracts.routing import OrderDraft
from daybook.routing.order_text import OrderDoubt

_DOUBTS: Final[dict[OrderDoubt, tuple[str, str]]] = {
    OrderDoubt.FOREIGN: (
        "한국거래소에 상장된 종목만 원화로 주문할 수 있습니다.",
        "Only shares listed on the Korea Exchange can be ordered, in won.",
    ),
    OrderDoubt.GROUP: (
        "그룹 이름만으로는 어느 종목인지 알 수 없습니다.",
        "The name of a group does not say which of its shares.",
    ),
    OrderDoubt.CHANGE: (
        '말로는 주문을 고치거나 취소할 수 없습니다. "daybook orders"로 보고, 승인 전이면 "daybook reject"를 쓰세요.',
        'Words cannot change or cancel an order. See "daybook orders"; one that waits for you: "daybook reject".',
    ),
    OrderDoubt.CONDITION: (
        "조건이 붙은 주문은 받지 않습니다. 지금 낼 주문만 적어 주세요.",
        "Conditional orders are not taken; write only what is to be ordered now.",
    ),
    OrderDoubt.STOP: (
        "가격에 닿으면 파는 손절·익절 주문은 받지 않습니다.",
        "Stop orders with a trigger price are not taken.",
    ),
    OrderDoubt.SEVERAL: ("주문은 한 번에 하나씩 적어 주세요.", "Write one order at a time."),
    OrderDoubt.CONFLICT: ("서로 맞지 않는 내용이 있습니다.", "Parts of it contradict each other."),
    OrderDoubt.PART: ("몇 주인지 숫자로 적어 주세요.", "Say how many shares, as a number."),
    OrderDoubt.UNCLEAR_NUMBER: (
        "수량인지 가격인지 금액인지 분명하지 않은 숫자가 있습니다.",
        "A number may be shares, a price or a sum.",
    ),
    OrderDoubt.TOO_LONG: ("주문만 짧게 적어 주세요.", "Write the order alone, in one short line."),
}
_MISSING: Final = {
    "symbol": ("종목", "which stock"),
    "side": ("매수·매도", "buy or sell"),
    "shares": ("수량", "how many shares"),
    "limit_price_krw": ("지정가", "the limit price"),
}
_EXAMPLES: Final = ('예: "카카오 5주 45,000원에 매수"', 'Example: "buy 5 shares of Kakao at 45,000 won"')
_KOREAN_SIDES: Final = {Side.BUY: "매수", Side.SELL: "매도"}


def order_phrase(draft: OrderDraft, language: str) -> str:
    """Return a draft as order text; a complete one reads back as the same draft."""
    name = draft.name or draft.symbol or ""
    if language == "ko":
        size = f"{draft.shares:,}주" if draft.shares else "전부" if draft.all_shares else ""
        money = f"{draft.amount_krw:,}원어치" if draft.amount_krw else ""
        price = f"{draft.limit_price_krw:,}원에" if draft.limit_price_krw else ""
        how = "시장가로" if draft.kind is OrderKind.MARKET else ""
        parts = (name, size, money, price, how, _KOREAN_SIDES[draft.side] if draft.side else "")
    else:
        size = f"{draft.shares:,} shares of" if draft.shares else "all" if draft.all_shares else ""
        money = f"{draft.amount_krw:,} won worth of" if draft.amount_krw else ""
        price = f"at {draft.limit_price_krw:,} won" if draft.limit_price_krw else ""
        how = "at market" if draft.kind is OrderKind.MARKET else ""
        parts = (draft.side.value if draft.side else "", size, money, name, price, how)
    return " ".join(part for part in parts if part)


def confirmation(draft: OrderDraft, doubts: Sequence[OrderDoubt], language: str) -> str:
    """Ask whether an order is meant; says what was read, what stands against it and what is missing."""
    korean = language == "ko"
    lines = ["주문을 원하시나요? 아직 아무것도 주문하지 않았습니다." if korean
             else "Do you mean an order? Nothing has been ordered."]  # fmt: skip
    read = order_phrase(draft, language)
    if draft.side is not None or draft.symbol is not None:
        lines.append(f"이렇게 읽었습니다: {read}" if korean else f"I read: {read}")
    lines += [_DOUBTS[doubt][0 if korean else 1] for doubt in doubts if doubt in _DOUBTS]
    missing = [_MISSING[name][0 if korean else 1] for name in draft.missing if name in _MISSING]
    can_be_fixed = not {OrderDoubt.FOREIGN, OrderDoubt.CHANGE} & set(doubts)
    if missing and can_be_fixed:
        lines.append(f"빠진 것: {', '.join(missing)}" if korean else f"Missing: {', '.join(missing)}")
    if can_be_fixed:
        whole = not draft.missing and draft.side is not None
        example = (f'맞다면 이렇게 적어 주세요: "{read}"' if korean else f'If so, write: "{read}"') if whole else (
            _EXAMPLES[0 if korean else 1]
        )  # fmt: skip
        lines.append(example)
    return "\n".join(lines)
