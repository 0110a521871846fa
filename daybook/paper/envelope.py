"""Replies of the front: the KIS envelope around output blocks."""

from dataclasses import dataclass, field
from typing import Any

from daybook.paper.environment import Environment
from daybook.paper.errors import BusinessRefusal, FrontError, OauthRefusal

Row = dict[str, str]
"""One object of an output block; every value is a string."""

LEDGER_TEXT_WIDTH = 80
"""Ledger services pad ``msg1`` with spaces to this width."""


@dataclass(slots=True)
class Reply:
    """A reply before it is sent. ``tr_cont`` is blank unless the service is paged."""

    body: dict[str, Any]
    status: int = 200
    tr_cont: str = ""
    headers: dict[str, str] = field(default_factory=dict)


def quote_reply(**blocks: Row | list[Row]) -> Reply:
    """Return a successful reply of a quotation service."""
    return _success("MCA00000", "정상처리 되었습니다.", blocks)


def ledger_reply(environment: Environment, blocks: dict[str, Any], *, found: bool = True, more: bool = False) -> Reply:
    """Return a successful reply of an account inquiry: more pages, the last page, or no rows at all."""
    if more:
        code, text = "KIOK0500", "조회가 계속됩니다..다음버튼을 Click 하십시오."
    elif environment is Environment.MOCK:
        code, text = (
            ("20310000", "모의투자 조회가 완료되었습니다.")
            if found
            else ("70070000", "모의투자 조회할 내역(자료)이 없습니다.")
        )
    else:
        code, text = ("KIOK0510", "조회가 완료되었습니다") if found else ("KIOK0560", "조회할 내용이 없습니다")
    return _success(code, text.ljust(LEDGER_TEXT_WIDTH), blocks)


def orderable_reply(environment: Environment, output: Row) -> Reply:
    """Return a successful reply of the buyable-amount service."""
    if environment is Environment.MOCK:
        return ledger_reply(environment, {"output": output})
    return _success("KIOK0420", "정상적으로 조회되었습니다".ljust(LEDGER_TEXT_WIDTH), {"output": output})


_ORDER_DONE = {
    "buy": ("40600000", "모의투자 매수주문이 완료 되었습니다."),
    "sell": ("40590000", "모의투자 매도주문이 완료 되었습니다."),
    "modify": ("40620000", "모의투자 정정주문이 완료 되었습니다."),
    "cancel": ("40630000", "모의투자 취소주문이 완료 되었습니다."),
}


def order_reply(environment: Environment, action: str, output: Row) -> Reply:
    """Return the acceptance of ``action``: buy, sell, modify or cancel."""
    if environment is Environment.MOCK:
        code, text = _ORDER_DONE[action]
    else:
        code, text = "APBK0013", "주문 전송 완료 되었습니다."
    return _success(code, text, {"output": output})


def refusal_reply(error: FrontError) -> Reply:
    """Return the reply of a refusal, in the shape and with the HTTP status of its kind."""
    if isinstance(error, OauthRefusal):
        return Reply({"error_description": error.text, "error_code": error.code}, status=403)
    if isinstance(error, BusinessRefusal):
        return Reply({"rt_cd": error.rt_cd, "msg_cd": error.code, "msg1": error.text})
    return Reply({"rt_cd": "1", "msg_cd": error.code, "msg1": error.text}, status=500)


def _success(code: str, text: str, blocks: dict[str, Any]) -> Reply:
    return Reply({**blocks, "rt_cd": "0", "msg_cd": code, "msg1": text})
