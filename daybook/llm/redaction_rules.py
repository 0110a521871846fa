"""The shapes of secrets and personal data, in the order they are looked for."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from daybook.llm.redaction_checks import is_card, is_not_a_date_pair, is_resident_number


class Kind(StrEnum):
    """What a placeholder stands for."""

    ACCOUNT = "ACCOUNT"
    RESIDENT_NUMBER = "RESIDENT_NUMBER"
    PHONE = "PHONE"
    EMAIL = "EMAIL"
    CARD = "CARD"
    SECRET = "SECRET"  # noqa: S105 - the name of a kind, not a secret
    LITERAL = "LITERAL"
    """Text that looked like a placeholder already; it is put back as it was."""


_DASH = r"[-‐‑‒–—−－]"
_ACCOUNT_WORD = r"(?:계좌(?:\s*번호)?|종합\s*계좌|account(?:\s*(?:no|number))?|acct|acnt|CANO|ACNT_NO)"
_NAME_BEFORE = (
    r"(?:app_?key|app_?secret|secret_?key|api_?key|apikey|approval_?key|access_?token|refresh_?token|token|password|"
    r"passwd|secret|client_?secret|비밀번호|앱\s*키|앱\s*시크릿|시크릿\s*키|접근\s*토큰)"
)


@dataclass(frozen=True, slots=True)
class Rule:
    """A shape of something to hide: ``group`` of the pattern is hidden where ``accept`` agrees."""

    kind: Kind
    pattern: re.Pattern[str]
    group: int = 0
    accept: Callable[[str], bool] = field(default=lambda text: True)


def _is_no_word(text: str) -> bool:
    return any(character.isdigit() or character == "=" for character in text) or len(text) >= 20


RULES: tuple[Rule, ...] = (
    Rule(Kind.SECRET, re.compile(r"\beyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?")),
    Rule(Kind.SECRET, re.compile(r"(?i)\bbearer\s+([\w.~+/=-]{8,})"), group=1, accept=_is_no_word),
    Rule(Kind.SECRET, re.compile(r"(?i)\bbasic\s+([A-Za-z0-9+/]{12,}={0,2})(?![\w])"), group=1, accept=_is_no_word),
    Rule(Kind.SECRET, re.compile(r"\b(?:sk|pk|rk)-[A-Za-z0-9_-]{16,}")),
    Rule(Kind.SECRET, re.compile(r"\bAIza[A-Za-z0-9_-]{30,}|\bAQ\.[A-Za-z0-9_-]{20,}|\bAKIA[A-Z0-9]{16}\b")),
    Rule(Kind.SECRET, re.compile(r"\b(?:gh[opsu]_|github_pat_|xox[abpr]-|hf_)[A-Za-z0-9_-]{16,}")),
    Rule(Kind.SECRET, re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)")),
    Rule(Kind.SECRET, re.compile(r"://[^\s:/@]*:([^\s@/]+)(?=@)"), group=1),
    Rule(Kind.SECRET, re.compile(r"(?<![A-Za-z0-9])PS[A-Za-z0-9]{34}(?![A-Za-z0-9])")),
    Rule(Kind.SECRET, re.compile(r"(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{120,}={0,2}(?![A-Za-z0-9+/=])")),
    Rule(
        Kind.SECRET,
        re.compile(rf"(?i){_NAME_BEFORE}[\"'\\]*\s*(?:[:=]|은|는|is)\s*[\"'\\]*([^\s\"'\\,;}}&<]{{6,}})"),
        group=1,
        accept=_is_no_word,
    ),
    Rule(Kind.SECRET, re.compile(r"(?i)(?:비밀번호|비번|\bPIN(?:\s*번호)?)\s*(?:[:=]|은|는|이)?\s*(\d{4,})"), group=1),
    Rule(Kind.EMAIL, re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]+\.)+[A-Za-z가-힣]{2,}")),
    Rule(
        Kind.RESIDENT_NUMBER,
        re.compile(rf"(?<![\d.,])\d{{6}}(?: ?{_DASH} ?)?[0-9]\d{{6}}(?![\d]|[.,]\d)"),
        accept=is_resident_number,
    ),
    Rule(
        Kind.CARD,
        re.compile(
            rf"(?<![\d.,])(?:\d{{4}}(?:{_DASH}| )?){{3}}\d{{1,7}}(?![\d]|[.,]\d)|"
            rf"(?<![\d.,])\d{{4}}(?:{_DASH}| )?\d{{6}}(?:{_DASH}| )?\d{{5}}(?![\d]|[.,]\d)"
        ),
        accept=is_card,
    ),
    Rule(
        Kind.PHONE,
        re.compile(
            rf"(?<![\d.,])(?:\+?82\s?{_DASH}?\s?\(?0?\)?1[016-9]|01[016-9])"
            rf"(?:{_DASH}|[ .])?\d{{3,4}}(?:{_DASH}|[ .])\d{{4}}(?!\d)|"
            rf"(?<![\d.,])(?:\+?82\s?{_DASH}?\s?10|010)\d{{8}}(?!\d)|"
            rf"(?<![\d.,])\(?0(?:2|[3-6][1-5]|70|50\d)\)?\s?{_DASH}\s?\d{{3,4}}\s?{_DASH}\s?\d{{4}}(?!\d)"
        ),
    ),
    Rule(
        Kind.ACCOUNT,
        re.compile(rf"(?<![\d.,])(?<!\d[-–])\d{{8}}\s?{_DASH}\s?\d{{2}}(?!\d|[.,]\d|{_DASH}\d)"),
        accept=is_not_a_date_pair,
    ),
    Rule(
        Kind.ACCOUNT,
        re.compile(
            rf"(?i){_ACCOUNT_WORD}[\"'\\]*\s*(?:[:=#]|은|는|is)?\s*[\"'\\]*"
            rf"(\d{{8}}(?: ?{_DASH}? ?\d{{2}})?)(?!\d|{_DASH}\d)"
        ),
        group=1,
    ),
)
"""Secrets first, so that a digit run inside a key is not taken for an account; specific numbers before general ones."""
