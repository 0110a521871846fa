"""Order notices (H0STCNI0/H0STCNI9): their fields, and their encryption.

A notice is base64 of AES-256-CBC with PKCS#7 padding over the ``^`` string; key (32 characters) and iv (16) of the
TR's subscription reply are used as raw UTF-8 bytes.
"""

import base64
import secrets
import string
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from daybook.contracts.base import Side
from daybook.paper.formats import hhmmss
from daybook.paper.layouts import Layout, payload
from daybook.paper.model import NoticeKind, OrderNotice, Security

_ALPHABET = string.ascii_lowercase + string.digits
_IOC_TYPES = frozenset({"11", "13", "15"})
_FOK_TYPES = frozenset({"12", "14", "16"})


@dataclass(frozen=True, slots=True)
class StreamCipher:
    """Key and iv of one subscription, as text."""

    key: str
    iv: str

    @classmethod
    def generate(cls) -> "StreamCipher":
        """Return a fresh cipher."""
        return cls(key=_random_text(32), iv=_random_text(16))

    def encrypt(self, plain: str) -> str:
        """Return base64 of the encrypted text."""
        padder = PKCS7(algorithms.AES.block_size).padder()
        padded = padder.update(plain.encode()) + padder.finalize()
        encryptor = Cipher(algorithms.AES(self.key.encode()), modes.CBC(self.iv.encode())).encryptor()
        return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()

    def decrypt(self, encrypted: str) -> str:
        """Return the text of an encrypted notice."""
        decryptor = Cipher(algorithms.AES(self.key.encode()), modes.CBC(self.iv.encode())).decryptor()
        padded = decryptor.update(base64.b64decode(encrypted)) + decryptor.finalize()
        unpadder = PKCS7(algorithms.AES.block_size).unpadder()
        return (unpadder.update(padded) + unpadder.finalize()).decode()


def notice_frame(
    tr_id: str, layout: Layout, notice: OrderNotice, hts_id: str, security: Security | None, cipher: StreamCipher
) -> str:
    """Return the encrypted data frame of a notice."""
    plain = payload(tr_id, layout, [notice_record(notice, hts_id, security)])
    return f"1|{tr_id}|001|{cipher.encrypt(plain)}"


def notice_record(notice: OrderNotice, hts_id: str, security: Security | None) -> dict[str, str]:
    """Return the fields of a notice.

    ``CNTG_QTY`` is the order's quantity on an accept notice and the execution's on a fill; ``CNTG_YN`` is 2 on a
    fill and 1 otherwise; a cancel or modify notice carries its own number, and its target in ``OODER_NO``.
    """
    order = notice.order
    is_fill = notice.kind is NoticeKind.FILLED
    price_krw = 0 if notice.kind is NoticeKind.CANCELLED else notice.price_krw
    return {
        "CUST_ID": hts_id,
        "ACNT_NO": order.account,
        "ODER_NO": order.number,
        "OODER_NO": order.original_number,
        "SELN_BYOV_CLS": "02" if order.side is Side.BUY else "01",
        "RCTF_CLS": _request_class(notice),
        "ODER_KIND": order.order_type,
        "ODER_COND": "1" if order.order_type in _IOC_TYPES else "2" if order.order_type in _FOK_TYPES else "0",
        "STCK_SHRN_ISCD": order.symbol,
        "CNTG_QTY": str(notice.shares),
        "CNTG_UNPR": str(price_krw),
        "STCK_CNTG_HOUR": hhmmss(notice.at),
        "RFUS_YN": "1" if notice.kind is NoticeKind.REJECTED else "0",
        "CNTG_YN": "2" if is_fill else "1",
        "ACPT_YN": _acceptance(notice),
        "BRNC_NO": order.branch,
        "ODER_QTY": str(order.shares),
        "ACNT_NAME": "",
        "ORD_COND_PRC": "0",
        "ORD_EXG_GB": "1",
        "POPUP_YN": "Y",
        "FILLER": "",
        "UNLABELLED": "1Y",
        "CRDT_CLS": "10",
        "CRDT_LOAN_DATE": "",
        "CNTG_ISNM40": security.name if security else "",
        "ODER_PRC": str(order.price_krw),
    }


def _request_class(notice: OrderNotice) -> str:
    if notice.order.is_cancel_request:
        return "2"
    return "1" if notice.order.is_modify_request and notice.kind is not NoticeKind.FILLED else "0"


def _acceptance(notice: OrderNotice) -> str:
    """Return ``ACPT_YN``: 1 accepted, 2 confirmed, 3 cancelled by the exchange (an IOC or FOK rest, the close)."""
    if notice.kind is NoticeKind.ACCEPTED:
        return "1"
    if notice.kind is NoticeKind.CANCELLED and not notice.order.is_cancel_request:
        return "3"
    return "2"


def _random_text(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
