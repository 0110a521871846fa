"""The ``daybook`` command."""

import os
import sys
from collections.abc import Callable

import click
import typer

from daybook import __version__
from daybook.broker.port import BrokerError
from daybook.commands import day, orders, paper, schedule, stack, state
from daybook.commands.support import CommandError
from daybook.front.desk import DeskError
from daybook.settings import ConfigurationError
from daybook.stack.processes import ProcessRefused
from daybook.stack.temporal_server import TemporalMissing
from daybook.storage import StorageError

app = typer.Typer(
    help="Daybook: a durable AI trading desk for the Korean stock market.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(day.app, name="day")
app.add_typer(paper.app, name="paper")
app.add_typer(schedule.app, name="schedule")
_COMMANDS: tuple[Callable[..., None], ...] = (
    *(stack.demo, stack.up, stack.rehearse),
    *(orders.orders, orders.why, orders.approve, orders.reject, orders.resolve),
    *(state.halt, state.reduce, state.resume, state.state, state.reconcile),
)
for command in _COMMANDS:
    app.command()(command)


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


_EXPECTED = (CommandError, ConfigurationError, DeskError, StorageError, BrokerError, ProcessRefused, TemporalMissing)


def main() -> None:
    """Run the command; a mistake of a person gives one line and an exit code, never a traceback."""
    try:
        result = app(standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        sys.stderr.write(error.format_message() + "\n")
        code = 2
    except click.ClickException as error:
        sys.stderr.write(f"daybook: {' '.join(error.format_message().split())}\n")
        code = 2
    except click.Abort:
        sys.stderr.write("daybook: interrupted\n")
        code = 130
    except KeyboardInterrupt:
        sys.stderr.write("daybook: interrupted\n")
        code = 130
    except _EXPECTED as error:
        sys.stderr.write(f"daybook: {' '.join(str(error).split())}\n")
        code = 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    else:
        code = result if isinstance(result, int) else 0
    sys.exit(code)


if __name__ == "__main__":
    main()
