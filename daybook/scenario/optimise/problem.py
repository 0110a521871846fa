"""One optimisation problem: scenarios, a budget, limits. N instruments: stocks, then hedges, then cash.

Everything is in won, but nothing depends on the unit: a problem in weights (budget 1) is solved alike.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from daybook.contracts.scenario import Objective
from daybook.scenario.arrays import FloatArray, WealthModel
from daybook.scenario.optimise.errors import BadProblem

BoolArray = NDArray[np.bool_]


class LimitKind(StrEnum):
    """A limit a plan can press against; the value is the reason code of an allocation row and of ``binding``."""

    MAX_WEIGHT = "at_max_weight"
    LIQUIDITY = "at_liquidity_limit"
    FORBIDDEN = "forbidden"
    MIN_POSITION = "at_min_position"
    SECTOR = "at_sector_limit"
    HEDGE = "at_hedge_limit"
    NET_SHORT = "at_net_short_limit"
    MIN_CASH = "at_min_cash"
    TURNOVER = "at_turnover_limit"
    CVAR = "at_cvar_limit"
    RUIN = "at_ruin_limit"
    EXPECTED = "at_min_expected_return"
    NAMES = "at_max_names"
    BUDGET = "budget"
    GROUP = "at_group_limit"


FIELD_OF_LIMIT: dict[LimitKind, str] = {
    LimitKind.MAX_WEIGHT: "constraints.max_weight",
    LimitKind.LIQUIDITY: "constraints.max_adv_participation",
    LimitKind.FORBIDDEN: "constraints.forbidden_codes",
    LimitKind.MIN_POSITION: "budget.current_positions",
    LimitKind.SECTOR: "constraints.max_sector",
    LimitKind.HEDGE: "constraints.max_hedge",
    LimitKind.NET_SHORT: "constraints.no_net_short",
    LimitKind.MIN_CASH: "budget.min_cash_ratio",
    LimitKind.TURNOVER: "constraints.max_total_turnover",
    LimitKind.CVAR: "constraints.max_cvar_ratio",
    LimitKind.RUIN: "constraints.max_ruin_probability",
    LimitKind.EXPECTED: "constraints.min_expected_return",
    LimitKind.NAMES: "constraints.max_names",
    LimitKind.BUDGET: "budget.total_krw",
    LimitKind.GROUP: "constraints",
}
"""The field of ``daybook.contracts.scenario`` a limit comes from, for messages."""


@dataclass(frozen=True)
class LinearLimit:
    """``lower_krw <= coefficients @ positions <= upper_krw``; a side that is None does not bind.

    Args:
        name: what is limited, for people (a sector's name, ``hedges``).
        coefficients: (N,).
        upper_krw: upper side.
        lower_krw: lower side.
        kind: where the limit comes from.
    """

    name: str
    coefficients: FloatArray
    upper_krw: float | None = None
    lower_krw: float | None = None
    kind: LimitKind = LimitKind.GROUP


@dataclass(frozen=True)
class RuinLimit:
    """Wealth falls below ``floor_krw`` with at most this probability, by buffered probability.

    The buffered probability is never below the probability itself, so the limit is conservative:
    ``CVaR_{1 - probability}(L) <= reference - floor`` (Mafusalov and Uryasev 2018).
    """

    floor_krw: float
    probability: float


@dataclass(frozen=True)
class PlanProblem:
    """What to optimise. Losses are ``reference_krw - W``, with ``W = wealth.gross @ z - wealth.fixed_krw``.

    ``sum(z) + fees = budget_krw``: fees are ``buy_rate`` of what is bought and ``sell_rate`` of what is sold against
    ``current_krw``. Cash is an instrument like any other, with rates of 0; ``is_traded`` False keeps it out of the
    turnover.

    Args:
        wealth: the scenarios.
        reference_krw: the whole budget B.
        budget_krw: what positions and fees may cost: B less the spend on controls.
        alpha: the level of CVaR (0.95: the worst 5 %).
        gamma: the weight of CVaR in the utility.
        objective: what is best.
        lower_krw: (N,) smallest positions.
        upper_krw: (N,) largest positions; infinity where there is none.
        groups: linear limits.
        current_krw: (N,) positions held now; None: none.
        buy_rate: (N,) fee on each won bought; None: none.
        sell_rate: (N,) fee and tax on each won sold; None: none.
        is_traded: (N,) what counts as turnover; None: all but the last instrument.
        max_turnover_krw: bought plus sold.
        max_cvar_krw: cap on CVaR at ``alpha``.
        min_expected_krw: floor under E[W].
        max_names: most instruments of ``is_stock`` held.
        is_stock: (N,) what ``max_names`` counts; None: all but the last instrument.
        min_position_krw: (N,) a position is 0 or at least this; None: no such rule.
        ruin: cap on the buffered probability of ruin.
        upper_kinds: (N,) what each upper bound comes from; None: max_weight.
        codes: (N,) names of the instruments for messages.
        fees_on_wealth: fees lower the final wealth instead of the budget (the convention of the literature).
    """

    wealth: WealthModel
    reference_krw: float
    budget_krw: float
    alpha: float
    gamma: float
    objective: Objective
    lower_krw: FloatArray
    upper_krw: FloatArray
    groups: tuple[LinearLimit, ...] = ()
    current_krw: FloatArray | None = None
    buy_rate: FloatArray | None = None
    sell_rate: FloatArray | None = None
    is_traded: BoolArray | None = None
    max_turnover_krw: float | None = None
    max_cvar_krw: float | None = None
    min_expected_krw: float | None = None
    max_names: int | None = None
    is_stock: BoolArray | None = None
    min_position_krw: FloatArray | None = None
    ruin: RuinLimit | None = None
    upper_kinds: tuple[LimitKind, ...] | None = None
    codes: tuple[str, ...] | None = None
    fees_on_wealth: bool = False

    @property
    def size(self) -> int:
        """N, the number of instruments."""
        return int(self.lower_krw.shape[0])

    def or_zeros(self, values: FloatArray | None) -> FloatArray:
        """Return an optional (N,) array, zeros where it is None."""
        return np.zeros(self.size) if values is None else np.asarray(values, dtype=np.float64)

    def or_all_but_last(self, mask: BoolArray | None) -> BoolArray:
        """Return an optional (N,) mask; everything but cash, the last instrument, where it is None."""
        return np.arange(self.size) < self.size - 1 if mask is None else np.asarray(mask, dtype=np.bool_)

    def code(self, index: int) -> str:
        """Return an instrument's name for messages."""
        return self.codes[index] if self.codes is not None else f"instrument {index}"

    def lower_kind(self, index: int) -> LimitKind:
        """Return what an instrument's lower bound comes from: what is not traded is cash."""
        traded = self.is_traded[index] if self.is_traded is not None else index < self.size - 1
        return LimitKind.MIN_POSITION if traded else LimitKind.MIN_CASH

    def upper_kind(self, index: int) -> LimitKind:
        """Return what an instrument's upper bound comes from."""
        return self.upper_kinds[index] if self.upper_kinds is not None else LimitKind.MAX_WEIGHT


def check_problem(problem: PlanProblem) -> None:
    """Raise ``BadProblem`` where arrays do not fit together or hold what is no number."""
    gross, fixed, odds = problem.wealth.gross, problem.wealth.fixed_krw, problem.wealth.probabilities
    size = problem.size
    if gross.ndim != 2 or gross.shape[0] < 1 or gross.shape[1] != size:
        raise BadProblem("wealth.gross", f"must be scenarios x {size} instruments, not {gross.shape}")
    if fixed.shape != (gross.shape[0],):
        raise BadProblem("wealth.fixed_krw", f"must hold one number per scenario, not {fixed.shape}")
    if not (np.isfinite(gross.sum()) and np.isfinite(fixed.sum())):
        raise BadProblem(
            "wealth", "holds what is not a finite number; look at the prices the scenarios were drawn from"
        )
    if odds is not None and (odds.shape != fixed.shape or bool((odds < 0).any()) or abs(odds.sum() - 1) > 1e-9):
        raise BadProblem("wealth.probabilities", "must be one per scenario, none negative, and sum to 1")
    if not 0 < problem.alpha < 1:
        raise BadProblem("appetite.alpha", f"must lie between 0 and 1, not {problem.alpha:g}")
    if not (np.isfinite(problem.gamma) and problem.gamma >= 0):
        raise BadProblem("appetite.gamma", f"must be 0 or above, not {problem.gamma:g}")
    if not (np.isfinite(problem.budget_krw) and problem.budget_krw > 0):
        raise BadProblem(
            "budget.total_krw", f"{problem.budget_krw:g} won are left for positions; spend less on controls"
        )
    for name in ("lower_krw", "upper_krw", "current_krw", "buy_rate", "sell_rate", "min_position_krw"):
        values = getattr(problem, name)
        if values is not None and (np.shape(values) != (size,) or bool(np.isnan(values).any())):
            raise BadProblem(name, f"must hold one number for each of {size} instruments")
    for name in ("buy_rate", "sell_rate"):
        values = getattr(problem, name)
        if values is not None and bool(((values < 0) | (values >= 1)).any()):
            raise BadProblem(name, "must lie between 0 and 1")
    for name in ("is_traded", "is_stock", "upper_kinds", "codes"):
        values = getattr(problem, name)
        if values is not None and len(values) != size:
            raise BadProblem(name, f"must hold one entry for each of {size} instruments")
    for limit in problem.groups:
        if np.shape(limit.coefficients) != (size,) or not np.isfinite(limit.coefficients).all():
            raise BadProblem(
                "groups", f"{limit.name!r} must hold one finite coefficient for each of {size} instruments"
            )
    if problem.max_names is not None and problem.max_names < 0:
        raise BadProblem("constraints.max_names", f"must be 0 or above, not {problem.max_names}")
    if problem.ruin is not None and not 0 <= problem.ruin.probability <= 1:
        raise BadProblem("constraints.max_ruin_probability", f"must lie in 0 to 1, not {problem.ruin.probability:g}")
