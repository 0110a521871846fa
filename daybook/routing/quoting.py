"""What of a request is quoted or pasted: someone else's words, which are data and never an order."""

import re

_QUOTES = re.compile(
    r"\"(?P<a>[^\"]{2,})\"|「(?P<b>[^「」]+)」|『(?P<c>[^『』]+)』|```(?P<d>.{1,4000}?)```|`(?P<e>[^`]{2,})`|<(?P<f>[a-z]{3,12})>.{0,2000}?</(?P=f)>|"
    r"(?<![0-9A-Za-z가-힣])'(?P<g>[^']*[^\s'])'(?![0-9A-Za-z])|\[(?P<h>[^\[\]]{12,2000})\]",
    re.DOTALL,
)
_OPEN_QUOTE = re.compile(r"\"(?P<rest>[^\"]{12,})$")
_PASTED = re.compile(
    r"(?:기사|뉴스|본문|내용|원문|글|댓글|제목|헤드라인|속보|찌라시|메일|이메일|문자|메시지|공지|리포트|보고서|번역|요약|분석|정리|해석|해줘|줘|보면|왈|"
    r"article|headline|story|post|tweet|email|e-mail|message|text|report|page|newsletter|comment|press release|"
    r"summari[sz]e|summary|translate|analy[sz]e|says?|said|reads?|following|below|this)"
    r"[^:\n]{0,24}:\s*(?P<pasted>.{6,})$",
    re.IGNORECASE | re.DOTALL,
)
_SAYS_KO = re.compile(
    r"(?:라고|이라고|라는|이라는|다고|자고|라며|다며)\s*(?:적|쓰|나오|하는|한|말하|떠|돼|되어|쓴|써|했|주장|외치|제목|기사|글|문구|내용|댓글|뉴스|보도|메시지|리포트)"
)

QUOTED = "ⓠ"
"""What stands in the asked text where a quotation was."""


def split_quotes(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the text with its quotations replaced by ``QUOTED``, and the quotations."""
    quoted: list[str] = []

    def take(found: re.Match[str]) -> str:
        quoted.append(found.group())
        return f" {QUOTED} "

    asked = _QUOTES.sub(take, text)
    asked = _OPEN_QUOTE.sub(take, asked)
    pasted = _PASTED.search(asked)
    if pasted and QUOTED not in pasted.group("pasted"):
        quoted.append(pasted.group("pasted"))
        asked = f"{asked[: pasted.start('pasted')]} {QUOTED}"
    return re.sub(r"\s+", " ", asked).strip(), tuple(quoted)


def reports_speech(text: str) -> bool:
    """Tell whether Korean reported speech ("사라고 적힌 글") is in ``text``."""
    return _SAYS_KO.search(text) is not None
