"""Thresholds of the threat level and sizes of the responses: configuration, a unit and a meaning for every value.

A ladder is four thresholds: the value from which a reading means level 1, 2, 3, 4. Names ending in ``_s`` are real
seconds (the age of data, a person's patience), names ending in ``_min`` are market minutes. Ratios are fractions.
"""

import itertools
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from daybook.contracts.base import Message, Mode, Symbol, Won
from daybook.contracts.limits import Minutes, Ratio, Seconds
from daybook.contracts.response_codes import ActionCode

LADDER_STEPS = 4


def _rising(thresholds: tuple[float, ...]) -> tuple[float, ...]:
    if any(later < earlier for earlier, later in itertools.pairwise(thresholds)):
        raise ValueError("the thresholds of levels 1 to 4 must stay equal or rise")
    return thresholds


Ladder = Annotated[
    tuple[Annotated[float, Field(gt=0, allow_inf_nan=False)], ...],
    Field(min_length=LADDER_STEPS, max_length=LADDER_STEPS),
    AfterValidator(_rising),
]
"""Thresholds of levels 1, 2, 3 and 4, in the unit of the reading; none falls."""

RatioByLevel = Annotated[tuple[Ratio, ...], Field(min_length=6, max_length=6), AfterValidator(_rising)]
"""One fraction for each level 0 to 5; none falls."""

CalmByLevel = Annotated[
    tuple[Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)], ...],
    Field(min_length=5, max_length=5),
    AfterValidator(_rising),
]
"""Market minutes of calm before leaving level 1, 2, 3, 4 and 5; none falls."""

AlertLevels = Annotated[tuple[Annotated[int, Field(ge=0, le=4)], ...], AfterValidator(_rising)]


class ThreatSettings(Message):
    """When a reading means which level, how long it stays fresh, and how long calm must last."""

    # market
    vkospi_percentiles: Ladder = Field(
        default=(0.80, 0.90, 0.97, 0.995), description="share of past closes of VKOSPI below today's"
    )
    vkospi_max_age_sessions: int = Field(default=2, ge=0, le=20, description="sessions; older closes count as unknown")
    index_drawdowns: Ladder = Field(default=(0.07, 0.12, 0.20, 0.30), description="fall of KOSPI from its year's high")
    index_falls: Ladder = Field(default=(0.015, 0.03, 0.05, 0.08), description="fall of KOSPI since the last close")
    sidecar_level: int = Field(default=2, ge=0, le=4, description="a sell-side sidecar is in force; a buy-side one: 1")
    circuit_breaker_levels: AlertLevels = Field(
        default=(4, 4, 4), min_length=3, max_length=3, description="market circuit breaker of stage 1, 2, 3 (8/15/20 %)"
    )
    sentiment_floor: float = Field(default=-0.5, ge=-1, lt=0, description="market sentiment that means level 1")
    sentiment_min_stories: int = Field(default=10, ge=1, le=1_000, description="fewer stories say nothing")

    # cyber
    alert_levels: AlertLevels = Field(
        default=(0, 1, 2, 3, 4), min_length=5, max_length=5, description="of the alerts 정상, 관심, 주의, 경계, 심각"
    )
    news_max_age_s: Seconds = Field(default=3 * 86_400, description="age of a breach story that still counts")
    unconfirmed_max_level: int = Field(default=2, ge=0, le=2, description="most that one publisher alone can mean")
    unconfirmed_severity: Ratio = Field(default=0.4, description="severity from which one publisher means that level")
    confirmed_publishers: int = Field(default=2, ge=2, le=10, description="publishers with own stories that confirm it")
    confirmed_level: int = Field(default=3, ge=2, le=4, description="a confirmed breach at a holding")
    severe_severity: Ratio = Field(default=0.8, description="severity from which a confirmed breach means level 4")
    disclosed_level: int = Field(default=5, ge=3, le=5, description="the holding itself has filed it")
    failed_logins: Ladder = Field(default=(3, 5, 10, 20), description="refused logins to the desk in the last hour")
    strange_login_level: int = Field(default=4, ge=2, le=4, description="a login from an unknown device or address")
    strange_token_level: int = Field(default=4, ge=2, le=4, description="a broker token issued or revoked by others")

    # operations
    broker_error_ratios: Ladder = Field(default=(0.02, 0.05, 0.20, 0.50), description="failed of the last broker calls")
    broker_min_calls: int = Field(default=10, ge=1, le=10_000, description="calls before a ratio means anything")
    broker_latencies_s: Ladder = Field(default=(1, 2, 5, 10), description="95 % of broker calls answer within, seconds")
    token_failures: Ladder = Field(default=(1, 2, 3, 5), description="token issues that failed in a row")
    feed_gaps_s: Ladder = Field(default=(20, 60, 180, 300), description="no market data in session, seconds")
    worker_silences_s: Ladder = Field(default=(45, 90, 180, 300), description="a worker without a heartbeat, seconds")
    unknown_orders_s: Ladder = Field(default=(20, 60, 180, 600), description="oldest order of unknown outcome, seconds")
    clock_skews_s: Ladder = Field(default=(0.5, 1, 5, 30), description="difference to network time, seconds")
    database_latencies_s: Ladder = Field(default=(0.5, 1, 3, 10), description="time of one write, seconds")

    # fusion
    hysteresis_ratio: float = Field(
        default=0.1, ge=0, lt=0.9, description="a level holds until the value is so far below its threshold"
    )
    market_fresh_s: Seconds = Field(default=900, description="a market reading counts as current for so long")
    cyber_fresh_s: Seconds = Field(default=6 * 3_600, description="a cyber reading counts as current for so long")
    operations_fresh_s: Seconds = Field(default=300, description="a reading of the desk's health counts for so long")
    future_tolerance_s: Seconds = Field(default=60, description="a reading dated later than this from now is refused")
    calm_min: CalmByLevel = Field(
        default=(60, 120, 390, 780, 780), description="watched market minutes of calm before leaving level 1 to 5"
    )
    calm_gap_max_min: Minutes = Field(default=30, description="most that the time between two looks adds to the calm")
    false_alarm_valid_min: float = Field(
        default=390, ge=0, le=100_000, description="watched market minutes a withdrawn reading is not believed again"
    )

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        for lower, higher in (
            ("unconfirmed_max_level", "confirmed_level"),
            ("confirmed_level", "disclosed_level"),
            ("unconfirmed_severity", "severe_severity"),
        ):
            if getattr(self, lower) > getattr(self, higher):
                raise ValueError(f"{lower} must not be above {higher}")
        return self


class ResponseSettings(Message):
    """How far each action of the playbook may go. A live desk asks a person whatever these say."""

    approval_valid_s: float = Field(default=600, gt=0, le=86_400, description="from the question; a later yes is a no")
    second_step_after_s: float = Field(
        default=15, ge=0, le=3_600, description="pause before the same person may give the second yes"
    )
    unattended: tuple[ActionCode, ...] = Field(
        default=(), description="of A2 and A3: executed without asking, on paper and mock only"
    )
    dry_run: tuple[ActionCode, ...] = Field(default=(), description="actions only written down, in every mode")

    cash_targets: RatioByLevel = Field(
        default=(0, 0, 0, 0.30, 0.50, 0.60), description="A2: share of equity wanted in cash at level 0 to 5"
    )
    max_sell_day_ratio: Ratio = Field(default=0.25, description="A2: most of the equity sold in one day")
    min_sell_krw: Won = Field(default=50_000, ge=0, description="A2: smaller sells are not worth their cost")
    hedge_symbol: Symbol = Field(default="114800", description="A3: the inverse fund; it is never sold short")
    hedge_leverage: float = Field(default=1, gt=0, le=3, allow_inf_nan=False, description="A3: of the inverse fund")
    hedge_ratios: RatioByLevel = Field(
        default=(0, 0, 0, 0.30, 0.50, 0.50), description="A3: share of the portfolio's beta that is hedged"
    )
    max_hedge_ratio: Ratio = Field(default=0.15, description="A3: most of the equity in the inverse fund")
    max_data_age_s: Seconds = Field(default=60, description="A2, A3: age of balance and quotes")
    limit_scale: float = Field(default=0.5, gt=0, le=1, description="A8: what buy limits are multiplied by")
    cooldown_min: float = Field(
        default=30, ge=0, le=10_000, description="A2, A3: market minutes before the same action is proposed again"
    )
    slow_cooldown_min: float = Field(default=390, ge=0, le=10_000, description="A5 to A8: likewise")
    evidence_cooldown_min: float = Field(default=10, ge=0, le=10_000, description="A9: likewise")
    notify_cooldown_min: float = Field(default=1, ge=0, le=10_000, description="A1: likewise")
    dry_run_modes: tuple[Mode, ...] = Field(
        default=(Mode.PAPER,), description="A5 and A6 are only written down here: there is no key to change"
    )
