"""Price models, closed forms and simulated: MC-*, PF-03."""

import math
import re
from typing import Any

from daybook.scenario.closed_forms.gbm import Gbm
from daybook.scenario.closed_forms.merton import Merton
from daybook.scenario.closed_forms.options import jump_share_model, merton_call, simulated_call
from tests.scenario import cases_market
from tests.scenario.cases_book import Answers, Case, MeasuredByBench, handles, number
from tests.scenario.cases_recommendation import judged_by_words


class _PriceAnswers(dict[str, Any]):
    """Answers some of whose names hold a number: P_below_0.7, q05, VaR99_log."""

    def __init__(self, known: dict[str, Any], model: Gbm | Merton, spot: float) -> None:
        super().__init__(known)
        self.model = model
        self.spot = spot

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or self._made(str(name)) is not None

    def __getitem__(self, name: str) -> Any:
        return super().__getitem__(name) if super().__contains__(name) else self._made(name)

    def _made(self, name: str) -> Any:
        if words := re.fullmatch(r"(VaR|ES|CVaR)_?(\d+)_log", name):
            level = float("0." + words.group(2))
            tail = self.model.expected_shortfall_log(level)
            return -self._log_quantile(1 - level) if words.group(1) == "VaR" else tail
        if words := re.fullmatch(r"P_below_(half|[\d.]+)", name):
            share = 0.5 if words.group(1) == "half" else float(words.group(1)) / self.spot
            return self._below(share)
        if words := re.fullmatch(r"P_above_([\d.]+)", name):
            return 1 - self._below(float(words.group(1)) / self.spot)
        if words := re.fullmatch(r"(?:q|p|quantile_?)(\d+)", name):
            return self.spot * math.exp(self._log_quantile(float("0." + words.group(1))))
        if name == "median":
            return self.spot * math.exp(self._log_quantile(0.5))
        return None

    def _below(self, share: float) -> float:
        if isinstance(self.model, Gbm):
            return float(self.model.distribution(self.spot * share))
        return float(self.model.distribution(math.log(share)))

    def _log_quantile(self, probability: float) -> float:
        if isinstance(self.model, Gbm):
            return math.log(float(self.model.quantile(probability)) / self.spot)
        return self.model.quantile(probability)


@handles(lambda case: case.has("mu", "sigma", "lam"))
def jump_diffusion(case: Case) -> Answers:
    mean, sd = case.number("jump_mean", "jump_mu"), case.number("jump_sd", "jump_sigma")
    years, spot = case.number("T", default=1.0), case.number("S0", default=1.0)
    model = Merton(case.number("mu"), case.number("sigma"), case.number("lam"), mean, sd, years)
    cases_market.engine_matches_merton(model)
    known = {
        "mean": model.mean,
        "var": model.variance,
        "sd": model.variance**0.5,
        "skew": model.skew,
        "excess_kurt": model.excess_kurtosis,
        "kurtosis": model.excess_kurtosis + 3,
        "E_ST": spot * model.growth,
    }
    return _PriceAnswers(known, model, spot)


@handles(lambda case: case.has("mu", "sigma") and not case.has("lam"))
def brownian(case: Case) -> Answers:
    model = Gbm(case.number("S0", default=1.0), case.number("mu"), case.number("sigma"), case.number("T", default=1.0))
    cases_market.engine_matches_gbm(model)
    known = {
        "mean": model.mean,
        "var": model.variance,
        "sd": model.variance**0.5,
        "log_mean": model.log_mean,
        "log_var": model.log_variance,
        "log_sd": model.log_variance**0.5,
    }
    return _PriceAnswers(known, model, model.spot)


@handles(
    lambda case: (
        isinstance(case.inputs.get("rows"), list)
        and all(isinstance(row, dict) and {"K", "T", "lam", "gamma"} <= set(row) for row in case.inputs["rows"])
    )
)
def merton_calls(case: Case) -> Answers:
    spot, rate, total = _stated(case, "S", 100.0), _stated(case, "r", 0.08), _stated(case, "sigma_total", 0.25)
    prices = []
    for seed, row in enumerate(case.inputs["rows"]):
        strike, years = number(row["K"]), number(row["T"])
        model = jump_share_model(rate, total, number(row["lam"]), number(row["gamma"]), years)
        exact = merton_call(spot, strike, rate, model)
        simulated = simulated_call(spot, strike, rate, model, 100_000, seed)
        assert abs(simulated.value - exact) <= 4 * simulated.standard_error, (row, simulated, exact)
        prices.append(exact)
    return {"price": prices}


def _stated(case: Case, name: str, usual: float) -> float:
    """Return a number from the inputs, else as the title states it (S=100 r=.08), else Haug's."""
    if name in case.inputs:
        return number(case.inputs[name])
    words = re.search(rf"(?<![A-Za-z_]){name}\s*=\s*([\d.]+)", case.title)
    return float(words.group(1)) if words else usual


@handles(lambda case: case.has("random_parameters") and "must" in case.expected)
def factor_moments(case: Case) -> Answers:
    draws = int(next(iter(re.findall(r"(\d+) draws", str(case.inputs["random_parameters"]))), "20"))
    sizes = _listed(case, "n", (3, 50, 200))
    factors = _listed(case, "K", (1, 10))
    return {
        "must": judged_by_words(
            case, [(r"standard errors|entries", lambda: cases_market.factor_moments(draws, sizes, factors))]
        )
    }


def _listed(case: Case, name: str, usual: tuple[int, ...]) -> tuple[int, ...]:
    words = re.search(rf"\b{name} in \{{([\d, ]+)\}}", str(case.inputs["random_parameters"]))
    return tuple(int(entry) for entry in words.group(1).split(",")) if words else usual


@handles(lambda case: case.has("any_scenario") and "must" in case.expected)
def market_rules(case: Case) -> Answers:
    return {"must": judged_by_words(case, cases_market.RULES)}


@handles(lambda case: case.has("n", "S", "T", "K"))
def path_simulation(case: Case) -> Answers:
    """Check what the timed simulation computes; how fast it is stands in ``make bench-scenario``."""
    cases_market.terminal_values_are_right(int(case.number("n")), int(case.number("T")), int(case.number("K")))
    return {name: MeasuredByBench() for name in case.expected}
