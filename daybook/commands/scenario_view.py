"""Scenarios and their runs as lines of text, in the order an operator needs them."""

from collections.abc import Iterator, Sequence

from daybook.contracts.base import KST
from daybook.contracts.scenario import Scenario
from daybook.contracts.scenario_result import AllocationRow, Estimate, NextMillion, PlanName, ScenarioResult
from daybook.contracts.scenario_run import ScenarioRunRow

_LEVEL_NAMES = ("calm", "normal", "caution", "alert", "severe", "incident")
_PLAN_NAMES = {
    PlanName.OPTIMISED: "this plan",
    PlanName.CURRENT: "as held now",
    PlanName.NOTHING: "all in cash",
    PlanName.THREAT_BLIND: "blind to threats",
    PlanName.BLIND_ALL_CONTROLS: "blind, all controls",
    PlanName.BLIND_PLAN_CONTROLS: "blind, plan's controls",
}
_BAR = 24
_MOST_ROWS = 12


def won(amount: float) -> str:
    """Return an amount with separators."""
    return f"{round(amount):,}"


def with_error(estimate: Estimate) -> str:
    """Return an amount with its standard error."""
    return f"{won(estimate.value)} ±{won(estimate.standard_error)}"


def level_text(level: int) -> str:
    """Return a threat level in words."""
    return f"level {level} ({_LEVEL_NAMES[level]})"


def scenario_lines(name: str, scenario: Scenario) -> list[str]:
    """Return a scenario as it would be run."""
    budget, limits, level = scenario.budget, scenario.constraints, scenario.threat_level
    lines = [
        f"{name}: {scenario.name}",
        f"  {level_text(level)}, {won(budget.total_krw)} won, {scenario.horizon_days} trading days, "
        f"{scenario.scenarios:,} paths ({scenario.model.value}), seed {scenario.seed}",
        f"  {scenario.objective.value}, profile {scenario.appetite.profile.value}, "
        f"CVaR {scenario.appetite.alpha:.1%}, weight of risk {scenario.appetite.aversion:g}",
        f"  {len(scenario.universe.codes)} stocks ({scenario.universe.source.value}): "
        f"{', '.join(scenario.universe.codes[:8])}{' ...' if len(scenario.universe.codes) > 8 else ''}",
        f"  at most {limits.max_weight:.0%} in a stock, {limits.max_sector:.0%} in a sector, "
        f"{limits.max_hedge:.0%} in hedges ({', '.join(limits.hedge_codes) or 'none'}); "
        f"at least {budget.min_cash_ratio:.0%} cash",
        "threats, events a year at this level:",
    ]
    lines += [
        f"  {threat.id:<26}{threat.annual_rate[level]:>8.3g}{' a name' if threat.per_name else '':<8} "
        f"[{threat.evidence.kind.value}] {threat.name_en}"
        for threat in scenario.threats
    ]
    lines.append("controls, won to set up and a year:")
    lines += [
        f"  {control.id:<26}{won(control.capex_krw):>12}{won(control.opex_per_year_krw):>12} "
        f"[{control.evidence.kind.value}] {control.name_en}{', installed' if control.already_installed else ''}"
        for control in scenario.controls
    ]
    return lines


def result_lines(result: ScenarioResult) -> list[str]:
    """Return the operator's summary of a run."""
    return [*_head(result), "", *_strip(result), "", *_next_million(result), *_to_do(result), "", *_books(result)]


def _head(result: ScenarioResult) -> Iterator[str]:
    data = result.data
    simulated = ", SIMULATED PRICES" if data.simulated else ""
    yield f"{result.name}: {level_text(result.threat_level)}, run {result.run_id}"
    yield (
        f"  data to {data.last_day} ({data.source}, {data.sessions} sessions{simulated}); "
        f"{result.scenarios:,} paths of {result.horizon_days} days, seed {result.seed}, input {result.input_hash[:12]}"
    )
    for warning in result.warnings:
        yield f"  ! {warning}"


def _strip(result: ScenarioResult) -> Iterator[str]:
    yield f"{'before and after, won':<24}{'expected wealth':>28}{'CVaR of loss':>26}{'P(ruin)':>16}{'protection':>12}"
    for plan in result.plans:
        if plan.name not in (PlanName.CURRENT, PlanName.OPTIMISED, PlanName.NOTHING, PlanName.THREAT_BLIND):
            continue
        figures = plan.figures
        ruin = f"{figures.ruin_probability.value:.2%} ±{figures.ruin_probability.standard_error:.2%}"
        yield (
            f"  {_PLAN_NAMES[plan.name]:<22}{with_error(figures.expected_wealth_krw):>28}"
            f"{with_error(figures.cvar_krw):>26}{ruin:>16}{won(plan.spend_krw):>12}"
        )


def _next_million(result: ScenarioResult) -> Iterator[str]:
    rows = sorted(result.next_million, key=lambda row: (row.use != "best", -row.gain_krw.value))[:_MOST_ROWS]
    if not rows:
        return
    yield "the next 1,000,000 won would gain:"
    largest = max(abs(row.gain_krw.value) for row in rows) or 1.0
    yield from (_bar(row, largest) for row in rows)
    yield ""


def _bar(row: NextMillion, largest: float) -> str:
    length = round(_BAR * max(0.0, row.gain_krw.value) / largest)
    said = with_error(row.gain_krw) if row.measurable else f"{with_error(row.gain_krw)}, not measurable"
    return f"  {row.use:<26}{'█' * length:<{_BAR}} {said}"


def _to_do(result: ScenarioResult) -> Iterator[str]:
    yield "what to do (a simulation, not advice; orders go through the desk's own approval):"
    moves = [row for row in (*result.allocation, *result.hedges) if row.change_shares]
    for row in moves:
        yield f"  {_move(row)}"
    for control in result.controls:
        if control.step and not control.already_installed:
            avoided = f", avoids {with_error(control.loss_avoided_krw)} won" if control.loss_avoided_krw.value else ""
            yield f"  take {control.name_en} ({control.id}) for {won(control.cost_krw)} won{avoided}"
    if not moves and not any(control.step and not control.already_installed for control in result.controls):
        yield "  nothing: the plan is what is held"
    if result.binding:
        yield f"  limits it presses against: {', '.join(result.binding)}"


def _move(row: AllocationRow) -> str:
    verb = "buy" if row.change_shares > 0 else "sell"
    return (
        f"{verb:<5}{abs(row.change_shares):>8,} of {row.code} {row.name}"
        f" to {row.shares:,} ({won(row.amount_krw)} won, {row.weight:.1%})"
    )


def _books(result: ScenarioResult) -> Iterator[str]:
    stocks = sum(row.amount_krw for row in result.allocation)
    hedges = sum(row.amount_krw for row in result.hedges)
    gap = result.identity_gap_krw()
    yield (
        f"budget {won(result.budget_krw)} = stocks {won(stocks)} + hedges {won(hedges)} + cash {won(result.cash_krw)}"
        f" + controls {won(result.protection.spend_krw)} + fees {won(result.fees_krw)}"
        + (f"; {won(gap)} won are not accounted for" if gap else "")
    )


def run_lines(rows: Sequence[ScenarioRunRow]) -> list[str]:
    """Return runs as a list, newest first."""
    return [
        f"  {row.run_id:<28}{row.started_at.astimezone(KST):%m-%d %H:%M}  {row.status.value:<10}"
        f"level {row.threat_level}{won(row.budget_krw):>18}  {row.name}{f': {row.problem}' if row.problem else ''}"
        for row in rows
    ]
