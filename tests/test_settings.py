import os
from decimal import Decimal
from pathlib import Path

import pytest

from daybook.contracts.base import Mode
from daybook.settings import (
    ConfigurationError,
    Settings,
    check_live_flag,
    check_startable,
    home_in_any_case,
    load_settings,
)
from daybook.settings_names import env_path, meant, setting_paths


@pytest.fixture(autouse=True)
def clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder and an environment without the desk's variables."""
    for name in list(os.environ):
        if name.upper().startswith("DAYBOOK_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def complaint() -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_settings_when_nothing_is_configured_then_the_defaults_are_paper_and_safe() -> None:
    settings = load_settings()
    assert (settings.mode, settings.live_trading_enabled, settings.home) == (Mode.PAPER, False, Path(".daybook"))
    assert settings.ledger_url.endswith("/.daybook/daybook.db")


def test_settings_when_all_sources_speak_then_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("daybook.toml").write_text(
        "poll_interval_s = 1\nsettle_interval_s = 1\nsettle_polls = 5\n[limits]\nmax_names = 1\nmax_order_shares = 7\n"
    )
    Path(".env").write_text(
        "DAYBOOK_POLL_INTERVAL_S=2\nDAYBOOK_SETTLE_INTERVAL_S=2\nDAYBOOK_LIMITS__MAX_NAMES=2\nX=1\n"
    )
    monkeypatch.setenv("DAYBOOK_POLL_INTERVAL_S", "3")
    settings = load_settings()
    assert (settings.poll_interval_s, settings.settle_interval_s, settings.settle_polls) == (3, 2, 5)
    assert (settings.limits.max_names, settings.limits.max_order_shares) == (2, 7)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("mode = paper", "daybook.toml is not TOML: Invalid value (at line 1, column 8); text needs quotes"),
        ('mod = "paper"', "mod in daybook.toml is not a setting; did you mean mode?"),
        ('MODE = "paper"', "did you mean mode?"),
        ("live_trading_enable = true", "did you mean live_trading_enabled?"),
        ("[limits]\nmax_order_notionl_krw = 3", "did you mean limits.max_order_notional_krw?"),
        ("max_order_notional_krw = 3", "did you mean limits.max_order_notional_krw?"),
        ("[strategy]\nmax_order_notional_krw = 3", "did you mean limits.max_order_notional_krw?"),
        ("[limit]\nmax_names = 2", "limit in daybook.toml is not a setting; did you mean limits?"),
        ('[api.callers.phone]\ntoken = "0123456789abcdef"\nscope = []', "did you mean api.callers.phone.scopes?"),
        ("zzz = 1", "zzz in daybook.toml is not a setting; remove it"),
        ("limits = 3", "limits in daybook.toml: "),
        ('poll_interval_s = "fast"', "poll_interval_s in daybook.toml: input should be a valid number"),
        ("poll_interval_s = nan", "poll_interval_s in daybook.toml: "),
        ("poll_interval_s = inf", "poll_interval_s in daybook.toml: "),
        ("[limits]\nmax_order_notional_krw = 1.5", "limits.max_order_notional_krw in daybook.toml: "),
        ("[limits]\ndaily_loss_reduce_ratio = 0.9", "must not be above daily_loss_halt_ratio"),
        ("[limits]\ndaily_loss_halt_ratio = 3", "limits.daily_loss_halt_ratio in daybook.toml: "),
        ('[strategy]\nuniverse_symbols = "005930"', 'write a list, as in ["005930", "000660"]'),
        ('[strategy]\nuniverse_symbols = ["005930", "5930"]', "'5930' cannot be used; write KRX short codes"),
        ("[strategy]\nuniverse_symbols = [5930]", "put the value into quotes"),
        ('home = ""', "home in daybook.toml: name a folder"),
        ("home = 5", "name a folder"),
        ('account = "Main Account"', "write an alias of small letters, digits and hyphens"),
        ('[temporal]\naddress = "localhost"', "write host:port, as in 127.0.0.1:7233"),
        ('mode = "LIVE"', "mode in daybook.toml: input should be 'paper', 'mock' or 'live', not 'LIVE'"),
        ('mode = "x"\npoll_interval_s = 0', "(and 1 more)"),
    ],
)
def test_file_when_it_is_wrong_then_one_line_names_the_key_and_what_to_do(content: str, said: str) -> None:
    Path("daybook.toml").write_text(content)
    assert said in complaint()


@pytest.mark.parametrize("secret", ["12345678-01", "1234567801"])
def test_account_when_it_is_a_number_then_it_is_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    monkeypatch.setenv("DAYBOOK_ACCOUNT", secret)
    text = complaint()
    assert "never an account number" in text
    assert secret not in text


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DAYBOOK_LIMITS__MAX_ORDER_NOTIONL_KRW", "1", "did you mean DAYBOOK_LIMITS__MAX_ORDER_NOTIONAL_KRW?"),
        ("DAYBOOK_LIMITS_MAX_ORDER_NOTIONAL_KRW", "1", "did you mean DAYBOOK_LIMITS__MAX_ORDER_NOTIONAL_KRW?"),
        ("DAYBOOK_MAX_ORDER_NOTIONAL_KRW", "1", "did you mean DAYBOOK_LIMITS__MAX_ORDER_NOTIONAL_KRW?"),
        ("DAYBOOK_LIMIT__MAX_NAMES", "1", "did you mean DAYBOOK_LIMITS__MAX_NAMES?"),
        ("DAYBOOK_LIMITS__MAX_ORDER_NOTIONL_KRW", "", "did you mean DAYBOOK_LIMITS__MAX_ORDER_NOTIONAL_KRW?"),
        ("daybook_mod", "live", "DAYBOOK_MOD in the environment is not a setting; did you mean DAYBOOK_MODE?"),
        ("DAYBOOK_MODE__X", "1", "did you mean DAYBOOK_MODE?"),
        ("DAYBOOK_KIS__MOCK_APPKEY", "s3cret", "did you mean DAYBOOK_KIS__MOCK_APP_KEY?"),
        ("DAYBOOK_API__CALLERS__PHONE__TOKN", "s3cret", "did you mean DAYBOOK_API__CALLERS__PHONE__TOKEN?"),
        ("DAYBOOK_XYZ", "1", "DAYBOOK_XYZ in the environment is not a setting; remove it"),
        ("DAYBOOK_LIMITS", "x", "is not a JSON object; set single values as DAYBOOK_LIMITS__NAME=value"),
        ("DAYBOOK_LIMITS", "3", "is not a JSON object"),
        ("DAYBOOK_LIMITS", '{"max_nams": 3}', "limits.max_nams of DAYBOOK_LIMITS in the environment is not a setting"),
        ("DAYBOOK_LIMITS", '{"max_names": "x"}', "limits.max_names of DAYBOOK_LIMITS in the environment: "),
        ("DAYBOOK_API__CALLERS", "x", "is not a JSON object; set single values as DAYBOOK_API__CALLERS__NAME=value"),
        ("DAYBOOK_API__CALLERS", '{"phone": {"tokn": "s3cret"}}', "did you mean api.callers.phone.token?"),
        ("DAYBOOK_API__CALLERS__PHONE__TOKEN", "s3cret", "make it longer"),
        ("DAYBOOK_STRATEGY__UNIVERSE_SYMBOLS", "005930,000660", 'write it as ["005930", "000660"]'),
        ("DAYBOOK_STRATEGY__UNIVERSE_SYMBOLS", "[005930]", 'write it as ["005930"]'),
        ("DAYBOOK_STRATEGY__UNIVERSE_SYMBOLS", '{"a": 1}', "is not a JSON list"),
        ("DAYBOOK_STRATEGY__UNIVERSE_SYMBOLS", '["samsung"]', "'samsung' cannot be used; write KRX short codes"),
        ("DAYBOOK_LIMITS__APPROVAL_MODES", "live", 'write it as ["live"]'),
        ("DAYBOOK_POLL_INTERVAL_S", "nan", "DAYBOOK_POLL_INTERVAL_S in the environment: "),
        ("DAYBOOK_LIVE_TRADING_ENABLED", "maybe", "DAYBOOK_LIVE_TRADING_ENABLED in the environment: "),
        ("DAYBOOK_COMMISSION_RATE", "free", "should be a valid decimal, not 'free'"),
        ("DAYBOOK_CONFIG", "nosuch.toml", "DAYBOOK_CONFIG names nosuch.toml, which does not exist"),
        ("DAYBOOK_CONFIG", ".", "is not a file"),
    ],
)
def test_variable_when_it_is_wrong_then_one_line_names_it_and_no_secret(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    text = complaint()
    assert said in text
    assert "s3cret" not in text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"DAYBOOK_MODE=paper\nthis is rubbish\n", ".env, line 2, cannot be read; write NAME=value"),
        (b"DAYBOOK_MODE\nOTHER\n", "DAYBOOK_MODE in .env has no value; write DAYBOOK_MODE=value"),
        (b"DAYBOOK_MOD=live", "DAYBOOK_MOD in .env is not a setting; did you mean DAYBOOK_MODE?"),
        (b"DAYBOOK_MODE=nix", "DAYBOOK_MODE in .env: "),
        (b"\xef\xbb\xbfDAYBOOK_MODE=nix", "DAYBOOK_MODE in .env: "),
        (b"\xff\xfe\x00", ".env is not a text file in UTF-8; save it as UTF-8"),
    ],
)
def test_env_file_when_it_is_wrong_then_one_line_names_the_place(content: bytes, said: str) -> None:
    Path(".env").write_bytes(content)
    assert said in complaint()


@pytest.mark.parametrize("name", [".env", "daybook.toml"])
def test_source_when_it_is_a_folder_then_one_line_says_so(name: str) -> None:
    Path(name).mkdir()
    assert f"{name} is not a file" in complaint()


def test_file_when_it_is_binary_then_one_line_says_so() -> None:
    Path("daybook.toml").write_bytes(b"\x7fELF\xff\xfe")
    assert complaint() == "daybook.toml is not a text file in UTF-8; save it as UTF-8"


@pytest.mark.parametrize(
    "name",
    [
        "DAYBOOK_SHARED_DATA",
        "DAYBOOK_TEST_MYSQL_URL",
        "OTHER_MODE",
        "MODE",
    ],
)
def test_variable_when_it_is_no_setting_of_the_desk_then_it_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "x")
    assert load_settings().mode is Mode.PAPER


def test_variable_when_it_is_blank_then_the_default_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DAYBOOK_HOME", "DAYBOOK_SETTLE_POLLS", "DAYBOOK_STRATEGY__UNIVERSE_SYMBOLS", "DAYBOOK_MODE"):
        monkeypatch.setenv(name, "")
    settings = load_settings()
    assert (settings.home, settings.settle_polls) == (Path(".daybook"), 4)


def test_every_setting_when_written_as_a_variable_then_it_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    for path in setting_paths(Settings):
        assert env_path("DAYBOOK_" + "__".join(path)) == path
        near = (*path[:-1], f"{path[-1]}x")
        assert meant(near, Settings)


def test_home_when_it_starts_with_a_tilde_then_it_is_the_persons_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYBOOK_HOME", "~/desk")
    assert load_settings().home == Path.home() / "desk"


@pytest.mark.parametrize(
    ("name", "content", "home"),
    [
        ("daybook.toml", b'home = "here"\nmode = nonsense', Path("here")),
        ("daybook.toml", b"home = 'here'\nmod = 'paper'", Path("here")),
        ("daybook.toml", b"\xff\xfe", Path(".daybook")),
        (".env", b"DAYBOOK_HOME=here\nDAYBOOK_LIMITS__MAX_NAMES=many", Path("here")),
        (".env", b"this is rubbish\nDAYBOOK_HOME=here\n", Path("here")),
        (".env", b"\xff\xfe\nDAYBOOK_HOME=here\n", Path("here")),
    ],
)
def test_home_when_the_configuration_cannot_be_used_then_it_is_found_all_the_same(
    name: str, content: bytes, home: Path
) -> None:
    Path(name).write_bytes(content)
    complaint()
    assert home_in_any_case() == home


def test_worker_when_it_loads_without_env_file_then_a_broken_one_does_not_matter() -> None:
    Path(".env").write_text("this is rubbish")
    assert load_settings(_env_file=None).mode is Mode.PAPER


def test_live_when_flag_and_keys_are_missing_then_each_is_named() -> None:
    live = Settings(_env_file=None, mode=Mode.LIVE)  # type: ignore[call-arg]
    for check in (check_live_flag, check_startable):
        with pytest.raises(ConfigurationError, match="DAYBOOK_LIVE_TRADING_ENABLED=true"):
            check(live)
    flagged = live.model_copy(update={"live_trading_enabled": True})
    check_live_flag(flagged)
    with pytest.raises(ConfigurationError, match="DAYBOOK_KIS__APP_KEY, DAYBOOK_KIS__APP_SECRET, DAYBOOK_KIS__ACCOUNT"):
        check_startable(flagged)
    check_startable(Settings(_env_file=None))  # type: ignore[call-arg]


def test_mock_when_a_devlp_file_is_named_then_it_must_be_there(tmp_path: Path) -> None:
    file = tmp_path / "kis_devlp.yaml"
    settings = Settings(_env_file=None, mode=Mode.MOCK, kis={"config_file": str(file)})  # type: ignore[call-arg, arg-type]
    with pytest.raises(ConfigurationError, match="which is not there"):
        check_startable(settings)
    file.touch()
    check_startable(settings)


def test_settings_when_they_become_a_days_input_then_no_secret_goes_along() -> None:
    settings = Settings(_env_file=None, kis={"app_key": "s3cret"}, commission_rate=Decimal("0.0002"))  # type: ignore[call-arg, arg-type]
    assert "s3cret" not in settings.desk_config().model_dump_json()
    assert "s3cret" not in repr(settings)
