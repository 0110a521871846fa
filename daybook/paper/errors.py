"""Refusals of the KIS front, in the three shapes KIS has.

    FrontError
    |- GatewayRefusal   HTTP 500 with the bare envelope: token, rate, wrong service, malformed request
    |- OauthRefusal     HTTP 403 with error_code/error_description: the token service
    |- BusinessRefusal  HTTP 200 with rt_cd other than "0": the exchange says no

Codes and texts are those of the KIS error list and of published replies. Where no reply is published (limit
breaches, quantities, unknown order numbers; real codes of off-tick prices) the nearest published code is used and
the text says what is wrong, as KIS itself reuses APBK0918: clients must branch on the text.
"""

from daybook.paper.environment import Environment
from daybook.paper.model import RefusalKind


class FrontError(Exception):
    """Base of everything the front refuses."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code} {text}")
        self.code = code
        self.text = text


class GatewayRefusal(FrontError):
    """The gateway refuses a call; nothing was executed."""


class OauthRefusal(FrontError):
    """The token service refuses."""


class BusinessRefusal(FrontError):
    """The exchange refuses a request that reached it."""

    def __init__(self, code: str, text: str, rt_cd: str) -> None:
        super().__init__(code, text)
        self.rt_cd = rt_cd


GATEWAY_TEXTS = {
    "EGW00121": "유효하지 않은 token 입니다.",
    "EGW00122": "token을 찾을 수 없습니다.",
    "EGW00123": "기간이 만료된 token 입니다.",
    "EGW00131": "유효하지 않은 hashkey입니다.",
    "EGW00132": "Content-Type이 유효하지 않습니다.",
    "EGW00201": "초당 거래건수를 초과하였습니다.",
    "EGW00202": "GW라우팅 중 오류가 발생했습니다.",
    "EGW00203": "OPS라우팅 중 오류가 발생했습니다.",
    "EGW00206": "API 사용 권한이 없습니다.",
    "EGW00208": "고객유형(custtype)이 유효하지 않습니다.",
    "EGW00215": "원장에서 허용 가능한 초당 거래건수를 초과하였습니다.",
    "EGW00300": "Gateway 라우팅 오류가 발생했습니다.",
    "EGW00301": "연결 시간이 초과되었습니다. 직전 거래를 반드시 확인하세요.",
    "EGW02004": "실전투자 TR 이 아닙니다.",
    "EGW02006": "모의투자 TR 이 아닙니다.",
    "OPSQ0002": "없는 서비스 코드 입니다",
    "MCA00124": "해당 서비스를 찾을수 없습니다.",
    "OPSQ2000": "ERROR : INPUT INVALID_CHECK_ACNO",
    "OPSQ2002": "ERROR : INPUT INVALID_CHECK_FIELD_LENGTH",
}
"""Gateway codes and their texts. EGW00203 is in the portal's code list, next to EGW00202."""

OAUTH_TEXTS = {
    "EGW00103": "유효하지 않은 AppKey입니다.",
    "EGW00105": "유효하지 않은 AppSecret입니다.",
    "EGW00115": "권한부여 타입(grant_type)은 필수입니다.",
    "EGW00116": "지원하지 않는 권한부여 타입(grant_type)입니다.",
    "EGW00133": "접근토큰 발급 잠시 후 다시 시도하세요(1분당 1회)",
}
"""Codes of the token service and their texts."""


def gateway(code: str) -> GatewayRefusal:
    """Return the gateway refusal of a code."""
    return GatewayRefusal(code, GATEWAY_TEXTS[code])


def oauth(code: str) -> OauthRefusal:
    """Return the token service's refusal of a code."""
    return OauthRefusal(code, OAUTH_TEXTS[code])


def missing_field(name: str) -> GatewayRefusal:
    """Return the refusal of a request without a required field."""
    return GatewayRefusal("OPSQ2001", f"ERROR : INPUT FIELD NOT FOUND [{name}]")


def invalid_field(name: str) -> GatewayRefusal:
    """Return the refusal of a field whose value the service does not know."""
    return GatewayRefusal("OPSQ2001", f"ERROR : INPUT INVALID_CHECK_{name.removeprefix('FID_').removeprefix('COND_')}")


_UNPROCESSED = "모의투자 주문처리가 안되었습니다"

_MOCK: dict[RefusalKind, tuple[str, str]] = {
    RefusalKind.OFF_TICK: ("40030000", f"{_UNPROCESSED}(호가단위 오류)"),
    RefusalKind.OUTSIDE_LIMITS: ("40030000", f"{_UNPROCESSED}(상/하한가 오류)"),
    RefusalKind.UNTRADABLE: ("40070000", f"{_UNPROCESSED}(매매불가 종목)"),
    RefusalKind.UNKNOWN_SYMBOL: ("40070000", f"{_UNPROCESSED}(매매불가 종목)"),
    RefusalKind.NOT_A_BUSINESS_DAY: ("40100000", "모의투자 영업일이 아닙니다."),
    RefusalKind.BEFORE_OPEN: ("40570000", "모의투자 장시작전 입니다."),
    RefusalKind.AFTER_CLOSE: ("40580000", "모의투자 장종료 입니다."),
    RefusalKind.NO_CASH: ("40250000", "모의투자 주문가능금액이 부족합니다."),
    RefusalKind.NOTHING_TO_SELL: ("40240000", "모의투자 잔고내역이 없습니다."),
    RefusalKind.NOTHING_TO_CANCEL: ("40330000", "모의투자 정정/취소할 수량이 없습니다."),
    RefusalKind.UNKNOWN_ORDER: ("40330000", "모의투자 원주문번호가 존재하지 않습니다."),
    RefusalKind.ORDER_TYPE: ("40070000", f"{_UNPROCESSED}(주문구분 오류)"),
    RefusalKind.BAD_QUANTITY: ("40070000", f"{_UNPROCESSED}(주문수량 오류)"),
}

_REAL: dict[RefusalKind, tuple[str, str]] = {
    RefusalKind.OFF_TICK: ("APBK0918", "주문단가가 호가단위에 맞지 않습니다.(주문불가)"),
    RefusalKind.OUTSIDE_LIMITS: ("APBK0918", "주문단가가 상/하한가를 벗어났습니다.(주문불가)"),
    RefusalKind.UNTRADABLE: ("APBK0918", "매매불가 종목입니다.(주문불가)"),
    RefusalKind.UNKNOWN_SYMBOL: ("APBK0656", "해당종목정보가 없습니다."),
    RefusalKind.NOT_A_BUSINESS_DAY: ("APBK0919", "장운영일자가 주문일과 상이합니다"),
    RefusalKind.BEFORE_OPEN: ("APBK0918", "장운영시간이 아닙니다.(주문불가)"),
    RefusalKind.AFTER_CLOSE: ("APBK0918", "장운영시간이 아닙니다.(주문불가)"),
    RefusalKind.NO_CASH: ("APBK0952", "주문가능금액을 초과 했습니다"),
    RefusalKind.NOTHING_TO_SELL: ("APBK0400", "주문 가능한 수량을 초과했습니다."),
    RefusalKind.NOTHING_TO_CANCEL: ("APBK0918", "정정/취소할 수량이 없습니다."),
    RefusalKind.UNKNOWN_ORDER: ("APBK0918", "원주문번호가 존재하지 않습니다."),
    RefusalKind.ORDER_TYPE: ("APBK1943", "시장가호가불가로 주문이 불가합니다."),
    RefusalKind.BAD_QUANTITY: ("APBK0918", "주문수량을 확인하십시오.(주문불가)"),
}


def business(kind: RefusalKind, environment: Environment) -> BusinessRefusal:
    """Return the reply of an environment to a refusal of the exchange."""
    if environment is Environment.MOCK:
        code, text = _MOCK[kind]
        return BusinessRefusal(code, text, "1")
    code, text = _REAL[kind]
    return BusinessRefusal(code, text, "7")


def venue_refused(environment: Environment) -> BusinessRefusal:
    """Return the refusal of an order for a venue the exchange does not have (NXT)."""
    if environment is Environment.MOCK:
        return BusinessRefusal("40070000", f"{_UNPROCESSED}(거래소구분 오류)", "1")
    return BusinessRefusal("APBK0918", "NXT 상장종목 여부를 확인하십시오.(주문불가)", "7")
