"""What commands share: settings, dates, the desk, the read-only ledger, one-line errors."""

import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import NoReturn, TypeVar

from rich.console import Console

from daybook.contracts.base import KST
from daybook.front.desk import Desk
from daybook.settings import Settings, load_settings
from daybook.storage import Database

R = TypeVar("R")

console = Console(highlight=False)


class CommandError(Exception):
    """A command cannot do what was asked; the message is one line that says what to do."""


def fail(message: str) -> NoReturn:
    """End the command with one line."""
    raise CommandError(message)


def parse_day(text: str) -> date:
    """Return the date of ``YYYY-MM-DD`` or ``today`` (in Korea).

    Raises:
        CommandError: on anything else.
    """
    if text == "today":
        return datetime.now(KST).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        fail(f"{text!r} is not a date; write it as 2026-03-06, or today")


def settings() -> Settings:
    """Read the configuration."""
    return load_settings()


def person() -> str:
    """Return the name under which this command acts."""
    try:
        return f"cli:{getpass.getuser()}"
    except (OSError, KeyError):
        return "cli"


def with_desk(action: Callable[[Desk], Awaitable[R]], *, using: Settings | None = None) -> R:
    """Connect to the desk and run ``action`` on it."""

    async def run() -> R:
        return await action(await Desk.connect(using or settings()))

    return asyncio.run(run())


def ledger(using: Settings | None = None) -> Database:
    """Open the ledger for reading."""
    configured = using or settings()
    if not configured.database_url.get_secret_value() and not (configured.home / "daybook.db").exists():
        fail(f"there is no ledger in {configured.home} yet; start the desk with: daybook up")
    return Database(configured.ledger_url, read_only=True)


def note(message: str) -> None:
    """Write one line to standard error."""
    sys.stderr.write(message + "\n")
