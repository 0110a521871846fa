"""What a stream subscribes and how patient it is."""

from dataclasses import dataclass

from daybook.broker.kis.credentials import KisCredentials
from daybook.broker.kis.fields import is_symbol
from daybook.broker.kis.mode_lock import check_tr_id
from daybook.broker.kis.wire import BOOKS_ID, TRADES_ID, notices_id
from daybook.broker.port import BrokerConfigurationError
from daybook.contracts.base import Mode

MAX_REGISTRATIONS = 41
"""Registrations one connection takes; KIS refuses the 42nd with OPSP0008."""


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """What to subscribe, and how patient to be. Nothing at all makes a stream that never connects.

    ``stale_after_s`` without any frame means reconnect (pings come each 10 s). Back-off doubles from
    ``min_backoff_s`` to ``max_backoff_s``.
    """

    trades: tuple[str, ...] = ()
    books: tuple[str, ...] = ()
    notices: bool = True
    min_backoff_s: float = 5.0
    max_backoff_s: float = 60.0
    stale_after_s: float = 45.0
    open_timeout_s: float = 10.0


def registrations_of(mode: Mode, credentials: KisCredentials, settings: StreamSettings) -> tuple[tuple[str, str], ...]:
    """Return the (TR, key) pairs to subscribe; raises ``BrokerConfigurationError`` when they cannot work."""
    hts_id = credentials.hts_id.get_secret_value()
    if settings.notices and not hts_id:
        raise BrokerConfigurationError(
            "order notices need the HTS id", code="HTS_ID", advice="set the HTS id, or stream without notices"
        )
    if not all(is_symbol(symbol) for symbol in (*settings.trades, *settings.books)):
        raise BrokerConfigurationError("a stream symbol is not a KRX short code", code="SYMBOL", advice="as in 005930")
    wanted = [(notices_id(mode), hts_id)] if settings.notices else []
    wanted += [(TRADES_ID, symbol) for symbol in settings.trades]
    wanted += [(BOOKS_ID, symbol) for symbol in settings.books]
    registrations = tuple(dict.fromkeys(wanted))
    if len(registrations) > MAX_REGISTRATIONS:
        raise BrokerConfigurationError(
            f"{len(registrations)} registrations; a connection takes {MAX_REGISTRATIONS}",
            code="OPSP0008",
            advice="stream fewer symbols and poll the others",
        )
    for tr_id, _ in registrations:
        check_tr_id(mode, tr_id)
    return registrations
