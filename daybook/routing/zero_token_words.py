"""The forms of plain questions for the account and for one quote, as whole-phrase patterns on ``phrases.phrase``."""

from typing import Final

NAMED: Final = "qqnameqq"
"""Stands where the text names its one security."""

_GIVE = r"(?:줘요?|죠|주세요|주라|줄래요?|봐)"
_SHOW = (
    rf"(?:(?:좀 )?(?:(?:보여|알려|불러|(?:확인|조회|체크) ?해) ?{_GIVE}|보여 ?줄 ?수 ?있어|조회|확인|볼래)"
    r"|(?:이|은|는|가)? ?(?:뭐뭐|뭐|얼마나?|어떻게|어때|어떤 ?거|몇)? ?"
    r"(?:있어요?|있지|있나요?|있니|야|예요|에요|이야|돼|되나|되지|남았어|남았지|남아 ?있어|인가|임|지|남음)?)"
)
_OF = r"(?:이|은|는|을|를)?"
_MINE = (
    r"(?:(?:지금|현재|오늘|방금|아까|금일|내가|내|나의|제가|제|저의|우리)(?:의|에)? ?"
    r"|(?:주식|증권|이 계좌|계좌|보유|전체|총)(?:의|에)? ?)*"
)
_ASK = (
    r"(?:(?:show|tell|give|list|display|check|view|get|see)(?: me)? |can i see |let me see "
    r"|what(?:'s| is| are) |how (?:is|are) )?"
)
_MY = r"(?:(?:all|of|my|the|our|current|today's|todays|account|stock|total|available) )*"
_NOW = r"(?: (?:right now|today|now|so far|currently|at the moment|yet|look|looking|doing|in my account))*"
_OPEN = r"(?:open|pending|working|unfilled|outstanding|resting)"
_HELD = (
    r"(?:잔고|잔액|예수금|보유 ?(?:종목|주식|현황|수량)|평가 ?(?:금액|손익)|주문 ?가능 ?금액"
    r"|포트폴리오|포지션|계좌|현금)"
)
_WEALTH = (
    r"(?:balance|account|positions?|holdings?|portfolio|cash|buying power|deposit"
    r"|account value|account summary|p&l|pnl)"
)

ACCOUNT_FORMS: Final[dict[str, tuple[str, ...]]] = {
    "open_orders": (
        rf"{_MINE}(?:미체결|안 ?된 주문|대기 ?중인 주문|대기 ?주문|걸어 ?둔 ?주문|열린 주문|진행 ?중인 주문)"
        rf"(?: ?(?:주문|내역|목록|현황|수량|종목))*{_OF} ?{_SHOW}?",
        rf"{_ASK}{_MY}{_OPEN} orders?{_NOW}",
        rf"(?:do i have|are there|any) (?:any )?{_OPEN} orders?(?: left)?",
    ),
    "todays_fills": (
        rf"{_MINE}(?:체결|매매|거래)(?: ?(?:내역|기록|현황|결과|목록|된 ?거|된 것))+{_OF} ?{_SHOW}?",
        rf"{_MINE}(?:주문 ?)?체결(?:이|은|는)? ?"
        r"(?:됐(?:어요?|나요?|니)|되었(?:나요|어|어요)|된 ?거 있어|여부)(?: 확인)?",
        rf"{_ASK}{_MY}(?:fills?|executions?|executed (?:orders?|trades?)|filled orders?|trade history|trades)"
        rf"(?: today)?{_NOW}",
        r"(?:is|was|has|did|are|were|have) (?:my|the|all my) (?:last )?orders? (?:been )?"
        r"(?:filled|executed|fill|go through|gone through)(?: yet| already)?",
        r"what (?:got |was |has been )?(?:filled|executed)(?: today)?",
    ),
    "account_balance": (
        rf"{_MINE}{_HELD}(?: ?(?:내역|목록|현황|상태|잔고|정보))*{_OF} ?{_SHOW}?",
        r"(?:내가|제가|나는?|지금)? ?(?:뭐|(?:무슨|어떤) ?(?:주식|종목))(?:을|를)? ?"
        r"(?:가지고|갖고|들고|보유하고) ?있(?:어요?|지|나요?)",
        rf"{_ASK}{_MY}{_WEALTH}(?: (?:balance|summary|value|status|overview))?{_NOW}",
        r"what (?:(?:stocks |shares )?(?:do i|i) (?:own|hold|have)|am i holding)",
        r"how much (?:cash|money|buying power) (?:do i have|is left|is in my account)(?: left)?",
    ),
}
"""Tool name to the forms of asking for it."""

_AT = r"(?:(?:지금|현재|오늘|금일|실시간|주식|한 ?주에?|1주|주당) ?)*"
_PRICED = r"(?:주식 ?가격|주가|시세|현재가|가격|종가|호가)(?:가|는|은|를|을|만|좀)?"
_MUCH = (
    rf"(?:야|얌|예요|에요|임|인가요?|이야|이에요|입니까|지|죠|니|냐|있어|했어|해|인지 ?알려줘|조회|확인"
    rf"|(?:(?:조회|확인) ?해|알려|보여) ?{_GIVE})?"
)
_CURRENT = r"(?:current |live |latest |today's )?(?:stock |share )?(?:price|quote)"
_SOON = r"(?: right now| now| today)?"
_TELL = r"(?:(?:show|tell|give|get|check)(?: me)? )?"

QUOTE_FORMS: Final[tuple[str, ...]] = (
    rf"(?:(?:지금|현재|오늘) )?{NAMED}(?:의|은|는|이|가|도)? ?{_AT}"
    rf"(?:{_PRICED} ?(?:좀 )?(?:(?:지금|오늘|현재) )?(?:얼마|어때|어떻게 돼|뭐)?|얼마에 ?거래 ?되고|얼마) ?{_MUCH}",
    rf"{_TELL}(?:the )?{_CURRENT} (?:of|for|on) {NAMED}(?: stock| shares)?{_SOON}",
    rf"{_TELL}{NAMED}(?:'s)? {_CURRENT}{_SOON}",
    rf"what(?:'s| is) (?:the )?{_CURRENT} (?:of|for) {NAMED}(?: stock)?{_SOON}",
    rf"what(?:'s| is) {NAMED}(?:'s)? (?:{_CURRENT}|trading at|at|worth){_SOON}",
    rf"how much (?:is|does) (?:a share of |one share of )?{NAMED}(?: stock)?"
    rf"(?: worth| cost| trading at| going for)?{_SOON}",
    rf"quote (?:for )?{NAMED}",
)
