import pytest

from daybook.filings.dart import DartClient
from daybook.filings.dart_contracts import counterparty, is_supply_contract
from daybook.filings.errors import FilingNotFound, FilingRequestError, FilingUnreadable
from tests.filings.stand_ins.dart import Dart, contract_form

NUMBER = "20250311800001"


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("단일판매ㆍ공급계약체결", True),
        ("[기재정정]단일판매ㆍ공급계약체결(자율공시)", True),
        ("단일판매·공급계약체결(자회사의 주요경영사항)", True),
        ("단일판매ㆍ공급계약해지", False),
        ("사업보고서 (2024.12)", False),
    ],
)
def test_is_supply_contract_when_a_title_is_read_then_only_new_contracts_count(title: str, expected: bool) -> None:
    assert is_supply_contract(title) is expected


@pytest.mark.parametrize("encoding", ["cp949", "utf-8"])
async def test_counterparty_when_the_form_names_one_then_it_is_read_in_either_encoding(
    dart: Dart, dart_client: DartClient, encoding: str
) -> None:
    dart.documents[NUMBER] = contract_form("Micron Technology, Inc. & 자회사", encoding)
    assert counterparty(await dart_client.document(NUMBER)) == "Micron Technology, Inc. & 자회사"


@pytest.mark.parametrize("written", ["-", "공시유보", "경영상 비밀유지", "비공개", "가" * 90])
async def test_counterparty_when_it_is_withheld_or_no_name_then_it_is_empty(
    dart: Dart, dart_client: DartClient, written: str
) -> None:
    dart.documents[NUMBER] = contract_form(written)
    assert counterparty(await dart_client.document(NUMBER)) == ""


@pytest.mark.parametrize("document", ["", "<DOCUMENT>계약상대방</DOCUMENT>", "계약상대방 " + "x" * 500])
def test_counterparty_when_the_form_is_another_then_it_is_empty(document: str) -> None:
    assert counterparty(document) == ""


async def test_document_when_there_is_none_then_not_found(dart_client: DartClient) -> None:
    with pytest.raises(FilingNotFound):
        await dart_client.document(NUMBER)


async def test_document_when_the_archive_is_broken_then_unreadable(dart: Dart, dart_client: DartClient) -> None:
    dart.documents[NUMBER] = b"PK\x03\x04 no archive"
    with pytest.raises(FilingUnreadable):
        await dart_client.document(NUMBER)


async def test_document_when_the_number_cannot_be_then_nothing_is_sent(dart: Dart, dart_client: DartClient) -> None:
    with pytest.raises(FilingRequestError):
        await dart_client.document("../list")
    assert dart.requests == []
