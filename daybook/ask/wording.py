"""Fixed sentences of answers, Korean and English."""

from collections.abc import Mapping

from daybook.contracts.ask import TicketCard
from daybook.contracts.base import KST, Side
from daybook.contracts.llm import FallbackReason
from daybook.contracts.routing import OrderDraft

_REASONS: Mapping[FallbackReason, tuple[str, str]] = {
    FallbackReason.NO_KEY: ("모델 키가 없습니다", "no model has a key"),
    FallbackReason.PROVIDER_DOWN: ("모델 제공자가 응답하지 않습니다", "the provider is down"),
    FallbackReason.RATE_LIMITED: ("모델 호출 한도에 걸렸습니다", "the provider limits the rate"),
    FallbackReason.TIMEOUT: ("모델이 제때 답하지 않았습니다", "the model did not answer in time"),
    FallbackReason.BUDGET_SPENT: ("모델 예산을 다 썼습니다", "the budget for models is spent"),
    FallbackReason.SCHEMA_FAILURES: ("모델의 답을 읽을 수 없었습니다", "the model's answers could not be read"),
    FallbackReason.REFUSED: ("모델이 답을 거절했습니다", "the model refused"),
    FallbackReason.BAD_REQUEST: ("모델이 요청을 받지 않았습니다", "the provider refused the request"),
    FallbackReason.UNKNOWN_MODEL: ("모르는 모델입니다", "the model is not known"),
    FallbackReason.MODEL_RETIRED: ("종료된 모델입니다", "the model was shut down"),
}
_MISSING = {
    "symbol": ("종목", "which stock"),
    "side": ("매수/매도", "buy or sell"),
    "shares": ("수량", "how many shares"),
    "limit_price_krw": ("가격", "at what price"),
    "kind": ("지정가/시장가", "limit or market"),
}


def pick(language: str, korean: str, english: str) -> str:
    """Return the text in the language of the answer."""
    return korean if language == "ko" else english


def fallback_label(reason: FallbackReason | None, language: str) -> str:
    """Return the label of an answer that no model gave."""
    korean, english = _REASONS.get(reason, ("모델을 쓰지 않았습니다", "no model was asked")) if reason else ("", "")
    if reason is None:
        return pick(language, "[규칙 기반 답변]", "[rule-based answer]")
    return pick(language, f"[규칙 기반 답변: {korean}]", f"[rule-based answer: {english}]")


def order_line(draft: OrderDraft, language: str) -> str:
    """Return an order draft in words; what is open is left out."""
    name = draft.name or draft.symbol or ""
    if language == "ko":
        parts = [
            name,
            f"{draft.shares:,}주" if draft.shares else "전량" if draft.all_shares else "",
            f"{draft.amount_krw:,}원어치" if draft.amount_krw else "",
            f"{draft.limit_price_krw:,}원" if draft.limit_price_krw else "",
            {Side.BUY: "매수", Side.SELL: "매도"}.get(draft.side, "") if draft.side else "",
        ]
    else:
        parts = [
            draft.side.value if draft.side else "",
            f"{draft.shares:,}" if draft.shares else "all" if draft.all_shares else "",
            f"{draft.amount_krw:,} KRW of" if draft.amount_krw else "",
            name,
            f"at {draft.limit_price_krw:,} KRW" if draft.limit_price_krw else "",
        ]
    return " ".join(part for part in parts if part)


def confirmation(draft: OrderDraft | None, language: str) -> str:
    """Ask whether an order is meant, and what it still needs."""
    line = order_line(draft, language) if draft else ""
    missing = [_MISSING.get(name, (name, name)) for name in (draft.missing if draft else ())]
    if language == "ko":
        needs = f" 더 필요한 것: {', '.join(row[0] for row in missing)}." if missing else ""
        read = f" 이렇게 읽었습니다: {line}." if line else ""
        return (
            f"주문을 원하시나요?{read}{needs} 주문하려면 예를 들어 '삼성전자 10주 70,000원에 매수'처럼 써 주세요. "
            "아무것도 주문하지 않았습니다."
        )
    needs = f" It still needs: {', '.join(row[1] for row in missing)}." if missing else ""
    read = f" I read: {line}." if line else ""
    return (
        f"Do you mean an order?{read}{needs} To order, write for example 'buy 10 shares of 005930 at 70,000 won'. "
        "Nothing has been ordered."
    )


def ticket_text(card: TicketCard, language: str) -> str:
    """Describe a ticket that waits for a person."""
    until = card.valid_until.astimezone(KST)
    name = f"{card.name} ({card.symbol})" if card.name else card.symbol
    if language == "ko":
        side = "매수" if card.side is Side.BUY else "매도"
        return (
            f"주문서를 만들었습니다: {name} {card.shares:,}주 {card.limit_price_krw:,}원 {side}, "
            f"예상 금액 {card.estimated_cost_krw:,}원. 승인 전에는 전송되지 않습니다. "
            f"{until:%H:%M}까지 승인: daybook approve {card.intent_id} · 거절: daybook reject {card.intent_id}"
        )
    return (
        f"An order ticket waits for you: {card.side.value} {card.shares:,} {name} at {card.limit_price_krw:,} KRW, "
        f"about {card.estimated_cost_krw:,} KRW. Nothing is sent before you approve. "
        f"Until {until:%H:%M}: daybook approve {card.intent_id} - or: daybook reject {card.intent_id}"
    )
