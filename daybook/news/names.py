"""Which securities a text names."""

import re
import unicodedata

from daybook.news.text import has_hangul
from daybook.routing.securities import Securities

MOST_SYMBOLS = 8
"""An article that names more is a list; the first ones are kept."""

_WORD = re.compile(r"\w+")


class SecurityNames:
    """The NameFinder on the desk's lexicon of securities."""

    def __init__(self, securities: Securities) -> None:
        self._securities = securities

    def symbols_in(self, text: str) -> tuple[str, ...]:
        """Return the symbols of the KRX securities a text names, in order of appearance.

        Words that mix alphabets (a Cyrillic letter in "Samsung") name nothing.
        """
        plain = _WORD.sub(lambda word: " " if _mixes_alphabets(word[0]) else word[0], text)
        found = (mention.symbol for mention in self._securities.find(plain) if not mention.is_foreign)
        return tuple(dict.fromkeys(symbol for symbol in found if symbol))[:MOST_SYMBOLS]

    def names_of(self, symbol: str) -> tuple[str, ...]:
        """Return a security's names, Korean first; () for an unknown symbol."""
        security = self._securities.by_symbol(symbol)
        if security is None:
            return ()
        english = security.english_name or next((name for name in security.names if not has_hangul(name)), "")
        return tuple(dict.fromkeys(name for name in (security.name, english) if name))


def _mixes_alphabets(word: str) -> bool:
    alphabets = {unicodedata.name(letter, "").split(" ")[0] for letter in word if letter.isalpha()}
    return bool(alphabets & {"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "MATHEMATICAL"}) and len(alphabets) > 1
