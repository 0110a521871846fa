"""Put the results of all stages together into the result of the run."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from daybook.contracts.base import Message
from daybook.contracts.scenario import TRADING_DAYS_PER_YEAR
from daybook.contracts.scenario_result import (
    AllocationRow,
    BudgetPoint,
    ControlRow,
    Estimate,
    FrontierPoint,
    NextMillion,
    PlanFigures,
    PlanName,
    PlaybookRow,
    ProtectionSummary,
    ScenarioResult,
    SensitivityCell,
    TornadoBar,
)
from daybook.scenario.arrays import FloatArray
from daybook.scenario.controls.choice import control_cost_krw, taken, yearly_spend_krw
from daybook.scenario.engine.attribution import by_threat
from daybook.scenario.engine.cautions import cautions
from daybook.scenario.engine.estimates import equal_or
from daybook.scenario.engine.figures import fan, loss_figures
from daybook.scenario.engine.holdings import Holdings, current_shares
from daybook.scenario.engine.limits import instrument_prices_krw
from daybook.scenario.engine.next_million import next_million_rows
from daybook.scenario.engine.prepared import Prepared
from daybook.scenario.engine.stage_names import judge_ranges
from daybook.scenario.engine.stages import StageResult, plans_of
from daybook.scenario.engine.stress import stress_table
from daybook.scenario.engine.tornado import score_krw
from daybook.scenario.engine.views import pooled
from daybook.scenario.uncertainty.gordon_loeb import ALARM_SHARE

Row = TypeVar("Row", bound=Message)


@dataclass(frozen=True)
class _Found:
    """The results of all stages, looked at by kind."""

    prepared: Prepared
    results: Mapping[str, StageResult]
    plans: dict[PlanName, Holdings]
    probabilities: FloatArray | None

    def array(self, name: str) -> NDArray[Any]:
        """Return an array of the judging stages, over all fresh scenarios."""
        return np.concatenate([part.arrays[name] for part in self.kind("judge")])

    def kind(self, kind: str) -> list[StageResult]:
        """Return the results of the stages of a kind, in their order."""
        names = [name for name in self.results if name.partition("-")[0] == kind]
        names.sort(key=lambda name: int(name.partition("-")[2] or 0))
        return [self.results[name] for name in names]

    def rows(self, kind: str, field: str) -> list[dict[str, Any]]:
        """Return the rows of a field, stage by stage."""
        return [row for result in self.kind(kind) for row in result.data[field]]


def result_of(prepared: Prepared, results: Mapping[str, StageResult], run_id: str) -> ScenarioResult:
    """Return the result of a run from the results of its stages; a preview has no curves.

    Raises:
        EntropyPoolingError: for views the fresh scenarios cannot meet.
    """
    scenario = prepared.scenario
    parameters = prepared.parameters
    ranges = range(len(judge_ranges(scenario.scenarios)))
    judged = [results[f"judge-{place}"] for place in ranges]
    targets = sorted(name for name in judged[0].arrays if name.startswith("view:"))
    returns = {name.removeprefix("view:"): np.concatenate([part.arrays[name] for part in judged]) for name in targets}
    found = _Found(prepared, results, plans_of(results["plan"]), pooled(scenario, returns))
    plan = found.plans[PlanName.OPTIMISED]
    wealth = found.array(f"wealth:{PlanName.OPTIMISED}")
    events = np.sum([part.data["events"] for part in found.kind("judge")], axis=0)
    contributions = by_threat(
        scenario,
        scenario.threat_level,
        found.array("before"),
        found.array("after"),
        scenario.budget.total_krw - wealth,
        np.atleast_1d(events),
        0,
        found.probabilities,
    )
    stocks = len(parameters.codes)
    protection = _protection(found, plan)
    blind = found.plans.get(PlanName.THREAT_BLIND, found.plans[PlanName.CURRENT])
    return ScenarioResult(
        run_id=run_id,
        name=scenario.name,
        input_hash=prepared.input_hash,
        seed=scenario.seed,
        scenarios=scenario.scenarios,
        horizon_days=scenario.horizon_days,
        threat_level=scenario.threat_level,
        data=prepared.snapshot,
        budget_krw=scenario.budget.total_krw,
        allocation=_allocation(prepared, plan, range(stocks)),
        hedges=_allocation(prepared, plan, range(stocks, len(plan.shares))),
        cash_krw=plan.cash_krw,
        fees_krw=plan.fees_krw,
        controls=_control_rows(found, plan),
        protection=protection,
        plans=tuple(_plan_figures(found, name, held) for name, held in found.plans.items()),
        in_sample_cvar_krw=plan.cvar_krw,
        by_threat=contributions.rows,
        noise_cvar_contribution_krw=contributions.noise_krw,
        reduction=_read(SensitivityCell, found.rows("controls", "reduction")),
        frontier=_read(FrontierPoint, found.rows("frontier", "frontier")),
        budget_curve=_read(BudgetPoint, found.rows("budget", "budget_curve")),
        next_million=_next_million(found),
        tornado=_tornado(found, score_krw(wealth, scenario, found.probabilities)),
        stress=stress_table(plan.positions_krw(parameters), blind.positions_krw(parameters), parameters),
        playbook=_read(PlaybookRow, found.rows("playbook", "playbook")),
        warnings=cautions(prepared, plan, protection),
        binding=plan.binding,
    )


def _read(kind: type[Row], rows: Iterable[dict[str, Any]]) -> tuple[Row, ...]:
    return tuple(kind.model_validate(row) for row in rows)


def _allocation(prepared: Prepared, plan: Holdings, places: Iterable[int]) -> tuple[AllocationRow, ...]:
    """Return a row for each instrument that is held, or was."""
    parameters, budget = prepared.parameters, prepared.scenario.budget.total_krw
    names = (*parameters.names, *("" for _ in parameters.hedges))
    sectors = (*parameters.sectors, *("" for _ in parameters.hedges))
    codes = (*parameters.codes, *(hedge.code for hedge in parameters.hedges))
    prices = instrument_prices_krw(parameters)
    before = current_shares(prepared.scenario, parameters)
    rows = []
    for at in places:
        shares, price = plan.shares[at], int(prices[at])
        if not shares and not before[at]:
            continue
        rows.append(
            AllocationRow(
                code=codes[at],
                name=names[at],
                sector=sectors[at],
                shares=shares,
                price_krw=price,
                amount_krw=shares * price,
                weight=shares * price / budget,
                change_shares=shares - before[at],
                reasons=plan.reasons[at],
            )
        )
    return tuple(sorted(rows, key=lambda row: (-row.amount_krw, row.code)))


def _plan_figures(found: _Found, name: PlanName, held: Holdings) -> PlanFigures:
    prepared, scenario = found.prepared, found.prepared.scenario
    positions = held.positions_krw(prepared.parameters)
    stocks = len(prepared.parameters.codes)
    days = found.array(f"days:{name}")
    return PlanFigures(
        name=name,
        controls=taken(scenario, held.choice),
        spend_krw=held.spend_krw,
        stocks_krw=round(float(positions[:stocks].sum())),
        hedges_krw=round(float(positions[stocks:-1].sum())),
        cash_krw=held.cash_krw,
        fees_krw=held.fees_krw,
        figures=loss_figures(
            found.array(f"wealth:{name}"),
            found.array(f"drawdown:{name}"),
            fan(days, found.probabilities),
            float(scenario.budget.total_krw),
            scenario.appetite,
            found.probabilities,
        ),
    )


def _protection(found: _Found, plan: Holdings) -> ProtectionSummary:
    scenario = found.prepared.scenario
    years = scenario.horizon_days / TRADING_DAYS_PER_YEAR
    before, after = (_expected(found, name) / years for name in ("all_before", "all_after"))
    yearly = yearly_spend_krw(scenario, plan.choice)
    return ProtectionSummary(
        spend_krw=plan.spend_krw,
        annual_loss_before_krw=round(before),
        annual_loss_after_krw=round(after),
        alarm_share=yearly / max(before * ALARM_SHARE, 1.0),
    )


def _expected(found: _Found, name: str) -> float:
    values = found.array(name)
    return float(np.sum(equal_or(found.probabilities, len(values)) * values))


def _control_rows(found: _Found, plan: Holdings) -> tuple[ControlRow, ...]:
    """Return the rows of the stage ``controls``; in a preview, those without what they avoid."""
    scenario = found.prepared.scenario
    rows = found.rows("controls", "controls")
    if rows:
        return tuple(ControlRow.model_validate(row) for row in rows)
    return tuple(
        ControlRow(
            id=control.id,
            name_ko=control.name_ko,
            name_en=control.name_en,
            step=step,
            cost_krw=control_cost_krw(scenario, control, step),
            already_installed=control.already_installed,
            loss_avoided_krw=Estimate(value=0.0, standard_error=0.0),
            evidence=control.evidence.kind,
        )
        for control, step in zip(scenario.controls, plan.steps, strict=True)
    )


def _next_million(found: _Found) -> tuple[NextMillion, ...]:
    blocks = [part.data["gains"] for part in found.kind("block")]
    return next_million_rows(found.prepared.scenario, blocks) if blocks else ()


def _tornado(found: _Found, objective_krw: float) -> tuple[TornadoBar, ...]:
    """Return the bars about the plan's objective, the longest first."""
    bars = [TornadoBar.model_validate(row) for row in found.rows("tornado", "tornado")]
    bars.sort(key=lambda bar: (-abs(bar.high_objective_krw - bar.low_objective_krw), bar.assumption))
    return tuple(
        bar.model_copy(
            update={
                "low_objective_krw": objective_krw + bar.low_objective_krw,
                "high_objective_krw": objective_krw + bar.high_objective_krw,
            }
        )
        for bar in bars
    )
