import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from daybook.logs import (
    MaskingFormatter,
    command_log,
    configure_command_logging,
    configure_logging,
    mask,
    record_failure,
)


@pytest.fixture(autouse=True)
def _root() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("account 12345678-01 and 1234567801", "account [account] and [account]"),
        ("Authorization: Bearer abc.def-ghi", "Authorization: Bearer [token]"),
        ('{"appkey": "s3cret", "appsecret": "s3cret"}', '{"appkey": [secret], "appsecret": [secret]}'),
        ("DAYBOOK_KIS__MOCK_APP_KEY=s3cret next", "DAYBOOK_KIS__MOCK_APP_KEY=[secret] next"),
        ("password = 'two words' next", "password = [secret] next"),
        ("approval_key:s3cret&x=1", "approval_key:[secret]&x=1"),
        ("mysql+pymysql://desk:s3c:ret@db:3306/daybook", "mysql+pymysql://desk:[secret]@db:3306/daybook"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "[token]"),
        ("005930 at 70,000 on 2026-03-06 09:00:00", "005930 at 70,000 on 2026-03-06 09:00:00"),
        ("http://127.0.0.1:8233/namespaces", "http://127.0.0.1:8233/namespaces"),
        ("token_type Bearer", "token_type Bearer"),
    ],
)
def test_mask_when_a_text_holds_secrets_then_only_they_are_gone(text: str, masked: str) -> None:
    assert mask(text) == masked


def test_formatter_when_a_traceback_holds_a_secret_then_it_is_masked() -> None:
    try:
        raise ValueError("appsecret=s3cret of 12345678-01")
    except ValueError as error:
        record = logging.LogRecord(
            "daybook", logging.ERROR, "", 1, "failed for %s", ("12345678-01",), (ValueError, error, error.__traceback__)
        )
    text = MaskingFormatter("%(message)s").format(record)
    assert "failed for [account]" in text
    assert "Traceback" in text
    assert "s3cret" not in text
    assert "12345678" not in text


def test_process_log_when_configured_twice_then_each_record_is_written_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logging("trading")
    configure_logging("trading")
    logging.getLogger("daybook").info("ready with token=abc")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "INFO trading daybook ready with token=[secret]" in lines[0]


def test_command_log_when_there_is_a_home_then_warnings_go_there_masked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_command_logging(lambda: tmp_path)
    logging.getLogger("somebody").info("not kept")
    logging.getLogger("somebody").warning("kept, token=abc")
    text = command_log(tmp_path).read_text()
    assert (text.count("\n"), "cli somebody kept, token=[secret]" in text) == (1, True)
    assert capsys.readouterr().err == ""


def test_command_log_when_there_is_no_home_then_nothing_is_written_or_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails() -> Path:
        raise RuntimeError("no home")

    for home in (lambda: tmp_path / "nowhere", fails):
        configure_command_logging(home)
        logging.getLogger("somebody").error("dropped")
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr().err == ""


def test_failure_when_the_home_cannot_be_written_then_a_temporary_file_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    home = tmp_path / "home"
    home.mkdir()
    (home / "logs").touch()
    where = record_failure(home, ValueError("12345678-01"))
    assert where is not None
    assert (where.parent, "[account]" in where.read_text()) == (tmp_path, True)


def test_failure_when_nothing_can_be_written_then_there_is_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    assert record_failure(tmp_path / "home", ValueError("x")) is None
