import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from activities.sandbox import SandboxActivities
from activities.serving import served_by, serves
from daybook.contracts.base import Mode
from daybook.contracts.calls import CALLS, RECOMMEND, SANDBOX_PREFLIGHT, Layer, calls_of
from daybook.contracts.day import PreflightReport, PreflightRequest
from daybook.settings import ConfigurationError, KisSettings, Settings
from workers.hosting import (
    SECRET_PREFIXES,
    check_mode,
    check_registration,
    check_secret_settings,
    check_secrets,
    worker_options,
)

ROOT = Path(__file__).resolve().parents[2]
SANDBOX = served_by(SandboxActivities())


def settings(mode: Mode = Mode.PAPER, *, live_trading_enabled: bool = False, **kis: str) -> Settings:
    secrets: dict[str, Any] = {name: SecretStr(value) for name, value in kis.items()}
    return Settings(_env_file=None, mode=mode, live_trading_enabled=live_trading_enabled, kis=KisSettings(**secrets))


# --- registration ---------------------------------------------------------------------------------------------


def test_registration_when_it_equals_the_table_then_it_passes() -> None:
    check_registration(Layer.SANDBOX, SANDBOX)
    check_registration(Layer.CONTROL, [])


def test_registration_when_an_activity_is_missing_then_it_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"missing \['sandbox.advance_script', 'sandbox.preflight'\]"):
        check_registration(Layer.SANDBOX, [])


def test_registration_when_an_activity_of_another_layer_is_there_then_it_is_named() -> None:
    @serves(SANDBOX_PREFLIGHT)
    def foreign(request: PreflightRequest) -> PreflightReport:
        raise NotImplementedError

    with pytest.raises(ConfigurationError, match=r"not allowed \['sandbox.preflight'\]"):
        check_registration(Layer.CONTROL, [foreign])
    with pytest.raises(ConfigurationError, match=f"missing .*{RECOMMEND.name}"):
        check_registration(Layer.PIPELINE, [foreign])


def test_registration_when_a_function_is_not_of_the_table_then_it_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="not allowed"):
        check_registration(Layer.SANDBOX, [*SANDBOX, lambda: None])


# --- secrets and modes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", Layer)
@pytest.mark.parametrize("owner", Layer)
def test_secrets_when_of_another_layer_then_the_worker_refuses_and_names_no_value(layer: Layer, owner: Layer) -> None:
    for prefix in SECRET_PREFIXES[owner]:
        name = f"{prefix}APP_KEY" if prefix.endswith("_") else prefix
        environment = {name: "the-secret-value", "PATH": "/bin", "DAYBOOK_MODE": "paper"}
        if prefix in SECRET_PREFIXES[layer]:
            check_secrets(layer, environment)
            continue
        with pytest.raises(ConfigurationError, match=name) as refused:
            check_secrets(layer, environment)
        assert "the-secret-value" not in str(refused.value)


@pytest.mark.parametrize("layer", Layer)
def test_secrets_when_a_foreign_one_is_empty_then_it_is_no_secret(layer: Layer) -> None:
    check_secrets(layer, {"DAYBOOK_KIS__APP_KEY": "", "OPENAI_API_KEY": "", "HOME": "/"})


@pytest.mark.parametrize("layer", [layer for layer in Layer if layer is not Layer.TRADING])
def test_secret_settings_when_broker_keys_are_readable_then_only_trading_may_start(layer: Layer) -> None:
    holding = settings(mock_app_key="key")
    with pytest.raises(ConfigurationError, match="broker keys"):
        check_secret_settings(layer, holding)
    check_secret_settings(Layer.TRADING, holding)
    check_secret_settings(layer, settings())


@pytest.mark.parametrize(
    ("configured", "reason"),
    [
        (settings(Mode.LIVE, app_key="key"), "needs DAYBOOK_LIVE_TRADING_ENABLED"),
        (settings(Mode.PAPER, app_key="key"), "must not hold live keys"),
        (settings(Mode.MOCK, app_key="key", mock_app_key="key"), "must not hold live keys"),
    ],
    ids=["live not enabled", "paper with live keys", "mock with live keys"],
)
def test_mode_when_keys_do_not_fit_then_trading_refuses(configured: Settings, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        check_mode(Layer.TRADING, configured)
    check_mode(Layer.CONTROL, configured)


@pytest.mark.parametrize(
    "configured",
    [settings(), settings(Mode.MOCK, mock_app_key="key"), settings(Mode.LIVE, live_trading_enabled=True, app_key="k")],
    ids=["paper", "mock", "live"],
)
def test_mode_when_keys_fit_then_trading_may_start(configured: Settings) -> None:
    check_mode(Layer.TRADING, configured)


@pytest.mark.parametrize("layer", Layer)
def test_options_when_given_to_a_worker_then_the_queue_is_named_after_its_layer(layer: Layer) -> None:
    assert worker_options(layer)["task_queue"] == layer.value


# --- processes ------------------------------------------------------------------------------------------------


def modules_of(worker: str) -> set[str]:
    code = f"import sys, json, workers.{worker}; print(json.dumps(sorted(sys.modules)))"
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    return set(json.loads(answer.stdout))


@pytest.mark.parametrize("worker", ["control", "sandbox"])
def test_worker_when_it_holds_nothing_then_it_imports_no_broker_database_or_network_client(worker: str) -> None:
    imported = modules_of(worker)
    forbidden = ("httpx", "sqlalchemy", "websockets", "fastapi", "daybook.broker", "daybook.storage", "daybook.paper")
    assert [name for name in imported if name.startswith(forbidden)] == []
    other = {"control": "activities.trading", "sandbox": "workflows"}[worker]
    assert other not in imported


def test_worker_when_it_is_the_pipeline_then_it_imports_no_broker() -> None:
    imported = modules_of("pipeline")
    assert [
        name for name in imported if name.startswith(("daybook.broker", "daybook.execution", "websockets.client"))
    ] == []


def started(worker: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    clean = {key: value for key, value in os.environ.items() if not key.startswith("DAYBOOK_")}
    return subprocess.run(
        [sys.executable, "-m", f"workers.{worker}"],
        cwd=ROOT,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("worker", "environment", "reason"),
    [
        ("control", {"DAYBOOK_KIS__APP_KEY": "key"}, "secrets that are not its own: DAYBOOK_KIS__APP_KEY"),
        ("trading", {"DAYBOOK_MODE": "live", "DAYBOOK_KIS__APP_KEY": "key"}, "DAYBOOK_LIVE_TRADING_ENABLED"),
    ],
)
def test_worker_when_it_may_not_start_then_it_ends_with_two_and_one_line(
    worker: str, environment: dict[str, str], reason: str
) -> None:
    answer = started(worker, **environment)
    assert (answer.returncode, reason in answer.stderr, answer.stderr.count("\n")) == (2, True, 1)


def test_worker_when_no_server_answers_then_it_says_what_to_start() -> None:
    answer = started("sandbox", DAYBOOK_TEMPORAL__ADDRESS="127.0.0.1:1", DAYBOOK_TEMPORAL__CONNECT_TIMEOUT_S="0.2")
    assert (answer.returncode, "start one with: daybook up" in answer.stderr) == (2, True)


def test_table_when_asked_for_a_layer_then_every_call_is_in_exactly_one() -> None:
    assert sum(len(calls_of(layer)) for layer in Layer) == len(CALLS)
