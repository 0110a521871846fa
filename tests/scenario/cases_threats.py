"""Threat events and spending on protection: FA-*, GL-*, EP-*."""

import re
from typing import Any

import numpy as np

from daybook.contracts.scenario import LogNormal90, Pert
from daybook.risk.measures.tail import tail
from daybook.scenario import entropy_pooling
from daybook.scenario.uncertainty import compound, fair, gordon_loeb, magnitude, pert, rates
from tests.scenario.cases_book import Answers, Case, Judged, handles, number, vector
from tests.scenario.cases_data import sp500_returns


def _magnitude(inputs: Any) -> LogNormal90 | Pert:
    if "mode" in inputs:
        return Pert(low=number(inputs["low"]), mode=number(inputs["mode"]), high=number(inputs["high"]))
    return LogNormal90(low=number(inputs["low"]), high=number(inputs["high"]))


class _AnnualAnswers(dict[str, Any]):
    """Answers on one year's loss; ``P_loss_gt_x`` for any x, and nested cases of their own."""

    def __init__(self, loss: compound.AnnualLoss, expected: Any) -> None:
        super().__init__()
        self.loss = loss
        self.expected = expected

    def __contains__(self, name: object) -> bool:
        return self._made(str(name)) is not None

    def __getitem__(self, name: str) -> Any:
        return self._made(name)

    def _made(self, name: str) -> Any:
        if name in ("ALE", "mean", "expected_annual_loss"):
            return self.loss.mean
        if name in ("sd_annual", "sd"):
            return self.loss.sd
        if name in ("p_any", "P_any", "P_at_least_one"):
            return float(self.loss.exceedance(0.0))
        if name.startswith("P_loss_gt_"):
            return float(self.loss.exceedance(float(name.removeprefix("P_loss_gt_"))))
        if name.startswith(("VaR", "p9", "p5")) and name.lstrip("VaRp").replace("_", "").isdigit():
            level = float("0." + name.lstrip("VaRp").replace("_", ""))
            return self.loss.value_at_risk(level)
        if name.startswith("CVaR") and name[4:].isdigit():
            return self.loss.conditional_value_at_risk(float("0." + name[4:]))
        inputs = self.expected.get(name)
        if isinstance(inputs, dict) and {"rate", "low", "high"} <= set(inputs):
            inner = compound.annual_loss([(number(inputs["rate"]), _magnitude(inputs))])
            answers = {key: number(inputs[key]) for key in ("rate", "low", "mode", "high") if key in inputs}
            return {**answers, "ALE": inner.mean, "sd_annual": inner.sd}
        return None


@handles(lambda case: case.has("rate", "low", "high"))
def annual_loss(case: Case) -> Answers:
    loss = compound.annual_loss([(case.number("rate"), _magnitude(case.inputs))])
    return _AnnualAnswers(loss, case.expected)


@handles(
    lambda case: any(
        isinstance(case.inputs.get(name), list)
        and case.inputs[name]
        and isinstance(case.inputs[name][0], dict)
        and {"rate", "low", "high"} <= set(case.inputs[name][0])
        for name in ("rows", "losses", "events", "threats", "items")
    )
)
def several_losses(case: Case) -> Answers:
    names = ("rows", "losses", "events", "threats", "items")
    rows = next(case.inputs[name] for name in names if isinstance(case.inputs.get(name), list))
    pairs = [(number(row["rate"]), _magnitude(row)) for row in rows]
    single = [compound.annual_loss([pair]) for pair in pairs]
    total = _AnnualAnswers(compound.annual_loss(pairs), case.expected)
    if isinstance(case.expected.get("ALE"), list):
        return {"ALE": [one.mean for one in single], "sd_annual": [one.sd for one in single], "total": total.loss.mean}
    return total


def _perts(case: Case) -> dict[str, tuple[float, float, float]]:
    found = {}
    for name, value in case.inputs.items():
        if isinstance(value, dict) and {"low", "mode", "high"} <= set(value):
            found[name] = (number(value["low"]), number(value["mode"]), number(value["high"]))
    return found


class _PertAnswers(dict[str, Any]):
    """sd, mean and quantiles by node: sd_LEF, E_LM, p95_LEF."""

    def __init__(self, nodes: dict[str, pert.ScaledBeta]) -> None:
        super().__init__()
        self.nodes = nodes

    def __contains__(self, name: object) -> bool:
        return self._made(str(name)) is not None

    def __getitem__(self, name: str) -> Any:
        return self._made(name)

    def _made(self, name: str) -> Any:
        what, _, node = name.partition("_")
        if node not in self.nodes:
            return None
        if what in ("E", "mean"):
            return self.nodes[node].mean
        if what == "sd":
            return self.nodes[node].sd
        if what.startswith("p") and what[1:].isdigit():
            return float(self.nodes[node].quantile(float("0." + what[1:])))
        return None


@handles(lambda case: len(_perts(case)) >= 1 and not case.has("rate"))
def fair_model(case: Case) -> Answers:
    gamma = case.number("gamma", default=4.0)
    nodes = {name: pert.standard(*shape, gamma) for name, shape in _perts(case).items()}
    contract = {name: Pert(low=s[0], mode=s[1], high=s[2], gamma=gamma) for name, s in _perts(case).items()}
    for name, node in nodes.items():
        assert magnitude.mean(contract[name]) == node.mean
    answers: dict[str, Any] = {f"E_{name}": node.mean for name, node in nodes.items()}
    answers["pyfair_pert"] = _PertAnswers({name: pert.fixed_sd(*s, gamma) for name, s in _perts(case).items()})
    answers["standard_pert"] = _PertAnswers(nodes)
    given = {name: number(value) for name, value in case.inputs.items() if isinstance(value, int | float)}
    means = {**{name: node.mean for name, node in nodes.items()}, **given}
    frequency = means.get("LEF")
    if frequency is None and {"TEF", "V"} <= set(means):
        frequency = means["TEF"] * means["V"]
        answers["E_LEF"] = frequency
    if frequency is not None and "LM" in means:
        answers["E_risk"] = frequency * means["LM"]
        _simulated_risk_agrees(nodes, frequency, answers["E_risk"])
    for what, source in (("", _PertAnswers(nodes)),):
        for name in case.expected:
            if f"{what}{name}" in source and name not in answers:
                answers[name] = source[name]
    return answers


def _simulated_risk_agrees(nodes: dict[str, pert.ScaledBeta], frequency: float, expected: float) -> None:
    """Simulate the nodes as a scenario draws them and multiply: the mean lies within 4 standard errors."""
    generator = np.random.default_rng(11)
    uniforms = {name: generator.random(40_000) for name in nodes}
    draws = {name: node.quantile(uniforms[name]) for name, node in nodes.items()}
    if {"LEF", "LM"} <= set(draws):
        product = fair.risk(draws["LEF"], draws["LM"])
        assert abs(product.mean() - expected) <= 4 * product.std() / len(product) ** 0.5


@handles(
    lambda case: (
        bool({"LEF", "TEF", "TC", "CF", "PL"} & set(case.inputs))
        and all(isinstance(value, list | int | float) for value in case.inputs.values())
    )
)
def fair_nodes(case: Case) -> Answers:
    given = {name: np.asarray(value, dtype=np.float64) for name, value in case.inputs.items()}
    answers: dict[str, Any] = {}
    if {"LEF", "LM"} <= set(given):
        answers["R"] = fair.risk(given["LEF"], given["LM"])
    action = next((given[name] for name in ("PoA", "POA", "P", "PA") if name in given), None)
    if "CF" in given and action is not None:
        answers["TEF"] = answers["TEF_from_CF"] = fair.threat_event_frequency(given["CF"], action)
    if {"TC", "CS"} <= set(given):
        answers["V"] = answers["V_from_TC_CS"] = fair.vulnerability(given["TC"], given["CS"])
    if {"TEF", "V"} <= set(given):
        answers["LEF"] = answers["LEF_from_TEF"] = fair.loss_event_frequency(given["TEF"], given["V"])
    if {"SLEF", "SLEM"} <= set(given):
        answers["SL"] = fair.secondary_loss(given["SLEF"], given["SLEM"])
    if "PL" in given:
        secondary = answers.get("SL", given.get("SL", 0.0))
        answers["LM"] = answers["LM_from_PL_SL"] = fair.loss_magnitude(given["PL"], secondary)
    return answers


@handles(lambda case: case.has("rows") and all(isinstance(row, list) and len(row) == 2 for row in case.inputs["rows"]))
def rates_from_counts(case: Case) -> Answers:
    found = [rates.rate_from_counts(int(row[0]), number(row[1])) for row in case.inputs["rows"]]
    return {
        "rate": [row.mean for row in found],
        "rate_sd": [row.sd for row in found],
        "rate_90": [list(row.interval(0.90)) for row in found],
        "rate_95": [list(row.interval(0.95)) for row in found],
        "p_next_year": [row.chance_of_any() for row in found],
    }


@handles(lambda case: case.has("n_events", "years") or case.has("n", "T"))
def rate_from_count(case: Case) -> Answers:
    found = rates.rate_from_counts(int(case.number("n_events", "n")), case.number("years", "T"))
    return {
        "rate": found.mean,
        "rate_sd": found.sd,
        "rate_90": list(found.interval(0.90)),
        "rate_95": list(found.interval(0.95)),
        "p_next_year": found.chance_of_any(),
    }


def _investment_rows(case: Case) -> list[Any]:
    rows = case.inputs.get("rows")
    if isinstance(rows, list):
        return rows
    return [case.inputs] if case.has("v", "L", "alpha") else []


@handles(
    lambda case: (
        bool(_investment_rows(case))
        and all(isinstance(row, dict) and {"v", "L", "alpha"} <= set(row) for row in _investment_rows(case))
    )
)
def gordon_loeb_spending(case: Case) -> Answers:
    spends, gains, ratios = [], [], []
    allowed = float(case.tolerance.get("numeric_optimiser_rel", 1e-4))
    for row in _investment_rows(case):
        v, loss, alpha = number(row["v"]), number(row["L"]), number(row["alpha"])
        if "beta" in row:
            found = gordon_loeb.class_one(v, loss, alpha, number(row["beta"]))
            breach = gordon_loeb.class_one_breach(v, alpha, number(row["beta"]))
            assert found.spend <= gordon_loeb.class_one_max_ratio(number(row["beta"])) * v * loss * (1 + 1e-12)
        else:
            found = gordon_loeb.class_two(v, loss, alpha)
            breach = gordon_loeb.class_two_breach(v, alpha)
        assert found.spend <= gordon_loeb.ALARM_SHARE * v * loss * (1 + 1e-12)
        searched = gordon_loeb.best_investment(loss, breach)
        assert abs(searched.spend - found.spend) <= allowed * max(found.spend, 1e-6 * v * loss)
        spends.append(found.spend)
        gains.append(found.net_benefit)
        ratios.append(found.spend / (v * loss) if v * loss else 0.0)
    single = not isinstance(case.inputs.get("rows"), list)
    classes = "class ii" if not any("beta" in row for row in _investment_rows(case)) else "class i"
    limit = gordon_loeb.ALARM_SHARE if classes == "class ii" else None
    ratio_words = case.expected.get("max_ratio_z_over_vL")
    answers: dict[str, Any] = {
        "z": spends[0] if single else spends,
        "ENBIS": gains[0] if single else gains,
        "ratio": ratios[0] if single else ratios,
        "z_over_vL": ratios[0] if single else ratios,
    }
    if isinstance(ratio_words, str):
        answers["max_ratio_z_over_vL"] = Judged(_ratio_bound_holds(case), f"largest ratio here {max(ratios):.6f}")
    else:
        answers["max_ratio_z_over_vL"] = limit
    return answers


def _ratio_bound_holds(case: Case) -> bool:
    """Scan losses: the largest spend over expected loss is the closed form's, and stays below (class II: at) 1/e."""
    for row in _investment_rows(case):
        v, alpha = number(row["v"]), number(row["alpha"])
        losses = np.geomspace(1 / (alpha * 10), 1e4 / alpha, 4_000)
        if "beta" in row:
            beta = number(row["beta"])
            found = max(gordon_loeb.class_one(v, loss, alpha, beta).spend / (v * loss) for loss in losses)
            bound = gordon_loeb.class_one_max_ratio(beta)
            if not (bound < 1 / np.e and found <= bound * (1 + 1e-12) and found > 0.999 * bound):
                return False
        else:
            found = max(gordon_loeb.class_two(v, loss, alpha).spend / (v * loss) for loss in losses)
            if not (found <= (1 + 1e-12) / np.e and found > 0.999 / np.e):
                return False
    return True


@handles(lambda case: case.has("attack_prob", "success_prob") or case.has("expected_loss", "spend"))
def spending_alarm(case: Case) -> Answers:
    expected = case.number("expected_loss", default=-1.0)
    if expected < 0:
        expected = case.number("value", "L") * case.number("attack_prob") * case.number("success_prob")
    alarm = gordon_loeb.spending_alarm(expected, case.number("spend", default=0.0))
    return {
        "expected_loss": alarm.expected_loss,
        "cap": alarm.cap,
        "rounded_37pct": 0.37 * alarm.expected_loss,
        "alarm": alarm.rings,
        "share": alarm.share,
    }


@handles(lambda case: ("view" in case.inputs or "views" in case.inputs) and "states" in case.inputs)
def entropy_on_states(case: Case) -> Answers:
    states = vector(case.inputs["states"])
    prior = case.inputs.get("prior", "uniform")
    given = None if isinstance(prior, str) else vector(prior)
    words = case.inputs.get("views", case.inputs.get("view"))
    views = [_view(text, states) for text in (words if isinstance(words, list) else [words])]
    found = entropy_pooling.pool(views, given, alpha=case.number("beta", "alpha", default=0.95))
    return {
        "q": found.probabilities,
        "relative_entropy": found.relative_entropy,
        "effective_scenarios": found.effective_scenarios,
        "entropy": float(np.log(found.effective_scenarios)),
        "mean": float((found.probabilities * states).sum()),
    }


def _view(text: str, values: np.ndarray) -> entropy_pooling.View:
    """Read ``mean==4.5`` or ``cvar >= 0.05``; a stated sd or std is a standard deviation."""
    for relation in ("==", ">=", "<="):
        statistic, sign, value = str(text).partition(relation)
        if sign:
            known = {"mean": "mean", "sd": "sd", "std": "sd", "cvar": "cvar"}[statistic.strip().lower()]
            return entropy_pooling.View(str(text), values, known, relation, number(value.strip()))
    raise AssertionError(f"cannot read the view {text!r}")


_VIEW_KEYS = {"mean_views": "mean", "mean_view": "mean", "cvar_views": "cvar", "cvar_view": "cvar",
              "sd_views": "sd", "variance_views": "variance", "views": "", "view": ""}  # fmt: skip


@handles(lambda case: "states" not in case.inputs and bool(set(_VIEW_KEYS) & set(case.inputs)))
def entropy_on_real_returns(case: Case) -> Answers:
    """Views on bundled S&P stocks, written ``AAPL == 0.002`` under mean_views, or ``cvar(AAPL) == 0.08``."""
    words = re.search(r"'(\d{4}-\d\d-\d\d)'\s*:", str(case.inputs.get("data", "")))
    names, returns = sp500_returns(words.group(1) if words else "2018-01-03")
    column = {name: returns[:, number_] for number_, name in enumerate(names)}
    views = []
    for key in sorted(set(_VIEW_KEYS) & set(case.inputs)):
        given = case.inputs[key]
        views += [
            _named_view(str(text), _VIEW_KEYS[key], column) for text in (given if isinstance(given, list) else [given])
        ]
    beta = case.number("beta", "alpha", "cvar_beta", default=0.95)
    found = entropy_pooling.pool(views, alpha=beta, min_effective_ratio=0.0)
    q, share = found.probabilities, found.effective_scenarios / len(returns)
    return {
        "relative_entropy": found.relative_entropy,
        "effective_scenarios": found.effective_scenarios,
        "effective_number_of_scenarios": found.effective_scenarios,
        "effective_share": share,
        "refused": share < entropy_pooling.MIN_EFFECTIVE_RATIO,
        "mean": {name: float((q * values).sum()) for name, values in column.items()},
        "CVaR": {name: tail(-values, beta, q).cvar for name, values in column.items()},
        "scenarios": len(returns),
    }


def _named_view(text: str, statistic: str, column: dict[str, np.ndarray]) -> entropy_pooling.View:
    relation = next((sign for sign in ("==", ">=", "<=") if sign in text), None)
    name = next((name for name in column if re.search(rf"\b{name}\b", text)), None)
    if relation is None or name is None:
        raise AssertionError(f"cannot read the view {text!r}")
    left, _, value = text.partition(relation)
    known = {"mean": "mean", "variance": "variance", "std": "sd", "sd": "sd", "cvar": "cvar"}
    kind = statistic or next((known[word] for word in known if word in left.lower()), "mean")
    target = number(value.strip())
    if kind == "variance":
        kind, target = "sd", target**0.5
    return entropy_pooling.View(text, column[name], kind, relation, target)
