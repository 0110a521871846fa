"""Portfolios of least CVaR: OP-*, PF-01. A problem in weights: the budget is 1 and every instrument counts alike."""

import re
from typing import Any

import numpy as np
from scipy import special, stats

from daybook.contracts.scenario import Objective
from daybook.risk.measures.normal import normal_tail
from daybook.risk.measures.tail import tail
from daybook.scenario.arrays import WealthModel
from daybook.scenario.optimise.normal import normal_min_cvar
from tests.scenario.cases_book import Answers, Case, MeasuredByBench, handles, number, vector
from tests.scenario.cases_data import sp500_returns
from tests.scenario.cases_risk import RU_COVARIANCE, RU_MEAN

HELD = 1e-4


def least_cvar(returns: np.ndarray, beta: float, **limits: Any) -> np.ndarray:
    """Return the weights of least CVaR that ``daybook.scenario.optimise`` finds."""
    return _solved(returns, beta, Objective.MIN_CVAR, **limits)


def _solved(
    returns: np.ndarray,
    beta: float,
    objective: Objective,
    *,
    budget: float = 1.0,
    lower: Any = 0.0,
    upper: Any = 1.0,
    mean_floor: float | None = None,
    cvar_cap: float | None = None,
    names: int | None = None,
    smallest: float | None = None,
    current: np.ndarray | None = None,
    fee: float = 0.0,
    turnover: float | None = None,
    groups: Any = (),
) -> np.ndarray:
    from daybook.scenario.optimise.problem import LinearLimit, PlanProblem
    from daybook.scenario.optimise.solve import solve

    count, size = returns.shape
    everything = np.ones(size, dtype=np.bool_)
    solution = solve(
        PlanProblem(
            wealth=WealthModel(gross=np.ascontiguousarray(1 + returns), fixed_krw=np.zeros(count)),
            reference_krw=budget,
            budget_krw=budget,
            alpha=beta,
            gamma=1.0,
            objective=objective,
            lower_krw=np.broadcast_to(np.asarray(lower, dtype=np.float64), (size,)).copy(),
            upper_krw=np.broadcast_to(np.asarray(upper, dtype=np.float64), (size,)).copy(),
            groups=tuple(LinearLimit(name, weights, high, low) for name, weights, high, low in groups),
            current_krw=current,
            buy_rate=np.full(size, fee) if fee else None,
            sell_rate=np.full(size, fee) if fee else None,
            is_traded=everything,
            max_turnover_krw=turnover,
            max_cvar_krw=cvar_cap,
            min_expected_krw=None if mean_floor is None else budget + mean_floor,
            max_names=names,
            is_stock=everything,
            min_position_krw=None if smallest is None else np.full(size, smallest),
            fees_on_wealth=True,
        )
    )
    return np.asarray(solution.positions_krw, dtype=np.float64)


def _betas(case: Case) -> list[float]:
    value = next((case.inputs[name] for name in ("betas", "beta", "alpha") if case.has(name)), 0.95)
    return [number(entry) for entry in value] if isinstance(value, list) else [number(value)]


def _floor(case: Case) -> float | None:
    """Return the floor of the mean as a number of the inputs or within words: mean'w>=0.011."""
    for name in ("min_return", "mean_floor", "min_mean", "target_return"):
        if case.has(name):
            return case.number(name)
    words = re.search(r"mean\s*'?\s*\*?\s*w\s*>=\s*([\d.eE+-]+)", str(case.inputs.get("constraints", "")))
    return float(words.group(1)) if words else None


def _samples(case: Case) -> list[int]:
    names = ("samples", "sample_sizes", "n_samples", "scenarios", "sobol", "n_scenarios", "J", "q")
    value = next((case.inputs[name] for name in names if case.has(name)), [])
    return [int(number(entry)) for entry in value] if isinstance(value, list) else [int(number(value))]


@handles(lambda case: case.group == "optimiser" and ("cov" in case.inputs or "mean_cov" in case.inputs))
def normal_returns(case: Case) -> Answers:
    """The closed form; where the case names sample sizes, the optimiser on quasi-random normal scenarios besides."""
    mean = vector(case.inputs.get("mean", RU_MEAN))
    covariance = np.array(case.inputs.get("cov", RU_COVARIANCE), dtype=np.float64)
    betas, floor = _betas(case), _floor(case)
    floor = 0.011 if floor is None and "mean_cov" in case.inputs else floor
    exact = [normal_min_cvar(mean, covariance, beta, mean_floor=floor) for beta in betas]
    sizes = _samples(case)
    _sampled_optimum_is_near(mean, covariance, betas[0], floor, exact[0].cvar[0])
    single = len(betas) == 1
    answers: dict[str, Any] = {
        "weights": exact[0].weights,
        "variance": exact[0].variance,
        "mean": exact[0].mean,
        "VaR": exact[0].var[0] if single else [found.var[0] for found in exact],
        "CVaR": exact[0].cvar[0] if single else [found.cvar[0] for found in exact],
    }
    if sizes:
        rows = [[_on_samples(mean, covariance, beta, floor, size) for size in sizes] for beta in betas]
        answers["sample_CVaR"] = [row[0] for row in rows] if len(sizes) == 1 else rows
        if len(sizes) == 1:
            answers["CVaR"] = rows[0][0] if single else [row[0] for row in rows]
    return answers


def _on_samples(mean: np.ndarray, covariance: np.ndarray, beta: float, floor: float | None, size: int) -> float:
    returns = _sobol_normal(mean, covariance, size)
    weights = least_cvar(returns, beta, mean_floor=floor)
    return tail(-returns @ weights, beta).cvar


def _sobol_normal(mean: np.ndarray, covariance: np.ndarray, size: int) -> np.ndarray:
    """Return quasi-random normal scenarios with exactly this mean, so that a floor on it is the same floor."""
    uniforms = stats.qmc.Sobol(len(mean), rng=np.random.default_rng(5)).random_base2(int(np.ceil(np.log2(size))))
    scores = special.ndtri(uniforms[:size]) @ np.linalg.cholesky(covariance).T
    return scores - scores.mean(axis=0) + mean


def _sampled_optimum_is_near(
    mean: np.ndarray, covariance: np.ndarray, beta: float, floor: float | None, exact: float
) -> None:
    """Solve on 8,192 quasi-random scenarios: its CVaR under the true distribution is the least one to 0.5 %."""
    returns = _sobol_normal(mean, covariance, 8_192)
    weights = least_cvar(returns, beta, mean_floor=floor)
    assert abs(weights.sum() - 1) < 1e-9
    spread = float(np.sqrt(weights @ covariance @ weights))
    found = normal_tail(beta, spread, float(mean @ weights)).cvar
    assert exact * (1 - 1e-9) <= found <= exact * 1.005, (found, exact)


_GROUP_WORDS = re.compile(r"^\s*(.+?)\s*(<=|>=|==)\s*([\d.]+)\s*$")


@handles(lambda case: case.group == "performance" and case.has("n", "S", "beta"))
def large_problem(case: Case) -> Answers:
    """The objective of the timed problem; its speed against other libraries stands in ``make bench-scenario``."""
    returns = timed_returns(int(case.number("S")), int(case.number("n")), int(case.number("seed", default=0)))
    means = returns.mean(axis=0)
    cap, share = case.number("cap", default=0.1), case.number("floor_quantile", default=0.6)
    weights = least_cvar(returns, case.number("beta"), upper=cap, mean_floor=float(np.quantile(means, share)))
    assert weights.max() <= cap + 1e-9
    assert abs(weights.sum() - 1) < 1e-9
    assert weights @ means >= np.quantile(means, share) - 1e-9
    answers: dict[str, Any] = {"CVaR": tail(-returns @ weights, case.number("beta")).cvar}
    return answers | {"cpu_ratio": MeasuredByBench(), "cpu_s_max": MeasuredByBench()}


def timed_returns(scenarios: int, assets: int, seed: int) -> np.ndarray:
    """Return the timed problem's returns: ten fat-tailed factors and own noise, in a set order of draws."""
    generator = np.random.default_rng(seed)
    loadings = generator.normal(0, 0.3, (assets, 10))
    loadings[:, 0] = generator.uniform(0.6, 1.4, assets)
    unit = np.sqrt(3 / 5)
    factors = generator.standard_t(5, (scenarios, 10)) * np.array([0.055] + [0.02] * 9) * unit
    own = generator.standard_t(5, (scenarios, assets)) * generator.uniform(0.03, 0.1, assets) * unit
    means = generator.normal(0.006, 0.004, assets)
    return means + factors @ loadings.T + own


@handles(lambda case: case.group == "optimiser")
def real_returns(case: Case) -> Answers:
    """Stocks of the bundled S&P data from 2018-01-03 on, or from the date the case names."""
    words = re.search(r"\[\s*'(\d{4}-\d\d-\d\d)'\s*:\s*(?:'(\d{4}-\d\d-\d\d)'\s*)?\]", str(case.inputs.get("data", "")))
    names, returns = sp500_returns(*(words.groups() if words else ("2018-01-03", None)))
    betas = _betas(case)
    limits = _limits(case, names)
    floor = _floor(case)
    cap = next((case.number(name) for name in ("max_cvar", "cvar_cap", "cvar_max") if case.has(name)), None)
    wants_return = cap is not None
    objective = Objective.MAX_RETURN_CVAR_CAP if wants_return else Objective.MIN_CVAR
    rows = [_solved(returns, beta, objective, mean_floor=floor, cvar_cap=cap, **limits) for beta in betas]
    answers = [_described(names, returns, weights, beta, limits) for weights, beta in zip(rows, betas, strict=True)]
    if len(answers) == 1:
        return answers[0]
    return {key: [answer[key] for answer in answers] for key in answers[0]}


def _described(
    names: tuple[str, ...], returns: np.ndarray, weights: np.ndarray, beta: float, limits: dict[str, Any]
) -> dict[str, Any]:
    before = limits.get("current")
    traded = np.abs(weights - (0 if before is None else before))
    losses = -returns @ weights + limits.get("fee", 0.0) * traded.sum()
    found = tail(losses, beta)
    held = [name for name, weight in zip(names, weights, strict=True) if abs(weight) > HELD]
    return {
        "CVaR": found.cvar,
        "VaR": found.var,
        "mean": -float(losses.mean()),
        "weights": {name: float(weight) for name, weight in zip(names, weights, strict=True)},
        "names": sorted(held),
        "n_names": len(held),
        "turnover": float(traded.sum()),
        "sum": float(weights.sum()),
        "max_weight": float(weights.max()),
    }


def _limits(case: Case, names: tuple[str, ...]) -> dict[str, Any]:
    """Return what the inputs limit, by the names optimisers give it."""
    limits: dict[str, Any] = {}
    for key, words in {
        "budget": ("budget",),
        "upper": ("max_weight", "max_weights", "cap"),
        "lower": ("min_weight", "min_weights"),
        "names": ("cardinality", "max_names"),
        "smallest": ("threshold_long", "min_position"),
        "fee": ("transaction_costs", "transaction_cost", "fee"),
        "turnover": ("max_turnover", "total_turnover", "max_total_turnover"),
    }.items():
        found = next((word for word in words if case.has(word)), None)
        if found is not None:
            value = case.inputs[found]
            limits[key] = _by_name(value, names) if isinstance(value, dict | list) else number(value)
    if "names" in limits:
        limits["names"] = int(limits["names"])
    before = next((case.inputs[word] for word in ("previous_weights", "current_weights") if case.has(word)), None)
    if before is not None:
        limits["current"] = _previous(before, names)
    elif "fee" in limits or "turnover" in limits:
        limits["current"] = np.zeros(len(names))
    groups = case.inputs.get("linear_constraints", case.inputs.get("group_constraints", []))
    limits["groups"] = [_group(str(text), names, case.inputs.get("groups", {})) for text in groups]
    return limits


def _previous(value: Any, names: tuple[str, ...]) -> np.ndarray:
    if isinstance(value, str):
        return np.full(len(names), 1 / len(names))
    return _by_name(value, names) if isinstance(value, dict | list) else np.full(len(names), number(value))


def _by_name(value: Any, names: tuple[str, ...]) -> np.ndarray:
    if isinstance(value, dict):
        return np.array([number(value.get(name, 0.0)) for name in names])
    return vector(value)


def _group(text: str, names: tuple[str, ...], groups: Any) -> tuple[str, np.ndarray, float | None, float | None]:
    """Read ``AAPL + BAC <= 0.2`` or ``tech >= 0.1`` with a group's members given."""
    words = _GROUP_WORDS.match(text)
    if words is None:
        raise AssertionError(f"cannot read the constraint {text!r}")
    left, relation, value = words.groups()
    row = np.zeros(len(names))
    for part in left.split("+"):
        pieces = part.split("*")
        factor = number(pieces[0].strip()) if len(pieces) == 2 else 1.0
        for name in groups.get(pieces[-1].strip(), [pieces[-1].strip()]):
            row[names.index(name)] += factor
    high = number(value) if relation in ("<=", "==") else None
    low = number(value) if relation in (">=", "==") else None
    return text, row, high, low
