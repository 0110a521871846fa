import logging
from pathlib import Path

import pytest

from daybook.broker.kis.credentials import (
    KisCredentials,
    credentials_from_values,
    paper_credentials,
    read_kis_devlp,
)
from daybook.broker.port import BrokerConfigurationError
from daybook.contracts.base import Mode
from tests.broker.fake_kis import SECRETS, credentials

KEY, SECRET = SECRETS["app_key"], SECRETS["app_secret"]

DEVLP = f"""
my_app: "{KEY}"
my_sec: "{SECRET}"
paper_app: "M{KEY[1:]}"
paper_sec: "M{SECRET[1:]}"
my_htsid: "canaryhts"
my_acct_stock: 01234567
my_paper_stock: "50012345"
my_prod: 01
prod: "https://openapi.koreainvestment.com:9443"
vps: "https://evil.example:1"
my_agent: "Mozilla/5.0"
"""


@pytest.mark.parametrize("account", ["01234567-01", "0123456701", " 01234567-01 "])
def test_values_when_they_are_complete_then_the_account_is_split(account: str) -> None:
    found = credentials_from_values(Mode.LIVE, app_key=KEY, app_secret=SECRET, account=account, hts_id="x")
    assert found.account_number.get_secret_value() == "01234567"
    assert found.product_code.get_secret_value() == "01"
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"app_key": ""}, "DAYBOOK_KIS__MOCK_APP_KEY"),
        ({"app_secret": "  "}, "DAYBOOK_KIS__MOCK_APP_SECRET"),
        ({"account": ""}, "DAYBOOK_KIS__MOCK_ACCOUNT"),
        ({"account": "1234567-01"}, "DAYBOOK_KIS__MOCK_ACCOUNT"),
        ({"account": "１２３４５６７８-01"}, "DAYBOOK_KIS__MOCK_ACCOUNT"),
        ({"app_key": "two words"}, "DAYBOOK_KIS__MOCK_APP_KEY"),
        ({"app_secret": "line\nbreak"}, "DAYBOOK_KIS__MOCK_APP_SECRET"),
        ({"hts_id": "h ts"}, "DAYBOOK_KIS__MOCK_HTS_ID"),
    ],
)
def test_values_when_one_is_missing_or_malformed_then_one_line_names_the_setting(
    changes: dict[str, str], named: str
) -> None:
    values = {"app_key": KEY, "app_secret": SECRET, "account": "87654321-01", "hts_id": "x"} | changes
    with pytest.raises(BrokerConfigurationError) as caught:
        credentials_from_values(Mode.MOCK, **values)
    assert named in str(caught.value)
    assert caught.value.advice
    assert "\n" not in str(caught.value)
    assert "87654321" not in str(caught.value)
    assert KEY not in str(caught.value)


def test_values_when_lengths_are_unusual_then_they_are_warned_of_without_their_text(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        found = credentials_from_values(Mode.LIVE, app_key="SHORTKEY", app_secret="SHORTSECRET", account="8765432101")
    assert len(found.warnings) == 2
    assert "8 characters" in caplog.text
    assert "SHORT" not in caplog.text


def test_kis_devlp_when_read_for_each_mode_then_its_own_keys_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "kis_devlp.yaml"
    path.write_text(DEVLP, encoding="utf-8")
    live, mock, paper = (read_kis_devlp(path, mode) for mode in (Mode.LIVE, Mode.MOCK, Mode.PAPER))
    assert live.app_key.get_secret_value() == KEY
    assert live.account_number.get_secret_value() == "01234567"
    assert mock.app_key.get_secret_value().startswith("M")
    assert mock.account_number.get_secret_value() == "50012345"
    assert live.hts_id.get_secret_value() == "canaryhts"
    assert paper == paper_credentials()


def test_kis_devlp_when_it_names_a_foreign_address_then_it_is_ignored_and_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "kis_devlp.yaml"
    path.write_text(DEVLP, encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        read_kis_devlp(path, Mode.LIVE)
    assert [record.args for record in caplog.records] == [("kis_devlp.yaml", "vps")]
    assert "evil" not in caplog.text


@pytest.mark.parametrize(
    "text", ["", "- a\n- b\n", "my_app: [", "my_app: !!python/object/apply:os.system ['true']\n", "\x00"]
)
def test_kis_devlp_when_it_is_unusable_then_advice_is_given(tmp_path: Path, text: str) -> None:
    path = tmp_path / "kis_devlp.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BrokerConfigurationError) as caught:
        read_kis_devlp(path, Mode.LIVE)
    assert caught.value.advice
    with pytest.raises(BrokerConfigurationError):
        read_kis_devlp(tmp_path / "absent.yaml", Mode.LIVE)


def test_credentials_when_shown_or_rejected_by_the_model_then_no_value_appears() -> None:
    shown = repr(credentials()) + str(credentials()) + repr(paper_credentials())
    assert not any(secret in shown for secret in SECRETS.values())
    with pytest.raises(ValueError) as caught:
        KisCredentials(mode=Mode.LIVE, app_key=123456789, app_secret="x", account_number="87654321")  # type: ignore[call-arg]
    assert "87654321" not in str(caught.value)
    assert "123456789" not in str(caught.value)


def test_key_digest_when_the_mode_differs_then_the_files_differ() -> None:
    assert credentials(Mode.LIVE).key_digest != credentials(Mode.MOCK).key_digest
    assert SECRETS["app_key"] not in credentials().key_digest
