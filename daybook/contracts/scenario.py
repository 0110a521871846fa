"""What a scenario says: one budget, its threats, its controls, and how careful the plan must be.

Money is whole won, rates and shares are fractions, times are trading days unless their name says otherwise.
"""

import itertools
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from daybook.contracts.base import AwareDatetime, Message, Symbol, Won

SCHEMA_VERSION = 1
LEVELS = 6
TRADING_DAYS_PER_YEAR = 250

Level = Annotated[int, Field(ge=0, le=5, description="threat level: 0 calm ... 5 an incident is under way")]
Ratio = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
ThreatId = Annotated[str, Field(pattern=r"^T\d\d_[a-z_]+$", max_length=60)]
ControlId = Annotated[str, Field(pattern=r"^C\d\d_[a-z0-9_]+$", max_length=60)]


def _non_decreasing(rates: tuple[float, ...]) -> tuple[float, ...]:
    if any(later < earlier for earlier, later in itertools.pairwise(rates)):
        raise ValueError("rates must not fall with the threat level; write six numbers that stay equal or rise")
    return rates


LevelRates = Annotated[
    tuple[Annotated[float, Field(ge=0, le=50, allow_inf_nan=False)], ...],
    Field(min_length=LEVELS, max_length=LEVELS, description="events a year at level 0 to 5"),
    AfterValidator(_non_decreasing),
]


class Pert(Message):
    """A beta-PERT distribution: alpha = 1 + gamma (mode - low) / (high - low), beta likewise from the top."""

    kind: Literal["pert"] = "pert"
    low: Finite
    mode: Finite
    high: Finite
    gamma: float = Field(default=4, gt=0, le=50, allow_inf_nan=False)

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if not self.low <= self.mode <= self.high:
            raise ValueError(f"low <= mode <= high is needed, not {self.low:g}, {self.mode:g}, {self.high:g}")
        return self


class LogNormal90(Message):
    """A lognormal distribution given by its 5 % and 95 % quantiles."""

    kind: Literal["lognormal90"] = "lognormal90"
    low: float = Field(gt=0, allow_inf_nan=False)
    high: float = Field(gt=0, allow_inf_nan=False)

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"low <= high is needed, not {self.low:g}, {self.high:g}")
        return self


def _named_kind(value: object) -> object:
    if isinstance(value, dict) and "kind" not in value:
        return {"kind": "pert" if "mode" in value else "lognormal90", **value}
    return value


Magnitude = Annotated[Pert | LogNormal90, Field(discriminator="kind"), BeforeValidator(_named_kind)]


class EvidenceKind(StrEnum):
    """Where a number comes from; shown beside it wherever it is shown."""

    DATA = "data"
    LITERATURE = "literature"
    EXPERT = "expert"


class Evidence(Message):
    """Why a threat or control has the numbers it has."""

    kind: EvidenceKind
    n_events: int | None = Field(default=None, ge=0)
    years: float | None = Field(default=None, gt=0)
    source: str = Field(max_length=400)
    as_of: date


class ThreatCategory(StrEnum):
    """What a threat strikes."""

    MARKET = "market"
    HOLDING = "holding"
    ACCOUNT = "account"
    BROKER = "broker"
    EXCHANGE = "exchange"
    DATA = "data"
    MODEL = "model"


class Triggered(Message):
    """Another threat that an event of this one sets off on the same day."""

    threat: ThreatId
    probability: Ratio


class ThreatSpec(Message):
    """A threat: how often it strikes at each level, and what one strike does.

    Shocks are log returns, never positive. ``market_shock`` reaches a stock through its beta; ``name_shock`` strikes
    the stocks ``name_pick`` says, and where ``per_name`` is set the rate holds for each stock by itself.
    """

    id: ThreatId
    name_ko: str = Field(max_length=60)
    name_en: str = Field(max_length=60)
    category: ThreatCategory
    annual_rate: LevelRates
    per_name: bool = Field(default=False, description="the rate is that of each held name, not of the desk")
    market_shock: Pert | None = None
    sector_shock: dict[str, Pert] = Field(default_factory=dict, description='by sector; "*": one sector at random')
    name_shock: Pert | None = None
    name_pick: Literal["random_holding", "listed", "largest"] = "random_holding"
    listed: tuple[Symbol, ...] = Field(default=(), description='the names of name_pick "listed"')
    direct_loss: Magnitude | None = None
    direct_base: Literal["krw", "account_fraction", "position_fraction"] = "krw"
    vol_multiplier: float = Field(default=1, ge=1, le=5, description="of daily falls while the event lasts")
    correlation_lift: float = Field(default=0, ge=0, le=0.9, description="share of own gains lost in falling markets")
    liquidity_multiplier: float = Field(default=1, ge=0.05, le=1, description="of daily turnover while it lasts")
    outage_days: Pert | None = Field(default=None, description="trading days nothing can be traded; 0 to 30")
    recovery_half_life_days: float = Field(default=20, ge=1, le=500)
    permanent_fraction: Ratio = 1.0
    triggers: tuple[Triggered, ...] = ()
    evidence: Evidence

    @model_validator(mode="after")
    def _check_impacts(self) -> Self:
        shocks = [("market_shock", self.market_shock), ("name_shock", self.name_shock)]
        shocks += [(f"sector_shock[{sector}]", shock) for sector, shock in self.sector_shock.items()]
        for field, shock in shocks:
            if shock is not None and shock.high > 0:
                raise ValueError(f"{field} of {self.id} is a loss: its high must be 0 or below, not {shock.high:g}")
        if self.outage_days is not None and not (self.outage_days.low >= 0 and self.outage_days.high <= 30):
            raise ValueError(f"outage_days of {self.id} must lie within 0 and 30")
        if isinstance(self.direct_loss, Pert) and self.direct_loss.low < 0:
            raise ValueError(f"direct_loss of {self.id} is a loss in positive numbers: its low must be 0 or above")
        if self.direct_loss is not None and self.direct_base != "krw" and self.direct_loss.high > 1:
            raise ValueError(f"direct_loss of {self.id} is a share of the {self.direct_base}: at most 1")
        if self.name_pick == "listed" and self.name_shock is not None and not self.listed:
            raise ValueError(f"{self.id} strikes listed names, but listed is empty")
        return self


class ControlEffect(Message):
    """What a control at full strength takes away from a threat; several controls multiply: 1 - prod(1 - e)."""

    threat: ThreatId
    likelihood: float = Field(default=0, ge=0, le=0.99)
    impact: float = Field(default=0, ge=0, le=0.99)
    recovery: float = Field(default=0, ge=0, le=0.99, description="of the half-life and of outages")


class ControlSpec(Message):
    """A protective measure: what it costs and what it does. Strength at step s of n levels is s / n, cost likewise."""

    id: ControlId
    name_ko: str = Field(max_length=60)
    name_en: str = Field(max_length=60)
    capex_krw: Won = Field(default=0, ge=0, le=10**12)
    opex_per_year_krw: Won = Field(default=0, ge=0, le=10**12)
    levels: int = Field(default=1, ge=1, le=3)
    effects: tuple[ControlEffect, ...] = Field(min_length=1)
    requires: tuple[ControlId, ...] = ()
    excludes: tuple[ControlId, ...] = ()
    lead_time_days: float = Field(default=0, ge=0, le=500, description="trading days before it works")
    already_installed: bool = Field(default=False, description="in place: works in every plan and costs nothing more")
    evidence: Evidence


class DataSource(StrEnum):
    """Where prices come from; a fixture is simulated and said to be."""

    KIS = "kis"
    FIXTURE = "fixture"


class Universe(Message):
    """The stocks a plan may hold."""

    codes: tuple[Symbol, ...] = Field(min_length=2, max_length=400)
    as_of: AwareDatetime | None = Field(default=None, description="no price of this moment or later; None: now")
    source: DataSource = DataSource.KIS
    lookback_days: int = Field(default=750, ge=250, le=2500)
    survivorship: Literal["point_in_time", "current_members"] = "current_members"

    @model_validator(mode="after")
    def _check_codes(self) -> Self:
        doubles = sorted({code for code in self.codes if self.codes.count(code) > 1})
        if doubles:
            raise ValueError(f"codes names {', '.join(doubles)} more than once")
        return self


class Budget(Message):
    """What there is to split, in won, and what is held already (shares by symbol)."""

    total_krw: Won = Field(ge=100_000, le=10**12)
    min_cash_ratio: Ratio = 0.05
    max_control_spend_krw: Won | None = Field(default=None, ge=0)
    periodicity: Literal["one_off", "annual"] = Field(
        default="annual", description="annual: capex and the horizon's share of a year's running cost; one_off: capex"
    )
    current_positions: dict[Symbol, Annotated[int, Field(ge=0)]] = Field(default_factory=dict, description="in shares")
    lot: int = Field(default=1, ge=1, le=1_000)


class Constraints(Message):
    """Limits of a plan. Ratios are of the budget unless said otherwise."""

    max_weight: float = Field(default=0.15, gt=0, le=1)
    max_sector: float = Field(default=0.35, gt=0, le=1)
    max_names: int | None = Field(default=None, ge=1, le=60)
    max_total_turnover: float | None = Field(default=None, ge=0, le=2, description="bought plus sold")
    max_adv_participation: float = Field(default=0.10, gt=0, le=1, description="of a stock's daily turnover")
    hedge_codes: tuple[Symbol, ...] = ("114800",)
    max_hedge: float = Field(default=0.25, ge=0, le=1)
    no_net_short: bool = Field(
        default=True,
        description="hedges at most the stocks' beta, gaining in expectation no more over cash than stocks lose",
    )
    max_cvar_ratio: float | None = Field(default=None, gt=0, le=1)
    max_ruin_probability: float | None = Field(default=None, ge=0, le=1)
    min_expected_return: float | None = Field(default=None, ge=-1, le=1, description="over the horizon, for min_cvar")
    forbidden_codes: tuple[Symbol, ...] = ()


class Profile(StrEnum):
    """How much risk its owner wants."""

    DEFENSIVE = "방어"
    STABLE = "안정"
    NEUTRAL = "중립"
    AGGRESSIVE = "공격"


GAMMA_OF_PROFILE: dict[Profile, float] = {
    Profile.DEFENSIVE: 0.12,
    Profile.STABLE: 0.06,
    Profile.NEUTRAL: 0.03,
    Profile.AGGRESSIVE: 0.01,
}


class Appetite(Message):
    """How loss and gain are weighed: maximise E[W] - gamma CVaR(loss)."""

    profile: Profile = Profile.NEUTRAL
    alpha: float = Field(default=0.95, ge=0.8, le=0.999, description="0.95: the worst 5 %")
    gamma: float | None = Field(default=None, ge=0, le=10, description="None: the profile's")
    ruin_floor_ratio: float = Field(default=0.70, gt=0, lt=1, description="wealth below this share of B is ruin")

    @property
    def aversion(self) -> float:
        """The gamma in use."""
        return GAMMA_OF_PROFILE[self.profile] if self.gamma is None else self.gamma


class EntropyView(Message):
    """An opinion the scenarios are re-weighted to meet (entropy pooling), on the horizon's return of the target."""

    target: str = Field(pattern=r"^(market|[0-9A-Z]{6,7})$", description="market, or a symbol")
    statistic: Literal["mean", "sd", "cvar"] = "mean"
    relation: Literal["==", ">=", "<="] = "=="
    value: Finite


class MarketModel(StrEnum):
    """How prices move between events."""

    FACTOR_JUMP = "factor_jump"
    BOOTSTRAP = "bootstrap"
    GBM = "gbm"


class Objective(StrEnum):
    """What the plan is best at."""

    UTILITY = "utility"
    MIN_CVAR = "min_cvar"
    MAX_RETURN_CVAR_CAP = "max_return_cvar_cap"


class Scenario(Message):
    """Everything a run needs; two equal scenarios on equal data give equal results, bit by bit."""

    schema_version: Literal[1] = 1
    name: str = Field(min_length=1, max_length=80)
    note: str = Field(default="", max_length=1_000)
    universe: Universe
    budget: Budget
    threat_level: Level = 2
    threats: tuple[ThreatSpec, ...] = Field(max_length=60)
    controls: tuple[ControlSpec, ...] = Field(default=(), max_length=24)
    horizon_days: int = Field(default=60, ge=1, le=500)
    scenarios: int = Field(default=10_000, ge=500, le=200_000)
    model: MarketModel = MarketModel.FACTOR_JUMP
    views: tuple[EntropyView, ...] = ()
    constraints: Constraints = Constraints()
    appetite: Appetite = Appetite()
    objective: Objective = Objective.UTILITY
    expected_return: float = Field(
        default=0.06, ge=-0.5, le=1, description="of the market in a year at level 2, its ordinary threats included"
    )
    cash_rate: float = Field(default=0.025, ge=-0.05, le=0.3, description="interest on cash in a year")
    seed: int = Field(default=20_260_101, ge=0, le=2**32 - 1)
    costs_as_of: date
    fixed_controls: tuple[ControlId, ...] | None = Field(
        default=None, description="this set and no other; None: the run looks for the best set"
    )

    @model_validator(mode="after")
    def _check_references(self) -> Self:
        threats = [threat.id for threat in self.threats]
        controls = [control.id for control in self.controls]
        for field, ids in (("threats", threats), ("controls", controls)):
            if len(set(ids)) != len(ids):
                raise ValueError(f"{field} names an id more than once")
        for control in self.controls:
            unknown = [effect.threat for effect in control.effects if effect.threat not in threats]
            if unknown:
                raise ValueError(f"controls.{control.id}.effects names {unknown[0]}, which is not among the threats")
            for field, names in (("requires", control.requires), ("excludes", control.excludes)):
                missing = [name for name in names if name not in controls]
                if missing:
                    raise ValueError(
                        f"controls.{control.id}.{field} names {missing[0]}, which is not among the controls"
                    )
        if self.fixed_controls is not None and (odd := [name for name in self.fixed_controls if name not in controls]):
            raise ValueError(f"fixed_controls names {odd[0]}, which is not among the controls")
        _refuse_rings(self.threats)
        odd_codes = [code for code in self.budget.current_positions if code not in self.universe.codes]
        odd_codes = [code for code in odd_codes if code not in self.constraints.hedge_codes]
        if odd_codes:
            raise ValueError(f"budget.current_positions holds {odd_codes[0]}, which is neither in universe nor a hedge")
        return self


def _refuse_rings(threats: tuple[ThreatSpec, ...]) -> None:
    """Raise ``ValueError`` where threats set each other off in a ring, or set off an unknown one."""
    triggers = {threat.id: [entry.threat for entry in threat.triggers] for threat in threats}
    for threat, named in triggers.items():
        unknown = [name for name in named if name not in triggers]
        if unknown:
            raise ValueError(f"threats.{threat}.triggers names {unknown[0]}, which is not among the threats")
    done: set[str] = set()
    while len(done) < len(triggers):
        free = [name for name, after in triggers.items() if name not in done and done.issuperset(after)]
        if not free:
            ring = sorted(set(triggers) - done)
            raise ValueError(f"threats.triggers go in a ring: {', '.join(ring)}; take one of the triggers away")
        done.update(free)
