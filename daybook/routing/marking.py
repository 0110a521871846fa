"""Names and numbers made one marker each, so that a request about a new company or price looks like every other."""

import re
from importlib.resources import files

import yaml

from daybook.routing.securities import Securities

ENTITY = "ⓔ"
NUMBER = "ⓝ"

_WORDS = yaml.safe_load(files("daybook.routing").joinpath("data", "unlisted_names.yaml").read_text(encoding="utf-8"))
_NOT_TICKERS = frozenset(_WORDS["not_tickers"])
_NOT_COMPANIES = frozenset(_WORDS["not_companies"])
_TICKER_LIKE = re.compile(r"\$?(?<![A-Za-z])[A-Z]{2,5}(?![A-Za-z])(?:\.[AB](?![A-Za-z]))?")
_KOREAN_COMPANY = re.compile(
    rf"(?<![가-힣A-Za-z])[가-힣A-Za-z]{{1,7}}(?:{'|'.join(_WORDS['korean_endings'])})(?=$|[\s은는이가을를도의에와과랑,.?!0-9])"
)
_SECTOR_HEAD = re.compile("|".join(_WORDS["korean_sector_heads"]))
_CAPITALISED = re.compile(r"(?<=[a-z,] )(?:[A-Z][a-z]{2,}|[A-Z][a-z]+[A-Z][a-z]+)(?:'s)?")

_MONEY_DIGITS = re.compile(
    r"(?:[₩$]\s?)?\d[\d,]*(?:\.\d+)?\s?(?:[조억만천백]\s?(?:\d[\d,]*(?:\.\d+)?\s?)?)*"
    r"(?:원|won|krw|달러|불|usd|dollars?|bucks)(?:어치|치)?"
    r"|[₩$]\s?\d[\d,.]*k?",
    re.IGNORECASE,
)
_MONEY_WORDS = re.compile(
    r"(?<![가-힣])[일이삼사오육칠팔구십백천]{0,8}[만억천백십][일이삼사오육칠팔구십백천만\s]{0,10}\s?원(?:어치|치)?(?=$|[\s가-힣,.?!])"
)
_KOREAN_COUNT = (
    r"열\s?(?:한|두|세|네|다섯|여섯|일곱|여덟|아홉)|스물\s?(?:한|두|세|네|다섯)?|스무|서른|마흔|쉰|"
    r"[일이삼사오육칠팔구]?[십백천](?:[일이삼사오육칠팔구]?십?)?|한|두|세|네|다섯|여섯|일곱|여덟|아홉|열|하나"
)
_SHARES_KO = re.compile(
    rf"(?:\d[\d,]*|(?<![가-힣])(?:{_KOREAN_COUNT}))\s?주(?!\s?(?:최고|최저|신고|신저|동안))"
    r"(?=$|[^가-힣]|[씩만를는도매사팔더전쯤가로추담시지던줍손익취와요치]|정도)"
)
_ENGLISH_NUMBER = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|"
    r"seventy|eighty|ninety|hundred|a hundred|a couple(?: of)?|a few|half a dozen|a dozen|dozen)(?:[ -](?:one|two|"
    r"three|four|five|six|seven|eight|nine|hundred|thousand))?"
)
_SHARES_EN = re.compile(
    rf"(?<![A-Za-z])(?:\d[\d,]*|{_ENGLISH_NUMBER})\s?(?:shares?|shs|sh|lots?|units?|contracts?|stocks)(?![A-Za-z])",
    re.IGNORECASE,
)
_PERCENT = re.compile(r"\d[\d.,]*\s?(?:%|퍼센트|프로(?![가-힣])|percent|pct|bps)", re.IGNORECASE)
_DIGITS = re.compile(r"\d[\d,]*(?:\.\d+)?(?:k(?![a-z]))?", re.IGNORECASE)


def mark(text: str, securities: Securities) -> str:
    """Return ``text`` in lower case with every name as ``ENTITY`` and every number as ``NUMBER``."""
    pieces: list[str] = []
    at = 0
    for mention in securities.find(text):
        pieces.append(_unlisted(text[at : mention.start]))
        pieces.append(ENTITY)
        at = mention.end
    pieces.append(_unlisted(text[at:]))
    marked = "".join(pieces)
    marked = _SHARES_EN.sub(f"{NUMBER} shares", marked)
    marked = _MONEY_DIGITS.sub(f"{NUMBER}원", marked)
    marked = _MONEY_WORDS.sub(f"{NUMBER}원", marked)
    marked = _PERCENT.sub(f"{NUMBER}%", marked)
    marked = _SHARES_KO.sub(f"{NUMBER}주", marked)
    marked = _DIGITS.sub(NUMBER, marked)
    return marked.lower()


def _unlisted(text: str) -> str:
    """Mark names that no lexicon has: tickers in capitals, Korean company endings, capitalised English words."""
    text = _TICKER_LIKE.sub(lambda found: found.group() if found.group() in _NOT_TICKERS else ENTITY, text)
    text = _KOREAN_COMPANY.sub(
        lambda found: found.group() if _SECTOR_HEAD.match(found.group()) else ENTITY,
        text,
    )
    return _CAPITALISED.sub(lambda found: found.group() if found.group() in _NOT_COMPANIES else ENTITY, text)
