"""Slips of the keyboard and of sounds that hide a word the desk acts on: 매수헤줘, 백태스트, byu, headlnes."""

import re
from functools import lru_cache
from importlib.resources import files

import yaml

_WORD = re.compile(r"[a-z]{3,16}")
_JAMO_VOWEL_FIRST = 0xAC00
_VOWELS = 28
_SAME_SOUND = {5: 1, 7: 3}
"""Medial vowels that sound alike today: ㅔ is folded on ㅐ, ㅖ on ㅒ."""


@lru_cache(maxsize=1)
def _data() -> tuple[
    tuple[tuple[re.Pattern[str], str], ...],
    dict[str, str],
    dict[str, tuple[str, ...]],
    frozenset[str],
]:
    raw = yaml.safe_load(files("daybook.routing").joinpath("data", "spelling.yaml").read_text(encoding="utf-8"))
    fixes = tuple((re.compile(pattern), right) for pattern, right in raw["korean"].items())
    by_head: dict[str, list[str]] = {}
    for word in raw["english_words"]:
        by_head.setdefault(word[0], []).append(word)
    return (
        fixes,
        dict(raw["english"]),
        {head: tuple(words) for head, words in by_head.items()},
        frozenset(raw["real_words"]),
    )


def mend(text: str) -> str:
    """Return ``text`` with known slips mended; other words stay as they are."""
    fixes, exact, by_head, real = _data()
    for pattern, right in fixes:
        text = pattern.sub(right, text)

    def repair(found: re.Match[str]) -> str:
        word = found.group()
        if word in exact:
            return exact[word]
        if len(word) < 5 or word in real:
            return word
        candidates = by_head.get(word[0], ())
        if word in candidates:
            return word
        allowed = 1 if len(word) < 8 else 2
        for candidate in candidates:
            if abs(len(candidate) - len(word)) <= allowed and slips_between(word, candidate, allowed) <= allowed:
                return candidate
        return word

    return re.sub(r"(?<![A-Za-z])[a-z]{3,16}(?![A-Za-z])", repair, text)


def slips_between(left: str, right: str, most: int) -> int:
    """Return the optimal string alignment distance (a swap is one slip), or more than ``most``."""
    before_last: list[int] = []
    last = list(range(len(right) + 1))
    for row, left_letter in enumerate(left, start=1):
        now = [row]
        for column, right_letter in enumerate(right, start=1):
            cost = min(
                last[column] + 1,
                now[-1] + 1,
                last[column - 1] + (left_letter != right_letter),
            )
            if row > 1 and column > 1 and left_letter == right[column - 2] and left[row - 2] == right_letter:
                cost = min(cost, before_last[column - 2] + 1)
            now.append(cost)
        if min(now) > most:
            return most + 1
        before_last, last = last, now
    return last[-1]


def fold_sound(text: str) -> str:
    """Return Korean ``text`` with vowels that sound alike made one (매수 and 메수 are the same then)."""
    return "".join(_fold_syllable(character) if "가" <= character <= "힣" else character for character in text)


@lru_cache(maxsize=4_096)
def _fold_syllable(syllable: str) -> str:
    offset = ord(syllable) - _JAMO_VOWEL_FIRST
    lead, rest = divmod(offset, 21 * _VOWELS)
    vowel, tail = divmod(rest, _VOWELS)
    return chr(_JAMO_VOWEL_FIRST + (lead * 21 + _SAME_SOUND.get(vowel, vowel)) * _VOWELS + tail)
