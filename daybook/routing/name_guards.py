"""When a string that looks like a name of a security is one: word borders, Korean particles, and common words."""

import re
from importlib.resources import files

import yaml

_WORDS = yaml.safe_load(files("daybook.routing").joinpath("data", "name_guards.yaml").read_text(encoding="utf-8"))
GROUP_NAMES: tuple[str, ...] = tuple(_WORDS["groups"])
"""A group with several listed companies: an entity, but not a security anyone could order."""

_HANGUL = re.compile(r"[가-힣]")
_HANGUL_RUN = re.compile(r"[가-힣]*")
_PARTICLE = re.compile("|".join(sorted(_WORDS["particles"], key=len, reverse=True)))
_ATTACHED = re.compile("|".join(_WORDS["attached"]))
_DENIED_AFTER = {name: re.compile(pattern) for name, pattern in _WORDS["denied_after"].items()}
_ASKS_FOR_STOCK = frozenset(_WORDS["only_with_stock_words"])
_STOCK_CONTEXT = re.compile(
    r"주가|주식|종목|매수|매도|실적|뉴스|기사|공시|시세|차트|전망|상장|\d\s*주|[한두세네열]\s?주|사줘|팔아|담아|던져|손절|익절|잔고|배당|재무|"
    r"stock|share|buy|sell|news|price|earnings|trade"
)
_CASED_TICKERS = frozenset(_WORDS["upper_case_tickers"])
_CASED_NAMES = frozenset(_WORDS["capitalised_names"])
_BEFORE_NAME = re.compile(
    r"(?:\b(?:buy|sell|my|short|dump|into|hold|shares of|stock of|\d+|trim|long|of|on|in|for)|\$)\s*$", re.IGNORECASE
)
_BEFORE_LOWER_CASE = re.compile(
    r"(?:\b(?:buy|sell|my|short|dump|shares of|stock of|\d+|trim|long)|\$)\s*$", re.IGNORECASE
)
_ASCII_WORD = re.compile(r"[0-9a-z]", re.IGNORECASE)


def is_name_here(text: str, folded: str, start: int, end: int, written: str) -> bool:
    """Tell whether ``text[start:end]`` stands there as the name ``written``, not as part of another word."""
    surface = folded[start:end]
    squeezed = "".join(surface.split())
    spaced = len(squeezed) != len(surface)
    if spaced and " " not in written and (squeezed.isascii() or len(squeezed) < 4):
        return False
    denied = _DENIED_AFTER.get(squeezed)
    if denied is not None and denied.match(folded, end):
        return False
    if squeezed in _ASKS_FOR_STOCK and not _STOCK_CONTEXT.search(folded):
        return False
    if not _left_border(folded, start, squeezed) or not _right_border(folded, end, squeezed):
        return False
    return not squeezed.isascii() or _case_fits(text, start, end, written)


def _left_border(folded: str, start: int, squeezed: str) -> bool:
    if start == 0:
        return True
    before, first = folded[start - 1], squeezed[0]
    if _ASCII_WORD.match(first):
        return not _ASCII_WORD.match(before)
    return not _HANGUL.match(before) or len(squeezed) >= 4


def _right_border(folded: str, end: int, squeezed: str) -> bool:
    if end >= len(folded):
        return True
    after, last = folded[end], squeezed[-1]
    if _ASCII_WORD.match(last):
        return not _ASCII_WORD.match(after)
    run = _HANGUL_RUN.match(folded, end)
    rest = run.group() if run else ""
    if not rest or len(squeezed) >= 5:
        return True
    particle = _PARTICLE.fullmatch(rest)
    if particle or _ATTACHED.match(rest):
        return True
    stripped = _PARTICLE.match(rest)
    return bool(stripped and len(squeezed) >= 3 and _ATTACHED.match(rest, stripped.end()))


def _case_fits(text: str, start: int, end: int, written: str) -> bool:
    surface = text[start:end]
    before = text[max(0, start - 16) : start]
    if len(written) == 1:
        return surface.isupper() and bool(_BEFORE_NAME.search(before))
    if written in _CASED_TICKERS:
        return surface.isupper()
    if written in _CASED_NAMES:
        return surface[0].isupper() or bool(_BEFORE_LOWER_CASE.search(before))
    return True
