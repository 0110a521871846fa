from dataclasses import replace
from datetime import datetime

from daybook.contracts.base import KST, Side
from daybook.contracts.market import Market
from daybook.paper.layouts import Layout, fields_of
from daybook.paper.model import NoticeKind, Order, OrderNotice, Security
from daybook.paper.notices import StreamCipher, notice_frame, notice_record

AT = datetime(2026, 3, 20, 10, 1, 2, tzinfo=KST)
SECURITY = Security("005930", "삼성전자", Market.KOSPI, "전기·전자")
ORDER = Order("0000000007", "00950", "1234567801", "005930", Side.BUY, "00", 10, 70_000, AT)


def _notice(kind: NoticeKind, order: Order = ORDER, shares: int = 10, price_krw: int = 70_000) -> OrderNotice:
    return OrderNotice(kind, order, shares, price_krw, AT)


def test_cipher_when_encrypted_then_decrypts_with_the_same_key() -> None:
    cipher = StreamCipher.generate()
    assert (len(cipher.key), len(cipher.iv)) == (32, 16)
    assert cipher.decrypt(cipher.encrypt("삼성전자^1")) == "삼성전자^1"


def test_frame_when_sent_then_encrypted_with_the_layouts_fields() -> None:
    cipher = StreamCipher.generate()
    for layout in Layout:
        text = notice_frame("H0STCNI9", layout, _notice(NoticeKind.ACCEPTED), "trader", SECURITY, cipher)
        flag, tr_id, count, payload = text.split("|")
        assert (flag, tr_id, count) == ("1", "H0STCNI9", "001")
        values = cipher.decrypt(payload).split("^")
        assert len(values) == len(fields_of("H0STCNI9", layout))
        assert (values[0], values[1], values[2], values[-2], values[-1]) == (
            "trader",
            "1234567801",
            "0000000007",
            "삼성전자",
            "70000",
        )


def test_record_when_accepted_then_order_quantity() -> None:
    record = notice_record(_notice(NoticeKind.ACCEPTED), "trader", SECURITY)
    assert (record["CNTG_YN"], record["ACPT_YN"], record["CNTG_QTY"], record["RFUS_YN"]) == ("1", "1", "10", "0")
    assert (record["SELN_BYOV_CLS"], record["RCTF_CLS"], record["STCK_CNTG_HOUR"]) == ("02", "0", "100102")


def test_record_when_filled_then_quantity_of_the_execution() -> None:
    record = notice_record(_notice(NoticeKind.FILLED, shares=3, price_krw=69_900), "trader", SECURITY)
    assert (record["CNTG_YN"], record["CNTG_QTY"], record["CNTG_UNPR"]) == ("2", "3", "69900")
    assert (record["ODER_QTY"], record["ODER_PRC"]) == ("10", "70000")


def test_record_when_cancelled_then_own_number_and_target() -> None:
    request = replace(ORDER, number="0000000008", original_number="0000000007", is_cancel_request=True)
    record = notice_record(_notice(NoticeKind.CANCELLED, request), "trader", SECURITY)
    assert (record["ODER_NO"], record["OODER_NO"], record["RCTF_CLS"]) == ("0000000008", "0000000007", "2")
    assert (record["ACPT_YN"], record["CNTG_UNPR"]) == ("2", "0")


def test_record_when_the_exchange_cancels_then_acceptance_3() -> None:
    assert notice_record(_notice(NoticeKind.CANCELLED), "trader", SECURITY)["ACPT_YN"] == "3"


def test_record_when_rejected_then_refusal_flag() -> None:
    record = notice_record(_notice(NoticeKind.REJECTED), "trader", SECURITY)
    assert (record["RFUS_YN"], record["CNTG_YN"]) == ("1", "1")
