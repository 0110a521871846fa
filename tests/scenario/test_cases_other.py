"""Cases of the same families with other inputs, so that a handler that only knew the given numbers would fail here."""

import math

import pytest

from tests.scenario import (  # noqa: F401 - each registers its handlers
    cases_controls,
    cases_optimiser,
    cases_recommendation,
    cases_risk,
    cases_simulation,
    cases_threats,
)
from tests.scenario.cases_book import Case, check, handler_of

REL = {"rel": 1e-6}
OTHERS = [
    # Hull's portfolio of Microsoft and AT&T: 10-day 99 % VaR, z not rounded.
    Case("two positions", "", {"values": [1e7, 5e6], "daily_sd": [0.02, 0.01], "correlation": 0.3, "alpha": 0.99,
         "horizons_days": [1, 10]}, {"portfolio_sd": 220227.1554, "VaR": [512324.9767, 1620113.838]}, {"rel": 1e-6}),
    Case("three horizons", "", {"value": 2e6, "daily_sd": 0.01, "alpha": 0.95, "horizons_days": [1, 4, 9]},
         {"VaR": [32897.0725, 65794.1451, 98691.2176], "ES_1d": 41254.2569}, REL),
    Case("atom at alpha", "", {"losses": [0, 10, 100], "probs": [0.9, 0.06, 0.04], "alpha": 0.95},
         {"VaR": 10, "CVaR": 82}, {"abs": 1e-9}),
    Case("three copies", "", {"single": {"losses": [1, 0], "probs": [0.1, 0.9]}, "copies_independent": 3,
         "alpha": 0.9}, {"single_VaR": 0, "both_VaR": 1, "both_ES": 1.29, "es_subadditive": True,
         "var_subadditive": False}, {"abs": 1e-9}),
    Case("t of 3", "", {"nu": 3, "sd": 1, "alpha": 0.975}, {"VaR": 1.8373862, "ES": 2.9096046}, REL),
    Case("few exceptions", "", {"x": 1, "T": 255, "p": 0.01}, {"LR": 1.2373106, "reject_5pct": False}, {"abs": 1e-3}),
    Case("clustered", "", {"n00": 900, "n01": 40, "n10": 38, "n11": 22, "p": 0.05},
         {"LR_ind": 55.1788233, "LR_uc": 2.8260323, "LR_cc": 58.0048556}, REL),
    Case("light of 500", "", {"T": 500, "p": 0.01}, {"zones": {"green": "0-8", "yellow": "9-14", "red": "15+"}}, {}),
    Case("impact", "", {"position_krw": 4e8, "adv_krw": 1e10, "participation": 0.2, "sigma": 0.02},
         {"days_to_liquidate": 0.2, "impact": 0.004}, REL),
    Case("lognormal year", "", {"rate": 2, "low": 5, "high": 50},
         {"ALE": 2 * 5 * math.sqrt(10) * math.exp((math.log(10) / 3.289707) ** 2 / 2)}, REL),
    Case("pert", "", {"LEF": {"low": 0, "mode": 5, "high": 10}, "LM": {"low": 1, "mode": 1, "high": 7}},
         {"E_LEF": 5, "E_LM": 2, "E_risk": 10, "standard_pert": {"sd_LEF": 10 / math.sqrt(28)},
          "pyfair_pert": {"sd_LM": 1}}, REL),
    Case("nodes", "", {"CF": [10, 20], "PoA": [0.5, 0.25], "SLEF": [[0.5, 0.1]], "SLEM": [[10, 100]]},
         {"TEF": [5, 5], "SL": [15]}, {"abs": 1e-12}),
    Case("rate", "", {"rows": [[5, 44]]}, {"rate": [0.125], "p_next_year": [0.1162674]}, REL),
    Case("class two", "", {"rows": [{"v": 0.5, "L": math.e / (0.5 * 1e-5 * math.log(2)), "alpha": 1e-5}]},
         {"z_over_vL": [1 / math.e], "max_ratio_z_over_vL": "1/e"}, REL),
    Case("dice below", "", {"states": [1, 2, 3, 4, 5, 6], "view": "mean==2.5"},
         {"q": [0.347494, 0.239774, 0.165447, 0.11416, 0.0787715, 0.0543532]}, {"abs": 1e-5}),
    Case("view on a stock", "", {"mean_views": ["AAPL == 0.002", "BAC <= -0.001"]},
         {"relative_entropy": 0.00537914, "effective_scenarios": 1249.262}, {"rel": 1e-6}),
    Case("tail of a stock", "", {"view": "cvar(AAPL) == 0.08"}, {"relative_entropy": 0.0289497}, {"rel": 1e-5}),
    Case("long horizon", "", {"S0": 100, "mu": 0.05, "sigma": 0.4, "T": 0.2},
         {"mean": 101.0050167, "median": 99.4017964}, REL),
    Case("rare jumps", "", {"mu": 0.0, "sigma": 0.1, "lam": 0.2, "jump_mean": -0.3, "jump_sd": 0.05, "T": 2},
         {"E_ST": 1, "var": 0.057}, REL),
    Case("call without jumps", "S=100 r=.05 sigma_total=.2", {"rows": [{"K": 100, "T": 1, "lam": 1, "gamma": 0}]},
         {"price": [10.450584]}, {"abs": 1e-5}),
    Case("selection", "", {"annual_loss": {"a": 10.0}, "controls": {"x": {"cost": 1, "reduces": {"a": 0.5}},
         "y": {"cost": 6, "reduces": {"a": 0.9}}}}, {"rows": [
             {"budget": 0.5, "controls": [], "total": 10}, {"budget": 9, "controls": ["x"], "total": 6}]}, REL),
    Case("replay", "", {"value_krw": 5e7, "beta": 1.5, "index_returns": {"2020-03-19": -0.08}},
         {"pnl_krw": [-6_000_000]}, {"abs": 1}),
    Case("kosdaq sale", "", {"date": "2026-03-03", "market": "KOSDAQ", "side": "sell", "amount_krw": 10_000_000,
         "commission_rate": 0.0}, {"tax": 20000, "rural_tax": 0, "buy_side_tax": 0}, {"abs": 1}),
    Case("folds", "", {"n_folds": 10, "n_test_folds": 2}, {"splits": 45, "paths": 9}, {"abs": 0}),
    Case("one trial", "", {"SR": 0.1, "T": 101, "trials": 1, "var_SR": 0.01}, {"SR0": 0, "DSR": 0.8407}, {"abs": 1e-4}),
    Case("no signal", "", {"planted_ic": 0.0, "stocks": 60, "days": 900, "seeds": 4}, {"mean_ic": 0.0}, {"abs": 0.02}),
    Case("search", "local search reaches brute force", {}, {"gap": 0}, {"abs": 1e-6}),
]  # fmt: skip


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id.replace(" ", "-")) for case in OTHERS])
def test_other_case_when_run_then_every_expected_value_is_within_its_tolerance(case: Case) -> None:
    check(case, handler_of(case).run(case))
