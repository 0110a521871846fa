"""Deterministic names of actions and their orders: planning the same thing twice names the same thing."""

from collections.abc import Iterable
from datetime import date
from hashlib import sha256

from daybook.contracts.base import Side
from daybook.contracts.response_codes import ActionCode


def action_name(account: str, day: date, code: ActionCode, number: int, parts: Iterable[str]) -> str:
    """Return an action's id, e.g. ``20260306-A2-01-1a2b3c4d``; ``number`` counts the day's actions of the code."""
    return f"{day:%Y%m%d}-{code.value}-{number:02d}-{_suffix((account, day.isoformat(), code.value, *parts))}"


def blocked_name(account: str, day: date, code: ActionCode, parts: Iterable[str]) -> str:
    """Return the id of an action held back; the same guards give the same id, however often it is planned."""
    return f"{day:%Y%m%d}-{code.value}-b-{_suffix((account, day.isoformat(), code.value, *parts))}"


def number_of(action_id: str) -> int:
    """Return the number in an action's id; 0 for one held back."""
    number = action_id.split("-")[2:3]
    return int(number[0]) if number and number[0].isdecimal() else 0


def intent_name(action_id: str, symbol: str, side: Side) -> str:
    """Return the id of an action's order; one action has one order of a symbol and side."""
    return f"{action_id}-{symbol}-{side.value}"


def _suffix(parts: Iterable[str]) -> str:
    return sha256("|".join(parts).encode()).hexdigest()[:8]
