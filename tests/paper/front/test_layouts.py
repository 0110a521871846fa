import pytest

from daybook.paper.layouts import Layout, fields_of, frame


@pytest.mark.parametrize(
    ("tr_id", "new", "legacy"),
    [
        ("H0STCNT0", 47, 46),
        ("H0UNCNT0", 47, 46),
        ("H0STASP0", 63, 59),
        ("H0UNASP0", 66, 65),
        ("H0STANC0", 45, 45),
        ("H0STMKO0", 11, 11),
        ("H0STCNI0", 26, 23),
        ("H0STCNI9", 26, 23),
    ],
)
def test_layout_when_chosen_then_kis_field_count(tr_id: str, new: int, legacy: int) -> None:
    assert len(fields_of(tr_id, Layout.NEW)) == new
    assert len(fields_of(tr_id, Layout.LEGACY)) == legacy
    assert len(set(fields_of(tr_id, Layout.NEW))) == new


def test_notice_layouts_when_compared_then_share_the_first_18_fields_and_the_tail() -> None:
    new, legacy = fields_of("H0STCNI0", Layout.NEW), fields_of("H0STCNI0", Layout.LEGACY)
    assert new[:18] == legacy[:18]
    assert new[-2:] == legacy[-2:] == ("CNTG_ISNM40", "ODER_PRC")


def test_trade_layout_when_indexed_then_fields_stand_where_kis_has_them() -> None:
    fields = fields_of("H0STCNT0", Layout.NEW)
    expected = {0: "MKSC_SHRN_ISCD", 2: "STCK_PRPR", 12: "CNTG_VOL", 21: "CCLD_DVSN", 34: "NEW_MKOP_CLS_CODE"}
    assert {index: fields[index] for index in expected} == expected
    assert (fields[43], fields[45], fields[46]) == ("HOUR_CLS_CODE", "VI_STND_PRC", "MARKET_CLS_CODE")


def test_frame_when_records_are_joined_then_count_and_concatenation() -> None:
    record = dict.fromkeys(fields_of("H0STMKO0", Layout.NEW), "x")
    flag, tr_id, count, payload = frame("H0STMKO0", Layout.NEW, [record, record]).split("|")
    assert (flag, tr_id, count) == ("0", "H0STMKO0", "002")
    assert payload == "^".join(["x"] * 22)
