"""Protective controls and historical replays: CT-*."""

from datetime import date
from typing import Any

from daybook.risk.measures.replay import replay
from tests.scenario.cases_book import Answers, Case, UnknownCase, handles, number


@handles(lambda case: case.has("annual_loss", "controls"))
def control_selection(case: Case) -> Answers:
    from daybook.scenario.controls.select import Measure, select_for_budgets

    losses = {name: number(value) for name, value in case.inputs["annual_loss"].items()}
    measures = [
        Measure(
            name,
            number(row["cost"]),
            {threat: number(share) for threat, share in row["reduces"].items()},
            tuple(row.get("requires", ())),
            tuple(row.get("excludes", ())),
        )
        for name, row in case.inputs["controls"].items()
    ]
    rows = case.expected.get("rows")
    budgets = [number(row["budget"]) for row in rows] if rows else _budgets(case)
    found = select_for_budgets(losses, measures, budgets)
    answers: list[dict[str, Any]] = [
        {
            "budget": one.budget,
            "controls": list(one.controls),
            "residual": one.residual,
            "spend": one.spend,
            "total": one.total,
            "before": sum(losses.values()),
            "avoided": sum(losses.values()) - one.residual,
        }
        for one in found
    ]
    return {"rows": answers, **(answers[0] if len(answers) == 1 else {})}


def _budgets(case: Case) -> list[float]:
    given = next((case.inputs[name] for name in ("budgets", "budget") if case.has(name)), 1e18)
    return [number(value) for value in given] if isinstance(given, list) else [number(given)]


@handles(lambda case: case.has("index_returns"))
def historical_replay(case: Case) -> Answers:
    falls = {date.fromisoformat(str(day)): number(fall) for day, fall in case.inputs["index_returns"].items()}
    beta = case.number("beta", default=1.0)
    rows = replay(case.number("value_krw", "value"), beta, falls)
    worst = min(rows, key=lambda row: row.profit_krw)
    return {
        "pnl_krw": [row.profit_krw for row in rows],
        "loss_krw": [-row.profit_krw for row in rows],
        "worst_krw": worst.profit_krw,
        "worst_day": worst.day.isoformat(),
    }


@handles(lambda case: "violations" in case.expected)
def pathwise_rules(case: Case) -> Answers:
    """Count scenarios that break a rule; which rule is told by the case's words."""
    from tests.scenario import cases_threat_paths

    words = case.text()
    if "control" in words and ("adding" in words or "monoton" in words):
        return {"violations": cases_threat_paths.violations_of_controls() + cases_threat_paths.violations_of_levels()}
    if "level" in words:
        return {"violations": cases_threat_paths.violations_of_levels()}
    raise UnknownCase(f"{case.id} ({case.title}): no check knows this rule")


@handles(lambda case: "local search" in case.text() and "brute" in case.text())
def search_against_brute_force(case: Case) -> Answers:
    from tests.scenario import cases_threat_paths

    gap = cases_threat_paths.gap_of_local_search()
    return dict.fromkeys(("gap", "gap_krw", "max_gap", "violations"), gap)
