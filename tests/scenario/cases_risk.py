"""Risk measures and backtests of a VaR: RM-*."""

import itertools
import re
from typing import Any

import numpy as np

from daybook.risk.measures import (
    concentration,
    contributions,
    drawdown,
    entropic,
    liquidity,
    moments,
    normal,
    student_t,
    tail,
    traffic_light,
    var_backtest,
)
from daybook.risk.measures.discrete import DiscreteLoss, discrete
from daybook.risk.measures.tail import Tail
from tests.scenario.cases_book import Answers, Case, handles, number, vector
from tests.scenario.cases_data import series_named

RU_MEAN = (0.010111, 0.0043532, 0.0137058)
RU_COVARIANCE = (
    (0.00324625, 0.00022983, 0.00420395),
    (0.00022983, 0.00049937, 0.00019247),
    (0.00420395, 0.00019247, 0.00764097),
)
"""Tables 1 and 2 of Rockafellar and Uryasev 2000, for cases that name them."""


class Lookup(dict[str, Any]):
    """Answers of which some are made from their name, such as VaR_10d."""

    def __init__(self, known: dict[str, Any], made: Any) -> None:
        super().__init__(known)
        self.made = made

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or self.made(str(name)) is not None

    def __getitem__(self, name: str) -> Any:
        return super().__getitem__(name) if super().__contains__(name) else self.made(name)


def _alphas(case: Case) -> list[float]:
    value = next(case.inputs[name] for name in ("alpha", "alphas", "beta", "betas") if name in case.inputs)
    return [number(entry) for entry in value] if isinstance(value, list) else [number(value)]


def _one_or_all(values: list[float]) -> Any:
    return values[0] if len(values) == 1 else values


@handles(lambda case: case.has("nu"))
def student(case: Case) -> Answers:
    sd, value, mean = case.number("sd", "daily_sd", default=1.0), case.number("value", default=1.0), 0.0
    mean = case.number("mean", default=mean)
    degrees = case.inputs["nu"] if isinstance(case.inputs["nu"], list) else [case.inputs["nu"]]
    alphas = _alphas(case)
    found = [student_t.student_t_tail(a, sd, number(nu), mean, value) for nu, a in itertools.product(degrees, alphas)]
    return _tails(found)


def _tails(found: list[Tail]) -> dict[str, Any]:
    var, cvar = _one_or_all([row.var for row in found]), _one_or_all([row.cvar for row in found])
    return {"VaR": var, "ES": cvar, "CVaR": cvar}


@handles(lambda case: case.has("single") and ("copies_independent" in case.inputs or "copies" in case.inputs))
def copies(case: Case) -> Answers:
    single = _discrete(case.inputs["single"])
    many = single.copies(int(case.number("copies_independent", "copies")))
    count = int(case.number("copies_independent", "copies"))
    alpha = _alphas(case)[0]
    one, both = single.tail(alpha), many.tail(alpha)
    slack = 1e-9 * max(1.0, abs(both.cvar))
    return {
        "single_VaR": one.var,
        "single_ES": one.cvar,
        "both_VaR": both.var,
        "both_ES": both.cvar,
        "sum_VaR": count * one.var,
        "sum_ES": count * one.cvar,
        "all_VaR": both.var,
        "all_ES": both.cvar,
        "var_subadditive": both.var <= count * one.var + slack,
        "es_subadditive": both.cvar <= count * one.cvar + slack,
    }


def _discrete(inputs: Any) -> DiscreteLoss:
    losses = vector(inputs["losses"])
    probabilities = inputs.get("probs", inputs.get("probabilities"))
    if isinstance(probabilities, str):
        words = re.fullmatch(r"\s*([\d./]+)\s*each\s*", probabilities)
        probabilities = np.full(losses.size, number(words.group(1))) if words else None
    elif probabilities is not None:
        probabilities = vector(probabilities)
    return discrete(losses, probabilities)


@handles(lambda case: case.has("losses") and any(name in case.inputs for name in ("alpha", "beta", "alphas", "betas")))
def discrete_losses(case: Case) -> Answers:
    loss = _discrete(case.inputs)
    found = _tails([loss.tail(alpha) for alpha in _alphas(case)])
    return {**found, "mean": loss.mean, "sd": loss.sd}


@handles(lambda case: "data" in case.inputs and "pct_change" in str(case.inputs["data"]))
def real_series(case: Case) -> Answers:
    returns = series_named(str(case.inputs["data"]))
    alpha = _alphas(case)[0] if any(name in case.inputs for name in ("alpha", "beta")) else 0.95
    found, shape = tail.tail(-returns, alpha), moments.moments(returns)
    compounded = drawdown.drawdowns_of_returns(returns)
    summed = drawdown.drawdowns_of_returns(returns, compounded=False)
    answers: dict[str, Any] = {
        "CVaR": found.cvar,
        "ES": found.cvar,
        "VaR": found.var,
        "EVaR": entropic.entropic_value_at_risk(-returns, alpha),
        "mean": shape.mean,
        "std_ddof1": shape.sd,
        "variance": shape.sd**2,
        "worst": shape.worst,
        "skew": shape.skew,
        "kurtosis": shape.kurtosis,
        "excess_kurtosis": shape.kurtosis - 3,
        "mean_absolute_deviation": shape.mean_absolute_deviation,
        "semi_deviation": shape.semi_deviation,
        "count": returns.size,
    }
    for ending, falls in (("", compounded), ("_compounded", compounded), ("_uncompounded", summed)):
        answers[f"max_drawdown{ending}"] = float(falls.max())
        answers[f"average_drawdown{ending}"] = float(falls.mean())
        answers[f"ulcer_index{ending}"] = drawdown.ulcer_index(falls)
        answers[f"CDaR{ending}"] = tail.tail(falls, alpha).cvar
        answers[f"drawdown_at_risk{ending}"] = tail.tail(falls, alpha).var
    return answers


@handles(
    lambda case: case.has("weights") and ("mean_cov" in case.inputs or "cov" in case.inputs) and "beta" in case.text()
)
def euler(case: Case) -> Answers:
    mean, covariance = case.inputs.get("mean", RU_MEAN), case.inputs.get("cov", RU_COVARIANCE)
    weights = vector(case.inputs["weights"])
    alpha = _alphas(case)[0]
    shares = contributions.normal_cvar_contributions(weights, mean, covariance, alpha)
    _scenario_contributions_add_up(weights, np.array(mean), np.array(covariance), alpha)
    return {"contributions": shares, "sum": float(shares.sum()), "CVaR": float(shares.sum())}


def _scenario_contributions_add_up(weights: np.ndarray, mean: np.ndarray, covariance: np.ndarray, alpha: float) -> None:
    draws = np.random.default_rng(7).multivariate_normal(mean, covariance, 5_003)
    components = -draws * weights
    shares = contributions.cvar_contributions(components, alpha)
    whole = tail.tail(components.sum(axis=1), alpha).cvar
    assert abs(shares.sum() - whole) <= 1e-9 * abs(whole)


@handles(lambda case: case.has("n00", "n01", "n10", "n11") or case.has("transitions"))
def christoffersen(case: Case) -> Answers:
    given = case.inputs.get("transitions", case.inputs)
    names = ("n00", "n01", "n10", "n11")
    counts = var_backtest.Transitions(*(int(given[name]) for name in names) if isinstance(given, dict) else given)
    return _christoffersen(case, counts, None)


@handles(lambda case: any(name in case.inputs for name in ("hits", "exceptions_series", "sequence", "violations")))
def christoffersen_series(case: Case) -> Answers:
    days = next(case.inputs[name] for name in ("hits", "exceptions_series", "sequence", "violations") if case.has(name))
    series = [int(day) for day in (days.replace(" ", "") if isinstance(days, str) else days)]
    return _christoffersen(case, var_backtest.transitions(series), series)


def _christoffersen(case: Case, counts: var_backtest.Transitions, series: list[int] | None) -> Answers:
    independence = var_backtest.christoffersen_independence(counts)
    answers: dict[str, Any] = {"LR": independence.statistic, "p_value": independence.p_value}
    answers["reject_5pct"] = independence.rejects(0.05)
    for name in ("LR_ind", "LR_independence", "ind"):
        answers[name] = independence.statistic
    for name in ("p_ind", "p_value_ind", "ind_p", "p_independence"):
        answers[name] = independence.p_value
    answers["reject_ind_5pct"] = independence.rejects(0.05)
    after_none, after_one = counts.n00 + counts.n01, counts.n10 + counts.n11
    answers["pi01"] = counts.n01 / after_none if after_none else 0.0
    answers["pi11"] = counts.n11 / after_one if after_one else 0.0
    answers["pi"] = (counts.n01 + counts.n11) / (after_none + after_one)
    if case.has("p") or case.has("alpha"):
        probability = case.number("p") if case.has("p") else 1 - case.number("alpha")
        days = int(case.number("T", default=after_none + after_one))
        exceptions = int(case.number("x", default=sum(series) if series else counts.n01 + counts.n11))
        days = len(series) if series else days
        coverage = var_backtest.kupiec(exceptions, days, probability)
        joint = coverage.statistic + independence.statistic
        if series:
            assert abs(var_backtest.conditional_coverage(series, probability).statistic - joint) < 1e-9
            both = var_backtest.conditional_coverage(series, probability)
        else:
            both = var_backtest.conditional_coverage_of_counts(counts, probability)
        for name in ("LR_uc", "LR_pof", "uc", "pof"):
            answers[name] = coverage.statistic
        for name in ("p_uc", "p_pof", "p_value_uc", "p_value_pof"):
            answers[name] = coverage.p_value
        for name in ("LR_cc", "cc"):
            answers[name] = joint
        for name in ("p_cc", "p_value_cc"):
            answers[name] = both.p_value
        answers["reject_cc_5pct"] = both.rejects(0.05)
    return answers


@handles(lambda case: case.has("x", "T", "p"))
def kupiec(case: Case) -> Answers:
    counts = case.inputs["x"] if isinstance(case.inputs["x"], list) else [case.inputs["x"]]
    days, probability = int(case.number("T")), case.number("p")
    found = [var_backtest.kupiec(int(count), days, probability) for count in counts]
    zones = [str(traffic_light.zone(int(count), days, probability)) for count in counts]
    return {
        "LR": _one_or_all([row.statistic for row in found]),
        "p_value": _one_or_all([row.p_value for row in found]),
        "reject_5pct": _one_or_all([row.rejects(0.05) for row in found]),
        "reject_1pct": _one_or_all([row.rejects(0.01) for row in found]),
        "zone": zones[0] if len(zones) == 1 else zones,
    }


@handles(lambda case: case.has("T", "p"))
def basel(case: Case) -> Answers:
    days, probability = int(case.number("T")), case.number("p")
    zones = traffic_light.zones(days, probability)
    counts = {str(count): traffic_light.cumulative_probability(count, days, probability) for count in range(days + 1)}
    given = case.inputs.get("exceptions", [])
    asked = given if isinstance(given, list) else [given]
    named = [str(traffic_light.zone(int(count), days, probability)) for count in asked]
    lights = {
        "green": _span(0, zones.yellow_from - 1),
        "yellow": _span(zones.yellow_from, zones.red_from - 1),
        "red": f"{zones.red_from}+",
    }
    return {"cum_prob": counts, "zones": lights, "zone": named[0] if len(named) == 1 else named}


def _span(first: int, last: int) -> str:
    return f"{first}-{last}" if last > first else str(first)


@handles(lambda case: bool({"weights", "prices", "adv_krw", "value_traded_krw"} & set(case.inputs)))
def concentration_and_liquidity(case: Case) -> Answers:
    answers: dict[str, Any] = {}
    if case.has("weights"):
        answers["HHI"] = concentration.herfindahl_index(vector(case.inputs["weights"]))
        answers["effective_n"] = concentration.effective_number(vector(case.inputs["weights"]))
    if case.has("prices"):
        answers["max_drawdown"] = drawdown.max_drawdown(vector(case.inputs["prices"]))
    if case.has("prices", "value_traded_krw"):
        values = vector(case.inputs["value_traded_krw"])
        answers["amihud"] = liquidity.amihud_of_prices(vector(case.inputs["prices"]), values)
        answers["amihud_x1e9"] = answers["amihud"] * 1e9
    elif case.has("returns", "value_traded_krw"):
        answers["amihud"] = liquidity.amihud(vector(case.inputs["returns"]), vector(case.inputs["value_traded_krw"]))
        answers["amihud_x1e9"] = answers["amihud"] * 1e9
    if case.has("position_krw", "adv_krw"):
        position, turnover = case.number("position_krw"), case.number("adv_krw")
        share = case.number("participation", default=0.1)
        answers["days_to_liquidate"] = liquidity.days_to_liquidate(position, turnover, share)
        spread = case.number("sigma", "daily_sd", "sd", default=float("nan"))
        if spread == spread:
            factor = case.number("coefficient", default=1.0)
            impact = liquidity.square_root_impact(spread, position, turnover, factor)
            answers |= {"impact": impact, "sqrt_impact": impact, "impact_krw": impact * position}
    return answers


def _exposures(case: Case) -> tuple[np.ndarray, np.ndarray, Any] | None:
    names = ("values", "positions", "positions_krw", "exposures", "amounts")
    held = next((case.inputs[name] for name in names if name in case.inputs), None)
    if held is None and isinstance(case.inputs.get("value"), list):
        held = case.inputs["value"]
    sds = next((case.inputs[name] for name in ("daily_sds", "daily_sd", "sds", "sd") if case.has(name)), None)
    if held is None or not isinstance(sds, list):
        return None
    relation = next((case.inputs[n] for n in ("correlation", "corr", "rho", "correlations") if case.has(n)), 0.0)
    return vector(held), vector(sds), relation


@handles(lambda case: _exposures(case) is not None)
def normal_portfolio(case: Case) -> Answers:
    exposures = _exposures(case)
    assert exposures is not None
    held, sds, relation = exposures
    whole = normal.portfolio_sd(held, sds, relation)
    alphas, horizons = _alphas(case), _horizons(case)
    var = [normal.normal_tail(alphas[0], whole, periods=days).var for days in horizons]
    cvar = [normal.normal_tail(alphas[0], whole, periods=days).cvar for days in horizons]
    alone = [
        [normal.normal_tail(alphas[0], abs(h) * s, periods=d).var for h, s in zip(held, sds, strict=True)]
        for d in horizons
    ]
    saved = [sum(parts) - both for parts, both in zip(alone, var, strict=True)]
    known: dict[str, Any] = {"sd": whole, "portfolio_sd": whole, "sd_krw": whole, "daily_sd": whole}
    for name in ("VaR", "portfolio_VaR", "VaR_portfolio", "total_VaR"):
        known[name] = _one_or_all(var)
    for name in ("ES", "CVaR", "portfolio_ES", "ES_portfolio"):
        known[name] = _one_or_all(cvar)
    for name in ("individual_VaR", "VaR_individual", "single_VaR", "standalone_VaR"):
        known[name] = alone[-1]
    for name in ("diversification", "diversification_benefit", "benefit"):
        known[name] = saved[-1]
    return Lookup(known, lambda name: _by_days(name, alphas[0], whole, 0.0, 1.0))


def _horizons(case: Case) -> list[float]:
    given = next((case.inputs[n] for n in ("horizons_days", "horizon_days", "horizons", "horizon") if case.has(n)), 1)
    return [number(day) for day in given] if isinstance(given, list) else [number(given)]


def _by_days(name: str, alpha: float, sd: float, mean: float, value: float) -> float | None:
    words = re.fullmatch(r"(?:portfolio_)?(VaR|ES|CVaR)_(\d+)d", name)
    if words is None:
        return None
    found = normal.normal_tail(alpha, sd, mean, value, float(words.group(2)))
    return found.var if words.group(1) == "VaR" else found.cvar


@handles(lambda case: bool({"daily_sd", "sd"} & set(case.inputs)) and bool({"alpha", "alphas"} & set(case.inputs)))
def normal_position(case: Case) -> Answers:
    sd, mean = case.number("daily_sd", "sd"), case.number("mean", "daily_mean", default=0.0)
    value = case.number("value", "value_krw", default=1.0)
    alphas, horizons = _alphas(case), _horizons(case)
    rows = [normal.normal_tail(a, sd, mean, value, days) for a, days in itertools.product(alphas, horizons)]
    return Lookup(_tails(rows), lambda name: _by_days(name, alphas[0], sd, mean, value))
