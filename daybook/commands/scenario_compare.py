"""What differs between two runs: input, data, figures and plan."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from daybook.contracts.scenario import Scenario
from daybook.contracts.scenario_result import PlanName, ScenarioResult

_MISSING = "-"


class Difference(NamedTuple):
    """One value of two runs; numbers of results are compared whatever they are, inputs where they differ."""

    section: str
    field: str
    first: Any
    second: Any


def differences(first: tuple[Scenario, ScenarioResult], second: tuple[Scenario, ScenarioResult]) -> list[Difference]:
    """Return inputs that differ, then the figures of both plans, then positions and controls that differ."""
    (ours, our_result), (theirs, their_result) = first, second
    rows = list(
        _changed("input", {**_run(our_result), **dict(_flat(ours))}, {**_run(their_result), **dict(_flat(theirs))})
    )
    data = [result.data.model_dump(mode="json") for result in (our_result, their_result)]
    rows += _changed("data", *data)
    rows += _all("figures", _figures(our_result), _figures(their_result))
    rows += _changed("plan", _plan(our_result), _plan(their_result))
    return rows


def difference_lines(first: str, second: str, rows: list[Difference]) -> list[str]:
    """Return differences as a table."""
    lines = [f"{'':<44}{first:>26}{second:>26}"]
    section = ""
    for row in rows:
        if row.section != section:
            lines.append(f"{row.section}:")
            section = row.section
        change = f"  {row.second - row.first:+,.0f}" if _is_money(row) else ""
        lines.append(f"  {row.field:<42.42}{_shown(row.first):>26}{_shown(row.second):>26}{change}")
    if all(row.section == "figures" for row in rows):
        lines.append("input, data and plan are the same")
    return lines


def _changed(section: str, first: dict[str, Any], second: dict[str, Any]) -> Iterator[Difference]:
    for field in dict.fromkeys((*first, *second)):
        pair = first.get(field, _MISSING), second.get(field, _MISSING)
        if pair[0] != pair[1]:
            yield Difference(section, field, *pair)


def _all(section: str, first: dict[str, Any], second: dict[str, Any]) -> Iterator[Difference]:
    for field in dict.fromkeys((*first, *second)):
        yield Difference(section, field, first.get(field, _MISSING), second.get(field, _MISSING))


def _run(result: ScenarioResult) -> dict[str, Any]:
    """Return what a run was besides its scenario: a preview has fewer paths, another engine other numbers."""
    return {"paths": result.scenarios, "engine": result.engine_version, "input hash": result.input_hash[:12]}


def _flat(scenario: Scenario) -> Iterator[tuple[str, Any]]:
    content = scenario.model_dump(mode="json")
    for section in ("threats", "controls"):
        content[section] = {entry["id"]: entry for entry in content[section]}
    yield from _leaves(content, "")


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        yield path, ", ".join(str(entry) for entry in value)
    else:
        yield path, value


def _figures(result: ScenarioResult) -> dict[str, Any]:
    plan = result.plan(PlanName.OPTIMISED)
    found: dict[str, Any] = {}
    if plan is not None:
        figures = plan.figures
        found = {
            "expected wealth, won": figures.expected_wealth_krw.value,
            "  standard error": figures.expected_wealth_krw.standard_error,
            "CVaR of loss, won": figures.cvar_krw.value,
            "  standard error ": figures.cvar_krw.standard_error,
            "P(ruin)": figures.ruin_probability.value,
            "objective, won": figures.objective_krw,
            "stocks, won": plan.stocks_krw,
            "hedges, won": plan.hedges_krw,
            "cash, won": plan.cash_krw,
        }
    found["protection, won"] = result.protection.spend_krw
    found["expected threat loss a year, won"] = result.protection.annual_loss_after_krw
    return found


def _plan(result: ScenarioResult) -> dict[str, Any]:
    shares = {f"{row.code} {row.name}".strip(): row.shares for row in (*result.allocation, *result.hedges)}
    return shares | {row.id: f"step {row.step}" for row in result.controls if row.step}


def _is_money(row: Difference) -> bool:
    return "won" in row.field and isinstance(row.first, int | float) and isinstance(row.second, int | float)


def _shown(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"{value}"[:25]
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:g}"
