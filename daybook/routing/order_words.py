"""The words orders are written in, Korean and English: one pattern for each kind of word.

Patterns are tried at the beginning of a word only, on lower-case NFKC text. A word that no pattern knows makes an order
text inexact, so patterns hold whole words with their endings: ``매수`` is known, ``매수가`` and ``매수해도`` are not.
"""

import re
from enum import StrEnum
from typing import Final


class Word(StrEnum):
    """What a word of an order text says."""

    NAME = "name"
    SHARES = "shares"
    PRICE = "price"
    AMOUNT = "amount"
    WON = "won"
    """Money without a hint whether it is a price or a sum."""
    BARE = "bare"
    """A number without a unit."""
    FOREIGN_MONEY = "foreign_money"
    ALL = "all"
    HALF = "half"
    BUY = "buy"
    SELL = "sell"
    CLOSE = "close"
    """Sell everything of it, unless a number says otherwise."""
    STOP = "stop"
    """Stop-loss and take-profit: a sell whose price is a trigger, not a limit."""
    MARKET = "market"
    LIMIT = "limit"
    CHANGE = "change"
    """Cancel or change an order."""
    POLITE = "polite"
    """A request in the form of a question: the question mark says nothing."""
    QUESTION = "question"
    CONDITION = "condition"
    FILLER = "filler"
    OTHER = "other"


_GIVE = (
    r"(?:줘요?|죠|주세요|주십시오|주라|주렴|줄래요?\??|주실래요\??|주시겠어요\??"
    r"|줄\s?수\s?있(?:어요?|나요?|을까요?)\??)"
)
_DO = (
    rf"(?:(?:해|헤|진행\s?해|처리\s?해|집행\s?해|요청\s?해|주문\s?해|넣어|걸어|내)\s?{_GIVE}"
    r"|(?:해|헤)(?:라|요)?|하(?:자|세요|십시오|시오)|하고\s?싶(?:어요?|습니다|다)|할(?:게요?|래요?)|합니다|합시다|한다|함"
    r"|부탁(?:해요?|드려요|드립니다|드릴게요|합니다)?|진행|요청(?:합니다|드립니다|드려요)?|넣어|주문|ㄱㄱ)"
)
_OBJECT = r"(?:를|을)?"
_END = r"(?![0-9a-z가-힣ㄱ-ㅎ])"


def _noun(*words: str) -> str:
    """A noun that becomes a verb with 하다: 매수, 매수해줘, 매수 주문 넣어줘."""
    return rf"(?:{'|'.join(words)}){_OBJECT}(?:\s?주문{_OBJECT})?(?:\s?{_DO})?{_END}"


def _korean_verb(*stems: str) -> str:
    """A verb stem with the ending that asks another to do it: 사 줘, 담아주세요."""
    return rf"(?:{'|'.join(stems)})\s?(?:{_GIVE}|놔|둬|놔줘|둬줘|버려|버려줘)?{_END}"


_PATTERNS: Final[tuple[tuple[Word, str], ...]] = (
    (
        Word.CHANGE,
        rf"(?:취소|정정|철회|변경){_OBJECT}(?:\s?{_DO})?{_END}|바꿔\s?{_GIVE}?{_END}|옮겨\s?{_GIVE}?{_END}"
        rf"|(?:cancel|modify|amend|revise|replace|withdraw|kill|pull|change|move|raise|lower){_END}",
    ),
    (
        Word.STOP,
        rf"{_noun('손절', '익절', '손절매', '스탑로스', '스톱로스', '로스컷')}"
        rf"|(?:stop[\s-]?loss|take[\s-]?profit|trailing stop|stop){_END}",
    ),
    (
        Word.BUY,
        rf"(?:추가\s?)?{_noun('매수', '매입', '구매', '구입', '추매', '줍줍')}"
        rf"|{_korean_verb('사', '담아', '주워', '집어')}|사(?:라|자|요){_END}|살(?:게요?|래요?){_END}"
        rf"|담(?:자|을게요?){_END}|사고\s?싶(?:어요?|습니다|다){_END}"
        rf"|(?:buy|byu|purchase|pick up|grab|get me|buying|add){_END}",
    ),
    (
        Word.CLOSE,
        rf"(?:포지션\s?)?{_noun('청산')}"
        rf"|(?:포지션|전부|전량|모두|싹\s?다|다)\s?{_noun('정리')}|get (?:me |us )?(?:completely )?out of{_END}"
        rf"|(?:close|exit|liquidate)(?: out)?(?: of)?{_END}",
    ),
    (
        Word.SELL,
        rf"{_noun('매도', '매각', '처분')}|{_korean_verb('팔아', '던져', '털어')}|팔(?:자|아라|아요|게요?|래요?){_END}"
        rf"|팔고\s?싶(?:어요?|습니다|다){_END}|(?:sell off|sell|get rid of|dump|unload|offload|selling){_END}",
    ),
    (
        Word.MARKET,
        rf"시장가\s?(?:주문)?(?:으로|로|에)?{_END}|(?:at |@ ?)?(?:the )?(?:current )?(?:market(?: price)?|mkt){_END}",
    ),
    (Word.LIMIT, rf"지정가\s?(?:주문)?(?:으로|로|에)?{_END}|(?:with )?(?:a )?limit(?: price)?(?: of)?{_END}"),
    (
        Word.ALL,
        rf"(?:전부|전량|모두|몽땅|싹\s?다|다|전체)(?:를|을)?{_END}"
        rf"|(?:all|everything|(?:my |the )?(?:entire|whole|full)(?: (?:position|holding|stake)s?)?){_END}",
    ),
    (Word.HALF, rf"(?:절반|반|반절)(?:만|을|은)?{_END}|(?:a )?half{_END}"),
    (
        Word.CONDITION,
        rf"(?:if|when|once|unless|until|after|before|whenever|should){_END}|[가-힣]*(?:으면|하면|되면|지면|오면|가면|나면){_END}",
    ),
    (
        Word.POLITE,
        rf"(?:could|can|would|will) you(?: please| kindly| just)?{_END}|would you mind{_END}",
    ),
    (Word.QUESTION, r"\?"),
    (
        Word.FILLER,
        rf"{_DO}{_END}|(?:좀|바로|지금|당장|즉시|그냥|빨리|얼른|오늘|현재|만|씩|주식|주문|포지션){_OBJECT}{_END}"
        rf"|(?:내|제)?\s?(?:계좌|보유|가진|갖고\s?있는|보유한|보유중인|들고\s?있는)(?:\s?중인)?(?:에서|로|의)?{_END}|(?:내|제){_END}"
        r"|(?:please|pls|plz|kindly|now|right now|immediately|asap|today|just|go ahead and|let's|lets|let me"
        r"|i want to|i wanna|i would like to|i'd like to|i need to|i'll|i will|me"
        r"|put in|place|enter|submit|send|make|execute|open|an?|the|of|my|for me|for|order|orders|stocks?|shares?|방금"
        rf"|position|positions|holdings?|to|from|in|on|account|portfolio|korean|kospi|kosdaq|thanks|thank you){_END}"
        r"|[,.!~;:]+",
    ),
)
PATTERNS: Final[tuple[tuple[Word, re.Pattern[str]], ...]] = tuple((word, re.compile(text)) for word, text in _PATTERNS)

PARTICLE: Final = re.compile(
    rf"(?:을|를|은|는|이|가|만|도|의|에서|에|으로|로)?(?![0-9a-z가-힣])|주식(?:을|를)?{_END}|'s{_END}"
)
"""What may stand right behind a name."""

WON_SIGN: Final = re.compile(r"(?:₩|krw )\s?")
PRICE_LEAD: Final = re.compile(
    r"(?:at|@|limit(?: price)?(?: of)?|price(?: of)?|around)\s?(?:a price of )?|주당\s?|한\s주당\s?|개당\s?"
)
"""Words that make the number behind them a price."""
AMOUNT_LEAD: Final = re.compile(r"(?:worth|for)\s(?:about )?")
"""``for 500,000 won`` is a sum, since a price would stand behind ``at``."""

_BREAK = r"(?![0-9a-z가-힣])"
SHARES_UNIT: Final = re.compile(
    rf"\s?주(?!당)(?:식|만|를|씩|\s?더)?{_BREAK}|\s?주(?=매수|매도|사|팔|담|구매|매입)"
    r"|\s?(?:more )?(?:shares?|shs|stocks?)(?![a-z])"
)
AMOUNT_UNIT: Final = re.compile(
    rf"\s?(?:원|won|krw)?\s?(?:어치|치|만큼)(?:만|를|을|씩)?{_BREAK}"
    r"|\s?(?:won|krw)(?:'s)? worth(?: of)?(?![a-z])|\s?worth of(?![a-z])"
)
PRICE_UNIT: Final = re.compile(
    rf"\s?(?:원|won|krw)?(?:에|으로|로){_BREAK}|\s?(?:원|won|krw) (?:each|per share|a share)(?![a-z])"
    r"|\s?(?:원|won|krw)?\s?(?=지정가)"
)
WON_UNIT: Final = re.compile(rf"\s?(?:원|won|krw)(?:만|을|를|정도)?{_BREAK}")
FOREIGN_UNIT: Final = re.compile(rf"\s?(?:달러|불|dollars?|usd|bucks|엔|위안|유로)(?:어치|에|로|만)*{_BREAK}")
FOREIGN_SIGN: Final = re.compile(r"[$€¥]\s?")
