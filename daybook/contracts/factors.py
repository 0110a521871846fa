"""What a factor recommendation works with and says: settings, point-in-time inputs, opinions, cards, targets.

Points are on a 0 to 100 scale on which 50 means "not worth its cost". One point is 0.002 of *edge*, and edge is an
expected excess return in units of the stock's own volatility over the horizon: a rank correlation of 0.10, which
nobody sustains, is the whole way from 50 to 100. ``Recommendation.score`` is (points - 50) / 20, so that the 10 points
an opinion may move are 0.5 of score.
"""

from datetime import date
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from daybook.contracts.base import AwareDatetime, Message, Symbol, Won
from daybook.contracts.limits import Ratio

POINTS_PER_EDGE = 500.0
"""Points for one unit of edge."""

NEUTRAL_POINTS = 50.0
POINTS_PER_SCORE = 20.0


class FactorSettings(Message):
    """How the factor advisor learns, what it assumes before it has learnt, and how far opinions may go."""

    horizon_sessions: int = Field(default=20, ge=1, le=250, description="sessions of the return that is predicted")
    purge_sessions: int = Field(default=20, ge=0, le=250, description="training rows left out before a test")
    embargo_sessions: int = Field(default=20, ge=0, le=250, description="further rows left out around a test")
    refit_sessions: int = Field(default=20, ge=1, le=250, description="sessions between two fits of a walk-forward")
    min_training_sessions: int = Field(default=250, ge=1, le=2_500, description="labelled rows before a first test")

    prior_edge: float = Field(
        default=0.02, ge=0, le=0.1, description="rank correlation assumed of a factor with published evidence"
    )
    prior_deviation: float = Field(
        default=0.02, gt=0, le=1, description="how far a factor's true rank correlation may lie from the assumed one"
    )

    min_symbols: int = Field(default=5, ge=3, le=1_000, description="symbols without which ranks mean nothing")
    min_coverage: Ratio = Field(default=0.3, description="of the assumed evidence that must be there for a symbol")
    max_walk_forward_t: float = Field(
        default=-2.0, le=0, description="a fitted ranking whose t is at or below this is not used"
    )
    min_walk_forward_windows: int = Field(default=6, ge=2, le=100, description="windows before that t counts")

    slippage_ratio: float = Field(default=0.00075, ge=0, le=0.05, description="price given up on each side")
    opinion_cap_points: float = Field(
        default=10.0, ge=0, le=20, description="most that news, or a model's rating, can move a score from end to end"
    )
    news_sessions: int = Field(default=3, ge=1, le=60, description="sessions whose news counts")
    rating_record_size: int = Field(default=250, ge=1, le=100_000, description="outcomes that earn half the weight")
    participation_ratio: float = Field(default=0.10, gt=0, le=1, description="of the average daily turnover, a day")
    exit_sessions: int = Field(default=1, ge=1, le=60, description="sessions a position may take to trade")


class FundamentalKind(StrEnum):
    """A figure of a filing."""

    BOOK_EQUITY = "book_equity"
    NET_INCOME = "net_income"
    GROSS_PROFIT = "gross_profit"
    TOTAL_ASSETS = "total_assets"
    SHARES = "shares"


class FundamentalFact(Message):
    """One figure as filed; it counts from the calendar day after ``filed_on``, never from the period's end."""

    symbol: Symbol
    kind: FundamentalKind
    value: float = Field(allow_inf_nan=False, description="won, or a number of shares")
    period_end: date
    filed_on: date

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.filed_on < self.period_end:
            raise ValueError(f"filed_on {self.filed_on} lies before the period's end {self.period_end}")
        return self


class NewsScore(Message):
    """The sentiment of some stories on one symbol, published at one time."""

    symbol: Symbol
    published_at: AwareDatetime
    sentiment: float = Field(ge=-1, le=1)
    stories: int = Field(default=1, ge=1)


class RatingCall(StrEnum):
    """What a model may say about a stock."""

    BUY = "buy"
    HOLD = "hold"
    SELL = "sell"


class RatingCode(StrEnum):
    """What became of a model's rating."""

    USED = "used"
    MISSING = "missing"
    LATE = "late"
    MALFORMED = "malformed"
    INJECTED = "injected"
    UNKNOWN_SYMBOL = "unknown_symbol"
    CONFLICTING = "conflicting"
    BEFORE_TRAINING_END = "before_training_end"


class RatingReply(Message):
    """One reply of a model, as it came. ``text`` is data: nothing in it is ever followed."""

    symbol: Symbol = Field(description="the symbol that was asked about")
    text: str = Field(max_length=20_000)
    received_at: AwareDatetime
    model: str = Field(default="", max_length=80)
    training_ended: date | None = Field(default=None, description="what a backtest must lie behind")


class RatingRecord(Message):
    """How ratings did so far, forward only."""

    outcomes: int = Field(default=0, ge=0, description="outcomes known")
    rank_ic: float = Field(default=0.0, ge=-1, le=1, description="their rank correlation with the ratings")


class Rating(Message):
    """A model's rating after checks. ``value`` is call times confidence, 0 unless it was used."""

    symbol: Symbol
    code: RatingCode
    value: float = Field(default=0.0, ge=-1, le=1)
    text: str = ""


class EvidenceCode(StrEnum):
    """Why there is not enough evidence for a call."""

    BELOW_COST = "below_cost"
    LOW_COVERAGE = "low_coverage"
    FEW_SYMBOLS = "few_symbols"
    FAILED_VALIDATION = "failed_validation"


class CallCode(StrEnum):
    """What a card says about a stock."""

    FAVOURABLE = "favourable"
    UNFAVOURABLE = "unfavourable"
    INSUFFICIENT_EVIDENCE = "insufficient_evidence"


class FactorWeight(Message):
    """What a factor is taken to be worth: its assumed, its fitted and its used rank correlation."""

    name: str
    label_ko: str
    label_en: str
    prior: float
    weight: float
    standard_error: float = Field(ge=0)
    coverage: Ratio = Field(description="share of today's symbols that have it")


class ModelEvidence(Message):
    """What stands behind a ranking."""

    sessions: int = Field(ge=0)
    symbols: int = Field(ge=0)
    labelled_sessions: int = Field(ge=0)
    effective_rows: float = Field(ge=0, description="labelled rows over the horizon: labels overlap")
    fitted_share: Ratio = Field(description="how much of the weights is fitted; the rest is assumed")
    walk_forward_ic: float | None = None
    walk_forward_t: float | None = None
    walk_forward_windows: int = Field(default=0, ge=0)
    survivorship: str = Field(default="current_members", pattern="^(current_members|point_in_time)$")
    weights: tuple[FactorWeight, ...] = ()


class Driver(Message):
    """What one factor adds to a stock's points; ``percentile`` is its place among the day's symbols, 1 the highest."""

    name: str
    label_ko: str
    label_en: str
    points: float
    percentile: float | None = Field(default=None, ge=0, le=1, description="None: the stock lacks it")


class ChangeKind(StrEnum):
    """What would change a call."""

    DRIVER_FALLS = "driver_falls"
    DRIVER_RISES = "driver_rises"
    COST_FALLS = "cost_falls"
    POINTS = "points"
    MORE_HISTORY = "more_history"


class CallChange(Message):
    """One thing that would change a call; ``value`` is a percentile, a cost ratio, points, or sessions."""

    kind: ChangeKind
    value: float
    label_ko: str = ""
    label_en: str = ""


class AdviceCard(Message):
    """All a recommendation says about one stock. Points are 50 + drivers + news + rating + cost, cut at 0 and 100."""

    symbol: Symbol
    name: str = ""
    call: CallCode
    rank: int = Field(ge=1)
    rank_without_news: int = Field(ge=1)
    rank_without_rating: int = Field(ge=1)
    ranked_symbols: int = Field(ge=1)
    points: float = Field(ge=0, le=100)
    points_without_news: float = Field(ge=0, le=100)
    points_without_rating: float = Field(ge=0, le=100)
    horizon_sessions: int = Field(ge=1)
    expected_excess_ratio: float = Field(description="over the horizon, against the day's symbols, before cost")
    band_low_ratio: float = Field(description="lower end of the 80 % band of that expectation")
    band_high_ratio: float
    cost_ratio: float = Field(ge=0, description="what acting on it costs, against the value traded")
    drivers: tuple[Driver, ...] = Field(default=(), description="all factors with points, largest first")
    news_points: float = 0.0
    rating_points: float = 0.0
    cost_points: float = 0.0
    rating: Rating | None = None
    risk_score: float | None = Field(default=None, ge=0, le=100)
    annual_volatility: float = Field(gt=0)
    last_close_krw: Won = Field(gt=0)
    liquidity_limit_krw: Won = Field(ge=0)
    liquidity_limit_shares: int = Field(ge=0)
    coverage: Ratio = 1.0
    missing: tuple[str, ...] = Field(default=(), description="factors the stock lacks; they count as neutral")
    evidence: tuple[EvidenceCode, ...] = Field(default=(), description="why the evidence is insufficient")
    changes: tuple[CallChange, ...] = ()
    prices_as_of: date
    news_as_of: AwareDatetime | None = None
    rating_as_of: AwareDatetime | None = None


class AdviceReport(Message):
    """A day's cards, best first, with what stands behind them."""

    day: date
    advisor: str
    data_as_of: date | None = None
    settings: FactorSettings = FactorSettings()
    evidence: ModelEvidence
    cards: tuple[AdviceCard, ...] = ()
    problems: tuple[str, ...] = Field(default=(), description="symbols left out, and why, a line each")
    ratings: tuple[Rating, ...] = ()


class TargetCode(StrEnum):
    """What decided a target weight."""

    BUY = "buy"
    SELL = "sell"
    HOLD_BAND = "hold_band"
    POSITION_LIMIT = "position_limit"
    SECTOR_LIMIT = "sector_limit"
    LIQUIDITY_LIMIT = "liquidity_limit"
    BUDGET = "budget"
    NAMES_LIMIT = "names_limit"
    NO_EVIDENCE = "no_evidence"


class TargetRow(Message):
    """One stock of a target portfolio."""

    symbol: Symbol
    current_krw: Won = Field(ge=0)
    target_krw: Won = Field(ge=0)
    trade_krw: Won
    target_weight: Ratio
    expected_gain_krw: Won = Field(description="of the trade over the horizon, before cost")
    cost_krw: Won = Field(ge=0)
    code: TargetCode


class TargetPortfolio(Message):
    """What to hold so that every trade is worth its cost."""

    equity_krw: Won = Field(ge=0)
    rows: tuple[TargetRow, ...] = ()
    cash_krw: Won
    cost_krw: Won = Field(ge=0)
    turnover_ratio: float = Field(ge=0, description="value traded against equity")
    capacity_krw: Won | None = Field(default=None, description="equity at which liquidity first binds; None: no trade")
