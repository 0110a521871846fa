"""Why no model answered, in one line for a person."""

from daybook.contracts.llm import FallbackReason

_LINES: dict[FallbackReason, tuple[str, str]] = {
    FallbackReason.NO_KEY: (
        "사용할 수 있는 AI 모델 키가 없어 규칙 기반으로 답합니다.",
        "No model key is set up, so rules answer.",
    ),
    FallbackReason.PROVIDER_DOWN: (
        "AI 모델 서버에 연결할 수 없어 규칙 기반으로 답합니다.",
        "The model's provider cannot be reached, so rules answer.",
    ),
    FallbackReason.RATE_LIMITED: (
        "AI 모델 사용 한도가 일시적으로 초과되어 규칙 기반으로 답합니다.",
        "The model's provider limits us for now, so rules answer.",
    ),
    FallbackReason.TIMEOUT: (
        "AI 모델이 제시간에 답하지 않아 규칙 기반으로 답합니다.",
        "The model did not answer in time, so rules answer.",
    ),
    FallbackReason.BUDGET_SPENT: (
        "설정한 AI 비용 한도를 모두 사용해 규칙 기반으로 답합니다.",
        "The budget for models is used up, so rules answer.",
    ),
    FallbackReason.SCHEMA_FAILURES: (
        "AI 모델의 답변 형식이 계속 잘못되어 규칙 기반으로 답합니다.",
        "The model's answers could not be read, so rules answer.",
    ),
    FallbackReason.REFUSED: (
        "AI 모델이 답변을 거절하여 규칙 기반으로 답합니다.",
        "The model declined to answer, so rules answer.",
    ),
    FallbackReason.BAD_REQUEST: (
        "AI 모델이 이 요청을 받아들이지 않아 규칙 기반으로 답합니다.",
        "The model's provider does not take this request, so rules answer.",
    ),
    FallbackReason.UNKNOWN_MODEL: (
        "설정된 AI 모델을 알 수 없어 규칙 기반으로 답합니다.",
        "The configured model is not known, so rules answer.",
    ),
    FallbackReason.MODEL_RETIRED: (
        "설정된 AI 모델의 서비스가 종료되어 규칙 기반으로 답합니다.",
        "The configured model has been switched off, so rules answer.",
    ),
}


def fallback_line(reason: FallbackReason, language: str) -> str:
    """Return the line in Korean (``ko``) or English (anything else)."""
    korean, english = _LINES[reason]
    return korean if language == "ko" else english
