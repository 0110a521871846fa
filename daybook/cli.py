"""The ``daybook`` command."""

import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from daybook import __version__
from daybook.commands import (
    advise,
    ask,
    code,
    collect,
    costs,
    day,
    halt,
    news,
    orders,
    paper,
    rehearse,
    risk,
    route,
    sandbox,
    scenario,
    schedule,
    stack,
    state,
    status,
    threats,
    tools,
)
from daybook.commands.failures import EXIT_INTERNAL, EXIT_INTERRUPTED, EXIT_REFUSED, EXIT_USAGE, one_line
from daybook.logs import configure_command_logging, record_failure
from daybook.settings import DEFAULT_HOME, home_in_any_case

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
_COMMANDS: tuple[tuple[Callable[..., None], str], ...] = (
    (stack.demo, "Run one whole trading day in a minute, on paper."),
    (stack.up, "Run the desk in real time until Ctrl-C."),
    (status.status, "Show the whole desk on one screen."),
    (ask.ask, "Ask the desk, in Korean or English."),
    (route.route, "Show how a request is routed, and why."),
    (costs.costs, "Show what models cost, and what is left of the budget."),
    (news.news, "Analyse the news, or show earlier analyses."),
    (collect.collect, "Collect bars, investor flows and indices."),
    (advise.advise, "Rank stocks, show cards, or what became of advice."),
    (risk.risk, "Score the risk of holdings or stocks."),
    (orders.orders, "List a day's orders, or those that wait."),
    (orders.why, "Explain an order, from decision to fills."),
    (orders.approve, "Approve a waiting order."),
    (orders.reject, "Reject a waiting order."),
    (orders.resolve, "Tell what became of an order of unknown outcome."),
    (halt.halt, "Stop all new orders at once and cancel buys."),
    (state.reduce, "Let only sells through and cancel buys."),
    (state.resume, "Trade again, in two steps."),
    (state.arm, "Allow real orders until the close, in two steps."),
    (state.disarm, "Take back the permission to send real orders."),
    (state.state, "Show the trading state and why."),
    (state.reconcile, "Compare ledger and broker now."),
    (rehearse.rehearse, "Run many days unattended, on paper."),
)
for _command, _summary in _COMMANDS:
    app.command(short_help=_summary)(_command)
app.add_typer(day.app, name="day")
app.add_typer(schedule.app, name="schedule")
app.add_typer(paper.app, name="paper")
app.add_typer(tools.app, name="tools")
app.add_typer(code.app, name="code")
app.add_typer(sandbox.app, name="sandbox")
app.add_typer(scenario.app, name="scenario")
app.add_typer(threats.app, name="threat")

# typer carries a copy of click: its errors share this base whichever copy is in use.
_UsageError: type[Exception] = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def desk(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Daybook: a durable AI trading desk for the Korean stock market."""


@app.command("version", short_help="Print the version.")
def print_version() -> None:
    """Print the version."""
    typer.echo(__version__)


def main() -> None:
    """Run the command of this process and end it with the command's exit code."""
    code = run()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    # Threads of the Temporal client may still call into Python while it shuts down, which aborts the process.
    os._exit(code)


def run() -> int:
    """Run the command; a mistake of a person gives one line and an exit code, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        _never_fail_on_a_character(stream)
    configure_command_logging(_home)
    try:
        result = app(standalone_mode=False, prog_name="daybook")
        sys.stdout.flush()
    except (KeyboardInterrupt, typer.Abort):
        return _say("interrupted", EXIT_INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else EXIT_REFUSED
    except _UsageError as error:
        return _say_usage(error)
    except Exception as error:  # noqa: BLE001 - whatever it is, a person gets one line
        line = one_line(error)
        return _say_internal(error) if line is None else _say(line, EXIT_REFUSED)
    if result == EXIT_INTERRUPTED:
        return _say("interrupted", EXIT_INTERRUPTED)
    return result if isinstance(result, int) else 0


def _say(text: str, code: int) -> int:
    sys.stderr.write(f"daybook: {' '.join(text.split())}\n")
    return code


def _say_usage(error: Any) -> int:
    """Say what is wrong with the arguments; a command without any gets its help."""
    text = error.format_message()
    if type(error).__name__ == "NoArgsIsHelpError":
        sys.stderr.write(text + "\n")
        return EXIT_USAGE
    path = error.ctx.command_path if getattr(error, "ctx", None) is not None else "daybook"
    joint = "" if text.endswith("?") else ";"
    return _say(f"{text.rstrip('.')}{joint} see: {path} --help", EXIT_USAGE)


def _say_internal(error: Exception) -> int:
    where = record_failure(_home(), error)
    details = f"details in {where}" if where else "no place to write the details to was found"
    return _say(f"internal error ({type(error).__name__}); {details}", EXIT_INTERNAL)


def _home() -> Path:
    try:
        return home_in_any_case()
    except Exception:  # noqa: BLE001 - this is asked when something has failed already
        return DEFAULT_HOME


def _never_fail_on_a_character(stream: Any) -> None:
    """A terminal that cannot show a character shows a question mark instead."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="replace")


if __name__ == "__main__":
    main()
