"""Frames of the KIS WebSocket: requests, acknowledgements, data records, and their contract models.

A data frame is ``flag|TR_ID|count|payload``; records are joined by ``^`` and simply concatenated, so a record's width
follows from the number of fields. Two layouts are in use since 2026-09-14: trades 46 or 47 fields, books 59 or 63,
own notices 23 or 26. Any other width is refused: a shifted column would be a wrong price.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from pydantic import ValidationError

from daybook.broker.kis.decode_market import levels
from daybook.broker.kis.fields import Row, count, is_yes, required_count
from daybook.broker.kis.wire import BOOKS_ID, TRADES_ID
from daybook.broker.port import BrokerError
from daybook.contracts.base import Side
from daybook.contracts.market import BookTick, TradeTick
from daybook.contracts.orders import FillNotice

StreamMessage = FillNotice | TradeTick | BookTick

NOTICE_IDS = ("H0STCNI0", "H0STCNI9")
WIDTHS = {TRADES_ID: (47, 46), BOOKS_ID: (63, 59), "H0STCNI0": (26, 23), "H0STCNI9": (26, 23)}
"""Accepted record widths per TR, the newest first."""

_TRADE_FIELDS = {
    0: "symbol",
    1: "time",
    2: "price",
    10: "ask",
    11: "bid",
    12: "shares",
    13: "volume",
    14: "turnover",
    21: "aggressor",
    35: "halted",
}
_AGGRESSORS = {"1": True, "5": False}
_SIDES = {"01": Side.SELL, "1": Side.SELL, "02": Side.BUY, "2": Side.BUY}


class FrameRefused(Exception):
    """A frame or record that is not understood; it is dropped and counted. The message never holds its content."""


@dataclass(frozen=True, slots=True)
class StreamKey:
    """AES key and initialisation vector of one subscription, as raw text of 32 and 16 characters."""

    key: str
    iv: str


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The answer to a subscription. ``code`` is an OPSP code; a refusal has ``is_ok`` False."""

    tr_id: str
    tr_key: str
    code: str
    message: str
    is_ok: bool
    stream_key: StreamKey | None


@dataclass(frozen=True, slots=True)
class DataFrame:
    """A data frame split into records of one width."""

    tr_id: str
    records: tuple[tuple[str, ...], ...]


def subscription(approval_key: str, tr_id: str, tr_key: str) -> str:
    """Return the request that subscribes ``tr_key`` (a symbol, or the HTS id for notices)."""
    return json.dumps(
        {
            "header": {"approval_key": approval_key, "custtype": "P", "tr_type": "1", "content-type": "utf-8"},
            "body": {"input": {"tr_id": tr_id, "tr_key": tr_key}},
        }
    )


def is_ping(text: str) -> bool:
    """Whether a frame is KIS's PINGPONG, which is answered with the same text."""
    header = _object(_json(text).get("header")) if text.startswith("{") else {}
    return header.get("tr_id") == "PINGPONG"


def parse_acknowledgement(text: str) -> Acknowledgement:
    """Return the answer to a subscription; raises ``FrameRefused``."""
    frame = _json(text)
    header, body = _object(frame.get("header")), _object(frame.get("body"))
    output = _object(body.get("output"))
    key, iv = str(output.get("key") or ""), str(output.get("iv") or "")
    if not body:
        raise FrameRefused("a control frame without a body")
    code = str(body.get("msg_cd") or "").strip()
    return Acknowledgement(
        tr_id=str(header.get("tr_id") or "").strip(),
        tr_key=str(header.get("tr_key") or "").strip(),
        code=code,
        message=str(body.get("msg1") or "").strip(),
        is_ok=str(body.get("rt_cd")).strip() == "0" or code in ("OPSP0000", "OPSP0002"),
        stream_key=StreamKey(key, iv) if key and iv else None,
    )


def parse_data(text: str, key_of: Callable[[str], StreamKey | None]) -> DataFrame:
    """Split (and decrypt, with the key of its TR) a data frame; raises ``FrameRefused``."""
    parts = text.split("|", 3)
    if len(parts) != 4 or parts[0] not in ("0", "1") or not parts[2].isascii() or not parts[2].isdigit():
        raise FrameRefused("not a data frame")
    flag, tr_id, number, payload = parts[0], parts[1], int(parts[2]), parts[3]
    widths = WIDTHS.get(tr_id)
    if widths is None:
        raise FrameRefused("an unknown TR")
    if flag == "1":
        stream_key = key_of(tr_id)
        if stream_key is None:
            raise FrameRefused("encrypted before its key was given")
        payload = decrypt(payload, stream_key)
    fields = payload.split("^")
    width = next((width for width in widths if number > 0 and len(fields) == width * number), None)
    if width is None:
        raise FrameRefused(f"{tr_id}: {len(fields)} fields for {number} records")
    return DataFrame(tr_id, tuple(tuple(fields[at : at + width]) for at in range(0, len(fields), width)))


def decrypt(payload: str, stream_key: StreamKey) -> str:
    """Return the text of a base64 AES-256-CBC payload with PKCS#7 padding; raises ``FrameRefused``."""
    try:
        cipher = Cipher(algorithms.AES(stream_key.key.encode()), modes.CBC(stream_key.iv.encode()))
        decryptor = cipher.decryptor()
        padded = decryptor.update(base64.b64decode(payload, validate=True)) + decryptor.finalize()
        unpadder = PKCS7(128).unpadder()
        return (unpadder.update(padded) + unpadder.finalize()).decode()
    except (ValueError, binascii.Error):
        raise FrameRefused("cannot be decrypted") from None


def message_of(tr_id: str, fields: Sequence[str], received_at: datetime) -> StreamMessage:
    """Return a record as its contract model; raises ``FrameRefused``."""
    decode = notice if tr_id in NOTICE_IDS else trade if tr_id == TRADES_ID else book
    try:
        return decode(fields, received_at)
    except (BrokerError, ValidationError):
        raise FrameRefused(f"{tr_id}: a record with unusable values") from None


def notice_account(fields: Sequence[str]) -> str:
    """Return the account number of an own notice: the notices of an HTS id cover all its accounts."""
    return fields[1].strip()


def trade(fields: Sequence[str], received_at: datetime) -> TradeTick:
    """Return a trade of H0STCNT0. The aggressor code is 1 for a buy and 5 for a sell; 3 is before the open."""
    row: Row = {name: fields[at].strip() for at, name in _TRADE_FIELDS.items()}
    return TradeTick(
        symbol=row["symbol"],
        price_krw=required_count(row, "price"),
        shares=required_count(row, "shares"),
        is_buy=_AGGRESSORS.get(row["aggressor"]),
        ask_krw=count(row, "ask"),
        bid_krw=count(row, "bid"),
        volume_shares=count(row, "volume"),
        turnover_krw=count(row, "turnover"),
        is_halted=is_yes(row, "halted"),
        at_hhmmss=row["time"],
        received_at=received_at,
    )


def book(fields: Sequence[str], received_at: datetime) -> BookTick:
    """Return an order book of H0STASP0."""
    row = {
        f"{name}{level}": fields[first + level - 1].strip()
        for name, first in (("askp", 3), ("bidp", 13), ("askp_rsqn", 23), ("bidp_rsqn", 33))
        for level in range(1, 11)
    }
    return BookTick(
        symbol=fields[0].strip(),
        asks=levels(row, "askp"),
        bids=levels(row, "bidp"),
        expected_auction_price_krw=count({"price": fields[47].strip()}, "price"),
        at_hhmmss=fields[1].strip(),
        received_at=received_at,
    )


def notice(fields: Sequence[str], received_at: datetime) -> FillNotice:
    """Return an own order or fill notice (23 or 26 fields; 0-17 are the same in both).

    The digest leaves out names and account. Two executions of one order with equal shares and price in one second have
    the same digest: the day's orders, not the sum of notices, decide what was filled.
    """
    text = [field.strip() for field in fields]
    row: Row = {"shares": text[9], "price": text[10]}
    side = _SIDES.get(text[4])
    if side is None or not text[2].strip("0"):
        raise FrameRefused("a notice without side or order number")
    is_fill = text[13] == "2"
    return FillNotice(
        order_number=text[2],
        original_number=text[3] if text[3].strip("0") else "",
        symbol=text[8],
        side=side,
        is_fill=is_fill,
        is_rejection=text[12] in ("1", "Y"),
        is_cancel=text[5] == "2" or (text[14] == "3" and not is_fill),
        shares=required_count(row, "shares"),
        price_krw=count(row, "price"),
        at_hhmmss=text[11],
        received_at=received_at,
        digest=hashlib.sha256("^".join([*text[2:16], text[-1]]).encode()).hexdigest()[:32],
    )


def _json(text: str) -> dict[str, object]:
    try:
        loaded = json.loads(text)
    except (ValueError, RecursionError):
        raise FrameRefused("not a JSON object") from None
    return _object(loaded)


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
