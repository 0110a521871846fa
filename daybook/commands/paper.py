"""``daybook paper serve``: the paper exchange as a program of its own."""

import logging
import math
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer

from daybook.commands.prices_file import replay_sessions, require_index
from daybook.commands.support import fail
from daybook.paper.exchange import ExchangeConfig
from daybook.paper.options import DEFAULT_PORT, ServeConfig

app = typer.Typer(
    help="The paper exchange: a KRX simulator that speaks the KIS protocol.",
    short_help="The paper exchange on its own: serve.",
    no_args_is_help=True,
)
_DEFAULT = ServeConfig()
_HIGHEST_RATE = Decimal("0.01")


@app.callback()
def group() -> None:
    """The paper exchange: a KRX simulator that speaks the KIS protocol."""


@app.command("serve", short_help="Serve until interrupted.")
def serve_command(
    port: Annotated[int, typer.Option(help="Mock listener; 0 takes a free one.")] = DEFAULT_PORT,
    real_port: Annotated[int, typer.Option(help="Real listener; -1: none.")] = -1,
    ws_port: Annotated[int, typer.Option(help="One more WebSocket door; -1: none.")] = -1,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = _DEFAULT.host,
    speed: Annotated[float, typer.Option(min=0.001, max=100_000, help="Market seconds in a real second.")] = 1.0,
    start: Annotated[str, typer.Option(help="Market time to begin at, 2026-03-06T08:00:00+09:00; default: now.")] = "",
    seed: Annotated[int, typer.Option(min=0, help="Seed of generated prices.")] = ExchangeConfig().seed,
    replay: Annotated[Path | None, typer.Option(help="Replay daily prices from CSV, CSV.gz or Parquet.")] = None,
    index: Annotated[Path | None, typer.Option(help="Index prices; default: next to the replay file.")] = None,
    journal: Annotated[Path | None, typer.Option(help="Journal to recover from after a crash.")] = None,
    faults: Annotated[Path | None, typer.Option(help="Faults to inject (YAML or JSON).")] = None,
    shock: Annotated[list[str] | None, typer.Option(help="Move the market: 2026-11-20T11:00=-0.05.")] = None,
    cash: Annotated[int, typer.Option(help="Cash of a new account, KRW.")] = _DEFAULT.cash_krw,
    commission_rate: Annotated[str, typer.Option(help="Commission, as a fraction.")] = str(_DEFAULT.commission_rate),
    account: Annotated[list[str] | None, typer.Option(help="Accounts of strict mode, 12345678-01.")] = None,
    strict: Annotated[bool, typer.Option("--strict/--permissive", help="Refuse what the real host refuses.")] = False,
    rate_limit: Annotated[str, typer.Option(help="on, off, or calls a second.")] = _DEFAULT.rate_limit,
    token_limit: Annotated[str, typer.Option(help="One token a minute: on, off, auto.")] = _DEFAULT.token_limit,
    token_life: Annotated[float, typer.Option(help="Seconds a token lives.")] = _DEFAULT.token_life_s,
    app_key: Annotated[str, typer.Option(help="Accept this app key only.")] = "",
    app_secret: Annotated[str, typer.Option(help="Accept this app secret only.")] = "",
    ws_layout: Annotated[str, typer.Option(help="WebSocket layout: new or legacy.")] = _DEFAULT.ws_layout,
    control: Annotated[bool, typer.Option(help="Serve /paper/... control endpoints on loopback.")] = True,
) -> None:
    """Serve until interrupted."""
    # The exchange brings a web server along, which no other command needs.
    from daybook.paper.command import serve

    rate = _rate(commission_rate)
    if not math.isfinite(token_life):
        fail("the life of a token must be a number of seconds")
    if replay is not None:
        replay_sessions(replay)
    if index is not None:
        require_index(index)
    # A server speaks to its own standard error, not to the log of a desk.
    logging.getLogger().handlers.clear()
    serve(
        ServeConfig(
            host=host,
            port=port,
            real_port=None if real_port < 0 else real_port,
            ws_port=None if ws_port < 0 else ws_port,
            speed=speed,
            start=start,
            seed=seed,
            replay=replay,
            index=index,
            journal=journal,
            faults=faults,
            shocks=tuple(shock or ()),
            cash_krw=cash,
            commission_rate=rate,
            accounts=tuple(account) if account else _DEFAULT.accounts,
            strict=strict,
            rate_limit=rate_limit,
            token_limit=token_limit,
            token_life_s=token_life,
            app_key=app_key,
            app_secret=app_secret,
            ws_layout=ws_layout,
            control=control,
        )
    )


def _rate(text: str) -> Decimal:
    try:
        rate = Decimal(text)
    except InvalidOperation:
        fail(f"{text!r} is not a commission rate; write it as 0.00014")
    if not rate.is_finite() or not 0 <= rate <= _HIGHEST_RATE:
        fail(f"a commission rate is from 0 to {_HIGHEST_RATE}, not {text}")
    return rate
