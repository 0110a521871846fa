"""Run the paper exchange as a process: ``daybook paper serve``."""

import asyncio
import logging
import re
import signal
import sys
from collections.abc import Callable
from typing import NoReturn, TypeVar

from daybook.paper.exchange import Exchange, build_exchange
from daybook.paper.faults import FaultFileError, FaultRule, read_rules
from daybook.paper.front import ENVIRONMENT_LIMIT, Front, FrontConfig
from daybook.paper.journal import JournalError
from daybook.paper.layouts import Layout
from daybook.paper.options import BadOptions, ServeConfig, exchange_config_of
from daybook.paper.replay import ReplayFileError
from daybook.paper.server import Addresses, PaperServer

EXIT_BAD_OPTIONS = 2
Choice = TypeVar("Choice")
_ACCOUNT = re.compile(r"(\d{8})-?(\d{2})")


def serve(config: ServeConfig) -> None:
    """Serve until SIGTERM or SIGINT.

    Prints one line with the addresses. Options that cannot be used end the process with code 2 and one line that
    says why.
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    try:
        front_config, rules = front_config_of(config), _rules(config)
        exchange = build_exchange(exchange_config_of(config))
    except (BadOptions, FaultFileError, JournalError, ReplayFileError, OSError, ValueError) as error:
        _fail(error)
    try:
        asyncio.run(_run(exchange, front_config, rules, config))
    except OSError as error:
        _fail(error)
    finally:
        exchange.close()


def front_config_of(config: ServeConfig) -> FrontConfig:
    """Return the front's part of the options; raises ``BadOptions``."""
    for name, port in (("port", config.port), ("real port", config.real_port), ("ws port", config.ws_port)):
        if port is not None and not 0 <= port <= 65_535:
            raise BadOptions(f"the {name} must be 0 to 65535, not {port}")
    ports = [port for port in (config.port, config.real_port, config.ws_port) if port]
    if len(ports) != len(set(ports)):
        raise BadOptions("each listener needs a port of its own")
    if config.cash_krw < 0:
        raise BadOptions("the cash of an account cannot be negative")
    if config.token_life_s <= 0:
        raise BadOptions("the life of a token must be above 0 seconds")
    return FrontConfig(
        strict=config.strict,
        rate_limit=_rate_limit(config.rate_limit),
        app_key=config.app_key,
        app_secret=config.app_secret,
        accounts=tuple(_account(account) for account in config.accounts),
        cash_krw=config.cash_krw,
        token_life_s=config.token_life_s,
        one_token_per_minute=_one_of("token limit", config.token_limit, {"on": True, "off": False, "auto": None}),
        ws_layout=_one_of("WebSocket layout", config.ws_layout, {layout.value: layout for layout in Layout}),
        control=config.control,
    )


def _rules(config: ServeConfig) -> list[FaultRule]:
    return read_rules(config.faults) if config.faults else []


def _rate_limit(text: str) -> int | None:
    if text in {"on", "off"}:
        return ENVIRONMENT_LIMIT if text == "on" else None
    if not text.isascii() or not text.isdigit() or not int(text):
        raise BadOptions(f"the rate limit must be on, off or calls a second, not {text}")
    return int(text)


def _one_of(name: str, text: str, choices: dict[str, Choice]) -> Choice:
    if text not in choices:
        raise BadOptions(f"the {name} must be {' or '.join(choices)}, not {text}")
    return choices[text]


def _account(text: str) -> str:
    match = _ACCOUNT.fullmatch(text)
    if match is None:
        raise BadOptions(f"an account looks like 12345678-01, not {text}")
    return match[1] + match[2]


async def _run(exchange: Exchange, front_config: FrontConfig, rules: list[FaultRule], config: ServeConfig) -> None:
    front = Front(exchange, front_config)
    front.faults.replace(rules)
    server = PaperServer(front, Addresses(config.host, config.port, config.real_port, config.ws_port))
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    _on_signals(loop, stopping.set)
    await server.start()
    real = f" | real {server.real_url}" if server.real_url else ""
    market_time = exchange.now().isoformat(timespec="seconds")
    print(
        f"paper exchange: mock {server.mock_url}{real} | stream {server.ws_url} | market time {market_time} "
        f"at speed {config.speed:g}",
        flush=True,
    )
    await stopping.wait()
    await server.stop()


def _on_signals(loop: asyncio.AbstractEventLoop, action: Callable[[], None]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, action)
        except NotImplementedError:  # Windows event loops take no handlers
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(action))


def _fail(error: Exception) -> NoReturn:
    text = str(error)
    if isinstance(error, OSError) and error.strerror:
        text = f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    print(f"paper exchange: {' '.join(text.split())}", file=sys.stderr, flush=True)
    raise SystemExit(EXIT_BAD_OPTIONS) from None
