"""What commands share: settings, dates, the desk, the read-only ledger, one-line errors."""

import asyncio
import getpass
import json
import re
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console
from temporalio.client import WorkflowFailureError
from temporalio.service import RPCError

from daybook.contracts.base import KST, Mode
from daybook.front.desk import Desk
from daybook.front.located import connect, located
from daybook.settings import Settings, check_live_flag, load_settings
from daybook.storage import Database, StorageConfigurationError
from daybook.storage.schema import is_known_revision, newest_revision

R = TypeVar("R")

LEDGER_LOCK_WAIT_S = 3.0
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_ORDER = re.compile(r"[A-Za-z0-9._-]{1,80}", re.ASCII)
_LONGEST_NAME = 80
_LONGEST_REASON = 300

console = Console(highlight=False)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


class CommandError(Exception):
    """A command cannot do what was asked; the message is one line that says what to do."""


def fail(message: str) -> NoReturn:
    """End the command with one line."""
    raise CommandError(message)


def today() -> date:
    """Return the date in Korea."""
    return datetime.now(KST).date()


def parse_day(text: str) -> date:
    """Return the date of ``YYYY-MM-DD`` or ``today`` (in Korea).

    Raises:
        CommandError: on anything else.
    """
    if text.strip().lower() == "today":
        return today()
    if _DATE.fullmatch(text.strip()):
        try:
            return date.fromisoformat(text.strip())
        except ValueError as error:
            fail(f"there is no date {text}: {error}; write it as 2026-03-06, or today")
    fail(f"{text!r} is not a date; write it as 2026-03-06, or today")


def parse_order(text: str) -> str:
    """Return an order's id, or the beginning of one.

    Raises:
        CommandError: when no order can have such an id.
    """
    if not _ORDER.fullmatch(text):
        fail(f"{text[:_LONGEST_NAME]!r} cannot be an order's id; list them with: daybook orders")
    return text


def parse_reason(text: str) -> str:
    """Return a reason as one line of bounded length that any file and database can keep."""
    plain = text.encode("utf-8", "replace").decode()
    return " ".join("".join(sign if sign.isprintable() else " " for sign in plain).split())[:_LONGEST_REASON]


def settings() -> Settings:
    """Read the configuration."""
    return load_settings()


def client_settings() -> Settings:
    """Read the configuration as a client of the desk of its home, wherever that one listens.

    See :func:`daybook.front.located.located`.
    """
    return located(settings())


def require_live_flag(configured: Settings) -> None:
    """Say clearly that real money is meant; refuse when the flag for it is missing."""
    check_live_flag(configured)
    if configured.mode is Mode.LIVE:
        note("WARNING: mode live: orders go to the real market, with real money")


def person() -> str:
    """Return the name under which this command acts."""
    try:
        return f"cli:{getpass.getuser()}"[:_LONGEST_NAME]
    except (OSError, KeyError, ImportError):
        return "cli"


def with_desk(action: Callable[[Desk], Awaitable[R]], *, using: Settings | None = None) -> R:
    """Connect to the desk and run ``action`` on it.

    Raises:
        DeskError: when the desk cannot do it.
        CommandError: when the server refuses, or the workflow asked for failed.
    """
    configured = using or client_settings()

    async def run() -> R:
        return await action(await connect(configured))

    try:
        return asyncio.run(run())
    except RPCError as error:
        fail(f"the Temporal server at {configured.temporal.address} refuses: {first_line(error.message)}")
    except WorkflowFailureError as error:
        fail(f"it failed: {first_line(str(error.cause or error))}; details: {configured.temporal.ui_url}")


def first_line(text: str) -> str:
    """Return the first line of a text; "no reason given" for an empty one."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "no reason given")


@contextmanager
def ledger(using: Settings | None = None) -> Iterator[Database]:
    """Open the ledger for reading; a ledger of another version is refused.

    Raises:
        CommandError: when there is none, or it cannot be used by this program.
        StorageError: when it cannot be read.
    """
    configured = using or settings()
    is_file = not configured.database_url.get_secret_value()
    path = configured.home / "daybook.db"
    if is_file and not path.exists():
        fail(f"there is no ledger in {configured.home} yet; start the desk with: daybook up")
    where = str(path) if is_file else "the ledger"
    with Database(configured.ledger_url, read_only=True, lock_wait_s=LEDGER_LOCK_WAIT_S) as database:
        try:
            found, wanted = database.revision(), newest_revision()
        except StorageConfigurationError as error:
            fail(f"{where}: {error}; restore it from a backup, or correct DAYBOOK_HOME or DAYBOOK_DATABASE_URL")
        if found is None:
            fail(f"{where} is empty; start the desk with: daybook up")
        if found != wanted and is_known_revision(found):
            fail(f"{where} is of an older version ({found}); start the desk once to upgrade it: daybook up")
        if found != wanted:
            fail(f"{where} was written by a newer Daybook ({found}); update this one, which knows {wanted}")
        yield database


def note(message: str) -> None:
    """Write one line to standard error."""
    sys.stderr.write(message + "\n")


def print_text(text: str) -> None:
    """Write plain text: unwrapped where a program reads it."""
    console.print(text.rstrip("\n"), markup=False, soft_wrap=not console.is_terminal)


def print_json(value: Any) -> None:
    """Write one JSON document to standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")
