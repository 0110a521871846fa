"""One key's way to KIS: permit, token, request, judgement. Reads are repeated a little; orders never blindly.

An order POST is sent once. The only repeat is after a token error, which KIS gives before it routes the order.
"""

import logging
import secrets
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar

from daybook.broker.kis.credentials import KisCredentials
from daybook.broker.kis.deadline import Deadline
from daybook.broker.kis.errors import is_success, is_token_error, is_worth_repeating, order_error, read_error
from daybook.broker.kis.rate import RateLimiter
from daybook.broker.kis.tokens import TokenKeeper
from daybook.broker.kis.transport import ExchangeFailed, KisTransport, Reply
from daybook.broker.kis.wire import Endpoint
from daybook.broker.port import (
    BrokerError,
    BrokerUnavailable,
    ModeLockError,
    OrderNotSent,
    OrderOutcomeUnknown,
    RateLimited,
)
from daybook.contracts.base import Mode

logger = logging.getLogger(__name__)

READ_REPEATS = 2
_READ_BACKOFF_S = 0.3
_READ_WAIT_S = 30.0
ORDER_LEAD_S = 3.0
ORDER_TIMEOUT_S = 5.0

_STATE_FILES = "the state files cannot be used: "
_STATE_ADVICE = "check space and rights of the state directory"

T = TypeVar("T")
Judge = Callable[[Reply], bool]


class KisGateway:
    """Sends the calls of one key in one mode. Thread-safe."""

    def __init__(
        self,
        transport: KisTransport,
        credentials: KisCredentials,
        tokens: TokenKeeper,
        limiter: RateLimiter,
        *,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = lambda: secrets.randbelow(1000) / 1000,
        read_timeout_s: float = 8.0,
        order_timeout_s: float = ORDER_TIMEOUT_S,
        order_lead_s: float = ORDER_LEAD_S,
    ) -> None:
        self._transport = transport
        self._credentials = credentials
        self._tokens = tokens
        self._limiter = limiter
        self._sleep = sleep
        self._jitter = jitter
        self._read_timeout_s = read_timeout_s
        self._order_timeout_s = order_timeout_s
        self._order_lead_s = order_lead_s

    @property
    def mode(self) -> Mode:
        """The mode of the transport below."""
        return self._transport.mode

    @property
    def account_fields(self) -> dict[str, str]:
        """``CANO`` and ``ACNT_PRDT_CD`` for a query or a body."""
        return {
            "CANO": self._credentials.account_number.get_secret_value(),
            "ACNT_PRDT_CD": self._credentials.product_code.get_secret_value(),
        }

    def read(
        self, endpoint: Endpoint, query: Mapping[str, str], *, next_page: bool = False, final: Judge = lambda _: False
    ) -> Reply:
        """Return the good reply of a read, or one that ``final`` accepts.

        Rate, throttle and gateway refusals and lost answers are repeated twice. Raises ``BrokerUnavailable`` or
        ``BrokerConfigurationError``.
        """
        tr_id = endpoint.tr_id(self.mode)

        def send(token: str) -> Reply:
            return self._send(endpoint, tr_id, token, self._read_timeout_s, query=query, next_page=next_page)

        return self._repeated(endpoint.name, send, final)

    def repeatable_post(self, endpoint: Endpoint, body: Mapping[str, str], *, final: Judge) -> Reply:
        """Send a POST whose repeat does no harm (a cancel of the whole rest) with the patience of a read."""
        tr_id = endpoint.tr_id(self.mode)

        def send(token: str) -> Reply:
            return self._send(endpoint, tr_id, token, self._order_timeout_s, body=body)

        return self._repeated(endpoint.name, send, final)

    def order(self, endpoint: Endpoint, body: Mapping[str, str]) -> Reply:
        """Send one order POST and return its acceptance.

        Waiting for a token or a permit may take ``order_lead_s`` in all: a POST that would start later is not sent,
        and a started one is written within ``order_timeout_s`` or not at all. So a caller knows when an order that
        it lost sight of can no longer reach the broker.

        Raises ``OrderRefused``, ``RateLimited``, ``OrderNotSent``, ``BrokerConfigurationError`` (all: not executed)
        or ``OrderOutcomeUnknown``.
        """
        lead = Deadline(self._order_lead_s)
        token = _before_order(lambda: self._tokens.token(max_wait_s=lead.remaining_s))
        reply = self._order_once(endpoint, body, token, lead)
        if is_token_error(reply):
            rejected = token
            token = _before_order(lambda: self._tokens.replace(rejected, max_wait_s=lead.remaining_s))
            reply = self._order_once(endpoint, body, token, lead)
        if is_token_error(reply):
            raise OrderNotSent(
                f"{endpoint.name}: the broker rejects the token", code=reply.code, advice="try again in a minute"
            )
        if not is_success(reply):
            raise order_error(endpoint.name, reply)
        return reply

    def _repeated(self, name: str, send: Callable[[str], Reply], final: Judge) -> Reply:
        may_replace_token = True
        failure: BrokerError = BrokerUnavailable(f"{name}: no answer")
        attempt = 0
        while attempt <= READ_REPEATS:
            if attempt:
                self._sleep(_READ_BACKOFF_S * attempt * (1.0 + self._jitter()))
            attempt += 1
            token = _before_read(self._tokens.token)
            _before_read(lambda: self._limiter.acquire(_READ_WAIT_S))
            try:
                reply = send(token)
            except ExchangeFailed as error:
                failure = BrokerUnavailable(
                    f"{name}: no answer ({error})", code="NETWORK", advice="check the network, then try again"
                )
                continue
            if is_success(reply) or final(reply):
                return reply
            if is_token_error(reply) and may_replace_token:
                may_replace_token = False
                attempt -= 1
                _before_read(partial(self._tokens.replace, token))
                continue
            failure = read_error(name, reply)
            if not is_worth_repeating(reply):
                break
            logger.info("%s: %s", name, failure.code)
        raise failure

    def _order_once(self, endpoint: Endpoint, body: Mapping[str, str], token: str, lead: Deadline) -> Reply:
        tr_id = endpoint.tr_id(self.mode)
        _before_order(lambda: self._limiter.acquire(lead.remaining_s))
        if lead.has_passed:
            raise OrderNotSent(
                f"{endpoint.name}: token and permit took longer than {self._order_lead_s:g} s",
                code="LATE",
                advice="check again, then try again",
            )
        try:
            return self._send(endpoint, tr_id, token, self._order_timeout_s, body=body)
        except ModeLockError:
            raise
        except ExchangeFailed as error:
            if not error.may_have_been_sent:
                raise OrderNotSent(
                    f"{endpoint.name}: no connection ({error})", code="NETWORK", advice="check the network"
                ) from None
            reason = str(error)
        except Exception as error:  # noqa: BLE001 - whatever broke after the lock, the order may be on its way
            reason = type(error).__name__
        raise OrderOutcomeUnknown(
            f"{endpoint.name}: no answer ({reason})",
            code="NETWORK",
            advice="look at today's orders; the order may exist",
        )

    def _send(
        self,
        endpoint: Endpoint,
        tr_id: str,
        token: str,
        timeout_s: float,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, str] | None = None,
        next_page: bool = False,
    ) -> Reply:
        headers = {
            "authorization": f"Bearer {token}",
            "appkey": self._credentials.app_key.get_secret_value(),
            "appsecret": self._credentials.app_secret.get_secret_value(),
            "custtype": "P",
            "tr_cont": "N" if next_page else "",
        }
        return self._transport.send(
            endpoint.method, endpoint.path, tr_id, query=query, body=body, headers=headers, timeout_s=timeout_s
        )


def _before_read(step: Callable[[], T]) -> T:
    """Run a step before a read; a full disk or an exhausted rate limit is ``BrokerUnavailable`` too."""
    try:
        return step()
    except RateLimited as error:
        raise BrokerUnavailable(str(error), code=error.code, advice=error.advice) from None
    except OSError as error:
        raise BrokerUnavailable(_STATE_FILES + type(error).__name__, code="STATE_FILES", advice=_STATE_ADVICE) from None


def _before_order(step: Callable[[], T]) -> T:
    """Run a step before an order POST: whatever fails here, the order was not sent."""
    try:
        return step()
    except BrokerUnavailable as error:
        raise OrderNotSent(f"not sent: {error}", code=error.code, advice=error.advice) from None
    except OSError as error:
        raise OrderNotSent(_STATE_FILES + type(error).__name__, code="STATE_FILES", advice=_STATE_ADVICE) from None
