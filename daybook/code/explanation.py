"""What a person reads of a run: a model's words about the result, checked number by number, or a template."""

import json
from collections.abc import Iterable

from pydantic import JsonValue

from daybook.ask.grounding import ungrounded_numbers
from daybook.ask.rendering import render_value
from daybook.code.intents import KEY, ReadIntents
from daybook.code.wording import origin_label, outcome_text, pick, reason_text
from daybook.contracts.base import KST, Side
from daybook.contracts.code import CodeOutcome, ExplainRun, ScriptIntent
from daybook.contracts.llm import ChatMessage, CompletionRequest, Purpose, Role
from daybook.contracts.tools import ToolStatus
from daybook.llm.fencing import FENCE_RULE, fence

MOST_OUTPUT_TOKENS = 700
LONGEST_RESULT = 8_000
"""Characters of a result's JSON that a model is shown; a script is asked for a short result."""
LONGEST_EXPLANATION = 4_000
_PIECE = 3_500

SYSTEM = (
    "You explain the result of a computation to a Korean individual investor, for Daybook, a trading desk. "
    "Say first what was found, then the figures it rests on, in at most six sentences or a short list. "
    "Write only numbers that stand in the result, rounded at most, never numbers you compute yourself. "
    "Say plainly what is missing. Give no advice to buy or sell and no promise of profit; proposed orders wait for a "
    "person. Plain text without tables."
)
"""The same for every run, so that providers can cache it."""
_LANGUAGES = {"ko": "Answer in Korean.", "en": "Answer in English."}


def explanation_request(request: ExplainRun) -> CompletionRequest:
    """Return the request for an explanation: the task and the result, nothing else of the run, and no tools.

    The result is fenced as data when any call of the run read text from outside.
    """
    run = request.run
    untrusted = any(call.is_untrusted for call in request.calls)
    text = json.dumps(request.result, ensure_ascii=False, separators=(",", ":"))
    if len(text) > LONGEST_RESULT:
        text = text[:LONGEST_RESULT] + " [cut here]"
    if untrusted:
        text = fence([text[at : at + _PIECE] for at in range(0, len(text), _PIECE)], "result of the script")
    asked = f"Task: {run.task}\n{_LANGUAGES[run.language]}\nResult:\n{text}"
    return CompletionRequest(
        purpose=Purpose.EXPLAIN,
        run_id=run.run_id,
        model=run.model,
        system=f"{SYSTEM} {FENCE_RULE}" if untrusted else SYSTEM,
        messages=(ChatMessage(role=Role.USER, text=asked),),
        max_output_tokens=MOST_OUTPUT_TOKENS,
        holds_untrusted=untrusted,
    )


def unfounded(text: str, request: ExplainRun) -> tuple[str, ...]:
    """Return the numbers of an explanation that neither result nor task holds."""
    run = request.run
    asked: list[JsonValue] = [run.task, run.asked_at.astimezone(KST).isoformat(), dict(request.script.inputs)]
    return ungrounded_numbers(text, [request.result, *asked])


def template(request: ExplainRun, read: ReadIntents) -> str:
    """Return the explanation without a model: the result as lines, or why there is none and what to do."""
    language = request.run.language
    lines = [origin_label(request.script.origin, language)] if request.script.code else []
    if request.outcome is CodeOutcome.DONE:
        shown = request.result
        if isinstance(shown, dict):
            shown = {key: value for key, value in shown.items() if key != KEY}
        body = render_value(shown, language)
        lines.append(body or pick(language, "결과가 비어 있습니다.", "The result is empty."))
    else:
        what = f"{outcome_text(request.outcome, language)}: {reason_text(request.reason, language)}"
        detail = " ".join(request.message.split())[:600]
        lines.append(f"{what} ({request.reason.value})." if request.reason else f"{what}.")
        lines += [detail] if detail else []
    lines += notes(request, read)
    return "\n".join(lines)


def notes(request: ExplainRun, read: ReadIntents) -> list[str]:
    """Return what belongs to every explanation: calls without a value, proposals, and those that were dropped."""
    language = request.run.language
    failed = [call for call in request.calls if call.status is not ToolStatus.OK]
    lines = []
    if failed:
        names = ", ".join(sorted({call.tool for call in failed}))
        lines.append(
            pick(
                language,
                f"※ 도구 호출 {len(request.calls)}건 중 {len(failed)}건은 값을 얻지 못했습니다 ({names}).",
                f"Note: {len(failed)} of {len(request.calls)} tool calls gave no value ({names}).",
            )
        )
    lines += [_proposal(intent, language) for intent in read.intents]
    if read.complaints:
        listed = "; ".join(read.complaints)
        lines.append(
            pick(language, f"※ 쓸 수 없는 주문 제안: {listed}", f"Note: proposals that cannot be used: {listed}")
        )
    return lines


def _proposal(intent: ScriptIntent, language: str) -> str:
    because = f" ({intent.rationale})" if intent.rationale else ""
    if language == "ko":
        side = "매수" if intent.side is Side.BUY else "매도"
        return (
            f"제안: {intent.symbol} {intent.shares:,}주 {intent.limit_price_krw:,}원 {side}{because}. "
            "승인 전에는 주문되지 않습니다."
        )
    return (
        f"Proposed: {intent.side.value} {intent.shares:,} {intent.symbol} at {intent.limit_price_krw:,} KRW{because}. "
        "Nothing is ordered before you approve."
    )


def joined(parts: Iterable[str]) -> str:
    """Return the parts of an explanation, empty ones left out."""
    return "\n".join(part for part in parts if part)
