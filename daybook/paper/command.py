"""Run the paper exchange as a process: ``daybook paper serve``."""

import asyncio
import logging
import re
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import NoReturn, TypeVar

from daybook.contracts.base import Won
from daybook.krx.fees import DEFAULT_COMMISSION_RATE
from daybook.paper.exchange import Exchange, ExchangeConfig, build_exchange
from daybook.paper.faults import FaultFileError, FaultRule, read_rules
from daybook.paper.front import DEFAULT_ACCOUNT, ENVIRONMENT_LIMIT, Front, FrontConfig
from daybook.paper.journal import JournalError
from daybook.paper.layouts import Layout
from daybook.paper.prices import MarketShock
from daybook.paper.replay import ReplayFileError
from daybook.paper.server import Addresses, PaperServer

DEFAULT_PORT = 29443
EXIT_BAD_OPTIONS = 2
Choice = TypeVar("Choice")
_ACCOUNT = re.compile(r"(\d{8})-?(\d{2})")


@dataclass(frozen=True, slots=True)
class ServeConfig:
    """The options of the command, as the command line gives them.

    ``rate_limit`` is ``on`` (18 calls a second real, 1 mock), ``off`` or a number for both. ``token_limit`` is
    ``on``, ``off`` or ``auto`` (on in strict mode): one token a minute. ``accounts`` are ``12345678-01``.
    ``shocks`` are market-wide moves on purpose, ``2026-11-20T11:00=-0.05``: generated prices fall 5 % from 11:00 on.
    ``start`` is the market time to begin at (ISO 8601 with offset), blank for real time. Port 0 takes a free one.
    """

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    real_port: int | None = None
    ws_port: int | None = None
    speed: float = 1.0
    start: str = ""
    seed: int = ExchangeConfig().seed
    replay: Path | None = None
    index: Path | None = None
    journal: Path | None = None
    faults: Path | None = None
    shocks: tuple[str, ...] = ()
    cash_krw: Won = ExchangeConfig().initial_cash_krw
    commission_rate: Decimal = DEFAULT_COMMISSION_RATE
    accounts: tuple[str, ...] = (f"{DEFAULT_ACCOUNT[:8]}-{DEFAULT_ACCOUNT[8:]}",)
    strict: bool = False
    rate_limit: str = "on"
    token_limit: str = "auto"  # noqa: S105
    token_life_s: float = 86_400.0
    app_key: str = ""
    app_secret: str = ""
    ws_layout: str = Layout.NEW.value
    control: bool = True


class BadOptions(ValueError):
    """The options cannot be used; the message is one line."""


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


def exchange_config_of(config: ServeConfig) -> ExchangeConfig:
    """Return the engine's part of the options; raises ``BadOptions``."""
    start: datetime | None = None
    if config.start:
        try:
            start = datetime.fromisoformat(config.start)
        except ValueError as error:
            raise BadOptions(f"the start must be a time like 2026-03-20T09:00:00+09:00, not {config.start}") from error
        if start.tzinfo is None:
            raise BadOptions(f"the start needs an offset, like {config.start}+09:00")
    return ExchangeConfig(
        seed=config.seed,
        replay_path=config.replay,
        index_path=config.index,
        start_market_time=start,
        speed=config.speed,
        initial_cash_krw=config.cash_krw,
        journal_path=config.journal,
        commission_rate=config.commission_rate,
        market_shocks=dict(_shock(text) for text in config.shocks),
    )


def _shock(text: str) -> tuple[date, MarketShock]:
    moment, _, ratio = text.partition("=")
    try:
        at = datetime.fromisoformat(moment)
        change = float(ratio)
    except ValueError as error:
        raise BadOptions(f"a shock looks like 2026-11-20T11:00=-0.05, not {text}") from error
    if not -0.3 < change < 0.3:
        raise BadOptions(f"a shock moves the market by less than 30 %, not by {change:.0%}")
    return at.date(), MarketShock(at.time(), change)


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
