import socket

import pytest
from pydantic import SecretStr

from daybook.contracts.base import Mode
from daybook.contracts.calls import Layer
from daybook.settings import KisSettings, Settings
from daybook.stack.local import LocalStack, Ports, free_port
from workers.hosting import check_secrets

KEY = "canary-app-key-0000000000000000000000"
SECRET = "canary-app-secret"


def stack_of(tmp_path, mode: Mode) -> LocalStack:
    kis = KisSettings(
        app_key=SecretStr(KEY),
        app_secret=SecretStr(SECRET),
        account=SecretStr("12345678-01"),
        mock_app_key=SecretStr(f"mock-{KEY}"),
        mock_app_secret=SecretStr(f"mock-{SECRET}"),
        mock_account=SecretStr("87654321-01"),
    )
    settings = Settings(
        _env_file=None,
        mode=mode,
        home=tmp_path,
        kis=kis,
        database_url=SecretStr("mysql+pymysql://desk:canary-password@127.0.0.1/daybook"),
    )
    return LocalStack(settings, tmp_path, Ports(1, 2, 3))


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("name", ["temporal", "paper", "control", "sandbox", "pipeline", "trading"])
def test_environment_when_a_process_starts_then_it_gets_its_own_layers_secrets_only(tmp_path, mode, name):
    environment = stack_of(tmp_path, mode).environment_of(name)
    text = " ".join(f"{key}={value}" for key, value in environment.items())
    assert (KEY in text) == (name == "trading" and mode is not Mode.PAPER)
    assert ("canary-password" in text) == (name in ("trading", "pipeline"))
    if name in {layer.value for layer in Layer}:
        check_secrets(Layer(name), environment)


def test_environment_when_mode_is_mock_then_no_live_key_is_handed_out(tmp_path):
    environment = stack_of(tmp_path, Mode.MOCK).environment_of("trading")
    assert environment["DAYBOOK_KIS__MOCK_APP_KEY"] == f"mock-{KEY}"
    assert "DAYBOOK_KIS__APP_KEY" not in environment


def test_environment_when_the_shell_holds_secrets_then_they_are_not_inherited(tmp_path, monkeypatch):
    monkeypatch.setenv("DAYBOOK_KIS__APP_KEY", KEY)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    environment = stack_of(tmp_path, Mode.PAPER).environment_of("sandbox")
    assert KEY not in environment.values()


def test_free_port_when_the_usual_one_is_taken_then_another_is_chosen():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) != port
