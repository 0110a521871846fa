"""Messages of the WebSocket: subscription requests, their replies, PINGPONG.

A request's faults are named by KIS codes: OPSP999x for a JSON that lacks a part, OPSP8xxx for a wrong value.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from daybook.paper.notices import StreamCipher

TEXTS = {
    "OPSP0000": "SUBSCRIBE SUCCESS",
    "OPSP0001": "UNSUBSCRIBE SUCCESS",
    "OPSP0002": "ALREADY IN SUBSCRIBE",
    "OPSP0003": "UNSUBSCRIBE ERROR(not found!)",
    "OPSP0007": "SUBSCRIBE INTERNAL ERROR",
    "OPSP0008": "MAX SUBSCRIBE OVER",
    "OPSP0011": "invalid approval : NOT FOUND",
    "OPSP8991": "SUBSCRIBE ERROR : invalid tr_id",
    "OPSP8992": "SUBSCRIBE ERROR : invalid tr_key",
    "OPSP8996": "ALREADY IN USE appkey",
    "OPSP8997": "JSON PARSING ERROR : invalid tr_type",
    "OPSP8998": "JSON PARSING ERROR : invalid custtype",
    "OPSP9990": "JSON PARSING ERROR : tr_key not found",
    "OPSP9991": "JSON PARSING ERROR : input not found",
    "OPSP9992": "JSON PARSING ERROR : body not found",
    "OPSP9997": "JSON PARSING ERROR : custtype not found",
    "OPSP9998": "JSON PARSING ERROR : header not found",
    "OPSP9999": "JSON PARSING ERROR : invalid json format",
}


class StreamRefusal(Exception):
    """A request the stream refuses, with its OPSP code; ``approval_key`` is what it had read by then."""

    def __init__(self, code: str, approval_key: str = "", tr_id: str = "(null)", tr_key: str = "") -> None:
        super().__init__(f"{code} {TEXTS[code]}")
        self.code = code
        self.approval_key = approval_key
        self.tr_id = tr_id
        self.tr_key = tr_key


@dataclass(frozen=True, slots=True)
class StreamRequest:
    """A well-formed request. ``approval_key`` is blank when the client leaves it out after its first message."""

    approval_key: str
    subscribes: bool
    tr_id: str
    tr_key: str


def is_pingpong(text: str) -> bool:
    """Whether a message is the client's answer to PINGPONG."""
    try:
        return bool(json.loads(text)["header"]["tr_id"] == "PINGPONG")
    except (ValueError, KeyError, TypeError):
        return False


def parse_request(text: str, *, needs_custtype: bool) -> StreamRequest:
    """Return the request of a text frame; raises ``StreamRefusal``."""
    try:
        message = json.loads(text)
    except ValueError as error:
        raise StreamRefusal("OPSP9999") from error
    if not isinstance(message, dict):
        raise StreamRefusal("OPSP9999")
    header = message.get("header")
    if not isinstance(header, dict):
        raise StreamRefusal("OPSP9998")
    approval_key = str(header.get("approval_key", ""))
    custtype = header.get("custtype")
    if custtype is None and needs_custtype:
        raise StreamRefusal("OPSP9997", approval_key)
    if custtype is not None and custtype not in {"P", "B"}:
        raise StreamRefusal("OPSP8998", approval_key)
    body = message.get("body")
    if not isinstance(body, dict):
        raise StreamRefusal("OPSP9992", approval_key)
    request = body.get("input")
    if not isinstance(request, dict):
        raise StreamRefusal("OPSP9991", approval_key)
    tr_id, tr_key = str(request.get("tr_id", "")).strip(), request.get("tr_key")
    if not isinstance(tr_key, str):
        raise StreamRefusal("OPSP9990", approval_key, tr_id or "(null)")
    if header.get("tr_type") not in {"1", "2"}:
        raise StreamRefusal("OPSP8997", approval_key, tr_id, tr_key)
    return StreamRequest(approval_key, header["tr_type"] == "1", tr_id, tr_key.strip())


def reply(code: str, tr_id: str, tr_key: str, *, cipher: StreamCipher | None = None, is_encrypted: bool = False) -> str:
    """Return the reply to a request; key and iv come with every success."""
    is_success = code in {"OPSP0000", "OPSP0001"}
    body: dict[str, object] = {"rt_cd": "0" if is_success else "1", "msg_cd": code, "msg1": TEXTS[code]}
    if is_success and cipher is not None:
        body["output"] = {"iv": cipher.iv, "key": cipher.key}
    header = {"tr_id": tr_id, "tr_key": tr_key, "encrypt": "Y" if is_encrypted else "N"}
    return json.dumps({"header": header, "body": body})


def pingpong(now: datetime) -> str:
    """Return the server's PINGPONG message."""
    return json.dumps({"header": {"tr_id": "PINGPONG", "datetime": now.strftime("%Y%m%d%H%M%S")}})
