"""What each KIS answer means: the catalogue of codes, and the error a read or an order becomes.

For an order only three kinds of answer are definite: accepted, refused by name, and refused before routing
(rate limit, token, wrong environment). Everything else may have been executed and becomes ``OrderOutcomeUnknown``.
Codes and texts: KIS portal error list and published replies (2026-09).
"""

from dataclasses import dataclass
from enum import StrEnum

from daybook.broker.kis.transport import Reply
from daybook.broker.port import (
    BrokerConfigurationError,
    BrokerError,
    BrokerUnavailable,
    OrderOutcomeUnknown,
    OrderRefused,
    RateLimited,
)


class Meaning(StrEnum):
    """What a code says about the call it answers."""

    AUTHORISATION = "authorisation"
    RATE = "rate"
    ISSUE_RATE = "issue_rate"
    THROTTLED = "throttled"
    CONFIGURATION = "configuration"
    AMBIGUOUS = "ambiguous"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Entry:
    """One code of the catalogue: its meaning and what to do, in one line."""

    meaning: Meaning
    advice: str


_KEYS = "check app key and secret of this mode"
_ENVIRONMENT = "keys, mode and service do not belong together; check the mode's own keys"
_LOOK = "look at today's orders before anything else; the order may exist"

CATALOGUE: dict[str, Entry] = {
    "EGW00121": Entry(Meaning.AUTHORISATION, "the token is not valid; a new one is issued"),
    "EGW00122": Entry(Meaning.AUTHORISATION, "the token is not known; a new one is issued"),
    "EGW00123": Entry(Meaning.AUTHORISATION, "the token has expired; a new one is issued"),
    "EGW00133": Entry(Meaning.ISSUE_RATE, "a token is issued once a minute; wait 60 s"),
    "EGW00201": Entry(Meaning.RATE, "too many calls a second; not executed, try again later"),
    "EGW00215": Entry(Meaning.THROTTLED, "KIS's ledger is busy for all customers; try again later"),
    "EGW00103": Entry(Meaning.CONFIGURATION, _KEYS),
    "EGW00105": Entry(Meaning.CONFIGURATION, _KEYS),
    "EGW00115": Entry(Meaning.CONFIGURATION, _KEYS),
    "EGW00116": Entry(Meaning.CONFIGURATION, _KEYS),
    "EGW00131": Entry(Meaning.CONFIGURATION, "the hash key does not fit the order"),
    "EGW00132": Entry(Meaning.CONFIGURATION, "a proxy changed the content type"),
    "EGW00206": Entry(Meaning.CONFIGURATION, "apply for this service at the KIS Developers portal"),
    "EGW00208": Entry(Meaning.CONFIGURATION, "the customer type is wrong for this key"),
    "EGW02004": Entry(Meaning.CONFIGURATION, _ENVIRONMENT),
    "EGW02006": Entry(Meaning.CONFIGURATION, _ENVIRONMENT),
    "OPSQ0002": Entry(Meaning.CONFIGURATION, "this service does not exist in this mode"),
    "MCA00124": Entry(Meaning.CONFIGURATION, "this service is not served in this mode"),
    "OPSQ2000": Entry(Meaning.CONFIGURATION, "the account does not belong to the app key"),
    "OPSQ2001": Entry(Meaning.CONFIGURATION, "the market code is wrong"),
    "OPSQ2002": Entry(Meaning.CONFIGURATION, "a value of the request is too long"),
    "EGW00202": Entry(Meaning.AMBIGUOUS, _LOOK),
    "EGW00300": Entry(Meaning.AMBIGUOUS, _LOOK),
    "EGW00301": Entry(Meaning.AMBIGUOUS, _LOOK),
    "EGW00302": Entry(Meaning.AMBIGUOUS, _LOOK),
    "IGW00009": Entry(Meaning.AMBIGUOUS, _LOOK),
    "APBK0952": Entry(Meaning.REFUSED, "more than the orderable cash; market orders reserve the upper limit price"),
    "APBK0400": Entry(Meaning.REFUSED, "more than the sellable shares"),
    "APBK0918": Entry(Meaning.REFUSED, "refused, usually outside market hours: read the broker's text"),
    "APBK0919": Entry(Meaning.REFUSED, "the market is closed today"),
    "APBK0656": Entry(Meaning.REFUSED, "unknown symbol"),
    "APBK1943": Entry(Meaning.REFUSED, "market orders are not taken now; use a limit order"),
    "APBK3013": Entry(Meaning.REFUSED, "the after-market takes limit orders only"),
    "40030000": Entry(Meaning.REFUSED, "the price is not on a tick"),
    "40070000": Entry(Meaning.REFUSED, "the symbol cannot be traded"),
    "40100000": Entry(Meaning.REFUSED, "the market is closed today"),
    "40240000": Entry(Meaning.REFUSED, "nothing left to sell"),
    "40250000": Entry(Meaning.REFUSED, "not enough orderable cash"),
    "40330000": Entry(Meaning.REFUSED, "nothing left to modify or cancel"),
    "40570000": Entry(Meaning.REFUSED, "before the market opens"),
    "40580000": Entry(Meaning.REFUSED, "after the market closed"),
}
"""Known codes. A code that is not here is judged by its form and the HTTP status alone."""

NO_ROWS_CODES = frozenset({"70070000", "KIOK0560"})
"""Codes of a good inquiry without rows, which may leave the list out altogether."""

_NOTHING_LEFT_TEXTS = ("정정/취소할 수량이 없", "원주문번호가 존재하지 않")


def meaning_of(reply: Reply) -> Meaning | None:
    """Return the catalogue's meaning of a reply's code, or None for an unknown code."""
    entry = CATALOGUE.get(reply.code)
    return entry.meaning if entry else None


def is_blank(reply: Reply) -> bool:
    """Whether a reply says nothing at all: not a JSON object, or neither code nor text (maintenance)."""
    return reply.body is None or not (reply.code or reply.message)


def is_success(reply: Reply) -> bool:
    """Whether a reply is HTTP 200 with ``rt_cd`` 0; a refusal comes as HTTP 200 too."""
    return reply.status == 200 and reply.text("rt_cd") == "0"


def is_token_error(reply: Reply) -> bool:
    """Whether the call was refused for its token, before it was routed."""
    return not is_success(reply) and meaning_of(reply) is Meaning.AUTHORISATION


def is_worth_repeating(reply: Reply) -> bool:
    """Whether a *read* may get a better answer in a moment: rate, throttle, gateway, maintenance."""
    if is_success(reply):
        return False
    meaning = meaning_of(reply)
    if meaning in (Meaning.RATE, Meaning.THROTTLED, Meaning.AMBIGUOUS):
        return True
    return meaning is None and (reply.status >= 500 or is_blank(reply))


def nothing_left(reply: Reply) -> bool:
    """Whether a cancel was refused because the order is already filled, cancelled or gone."""
    if reply.status != 200 or is_success(reply):
        return False
    return reply.code == "40330000" or any(text in reply.message for text in _NOTHING_LEFT_TEXTS)


def read_error(name: str, reply: Reply) -> BrokerError:
    """Return the error of an unsuccessful read."""
    entry = CATALOGUE.get(reply.code)
    text = describe(name, reply)
    if entry is not None and entry.meaning is Meaning.CONFIGURATION:
        return BrokerConfigurationError(text, code=reply.code, advice=entry.advice)
    advice = entry.advice if entry else "try again later; check KIS notices for maintenance"
    return BrokerUnavailable(text, code=reply.code or f"HTTP{reply.status}", advice=advice)


def order_error(name: str, reply: Reply) -> BrokerError:
    """Return the error of an order reply that is not an acceptance."""
    entry = CATALOGUE.get(reply.code)
    meaning = entry.meaning if entry else None
    advice = entry.advice if entry else "read the broker's text"
    text = describe(name, reply)
    if meaning is Meaning.RATE:
        return RateLimited(text, code=reply.code, advice=advice)
    if meaning is Meaning.CONFIGURATION:
        return BrokerConfigurationError(text, code=reply.code, advice=advice)
    # A gateway code that is not in the catalogue says nothing about the order, whatever the HTTP status.
    is_gateway_code = reply.code.startswith(("EGW", "IGW")) or not reply.code
    refused = reply.status == 200 and reply.text("rt_cd") not in ("", "0") and not is_gateway_code
    if refused and meaning in (None, Meaning.REFUSED):
        return OrderRefused(text, code=reply.code, advice=advice)
    return OrderOutcomeUnknown(text, code=reply.code or f"HTTP{reply.status}", advice=_LOOK)


def describe(name: str, reply: Reply) -> str:
    """Return one line on a reply: service, status, code and the broker's text."""
    if reply.body is None:
        return f"{name}: HTTP {reply.status} without a readable answer"
    if is_blank(reply):
        return f"{name}: HTTP {reply.status} with an empty envelope"
    return f"{name}: {reply.code or 'no code'} {reply.message}".rstrip()
