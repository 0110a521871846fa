"""Fixed sentences of answers, Korean and English."""

from collections.abc import Mapping, Sequence

from daybook.ask.denials import KOREAN
from daybook.contracts.ask import TicketCard
from daybook.contracts.base import KST, Side
from daybook.contracts.drafts import DraftDenial
from daybook.contracts.llm import FallbackReason

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


def pick(language: str, korean: str, english: str) -> str:
    """Return the text in the language of the answer."""
    return korean if language == "ko" else english


def fallback_label(reason: FallbackReason | None, language: str) -> str:
    """Return the label of an answer that no model gave."""
    korean, english = _REASONS.get(reason, ("모델을 쓰지 않았습니다", "no model was asked")) if reason else ("", "")
    if reason is None:
        return pick(language, "[규칙 기반 답변]", "[rule-based answer]")
    return pick(language, f"[규칙 기반 답변: {korean}]", f"[rule-based answer: {english}]")


def ticket_text(card: TicketCard, language: str) -> str:
    """Describe a ticket that waits for a person."""
    until = card.valid_until.astimezone(KST)
    name = f"{card.name} ({card.symbol})" if card.name else card.symbol
    price_ko = f"{card.limit_price_krw:,}원" if card.limit_price_krw else "시장가"
    price_en = f"at {card.limit_price_krw:,} KRW" if card.limit_price_krw else "at market"
    if language == "ko":
        side = "매수" if card.side is Side.BUY else "매도"
        return (
            f"주문서를 만들었습니다: {name} {card.shares:,}주 {price_ko} {side}, "
            f"예상 금액 {card.estimated_cost_krw:,}원. 승인 전에는 전송되지 않습니다. "
            f"{until:%H:%M}까지 승인: daybook approve {card.intent_id} · 거절: daybook reject {card.intent_id}"
        )
    return (
        f"An order ticket waits for you: {card.side.value} {card.shares:,} {name} {price_en}, "
        f"about {card.estimated_cost_krw:,} KRW. Nothing is sent before you approve. "
        f"Until {until:%H:%M}: daybook approve {card.intent_id} - or: daybook reject {card.intent_id}"
    )


def draft_refusal(denials: Sequence[DraftDenial], language: str) -> str:
    """Say why a draft did not become a ticket, a line for each reason."""
    head = pick(
        language,
        "지금은 이 주문을 보낼 수 없어 주문서를 만들지 않았습니다. 아무것도 주문하지 않았습니다.",
        "This order would be denied now, so no ticket was opened. Nothing has been ordered.",
    )
    reasons = [f"{denial.code.value}: {denial.text}" for denial in denials]
    if language == "ko":
        reasons = [f"{KOREAN[denial.code]} ({reason})" for denial, reason in zip(denials, reasons, strict=True)]
    return "\n".join((head, *(f"- {reason}" for reason in reasons)))


def no_ticket(reasons: Sequence[str], language: str) -> str:
    """Say that an order could not even be drafted."""
    head = pick(
        language,
        "주문서를 만들 수 없습니다. 아무것도 주문하지 않았습니다.",
        "No ticket could be drafted. Nothing has been ordered.",
    )
    return "\n".join((head, *(f"- {reason}" for reason in reasons)))


def no_tool_answer(reasons: Sequence[str], language: str) -> str:
    """Say that the one tool that would answer has no answer."""
    head = pick(language, "지금은 답할 수 없습니다", "This cannot be answered now")
    return f"{head}: {'; '.join(reasons)}" if reasons else f"{head}."
