"""What is left of a request when what the person refuses is taken out, and the clause it ends in.

"뉴스 말고 재무제표 보여줘" asks for statements, "don't buy, only tell me the headlines" for headlines. Where nothing
would be left, the text stays whole.
"""

import re

_WORDS_BEFORE = r"(?:(?<=\s)|^)(?:\S+\s){0,2}\S*?"
_REFUSED_KO = re.compile(
    rf"{_WORDS_BEFORE}(?:말고는?|말구|됐고|됐으니까?|빼고|제외하고|아니고|아니라|아니니까|(?:필요|관심)\s?없(?:고|으니까?|어)|"
    r"지\s?말(?:고|아\s?줘)?|지\s?마(?:라|세요)?(?=[\s,.]+\S)|안\s?(?:할|살|팔|사|해도)\s?(?:거|건|꺼|되|돼|생각)[가-힣]*|"
    r"않(?:고|을\s?거[가-힣]*|을테니))[\s,.]+(?=\S{2,})"
)
_NO_EN = (
    r"(?:don't|do not|never|no need (?:to|for)|not|no|without|skip|forget|ignore|instead of|rather than|i'm not|"
    r"i am not|hold off(?: on)?|cancel nothing|nothing)"
)
_REFUSED_EN = re.compile(
    r"(?:^|(?<=[,;.] )|(?<=\bbut )|(?<=\band ))(?:please |just |ok |so |hey |i'm |i am |we're |actually )*"
    rf"\b{_NO_EN}\b[^,;.]{{1,60}}"
    r"(?:[,;.]| but| just(?= \w)|(?= only )|(?= and get )|(?= and give )|(?= and show ))\s*(?=\w)"
)
_REFUSED_LAST_EN = re.compile(
    rf"(?:,|;|\.|\bbut\b|\band\b)\s*(?:please |but |and |definitely )*\b{_NO_EN}\b[^,;.]{{1,60}}[.!]?$"
)
_TRAILING_EN = re.compile(r"\s(?:instead of|rather than)\s[^,;.]{1,60}$")

_JOINTS_KO = re.compile(
    r"(?:하고|보고|해서|읽고|듣고|찾고|돌리고|한\s?다음에?|한\s?뒤에?|한\s?후에?|하면서|참고해서|종합해서|으면|없으면|이면|하면|보고서|해보고|확인해|나쁘면|"
    r"이어서|그리고|그\s?다음에?|다음에)\s"
)
_VERBS_EN = (
    "buy|sell|grab|pick|dump|place|put|get|use|show|give|tell|find|check|summari[sz]e|explain|list|analy[sz]e|compare|read|"
    "translate|design|build|create|make|write|backtest|test|simulate|run|propose|optimi[sz]e|start|switch|deploy|activate|"
    "purchase|close|cancel|rotate|decide|judge|rate|score|plan|go|let|what|how|why|who|when|where|is|are|should"
)
_JOINTS_EN = re.compile(
    rf"(?:,? (?:and )?then |,? after that |[;.] |,? (?:and|but) (?=if |when |only |(?:please |also )?(?:{_VERBS_EN})\b)"
    r"|, (?=[a-z])|^after \w+ing .{3,40}? (?=tell|give|show|decide|judge|say|let))"
)


def focus_of(marked: str) -> str:
    """Return the marked text without the clauses that say what is not wanted."""
    left = _REFUSED_KO.sub("", marked, count=2)
    left = _REFUSED_EN.sub("", left, count=2)
    shorter = _REFUSED_LAST_EN.sub("", left)
    if _speaks(shorter):
        left = shorter
    shorter = _TRAILING_EN.sub("", left)
    if _speaks(shorter):
        left = shorter
    left = re.sub(r"^(?:and|but|so)\s", "", left.strip())
    return left if _speaks(left) else marked


def last_clause(focus: str) -> str:
    """Return the last clause of a text of several steps: that is what it is for."""
    at = 0
    for joint in (_JOINTS_KO, _JOINTS_EN):
        for found in joint.finditer(focus):
            if _speaks(focus[found.end() :]):
                at = max(at, found.end())
    return focus[at:]


def _speaks(text: str) -> bool:
    """Tell whether something that could be asked is in ``text``: two words, or one longer Korean or English one."""
    words = re.findall(r"[^\s,.;!?]+", text)
    return len(words) >= 2 or any(len(word) >= 3 or re.search("[가-힣]{2}", word) for word in words)
