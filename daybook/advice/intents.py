"""Deterministic names of intents: deciding the same thing twice names the same intent."""

from datetime import date
from hashlib import sha256

from daybook.contracts.base import Side
from daybook.contracts.orders import Purpose


def intent_id(account: str, day: date, tick_number: int, symbol: str, side: Side, purpose: Purpose) -> str:
    """Return an intent's id, e.g. ``20260306-t012-005930-buy-1a2b3c4d``.

    The suffix is the start of a SHA-256 over all parts, account and purpose included, so ids of different accounts
    differ although the account is not readable in them.
    """
    parts = (account, day.isoformat(), str(tick_number), symbol, side.value, purpose.value)
    suffix = sha256("|".join(parts).encode()).hexdigest()[:8]
    return f"{day:%Y%m%d}-t{tick_number:03d}-{symbol}-{side.value}-{suffix}"
