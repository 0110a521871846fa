"""Order text as a row of words of known meaning; what is not known stays a word of its own."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Protocol

from daybook.routing import order_words as words
from daybook.routing.numbers import NumberFound, number_at
from daybook.routing.order_words import Word
from daybook.routing.securities import Mention, fold

MOST_WORDS: Final = 200
_LARGEST = Decimal(10) ** 15
_SPACE = re.compile(r"\s+")
_UNKNOWN = re.compile(r"[^\s,.!?]+|.", re.DOTALL)


class FindsNames(Protocol):
    """What finds the securities of a text: ``daybook.routing.securities.Securities``."""

    def find(self, text: str) -> tuple[Mention, ...]:
        """Return the securities named in ``text``, in order and without overlap."""
        ...


@dataclass(frozen=True, slots=True)
class Token:
    """One word of an order text. ``number`` belongs to numbers, ``named`` to names."""

    word: Word
    text: str
    number: Decimal | None = None
    named: Mention | None = None


def tokens_of(text: str, names: FindsNames) -> tuple[Token, ...]:
    """Return the words of ``text``, which is plain (see ``plain``) and short.

    After ``MOST_WORDS`` words the rest is one unknown word.
    """
    by_start = {found.start: found for found in names.find(text)}
    text = fold(text)
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        space = _SPACE.match(text, position)
        if space is not None:
            position = space.end()
            continue
        if len(tokens) >= MOST_WORDS:
            tokens.append(Token(Word.OTHER, text[position:]))
            break
        token, position = _next(text, position, by_start, tokens)
        tokens.append(token)
    return tuple(tokens)


def _next(text: str, position: int, names: dict[int, Mention], before: Sequence[Token]) -> tuple[Token, int]:
    named = names.get(position)
    if named is not None:
        particle = words.PARTICLE.match(text, named.end)
        end = particle.end() if particle is not None else named.end
        return Token(Word.NAME, text[position:end], named=named), end
    found = _number(text, position) or _pattern(text, position)
    if found is not None and found[1] > position:
        return found
    unknown = _UNKNOWN.match(text, position)
    assert unknown is not None  # any character matches
    end = min([unknown.end(), *(start for start in names if position < start < unknown.end())])
    return Token(Word.OTHER, text[position:end]), end


def _pattern(text: str, position: int) -> tuple[Token, int] | None:
    """Return the word whose pattern matches the most; of equals the first listed."""
    best: tuple[Token, int] | None = None
    for word, pattern in words.PATTERNS:
        match = pattern.match(text, position)
        if match is not None and match.end() > (best[1] if best else position):
            best = Token(word, match[0]), match.end()
    return best


def _number(text: str, position: int) -> tuple[Token, int] | None:
    """Read a number with what stands before and behind it, which say what it counts."""
    foreign = words.FOREIGN_SIGN.match(text, position)
    if foreign is not None:
        number = number_at(text, foreign.end())
        return _token(Word.FOREIGN_MONEY, text, position, number.end, number) if number else None
    for pattern, unit, word in (
        (words.PRICE_LEAD, words.WON_UNIT, Word.PRICE),
        (words.AMOUNT_LEAD, words.WON_UNIT, Word.AMOUNT),
    ):
        lead = pattern.match(text, position)
        if lead is None:
            continue
        found = _led(text, position, lead.end(), unit, word)
        if found is not None:
            return found
    sign = words.WON_SIGN.match(text, position)
    number = number_at(text, sign.end() if sign else position)
    if number is None or number.value > _LARGEST:
        return None
    return _with_unit(text, position, number, has_sign=sign is not None)


def _led(text: str, position: int, begin: int, unit: re.Pattern[str], word: Word) -> tuple[Token, int] | None:
    """Read ``at 70k``, ``limit 71,500 won``, ``worth 1m won``; a sum needs its currency, a price does not."""
    sign = words.WON_SIGN.match(text, begin)
    number = number_at(text, sign.end() if sign else begin)
    if number is None or number.value > _LARGEST:
        return None
    if words.FOREIGN_UNIT.match(text, number.end):
        return _token(Word.FOREIGN_MONEY, text, position, number.end, number)
    if words.SHARES_UNIT.match(text, number.end) or words.AMOUNT_UNIT.match(text, number.end):
        return None
    each = words.PRICE_UNIT.match(text, number.end) if word is Word.PRICE else None
    has_unit = each or unit.match(text, number.end)
    if has_unit:
        return _token(word, text, position, has_unit.end(), number)
    if word is Word.AMOUNT and sign is None:
        return None
    return _token(word, text, position, number.end, number) if _ends(text, number.end) else None


def _with_unit(text: str, position: int, number: NumberFound, *, has_sign: bool) -> tuple[Token, int] | None:
    units: Iterable[tuple[re.Pattern[str], Word]] = (
        (words.FOREIGN_UNIT, Word.FOREIGN_MONEY),
        (words.AMOUNT_UNIT, Word.AMOUNT),
        (words.SHARES_UNIT, Word.SHARES),
        (words.PRICE_UNIT, Word.PRICE),
        (words.WON_UNIT, Word.WON),
    )
    for unit, word in units:
        match = unit.match(text, number.end)
        if match is None or (number.is_native and word is not Word.SHARES):
            continue
        if has_sign and word is Word.SHARES:
            continue
        return _token(word, text, position, match.end(), number)
    if has_sign:
        return _token(Word.WON, text, position, number.end, number)
    if text[position].isdigit() or (text[position].isascii() and _ends(text, number.end)):
        return _token(Word.BARE, text, position, number.end, number) if _ends(text, number.end) else None
    return None


def _token(word: Word, text: str, start: int, end: int, number: NumberFound) -> tuple[Token, int]:
    return Token(word, text[start:end].strip(), number=number.value), end


def _ends(text: str, position: int) -> bool:
    return position >= len(text) or not text[position].isalnum()
