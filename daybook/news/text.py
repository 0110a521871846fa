"""Plain, visible text out of what a source sends: no tags, no scripts, nothing hidden, no invisible characters.

What a reader of the page could not see must not reach a model either: comments, scripts, elements hidden by style or
attribute, zero-width and bidirectional characters, tag characters, fillers.
"""

import re
import unicodedata
from html.parser import HTMLParser

_UNSEEN_ELEMENTS = frozenset(
    {"script", "style", "template", "noscript", "iframe", "object", "embed", "svg", "math", "head", "title", "textarea"}
)
_VOID_ELEMENTS = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
_BREAKS = frozenset({"br", "p", "div", "li", "tr", "td", "h1", "h2", "h3", "h4", "blockquote", "hr"})
_HIDING_STYLE = re.compile(
    r"display:none|visibility:(hidden|collapse)|font-size:0(?![.\d]*[1-9])|opacity:0(?![.\d]*[1-9])"
    r"|(?<![-\w])(max-)?(height|width):0(?![.\d]*[1-9])|(left|top|text-indent):-\d{3,}|clip:rect\(0|mso-hide:all"
    r"|color:(#fff(fff)?|white|transparent)(?!\w)"
)
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u2800\u180e\u034f")
_MOST_MARKS = 2
"""Combining marks kept on one character; more are decoration that hides text."""

_LETTER = re.compile(r"[A-Za-z]")
_HANGUL = re.compile(r"[\uac00-\ud7a3\u1100-\u11ff\u3131-\u318e]")
_KOREAN_SHARE = 0.15


class _Visible(HTMLParser):
    """Collects the text a reader would see."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID_ELEMENTS:
            if tag in _BREAKS:
                self.parts.append(" ")
            return
        if self._hidden or tag in _UNSEEN_ELEMENTS or _is_hidden(attrs):
            self._hidden.append(tag)
        elif tag in _BREAKS:
            self.parts.append(" ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BREAKS:
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if self._hidden:
            if tag in self._hidden:
                del self._hidden[len(self._hidden) - 1 - self._hidden[::-1].index(tag) :]
        elif tag in _BREAKS:
            self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)


def _is_hidden(attributes: list[tuple[str, str | None]]) -> bool:
    for name, value in attributes:
        if name == "hidden" or (name == "aria-hidden" and (value or "").strip().lower() == "true"):
            return True
        if name == "style" and _HIDING_STYLE.search(re.sub(r"\s+|/\*.*?\*/", "", (value or "").lower())):
            return True
    return False


def visible(text: str) -> str:
    """Return a text without invisible characters, in NFC, with single spaces."""
    kept: list[str] = []
    marks = 0
    for sign in unicodedata.normalize("NFC", text):
        category = unicodedata.category(sign)
        if category == "Mn" or category == "Me":
            marks += 1
            if marks > _MOST_MARKS or "\ufe00" <= sign <= "\ufe0f" or sign >= "\U000e0100" or sign in _FILLERS:
                continue
        else:
            marks = 0
            if sign in _FILLERS or category in {"Cf", "Co", "Cs", "Cn"}:
                continue
            if category == "Cc" or category.startswith("Z"):
                sign = " "
        kept.append(sign)
    return " ".join("".join(kept).split())


def plain_text(markup: str, longest: int) -> str:
    """Return the visible text of a piece of HTML, at most ``longest`` characters.

    Entities are read once: an escaped tag stays text, as a reader would see it.
    """
    parser = _Visible()
    parser.feed(markup)
    parser.close()
    text = visible("".join(parser.parts))
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def language_of(text: str) -> str:
    """Return ``ko`` for a text with a fair share of Hangul among its letters, else ``en``."""
    hangul, latin = len(_HANGUL.findall(text)), len(_LETTER.findall(text))
    return "ko" if hangul > _KOREAN_SHARE * (hangul + latin) else "en"


def has_hangul(text: str) -> bool:
    """Whether a text has any Korean letter."""
    return _HANGUL.search(text) is not None


def folded(text: str) -> str:
    """Return a text for comparing: NFKC, lower case."""
    return unicodedata.normalize("NFKC", text).casefold()
