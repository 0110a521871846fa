import base64
import string
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from daybook.llm.redaction import RESTORABLE, Redactor, known_secrets
from daybook.llm.redaction_rules import Kind
from daybook.settings import LlmSettings

APP_KEY = "PS" + "aB3dE6gH9" * 3 + "kLmNoPq"
APP_SECRET = base64.b64encode(bytes(range(3, 138))).decode()

HIDDEN = [
    ("계좌 50123456-01 잔고", "50123456-01", Kind.ACCOUNT),
    ("50123456 – 01", "50123456 – 01", Kind.ACCOUNT),
    ("계좌번호는 5012345601 입니다", "5012345601", Kind.ACCOUNT),
    ('{"CANO": "50123456"}', "50123456", Kind.ACCOUNT),
    ("account 20260304-01", "20260304-01", Kind.ACCOUNT),
    ("주민번호 900101-1234567", "900101-1234567", Kind.RESIDENT_NUMBER),
    ("9001011234567", "9001011234567", Kind.RESIDENT_NUMBER),
    ("외국인등록 851231-5234567", "851231-5234567", Kind.RESIDENT_NUMBER),
    ("000229-3234567", "000229-3234567", Kind.RESIDENT_NUMBER),
    ("010-1234-5678", "010-1234-5678", Kind.PHONE),
    ("01012345678로 전화", "01012345678", Kind.PHONE),
    ("+82 10-1234-5678", "+82 10-1234-5678", Kind.PHONE),
    ("02-3774-9000", "02-3774-9000", Kind.PHONE),
    ("메일 hong.gil+dong@example.co.kr로", "hong.gil+dong@example.co.kr", Kind.EMAIL),
    ("4111 1111 1111 1111", "4111 1111 1111 1111", Kind.CARD),
    ("5555555555554444", "5555555555554444", Kind.CARD),
    ("3782-822463-10005", "3782-822463-10005", Kind.CARD),
    (f"appkey {APP_KEY}", APP_KEY, Kind.SECRET),
    (f"secret {APP_SECRET}", APP_SECRET, Kind.SECRET),
    ("Authorization: Bearer abcDEF123.456-xyz", "abcDEF123.456-xyz", Kind.SECRET),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln", Kind.SECRET),
    ("sk-proj-abcdefghij0123456789", "sk-proj-abcdefghij0123456789", Kind.SECRET),
    ("sk-ant-api03-abcdefghij0123456789", "sk-ant-api03-abcdefghij0123456789", Kind.SECRET),
    ("AIzaSyA1234567890abcdefghijklmnopqrstuv", "AIzaSyA1234567890abcdefghijklmnopqrstuv", Kind.SECRET),
    ("비밀번호는 1234", "1234", Kind.SECRET),
    ("mysql://desk:pa55word@db/daybook", "pa55word", Kind.SECRET),
    ('"app_secret": "x9x9x9x9"', "x9x9x9x9", Kind.SECRET),
]
LEFT = [
    "005930 삼성전자 10주를 71,900원에 매수",
    "120110 1050000",
    "2026-03-04 09:00:01 20260304 20260304-09 2026.03.04",
    "주문번호 0000117057, 원주문 0000117056",
    "시가총액 450123000000000원, 거래대금 1,234,567,890,123",
    "epoch 1772600000000",
    "991301-1234567",
    "000230-3234567",
    "4111111111111112",
    "20260304-t001-005930-buy-0a1b2c3d",
    "bearer instruments and basic understanding, token: 4096",
    "0.0123456789 12345678.12 1234567890",
    "KOSPI 2,650.12 (+0.35%) 52주 최고 88,800",
    "0101234567",
]


@pytest.mark.parametrize(("text", "value", "kind"), HIDDEN)
def test_redact_when_text_holds_something_personal_then_a_placeholder_stands_for_it(
    text: str, value: str, kind: Kind
) -> None:
    redaction = Redactor().begin()
    hidden = redaction.redact(text)
    assert value not in hidden
    assert f"<{kind}_1>" in hidden
    assert redaction.kinds == {kind}
    assert redaction.restore(hidden) == (text if kind in RESTORABLE else hidden)


@pytest.mark.parametrize("text", LEFT)
def test_redact_when_text_holds_codes_prices_dates_or_order_numbers_then_it_stays(text: str) -> None:
    assert Redactor().redact(text) == text


def test_redact_when_a_value_comes_again_then_it_has_the_same_placeholder() -> None:
    redaction = Redactor().begin()
    assert redaction.redact("50123456-01 and 50999999-01") == "<ACCOUNT_1> and <ACCOUNT_2>"
    assert redaction.redact("50999999-01") == "<ACCOUNT_2>"


def test_redact_when_the_process_knows_a_secret_then_every_shape_of_it_is_hidden() -> None:
    secret = "p@ss/word Ü1"
    redactor = Redactor([secret, "short"])
    shapes = [secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode(), "p@ss/word \\u00dc1"]
    for shape in shapes:
        assert redactor.redact(f"x{shape}y") == "x<SECRET_1>y"
    assert redactor.redact("short") == "short"
    assert "p@ss" not in repr(redactor)


def test_redact_when_text_looks_like_a_placeholder_then_it_does_not_stand_for_what_was_hidden() -> None:
    redaction = Redactor().begin()
    hidden = redaction.redact("50123456-01 <ACCOUNT_1>")
    assert hidden == "<ACCOUNT_1> <LITERAL_1>"
    assert redaction.restore(hidden) == "50123456-01 <ACCOUNT_1>"
    assert redaction.redact("<ACCOUNT_1>") == "<LITERAL_1>"


def test_redact_when_a_model_wrote_the_placeholder_then_it_keeps_its_meaning() -> None:
    redaction = Redactor().begin()
    redaction.redact("50123456-01")
    assert redaction.redact("잔고 <ACCOUNT_1> <ACCOUNT_7>", is_own=True) == "잔고 <ACCOUNT_1> <LITERAL_1>"


def test_redact_json_when_values_nest_then_every_text_is_redacted_and_restored() -> None:
    redaction = Redactor().begin()
    value = {"a": ["50123456-01", {"b@example.com": 3}], "n": 1.5, "t": True, "z": None}
    hidden = redaction.redact_json(value)
    assert hidden == {"a": ["<ACCOUNT_1>", {"<EMAIL_1>": 3}], "n": 1.5, "t": True, "z": None}
    assert redaction.restore_json(hidden) == value


def test_restore_when_only_some_kinds_are_asked_for_then_others_stay_hidden() -> None:
    redaction = Redactor(["known-secret"]).begin()
    hidden = redaction.redact("50123456-01 a@example.com known-secret")
    assert redaction.restore(hidden, [Kind.ACCOUNT, Kind.SECRET]) == "50123456-01 <EMAIL_1> <SECRET_1>"


def test_known_secrets_when_settings_hold_keys_then_all_are_found() -> None:
    settings = LlmSettings(openai_api_key=SecretStr("key-one"), gemini_api_key=SecretStr("key-two"))
    assert set(known_secrets(settings)) == {"key-one", "key-two"}


SURROUNDINGS = st.text(alphabet=string.ascii_letters + " .,:\n가나다삼성전자\"'{}[]()", max_size=30)


@given(
    before=SURROUNDINGS, after=SURROUNDINGS, account=st.integers(0, 99_999_999), product=st.sampled_from(["01", "22"])
)
def test_redact_when_an_account_stands_anywhere_then_it_is_hidden_and_comes_back(
    before: str, after: str, account: int, product: str
) -> None:
    text = f"{before} {account:08d}-{product} {after}"
    redaction = Redactor().begin()
    hidden = redaction.redact(text)
    assert f"{account:08d}-{product}" not in hidden
    if Kind.SECRET not in redaction.kinds:
        assert redaction.restore(hidden) == text


@given(text=st.text(max_size=200), secret=st.text(min_size=6, max_size=40))
def test_redact_when_any_text_holds_a_known_secret_then_it_never_survives(text: str, secret: str) -> None:
    hidden = Redactor([secret]).redact(f"{text}{secret}{text}")
    assert "\x00" in secret or secret not in hidden or secret in "<SECRET_1><LITERAL_2>"


@given(st.text(max_size=300))
def test_redact_when_text_is_arbitrary_then_restoring_gives_it_back(text: str) -> None:
    redaction = Redactor().begin()
    hidden = redaction.redact(text)
    if Kind.SECRET not in redaction.kinds:
        assert redaction.restore(hidden) == text.replace("\x00", "")


@given(st.integers(0, 999_999), st.integers(1, 99_999_999))
def test_redact_when_codes_and_prices_are_arbitrary_then_they_stay(code: int, price_krw: int) -> None:
    text = f"{code:06d} {price_krw:,}원 {price_krw}원 {code:06d}/{price_krw}"
    assert Redactor().redact(text) == text
