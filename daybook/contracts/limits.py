"""The desk's limits and the strategy's settings: configuration, with a default and a unit for every value.

The defaults are a proposal for a cash account of 10,000,000 won that only buys and sells shares it owns.
Names ending in ``_s`` are real seconds (the age of data, the patience of a person); names ending in ``_min``
and ``_h`` are market time, which a rehearsal runs faster. Ratios are fractions: 0.02 is 2 %. A loss is given
as a positive ratio.
"""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from daybook.contracts.base import Message, Mode, Symbol, Won
from daybook.contracts.market import SecurityKind

Ratio = Annotated[float, Field(ge=0, le=1)]
"""A fraction between 0 and 1."""

Seconds = Annotated[float, Field(ge=0, le=86_400 * 31)]
"""Real seconds."""

Minutes = Annotated[float, Field(ge=0, le=24 * 60)]
"""Minutes of market time."""

Count = Annotated[int, Field(ge=0, le=1_000_000)]
"""A number of things."""


class RiskLimits(Message):
    """Every limit an order or a day is held against. Rules say "more than", so a value equal to its limit passes."""

    # mode and approval
    approval_modes: tuple[Mode, ...] = Field(default=(Mode.LIVE,), description="modes in which every order is asked")
    approval_valid_for_s: Seconds = Field(default=600, description="from the question; a later yes is a no")
    approval_max_price_move_ratio: Ratio = Field(default=0.01, description="price move that voids an approval")

    # session, in market time
    entries_from_open_min: Minutes = Field(default=5, description="buys start so long after the open")
    entries_before_close_min: Minutes = Field(default=15, description="buys end so long before the close")
    exits_from_open_min: Minutes = Field(default=0, description="sells start so long after the open")
    exits_before_close_min: Minutes = Field(default=11, description="sells end so long before the close")

    # symbol
    denied_kinds: tuple[SecurityKind, ...] = Field(
        default=(SecurityKind.ETN, SecurityKind.ELW), description="kinds of security never bought"
    )
    deny_leveraged: bool = Field(default=True, description="leveraged and inverse products are never bought")
    max_warning_level: int = Field(default=1, ge=0, le=3, description="highest investment warning bought: 1 caution")
    min_sessions_listed: Count = Field(default=20, description="sessions since listing before a buy")

    # price
    price_collar_buy_above: Ratio = Field(default=0.02, description="buy limit above the last price, at most")
    price_collar_buy_below: Ratio = Field(default=0.05, description="buy limit below the last price, at most")
    price_collar_sell_below: Ratio = Field(default=0.03, description="sell limit below the last price, at most")
    price_collar_sell_above: Ratio = Field(default=0.10, description="sell limit above the last price, at most")
    allow_market_buys: bool = Field(default=False, description="market buys; KIS sizes them at the upper limit")
    allow_market_sells: bool = Field(default=True, description="market sells")
    quote_max_age_s: Seconds = Field(default=5, description="age of the quote an order is checked against")
    last_trade_max_age_s: Seconds = Field(default=300, description="time since the last trade of a symbol bought")
    vi_release_wait_min: Minutes = Field(default=2, description="no buys so long after a volatility interruption")

    # liquidity
    min_average_turnover_krw: Won = Field(
        default=3_000_000_000, ge=0, description="20-day average daily turnover of a symbol bought"
    )
    max_order_turnover_ratio: Ratio = Field(default=0.01, description="buy order against that average")
    max_spread_ratio: Ratio = Field(default=0.01, description="(ask - bid) / middle of a symbol bought")

    # size
    max_order_notional_krw: Won = Field(default=1_000_000, ge=0, description="one buy order")
    max_order_equity_ratio: Ratio = Field(default=0.10, description="one buy order against equity")
    max_order_shares: int = Field(default=10_000, ge=1, le=10_000_000, description="shares of one order, either side")
    fat_finger_multiple: float = Field(
        default=5, ge=1, le=1_000, description="times the median of recent own orders, above which a person is asked"
    )
    fat_finger_orders: int = Field(default=20, ge=1, le=1_000, description="recent own orders the median is taken of")
    fat_finger_min_orders: Count = Field(default=5, description="own orders before the median means anything")

    # exposure and cash
    max_position_ratio: Ratio = Field(default=0.15, description="one symbol against equity")
    max_sector_ratio: Ratio = Field(default=0.35, description="one sector against equity")
    max_names: int = Field(default=8, ge=0, le=1_000, description="symbols held or being bought")
    min_cash_ratio: Ratio = Field(default=0.10, description="settled cash kept, against equity")
    commission_reserve_ratio: Ratio = Field(default=0.0005, description="added to a buy's cost in cash checks")
    account_max_age_s: Seconds = Field(default=60, description="age of the balance a buy is checked against")

    # frequency
    max_daily_turnover_ratio: Ratio = Field(default=0.30, description="buys of one day against equity")
    max_daily_orders: Count = Field(default=20, description="orders a day after which nothing is bought")
    exit_order_reserve: Count = Field(default=20, description="further orders a day that only sells may use")
    max_symbol_orders: Count = Field(default=4, description="orders a day in one symbol after which it is not bought")
    symbol_exit_order_reserve: Count = Field(default=4, description="further orders in it that only sells may use")
    reentry_cooldown_h: float = Field(
        default=24, ge=0, le=24 * 365, description="market hours before a symbol sold at a loss is bought again"
    )
    submit_rate_per_s: float = Field(default=1.0, gt=0, le=100, description="order submissions per real second")
    submit_burst: int = Field(default=2, ge=1, le=100, description="submissions at once")
    submit_window_s: float = Field(
        default=10, gt=0, le=3_600, description="window in which more than the throttle lets through is denied"
    )
    rest_rate_live_per_s: float = Field(default=15, gt=0, le=20, description="broker calls per second, live host")
    rest_rate_mock_per_s: float = Field(default=1.5, gt=0, le=2, description="broker calls per second, mock host")
    reconnect_backoff_s: Seconds = Field(default=5, description="between two connections of the broker's stream")

    # decision
    decision_max_age_s: Seconds = Field(default=1_800, description="age of the snapshot a buy was decided on")
    grounding_max_price_gap_ratio: Ratio = Field(default=0.01, description="decision's price against the quote's")
    llm_max_schema_failures: Count = Field(default=3, description="unreadable model answers before no new decisions")

    # breakers
    daily_loss_reduce_ratio: Ratio = Field(default=0.02, description="loss since the previous close: only reduce")
    daily_loss_halt_ratio: Ratio = Field(default=0.03, description="loss since the previous close: halt")
    weekly_loss_reduce_ratio: Ratio = Field(default=0.05, description="loss since the last week's close: only reduce")
    drawdown_reduce_ratio: Ratio = Field(default=0.08, description="loss from the high-water mark: only reduce")
    drawdown_halt_ratio: Ratio = Field(default=0.12, description="loss from the high-water mark: halt")
    stop_outs_max: int = Field(default=4, ge=1, le=1_000, description="stop-outs in the window that pause buying")
    stop_outs_window_sessions: int = Field(default=5, ge=1, le=250, description="window in which they are counted")
    stop_outs_pause_sessions: Count = Field(default=1, description="sessions after the last one without buys")
    broker_rejects_max: int = Field(default=3, ge=1, le=1_000, description="refusals in a row by the broker: halt")
    unknown_outcome_max_s: Seconds = Field(default=60, description="an order unresolved longer than this: halt")
    reconciliation_polls: int = Field(default=2, ge=1, le=100, description="polls a difference may stay unexplained")
    market_data_reduce_s: Seconds = Field(default=60, description="no market data in session: only reduce")
    market_data_halt_s: Seconds = Field(default=300, description="no market data in session: halt")
    index_fall_reduce_ratio: Ratio = Field(default=0.03, description="fall of KOSPI in a day: only reduce")
    index_fall_halt_ratio: Ratio = Field(default=0.08, description="fall of KOSPI in a day: halt (market breaker)")
    clock_skew_max_s: Seconds = Field(default=1, description="difference to network time: only reduce")
    worker_silent_max_s: Seconds = Field(default=90, description="a worker without a heartbeat in session: only reduce")
    kill_cancel_within_s: Seconds = Field(default=30, description="the kill switch leaves no open order after this")

    @model_validator(mode="after")
    def _check_order_of_thresholds(self) -> Self:
        for softer, harder in (
            ("daily_loss_reduce_ratio", "daily_loss_halt_ratio"),
            ("drawdown_reduce_ratio", "drawdown_halt_ratio"),
            ("market_data_reduce_s", "market_data_halt_s"),
            ("index_fall_reduce_ratio", "index_fall_halt_ratio"),
        ):
            if getattr(self, softer) > getattr(self, harder):
                raise ValueError(f"{softer} must not be above {harder}")
        return self


class RebalanceRule(StrEnum):
    """When a held name may be sold for having lost its rank; stops and time exits are always looked at."""

    EVERY_TICK = "every_tick"
    DAILY = "daily"
    WEEKLY = "weekly"
    NEVER = "never"


class AdvisorKind(StrEnum):
    """What ranks the universe."""

    FACTOR = "factor"
    MOMENTUM = "momentum"


class StrategySettings(Message):
    """What the recommendation and the ticks of a day work with. Risk limits apply on top of all of it."""

    advisor: AdvisorKind = Field(
        default=AdvisorKind.FACTOR, description="factor: expected excess after cost; momentum: one month's return"
    )

    universe_symbols: tuple[Symbol, ...] = Field(default=(), description="symbols to rank; empty: by turnover")
    top_turnover_count: int = Field(default=30, ge=1, le=30, description="symbols by turnover, without a universe")
    tick_interval_min: float = Field(default=10, gt=0, le=390, description="market minutes between decision ticks")

    lookback_sessions: int = Field(default=20, ge=2, le=250, description="sessions of the return and its volatility")
    skip_sessions: int = Field(default=1, ge=0, le=21, description="latest sessions left out of the return")
    min_history_sessions: int = Field(
        default=20, ge=3, le=500, description="closes without which a symbol is not ranked"
    )
    min_score: float = Field(
        default=0.0, ge=-10, le=10, allow_inf_nan=False, description="a score must be above this to be bought or kept"
    )

    news_weight: float = Field(
        default=0.25, ge=0, le=0.5, description="most that news can move a score, either way; 0: not used"
    )
    news_symbols: int = Field(default=10, ge=0, le=50, description="best ranked symbols whose news is read")

    max_names: int = Field(default=5, ge=1, le=50, description="symbols held at the same time")
    target_annual_volatility: float = Field(
        default=0.15, gt=0, le=1, description="upper bound of the portfolio's volatility, were all names to move as one"
    )
    max_position_ratio: Ratio = Field(default=0.12, description="one symbol against equity")
    min_order_notional_krw: Won = Field(default=50_000, ge=0, description="smaller buys are not worth their cost")
    min_size_ratio: Ratio = Field(default=0.5, description="of the intended size, below which a buy waits for budget")

    stop_loss_ratio: float = Field(default=0.07, gt=0, lt=1, description="loss from the average price that sells")
    take_profit_ratio: float | None = Field(default=None, gt=0, le=10, description="gain that sells; None: never")
    max_holding_sessions: int = Field(default=20, ge=1, le=1_000, description="sessions after which a position is sold")
    rebalance: RebalanceRule = Field(default=RebalanceRule.DAILY, description="when lost rank may sell")
    exit_rank: int = Field(default=15, ge=1, le=1_000, description="worst rank a held name may fall to")

    order_ttl_min: float = Field(default=10, gt=0, le=390, description="market minutes an order may work")
    entry_offset_ticks: int = Field(default=1, ge=0, le=20, description="ticks a buy limit is above the best ask")
    exit_offset_ticks: int = Field(default=3, ge=0, le=50, description="ticks a sell limit is below the best bid")
