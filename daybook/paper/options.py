"""The options of the paper exchange as a program; light, because every command line shows their defaults."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from daybook.contracts.base import Won
from daybook.krx.fees import DEFAULT_COMMISSION_RATE
from daybook.paper.exchange import ExchangeConfig
from daybook.paper.layouts import Layout
from daybook.paper.prices import MarketShock

DEFAULT_PORT = 29443
DEFAULT_ACCOUNT = "1234567801"
"""Account number and product code of the account that is there without being named."""


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
