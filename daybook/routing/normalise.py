"""One text, several views: cleaned, without its quoted parts, and with names and numbers made canonical.

The views exist so that what is quoted never counts as what is asked, and so that a name or a number that was never seen
before looks to the classifier like every other.
"""

import re
import unicodedata
from dataclasses import dataclass

from daybook.routing.focus import focus_of
from daybook.routing.marking import ENTITY, NUMBER, mark
from daybook.routing.quoting import QUOTED, split_quotes
from daybook.routing.securities import Mention, Securities
from daybook.routing.spelling import mend

LONGEST_VIEW = 600
"""Characters of the request that features and embeddings look at (head and tail of a longer one)."""
LONGEST_READ = 20_000
"""Characters that are read at all before the view is cut."""

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    0x3000: 0x20,
    0x20A9: 0x20A9,
}
_SMART = str.maketrans(
    {
        "“": '"',
        "”": '"',
        "„": '"',
        "‘": "'",
        "’": "'",
        "«": '"',
        "»": '"',
        "–": "-",
        "—": "-",
        "…": "...",
    }
)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_SPACES = re.compile(r"\s+")
_REPEATED = re.compile(r"([!?~.ㅋㅎㅠㅜ^;])\1+")
_STRETCHED = re.compile(r"([a-z])\1{2,}")


@dataclass(frozen=True)
class Normalised:
    """The views of one request.

    ``cleaned`` is the readable text; ``asked`` the same without its quoted parts; ``quoted`` those parts; ``canonical``
    what is left of it without the clauses that are refused, names and numbers made one (what the second embedding
    sees); ``marked`` the asked text in lower case with markers, for the features, and ``focus`` that without what is
    refused.
    """

    raw: str
    cleaned: str
    asked: str
    quoted: tuple[str, ...]
    canonical: str
    marked: str
    focus: str
    mentions: tuple[Mention, ...]
    language: str


def normalise(text: str, securities: Securities) -> Normalised:
    """Return every view of ``text``. Reads at most ``LONGEST_READ`` characters, in time linear in them."""
    cleaned = clean(text[:LONGEST_READ])
    shown = cleaned if len(cleaned) <= LONGEST_VIEW else f"{cleaned[: LONGEST_VIEW - 200]} ... {cleaned[-200:]}"
    mentions = securities.find(cleaned)
    asked, quoted = split_quotes(cleaned)
    if len(asked) > LONGEST_VIEW:
        asked = f"{asked[: LONGEST_VIEW - 200]} ... {asked[-200:]}"
    language = language_of(shown)
    marked = mark(mend(asked), securities)
    name, quotation = ("삼성전자", "인용문") if language == "ko" else ("Apple", "quoted text")
    focus = focus_of(marked)
    canonical = focus.replace(ENTITY, name).replace(NUMBER, "5").replace(QUOTED, quotation)
    return Normalised(text, shown, asked, quoted, canonical, marked, focus, mentions, language)


def clean(text: str) -> str:
    """Return composed, half-width text without invisible characters, runs of spaces and stretched letters."""
    text = unicodedata.normalize("NFC", text).translate(_FULL_WIDTH).translate(_SMART)
    text = _SPACES.sub(" ", _INVISIBLE.sub("", text)).strip()
    return _STRETCHED.sub(r"\1\1", _REPEATED.sub(r"\1", text))


def language_of(text: str) -> str:
    """Return "ko" or "en": Korean when a fifth of the letters is Hangul."""
    hangul = sum("가" <= character <= "힣" or "ㄱ" <= character <= "ㅣ" for character in text)
    latin = sum(character.isascii() and character.isalpha() for character in text)
    return "ko" if hangul * 4 >= latin and hangul else "en"
