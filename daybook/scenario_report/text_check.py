"""Whether a model's words about a result may be shown: known numbers, known actions, no orders, no markup."""

import re

from pydantic import JsonValue

from daybook.risk.response.playbook import PLAYBOOK
from daybook.scenario_report.known_numbers import known_numbers
from daybook.scenario_report.number_check import unmatched_numbers

LONGEST_TEXT = 2_500
_MARKUP = re.compile(r"https?:|www\.|\w\.(?:com|net|io|kr|org)\b|!\[|\]\(|<[a-z/!]|`|\{\"|<<<|>>>", re.IGNORECASE)
_CALL_TO_TRADE = re.compile(
    r"(?:매수|매도|청산|손절|익절|주문)\s*(?:를|을)?\s*(?:하세요|하십시오|하라|해야|권고|추천|권장|실행)|지금\s*(?:사|팔)|전량\s*매[수도]"
    r"|\b(?:buy|sell|liquidate|short)\b\W+(?:\w+\W+){0,2}?(?:now|immediately|all|everything)\b"
    r"|\byou (?:should|must) (?:buy|sell)\b|(?:수익|이익)\S{0,2}\s*(?:보장|확실)(?!하지|되지)"
    r"|guaranteed? (?:profit|return|gain)s?",
    re.IGNORECASE,
)
_ACTION = re.compile(r"(?<![A-Za-z0-9_.-])A\s?-?(\d{1,2})(?![A-Za-z0-9_]|[.,]\d)")
_PHRASES: dict[str, tuple[str, ...]] = {
    "A1": ("notify", "알림"),
    "A2": ("raise cash", "현금 확보"),
    "A3": ("inverse", "인버스"),
    "A4": (
        "stop new orders",
        "cancel open",
        "halt new orders",
        "halt trading",
        "신규 주문 중지",
        "미체결 취소",
        "거래 중지",
    ),
    "A5": ("rotate", "revoke", "키 교체", "키를 교체", "토큰 폐기"),
    "A6": ("downgrade", "모드 강등", "read-only", "읽기 전용"),
    "A7": ("freeze withdrawal", "freezing withdrawal", "출금 동결", "출금 정지", "출금을 동결", "출금을 정지"),
    "A8": ("tighten limit", "two-person", "한도 축소", "이중 승인", "한도 강화"),
    "A9": ("snapshot evidence", "증거 보존", "증거를 보존"),
}
"""How an action may be named without its code."""


def why_refused(text: str, facts: dict[str, JsonValue]) -> str:
    """Return why a model's text may not be shown; "" when it may. Facts are those of the result."""
    if not text.strip():
        return "it is empty"
    if len(text) > LONGEST_TEXT:
        return "it is too long"
    if _MARKUP.search(text):
        return "it holds an address or markup"
    if _CALL_TO_TRADE.search(text):
        return "it tells to trade or promises a profit"
    if unknown := foreign_actions(text, facts):
        return f"it names {', '.join(unknown)}, which the result's playbook does not hold"
    if numbers := unmatched_numbers(text, known_numbers(facts)):
        return f"numbers without a source: {', '.join(numbers[:6])}"
    return ""


def foreign_actions(text: str, facts: dict[str, JsonValue]) -> tuple[str, ...]:
    """Return the playbook actions a text names, by code or in words, that the facts' playbook does not hold.

    Words that are part of a control's or threat's name in the facts do not count.
    """
    rows = facts.get("playbook")
    known = {str(row["action"]) for row in rows if isinstance(row, dict)} if isinstance(rows, list) else set()
    found = [f"A{int(number)}" for number in _ACTION.findall(text) if f"A{int(number)}" not in known]
    plain = text.lower()
    for name in sorted(_names(facts), key=lambda name: (-len(name), name)):
        plain = plain.replace(name.lower(), " ")
    for rule in PLAYBOOK:
        code = rule.code.value
        if code not in known and any(
            phrase.lower() in plain for phrase in (rule.name_ko, *_worded(rule.name_en), *_PHRASES[code])
        ):
            found.append(code)
    return tuple(dict.fromkeys(found))


def _worded(name: str) -> tuple[str, ...]:
    """Return a name of several words; one common word names no action by itself."""
    return (name,) if " " in name else ()


def _names(value: JsonValue) -> set[str]:
    """Return the names of controls and threats of the facts."""
    if isinstance(value, dict):
        own = {str(value[key]) for key in ("name_ko", "name_en") if value.get(key) and "action" not in value}
        return {name for name in own if len(name) > 2}.union(*(_names(inner) for inner in value.values()), set())
    if isinstance(value, list):
        return set().union(*(_names(inner) for inner in value), set())
    return set()
