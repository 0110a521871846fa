"""What a scenario run found. Money is whole won, losses are positive, ratios are of the budget."""

from datetime import date
from enum import StrEnum

from pydantic import Field

from daybook.contracts.base import AwareDatetime, Message, Symbol, Won
from daybook.contracts.scenario import ControlId, EvidenceKind, Level, ThreatId

ENGINE_VERSION = "1"


class Estimate(Message):
    """A number with its standard error."""

    value: float = Field(allow_inf_nan=False)
    standard_error: float = Field(ge=0, allow_inf_nan=False)


class AllocationRow(Message):
    """One position of the plan; ``reasons`` are codes such as ``at_max_weight``, ``at_liquidity_limit``."""

    code: Symbol
    name: str = ""
    sector: str = ""
    shares: int
    price_krw: Won
    amount_krw: Won
    weight: float
    change_shares: int = Field(default=0, description="against the current positions")
    reasons: tuple[str, ...] = ()


class ControlRow(Message):
    """One control of the catalogue and what the plan does with it."""

    id: ControlId
    name_ko: str
    name_en: str
    step: int = Field(ge=0, le=3, description="0: not taken")
    cost_krw: Won = Field(description="what the plan pays for it; 0 where it is installed already")
    already_installed: bool = False
    loss_avoided_krw: Estimate = Field(description="expected threat loss of the horizon without it, less with it")
    evidence: EvidenceKind


class ProtectionSummary(Message):
    """What protection costs and saves. The alarm is spending above 1/e of the expected loss (Gordon and Loeb 2002)."""

    spend_krw: Won
    annual_loss_before_krw: Won = Field(description="expected gross threat loss a year without the plan's controls")
    annual_loss_after_krw: Won
    alarm_share: float = Field(description="spend of a year over (expected loss before / e); above 1 rings")


class LossFigures(Message):
    """The distribution of loss B - W of one plan, on scenarios it was not made from."""

    expected_wealth_krw: Estimate
    sd_krw: Won
    var_krw: Estimate
    cvar_krw: Estimate
    loss_probability: Estimate
    ruin_probability: Estimate
    objective_krw: float = Field(description="E[W] - gamma CVaR")
    max_drawdown_quantiles: tuple[float, ...] = Field(description="50, 75, 90, 95, 99 %")
    histogram_edges_krw: tuple[float, ...] = ()
    histogram_counts: tuple[int, ...] = ()
    exceedance: tuple[tuple[float, float], ...] = Field(default=(), description="(loss in won, P(loss > it))")
    fan: tuple[tuple[float, ...], ...] = Field(
        default=(), description="rows: day, then wealth at 5, 25, 50, 75, 95 %, in won"
    )


class PlanName(StrEnum):
    """The plans a run compares on the same random numbers."""

    OPTIMISED = "optimised"
    CURRENT = "current"
    NOTHING = "nothing"
    THREAT_BLIND = "threat_blind"
    BLIND_ALL_CONTROLS = "blind_all_controls"
    BLIND_PLAN_CONTROLS = "blind_plan_controls"


class PlanFigures(Message):
    """One plan beside the others."""

    name: PlanName
    controls: tuple[ControlId, ...]
    spend_krw: Won
    stocks_krw: Won
    hedges_krw: Won
    cash_krw: Won
    fees_krw: Won
    figures: LossFigures


class ThreatRow(Message):
    """What one threat costs the plan."""

    id: ThreatId
    name_ko: str
    name_en: str
    events_a_year: float
    annual_loss_before_krw: Won
    annual_loss_after_krw: Won
    cvar_contribution_krw: float = Field(description="Euler share of the plan's CVaR; market noise has its own row")
    worst_paths: tuple[int, ...] = Field(default=(), description="numbers of the scenarios it was worst in")
    evidence: EvidenceKind


class FrontierPoint(Message):
    """A point of the efficient frontier, out of sample."""

    gamma: float
    expected_wealth_krw: float
    cvar_krw: float
    stocks_ratio: float
    hedges_ratio: float
    cash_ratio: float


class BudgetPoint(Message):
    """The best plan at another budget."""

    budget_krw: Won
    objective_krw: Estimate
    controls: tuple[ControlId, ...]
    spend_krw: Won


class NextMillion(Message):
    """What one more million won buys, re-optimised with the same random numbers over several seed blocks."""

    use: str = Field(description="best, stock, hedge, cash, or a control's id")
    gain_krw: Estimate = Field(description="change of the objective beyond the million itself")
    measurable: bool = Field(description="the gain is at least two standard errors")


class TornadoBar(Message):
    """How far the objective moves when one assumption goes from low to high, the plan kept."""

    assumption: str
    label_ko: str
    label_en: str
    low_value: float
    high_value: float
    low_objective_krw: float
    high_objective_krw: float
    evidence: EvidenceKind


class StressRow(Message):
    """The plan in one named bad day or crisis."""

    name: str
    label_ko: str
    label_en: str
    market_return: float
    loss_krw: Won
    loss_without_plan_krw: Won


class PlaybookRow(Message):
    """One action of the playbook, simulated with its latency and the outages of its channel."""

    action: str
    name_ko: str
    name_en: str
    runs_a_year: float
    unavailable_share: float = Field(description="of its runs, since its channel was down")
    loss_avoided_krw: Estimate = Field(description="in expectation; negative is a cost")
    loss_avoided_if_perfect_krw: float = Field(description="without latency and outages: what is overstated otherwise")


class SensitivityCell(Message):
    """How much of a threat's expected loss one control takes away."""

    threat: ThreatId
    control: ControlId
    reduction: float


class Explanation(Message):
    """The result in words. ``source`` is a model's name or template; numbers are matched to the result."""

    text_ko: str
    text_en: str
    source: str = "template"
    checked_numbers: bool = True
    rejected_because: str = Field(default="", max_length=300)


class DataSnapshot(Message):
    """Which data a run used."""

    id: str = Field(description="digest of the arrays")
    source: str
    as_of: AwareDatetime
    first_day: date | None = None
    last_day: date | None = None
    sessions: int
    simulated: bool = False
    missing: tuple[Symbol, ...] = ()


class ScenarioResult(Message):
    """The result of a run; every number a person is shown stands here."""

    run_id: str
    name: str
    input_hash: str
    engine_version: str = ENGINE_VERSION
    seed: int
    scenarios: int
    horizon_days: int
    threat_level: Level
    data: DataSnapshot
    budget_krw: Won
    allocation: tuple[AllocationRow, ...]
    hedges: tuple[AllocationRow, ...]
    cash_krw: Won
    fees_krw: Won
    controls: tuple[ControlRow, ...]
    protection: ProtectionSummary
    plans: tuple[PlanFigures, ...]
    in_sample_cvar_krw: float
    by_threat: tuple[ThreatRow, ...]
    noise_cvar_contribution_krw: float
    reduction: tuple[SensitivityCell, ...] = ()
    frontier: tuple[FrontierPoint, ...] = ()
    budget_curve: tuple[BudgetPoint, ...] = ()
    next_million: tuple[NextMillion, ...] = ()
    tornado: tuple[TornadoBar, ...] = ()
    stress: tuple[StressRow, ...] = ()
    playbook: tuple[PlaybookRow, ...] = ()
    explanation: Explanation | None = None
    warnings: tuple[str, ...] = ()
    binding: tuple[str, ...] = Field(default=(), description="constraints the plan presses against")

    def plan(self, name: PlanName) -> PlanFigures | None:
        """Return a plan's figures or None."""
        return next((plan for plan in self.plans if plan.name is name), None)

    def identity_gap_krw(self) -> Won:
        """Return budget less everything it was split into; 0 when the books balance."""
        spent = sum(row.amount_krw for row in (*self.allocation, *self.hedges))
        return self.budget_krw - spent - self.cash_krw - self.fees_krw - self.protection.spend_krw
