"""What the four workers share: connecting, the checks before the first task, and stopping cleanly."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, NoReturn

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError
from temporalio.worker import Worker

from activities.serving import SERVED_CALL
from daybook.contracts.base import Mode
from daybook.contracts.calls import Call, Layer, calls_of
from daybook.logs import configure_logging
from daybook.settings import ConfigurationError, Settings, load_settings
from daybook.settings_secrets import secret_variables
from workers.heartbeats import BEAT_INTERVAL_S, Heartbeats

SECRET_PREFIXES: Mapping[Layer, tuple[str, ...]] = {
    Layer.TRADING: ("DAYBOOK_KIS__", "DAYBOOK_DATABASE_URL", "DAYBOOK_TRADING_DATABASE_URL"),
    Layer.PIPELINE: (
        "DAYBOOK_LLM__",
        "DAYBOOK_NEWS__",
        "DAYBOOK_OBJECTS__ACCESS_KEY",
        "DAYBOOK_OBJECTS__SECRET_KEY",
        "DAYBOOK_DATABASE_URL",
        "OPENAI_API_KEY",
        "ANTHROPIC_API_KEY",
        "GEMINI_API_KEY",
        "GOOGLE_API_KEY",
        "NAVER_CLIENT_",
        "NEWSAPI_KEY",
        "DART_API_KEY",
    ),
    Layer.SANDBOX: (),
    Layer.CONTROL: (),
}
"""Names of environment variables that hold secrets, by the layer that may hold them."""

_STICKY_TIMEOUT = timedelta(seconds=2)
_GRACEFUL_STOP = timedelta(seconds=5)


def check_registration(
    layer: Layer, activities: Sequence[Callable[..., Any]], tools: Sequence[Call[Any, Any]] = ()
) -> None:
    """Refuse a worker whose activities are not exactly those of its layer: the table's calls and the layer's tools.

    Raises:
        ConfigurationError: naming what is missing and what does not belong.
    """
    bound: set[str] = {getattr(function, SERVED_CALL).name for function in activities if hasattr(function, SERVED_CALL)}
    unbound = [function for function in activities if not hasattr(function, SERVED_CALL)]
    allowed = {entry.name for entry in (*calls_of(layer), *tools)}
    if unbound or bound != allowed:
        missing, foreign = sorted(allowed - bound), sorted(bound - allowed)
        raise ConfigurationError(
            f"the {layer.value} worker does not match the table of calls: "
            f"missing {missing}, not allowed {foreign + [str(function) for function in unbound]}"
        )


def check_secrets(layer: Layer, environment: Mapping[str, str]) -> None:
    """Refuse a worker that holds a secret of another layer.

    Raises:
        ConfigurationError: naming the variable, never its value.
    """
    own = SECRET_PREFIXES[layer]
    foreign = tuple({prefix for prefixes in SECRET_PREFIXES.values() for prefix in prefixes} - set(own))
    found = sorted(
        name
        for name, value in environment.items()
        if value and name.startswith(foreign) and not name.startswith(own or ("\0",))
    )
    if found:
        raise ConfigurationError(
            f"the {layer.value} worker holds secrets that are not its own: {', '.join(found)}; "
            "remove them from its environment"
        )


def check_secret_settings(layer: Layer, settings: Settings) -> None:
    """Refuse a worker other than trading that finds broker keys in ``daybook.toml``.

    Raises:
        ConfigurationError: with where to move them.
    """
    kis = settings.kis
    secrets = (kis.app_key, kis.app_secret, kis.account, kis.mock_app_key, kis.mock_app_secret, kis.mock_account)
    if layer is not Layer.TRADING and any(secret.get_secret_value() for secret in secrets):
        raise ConfigurationError(
            f"the {layer.value} worker can read broker keys in daybook.toml; move them to .env, "
            "from which only the trading worker is given them"
        )


def check_mode(layer: Layer, settings: Settings) -> None:
    """Refuse a trading worker whose mode and credentials disagree.

    Raises:
        ConfigurationError: with what to set.
    """
    if layer is not Layer.TRADING:
        return
    has_live = bool(settings.kis.app_key.get_secret_value())
    if settings.mode is Mode.LIVE and not settings.live_trading_enabled:
        raise ConfigurationError("mode live needs DAYBOOK_LIVE_TRADING_ENABLED=true as well")
    if settings.mode is not Mode.LIVE and has_live:
        raise ConfigurationError(
            f"mode {settings.mode.value} must not hold live keys; remove DAYBOOK_KIS__APP_KEY from the trading worker"
        )


async def connect(settings: Settings) -> Client:
    """Connect to Temporal, waiting for a server that is still starting.

    Raises:
        ConfigurationError: when no server answers within ``temporal.connect_timeout_s``.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + settings.temporal.connect_timeout_s
    while True:
        try:
            return await Client.connect(
                settings.temporal.address,
                namespace=settings.temporal.namespace,
                data_converter=pydantic_data_converter,
            )
        except (RPCError, RuntimeError, OSError) as error:
            if loop.time() >= deadline:
                raise ConfigurationError(
                    f"no Temporal server at {settings.temporal.address}; start one with: daybook up"
                ) from error
            await asyncio.sleep(0.5)


def worker_options(layer: Layer) -> dict[str, Any]:
    """Return the options that workers and replay tests must share."""
    return {
        "task_queue": layer.value,
        "graceful_shutdown_timeout": _GRACEFUL_STOP,
        "sticky_queue_schedule_to_start_timeout": _STICKY_TIMEOUT,
        "max_heartbeat_throttle_interval": timedelta(seconds=BEAT_INTERVAL_S),
        "interceptors": [Heartbeats()],
    }


Rooms = Callable[[Settings, Client], Sequence[Callable[..., Any]]]


async def _serve(
    layer: Layer,
    settings: Settings,
    rooms: Rooms | None,
    tools: Sequence[Call[Any, Any]],
    workflows: Sequence[type],
    threads: int,
) -> None:
    client = await connect(settings)
    activities = list(rooms(settings, client)) if rooms else []
    check_registration(layer, activities, tools)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    with ThreadPoolExecutor(max_workers=threads, thread_name_prefix=layer.value) as pool:
        worker = Worker(
            client,
            **worker_options(layer),
            activities=activities,
            workflows=list(workflows),
            activity_executor=pool if activities else None,
            max_concurrent_activities=threads if activities else None,
        )
        async with worker:
            logging.getLogger("daybook").info("%s worker is ready (mode %s)", layer.value, settings.mode.value)
            await stop.wait()


def run_worker(
    layer: Layer,
    *,
    rooms: Rooms | None = None,
    tools: Sequence[Call[Any, Any]] = (),
    workflows: Sequence[type] = (),
    threads: int = 8,
) -> None:
    """Run one layer's worker until it is told to stop; exits with 2 and one line when it may not start."""
    try:
        check_secrets(layer, {**secret_variables(), **os.environ})
        settings = load_settings(_env_file=None)
        check_secret_settings(layer, settings)
        configure_logging(layer.value)
        check_mode(layer, settings)
        asyncio.run(_serve(layer, settings, rooms, tools, workflows, threads))
    except ConfigurationError as error:
        sys.stderr.write(f"{layer.value} worker: {error}\n")
        _end(2)
    _end(0)


def _end(code: int) -> NoReturn:
    """End at once: the client's own threads may still be at work, and an interpreter that takes itself apart under
    them aborts now and then (exit codes 134 and 139 in place of ``code``).
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
