"""The state of the front: one object that every handler and every stream shares."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from daybook.contracts.base import KST, Won
from daybook.paper.account_access import AccountAccess
from daybook.paper.environment import Environment
from daybook.paper.faults import FaultBook
from daybook.paper.history import HistoryCache
from daybook.paper.layouts import Layout
from daybook.paper.model import ExchangeEngine, Security, TradeState
from daybook.paper.oauth import OauthRules, TokenOffice
from daybook.paper.options import DEFAULT_ACCOUNT
from daybook.paper.rate import RateLimiter
from daybook.paper.stream import StreamHub

ENVIRONMENT_LIMIT = -1
"""``rate_limit`` of the environment: 18 calls a second for real, 1 for mock."""


@dataclass(frozen=True, slots=True)
class FrontConfig:
    """How the front behaves. Times are real seconds.

    ``strict`` keeps the rules of an environment: its tr_ids, its services, its configured accounts. Permissive
    mode serves everything on every listener. ``rate_limit`` is calls a second and app key, None for no limit.
    ``one_token_per_minute`` None follows ``strict``.
    """

    strict: bool = False
    rate_limit: int | None = ENVIRONMENT_LIMIT
    app_key: str = ""
    app_secret: str = ""
    accounts: tuple[str, ...] = (DEFAULT_ACCOUNT,)
    cash_krw: Won = 10_000_000
    token_life_s: float = 86_400.0
    one_token_per_minute: bool | None = None
    ws_layout: Layout = Layout.NEW
    control: bool = True
    pingpong_interval_s: float = 10.0
    records_per_frame: int = 20


def _wall_now() -> datetime:
    return datetime.now(KST)


class Front:
    """Everything the KIS side knows besides the exchange itself. Used from one event loop."""

    def __init__(
        self,
        engine: ExchangeEngine,
        config: FrontConfig | None = None,
        *,
        wall_now: Callable[[], datetime] = _wall_now,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        config = config or FrontConfig()
        self.engine = engine
        self.config = config
        self.monotonic_s = monotonic_s
        per_minute = config.strict if config.one_token_per_minute is None else config.one_token_per_minute
        self.tokens = TokenOffice(
            OauthRules(
                life_s=config.token_life_s,
                one_per_minute=per_minute,
                app_key=config.app_key,
                app_secret=config.app_secret,
                separate_environments=config.strict,
            ),
            wall_now,
        )
        self.limiters = {
            environment: RateLimiter(
                environment.requests_per_second if config.rate_limit == ENVIRONMENT_LIMIT else config.rate_limit,
                monotonic_s,
            )
            for environment in Environment
        }
        self.faults = FaultBook()
        self.accounts = AccountAccess(engine, config.accounts, config.cash_krw, any_account=not config.strict)
        self.history = HistoryCache(engine)
        self.order_seen_at_s: dict[tuple[str, str], float] = {}
        self.scan: tuple[float, list[tuple[Security, TradeState]]] | None = None
        self.stream = StreamHub(
            engine,
            self.faults,
            self.tokens,
            self.accounts,
            layout=config.ws_layout,
            strict=config.strict,
            pingpong_interval_s=config.pingpong_interval_s,
            records_per_frame=config.records_per_frame,
        )

    def environment_of(self, tr_id: str, listener: Environment) -> Environment:
        """Return whose codes a call gets: the listener's, or in permissive mode those of its tr_id's family."""
        if self.config.strict:
            return listener
        if tr_id.startswith("V"):
            return Environment.MOCK
        if tr_id.startswith(("TTT", "CTS")):
            return Environment.REAL
        return listener
