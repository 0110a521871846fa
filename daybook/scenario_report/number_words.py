"""Numbers in disguise: words, letters of other scripts, invisible marks. A checked text writes numbers in digits."""

import re
import unicodedata

from daybook.llm.fencing import is_hidden

_NATIVE = "두|세|네|다섯|여섯|일곱|여덟|아홉|열|스무|스물|서른|마흔|쉰|예순|일흔|여든|아흔|몇"
_LARGE = "(?!만일)수?(?:십|백|천|만|억)+"
_SINO = "[일이삼사오육칠팔구십백천만억조영공]"
_COUNTED = "배|개|가지|건|번|회|명|종목|원|퍼센트|프로|%|날|달|개월|년|해|단계|곳|주|일|분의"
_PARTICLE = r"(?=[^가-힣]|$|[을를이가은는의에로으과와도만씩다입였])"
_KOREAN = re.compile(
    rf"(?<![가-힣])(?:{_NATIVE})\s?(?:{_COUNTED}){_PARTICLE}"
    rf"|(?<![가-힣])(?:다섯|여섯|일곱|여덟|아홉|절반|반절|갑절|곱절|하나|둘|셋|넷|스물|서른){_PARTICLE}"
    rf"|(?<![가-힣\d])(?<!\d\s)(?:{_LARGE})\s?(?:{_COUNTED}){_PARTICLE}"
    rf"|(?<![가-힣\d])(?<!\d\s){_SINO}{{1,14}}\s?(?:원|퍼센트|프로|배|분의|점){_PARTICLE}"
    rf"|(?<![가-힣\d]){_SINO}{{2,14}}(?:만|억|조){_PARTICLE}"
    r"|(?:퍼센트|프로|%)\s?포인트|[가-힣]\s?분의\s?[가-힣]"
)
_ENGLISH = re.compile(
    r"\b(?:two(?!-person|-step)|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty|fifty|sixty|seventy|"
    r"eighty|ninety|zero|dozens?|half|halves|halve[sd]?|halving|thirds?|quarters?|fifths?|tenths?|twice|thrice|doubl\w*|"
    r"tripl\w*|quadrupl\w*|\w+fold)\b"
    r"|\bone[\s-]+(?:percent|per\s+cent|hundred|thousand|million|billion|trillion|half|third|quarter|in)\b"
    r"|(?<![\d.]\s)(?<![\d.])\b(?:hundreds?|thousands?|millions?|billions?|trillions?)\b(?!\s+more)"
    r"|\bpercentage[\s-]+points?\b|\bbasis[\s-]+points?\b",
    re.IGNORECASE,
)


def disguised_number(text: str) -> str:
    """Return the first number of a text that is not written in plain digits, or ""."""
    for character in text:
        if is_hidden(character):
            return f"invisible character U+{ord(character):04X}"
        if character not in "0123456789" and unicodedata.numeric(character, None) is not None:
            return character
    found = _KOREAN.search(text) or _ENGLISH.search(text)
    return found.group().strip() if found else ""
