"""The risk score of a stock or a portfolio, 0 to 100, and everything that explains it.

A score is a probability in disguise: 0, 2, 8, 20, 40 and 100 % chance that the price falls 10 % or more from a high
within the next 20 trading days stand at 0, 20, 40, 60, 80 and 100 points. Ratios are fractions, never per cent.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from daybook.contracts.base import Message
from daybook.contracts.scenario import EvidenceKind, Ratio

SCORE_HORIZON_DAYS = 20
SCORE_DRAWDOWN_RATIO = 0.10
PROBABILITY_KNOTS = (0.0, 0.02, 0.08, 0.20, 0.40, 1.0)
SCORE_KNOTS = (0.0, 20.0, 40.0, 60.0, 80.0, 100.0)

Points = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class ScoreKind(StrEnum):
    """What is scored; each kind has its own list of metrics."""

    ASSET = "asset"
    PORTFOLIO = "portfolio"


class RiskMetric(StrEnum):
    """What a score is made of. Higher is riskier, for every one of them."""

    EWMA_VOLATILITY = "ewma_volatility"
    DRAWDOWN = "drawdown"
    CVAR_20D = "cvar_20d"
    BETA = "beta"
    DOWNSIDE_DEVIATION = "downside_deviation"
    AMIHUD = "amihud"
    DAYS_TO_LIQUIDATE = "days_to_liquidate"
    CONCENTRATION = "concentration"
    THREAT_LOSS = "threat_loss"


METRIC_LABELS: dict[RiskMetric, tuple[str, str, str]] = {
    RiskMetric.EWMA_VOLATILITY: ("변동성 (EWMA, 연율)", "EWMA volatility, annual", "ratio"),
    RiskMetric.DRAWDOWN: ("고점 대비 낙폭 (250일)", "Drawdown from 250-day high", "ratio"),
    RiskMetric.CVAR_20D: ("20일 CVaR 95 % (250일)", "20-day CVaR 95 %", "ratio"),
    RiskMetric.BETA: ("지수 베타 (250일)", "Beta to the index", "multiple"),
    RiskMetric.DOWNSIDE_DEVIATION: ("하방 편차 (60일, 연율)", "Downside deviation, annual", "ratio"),
    RiskMetric.AMIHUD: ("아미후드 비유동성 (10억 원당)", "Amihud illiquidity per bn KRW", "ratio"),
    RiskMetric.DAYS_TO_LIQUIDATE: ("청산 소요 일수", "Days to liquidate", "days"),
    RiskMetric.CONCENTRATION: ("집중도 (HHI)", "Concentration (HHI)", "ratio"),
    RiskMetric.THREAT_LOSS: ("현재 위협 단계의 기대 손실", "Expected threat loss", "ratio"),
}
"""Korean, English, and the unit of the value: ratio (0.12 = 12 %), multiple, or days."""


class RiskBand(StrEnum):
    """Twenty points each; a band is a range of probabilities."""

    VERY_LOW = "very_low"
    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"
    VERY_HIGH = "very_high"


BAND_LABELS: dict[RiskBand, tuple[str, str]] = {
    RiskBand.VERY_LOW: ("매우 낮음 (확률 2 % 미만)", "very low (below 2 %)"),
    RiskBand.LOW: ("낮음 (2–8 %)", "low (2 to 8 %)"),
    RiskBand.MODERATE: ("보통 (8–20 %)", "moderate (8 to 20 %)"),
    RiskBand.HIGH: ("높음 (20–40 %)", "high (20 to 40 %)"),
    RiskBand.VERY_HIGH: ("매우 높음 (40 % 이상)", "very high (40 % and above)"),
}
"""Korean and English, with the probability of a 20-day drawdown of 10 % or more."""


class ScoreWarning(StrEnum):
    """What a reader of the score must know."""

    METRIC_MISSING = "metric_missing"
    SHORT_HISTORY = "short_history"
    FOREIGN_REFERENCE = "foreign_reference"
    EXPERT_WEIGHTS = "expert_weights"
    BASELINE_IS_BETTER = "baseline_is_better"
    NOT_PROVEN_BETTER = "not_proven_better"
    NO_BASELINE = "no_baseline"


WARNING_LABELS: dict[ScoreWarning, tuple[str, str]] = {
    ScoreWarning.METRIC_MISSING: (
        "없는 지표는 가장 위험한 값으로 계산했습니다. 데이터가 채워지면 점수는 내려가거나 그대로입니다.",
        "A missing metric counts at its riskiest; with the data the score can only fall or stay.",
    ),
    ScoreWarning.SHORT_HISTORY: (
        "시세 이력이 짧거나 비어 있어 신뢰도를 낮췄습니다.",
        "The price history is short or has gaps, which lowers the confidence.",
    ),
    ScoreWarning.FOREIGN_REFERENCE: (
        "기준 분포와 보정은 다른 시장의 자료로 만든 것입니다. 수집한 KRX 시세로 다시 맞추십시오.",
        "The reference was fitted on another market; refit it on the KRX bars you collected.",
    ),
    ScoreWarning.EXPERT_WEIGHTS: (
        "유동성·집중도·위협 손실의 가중치는 데이터가 아닌 전문가 판단입니다.",
        "The weights of liquidity, concentration and threat loss are expert judgement, not fitted.",
    ),
    ScoreWarning.BASELINE_IS_BETTER: (
        "검증에서는 20일 변동성만 쓰는 기준 모형이 더 나았습니다. 두 점수를 함께 보십시오.",
        "In validation the volatility-only baseline did better for this kind; read both scores.",
    ),
    ScoreWarning.NOT_PROVEN_BETTER: (
        "검증에서 20일 변동성만 쓰는 기준 모형보다 낫다는 증거가 없습니다. 두 점수를 함께 보십시오.",
        "In validation nothing proved this better than volatility alone for this kind; read both scores.",
    ),
    ScoreWarning.NO_BASELINE: (
        "시세가 부족해 기준 모형(20일 변동성)을 계산하지 못했습니다.",
        "There are too few prices for the volatility-only baseline.",
    ),
}
"""Korean and English."""


class ScoreContribution(Message):
    """One metric's part of the score: ``points = score weight percentile / index``; the parts sum to the score."""

    metric: RiskMetric
    label_ko: str
    label_en: str
    unit: str
    value: Finite | None = Field(description="None: missing, or beyond any finite figure")
    percentile: Ratio = Field(description="in the reference set; 1 where the metric is missing")
    weight: Ratio
    points: Points
    missing: bool = False
    evidence: EvidenceKind = Field(description="data: the weight is fitted; expert: it is a judgement")


class BaselineScore(Message):
    """What plain 20-day volatility alone says, calibrated on the same data."""

    volatility_ratio: float = Field(ge=0, allow_inf_nan=False, description="standard deviation of 20 days, a year")
    probability: Ratio
    score: Points
    band: RiskBand


class Preferred(StrEnum):
    """Which of the two did better on years neither had seen."""

    MODEL = "model"
    BASELINE = "baseline"
    TIE = "tie"


class ForecastSkill(Message):
    """How good probabilities were: ranking, squared error against the base rate, and distance from what happened."""

    auc: Ratio = Field(description="area under the ROC curve; 0.5 where only one outcome occurred")
    brier_skill: Finite = Field(description="1 - Brier / (base rate (1 - base rate)) of the tested rows; 0 = no skill")
    calibration_error: Ratio = Field(description="expected calibration error over ten bins of equal count")
    mean_probability: Ratio


class ReliabilityBin(Message):
    """One bin of a reliability diagram."""

    predicted: Ratio
    observed: Ratio
    rows: int = Field(ge=1)


class ScoreValidation(Message):
    """Model against baseline on one set of rows neither was fitted on."""

    name: str
    title_ko: str
    title_en: str
    kind: ScoreKind
    first_day: date
    last_day: date
    rows: int = Field(ge=1, description="overlapping; far fewer are independent, hence errors are by year")
    base_rate: Ratio
    model: ForecastSkill
    baseline: ForecastSkill
    skill_difference: Finite = Field(description="Brier skill of the model less the baseline's")
    skill_difference_error: float = Field(ge=0, allow_inf_nan=False, description="bootstrap over calendar years")
    preferred: Preferred = Field(description="model or baseline only beyond two standard errors")
    model_bins: tuple[ReliabilityBin, ...] = ()
    baseline_bins: tuple[ReliabilityBin, ...] = ()


class ScoreReferenceFacts(Message):
    """Where the frozen reference set and calibration come from, and how they did."""

    version: str = Field(pattern=r"^[a-z0-9][a-z0-9.\-]{2,59}$")
    market: str = Field(description="krx where fitted on KRX stocks; else the market it was fitted on")
    source: str
    fitted_on: date
    first_day: date
    last_day: date
    instruments: int
    rows: int
    base_rate: Ratio
    notes: tuple[str, ...] = ()
    validations: tuple[ScoreValidation, ...] = ()

    def verdict(self, kind: ScoreKind) -> Preferred:
        """Return which did better for a kind: the one its validations agree on, else a tie."""
        seen = {row.preferred for row in self.validations if row.kind is kind} - {Preferred.TIE}
        return seen.pop() if len(seen) == 1 else Preferred.TIE


class RiskScore(Message):
    """The score of one stock or portfolio as of one session's close, and the baseline beside it."""

    subject: str = Field(min_length=1, max_length=80, description="a symbol or a portfolio's name")
    kind: ScoreKind
    as_of: date | None = Field(default=None, description="the last session the score knows")
    score: Points
    lowest_score: Points = Field(description="what it would be were every missing metric at its best; else the score")
    band: RiskBand
    probability: Ratio = Field(description="of a drawdown of 10 % or more within 20 trading days")
    contributions: tuple[ScoreContribution, ...] = Field(min_length=1, description="largest first")
    confidence: Ratio
    missing: tuple[RiskMetric, ...] = ()
    baseline: BaselineScore | None = None
    preferred: Preferred
    reference_version: str
    warnings: tuple[ScoreWarning, ...] = ()


def band_of(score: float) -> RiskBand:
    """Return the band of a score; a border belongs to the band above it."""
    bands = tuple(RiskBand)
    return bands[min(max(int(score // 20), 0), len(bands) - 1)]
