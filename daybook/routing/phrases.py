"""A text reduced to what two people would call the same phrase, for rules that match whole texts only."""

import re
import unicodedata
from typing import Final

LONGEST_PHRASE: Final = 120
"""Characters of a text that can be one known phrase; a longer one says more."""
_MARKS = re.compile(r"[^\w\s/+&'.-]|(?<!\d)\.(?!\d)|(?<!\w)['-]|['-](?!\w)|_")
_ENDINGS = re.compile(
    r"(?:\s?(?:please|pls|plz|thanks|right now|now|좀요|좀))+$|^(?:please|so|well|um|저기|음|그럼|혹시)\s"
)
_LAUGHTER = re.compile(r"(?<=\S)\s*[ㅋㅎㅠㅜ]+$|(?<=^[ㅋㅎ])[ㅋㅎ]+$")
_SPACE = re.compile(r"\s+")
_NO_JAMO = re.compile(r"[^ㄱ-ㆎ]+")


def plain(text: str) -> str:
    """Return the text in NFKC form: full-width digits and letters become plain ones, single letters (ㅋ) stay."""
    return _NO_JAMO.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)


def phrase(text: str) -> str:
    """Return ``text`` in lower case NFKC form, single-spaced, without punctuation, laughter and words of politeness.

    A text longer than ``LONGEST_PHRASE`` gives the empty string: it is no single phrase. So does a text without words.
    """
    if len(text) > LONGEST_PHRASE:
        return ""
    said = plain(text).lower().replace("’", "'")
    said = _SPACE.sub(" ", _MARKS.sub(" ", said)).strip()
    softened = _SPACE.sub(" ", _LAUGHTER.sub("", _ENDINGS.sub(" ", said))).strip()
    return softened or said


def asks_or_quotes(text: str) -> bool:
    """Whether the text holds quotation marks or several lines: then it carries something else along."""
    return any(mark in text for mark in '"“”«»「」『』`\n')
