"""The figures of a result a text may tell: trimmed, in a fixed order, the same JSON for the same result.

Names come from people's catalogues. They stay data: cut short, and left out where they look like instructions.
"""

import json
import re

from pydantic import JsonValue

from daybook.contracts.base import KST
from daybook.contracts.scenario import EvidenceKind
from daybook.contracts.scenario_result import AllocationRow, Estimate, PlanFigures, ScenarioResult
from daybook.news.suspicion import is_suspicious

MILLION_KRW = 1_000_000
HIGHEST_LEVEL = 5
MOST_ROWS = 6
"""Rows told of each table; the largest first."""
_LONGEST_NAME = 60
_API_KEY = re.compile(r"\bAPI[\s_-]?(?:keys?\b|키)", re.IGNORECASE)

Facts = dict[str, JsonValue]


def facts_of(result: ScenarioResult) -> Facts:
    """Return what a text about a result may say. Keys carry units: ``_krw`` won, ``_ratio`` shares of 1, ``_days``."""
    held = sorted((row for row in result.allocation if row.amount_krw), key=lambda row: (-row.amount_krw, row.code))
    threats = sorted(result.by_threat, key=lambda row: (-row.cvar_contribution_krw, row.id))
    taken = [row for row in result.controls if row.step > 0]
    bars = sorted(
        result.tornado, key=lambda bar: (-abs(bar.high_objective_krw - bar.low_objective_krw), bar.assumption)
    )
    worst = sorted(result.stress, key=lambda row: (-row.loss_krw, row.name))
    million = sorted(result.next_million, key=lambda row: (row.use != "best", -row.gain_krw.value, row.use))
    return {
        "scenario_name": plain_name(result.name),
        "threat_level": result.threat_level,
        "highest_level": HIGHEST_LEVEL,
        "horizon_days": result.horizon_days,
        "simulated_scenarios": result.scenarios,
        "data": {
            "source": plain_name(result.data.source),
            "is_simulated": result.data.simulated,
            "as_of": result.data.as_of.astimezone(KST).date().isoformat(),
            "sessions": result.data.sessions,
            "first_day": str(result.data.first_day or ""),
            "last_day": str(result.data.last_day or ""),
        },
        "budget": {
            "budget_krw": result.budget_krw,
            "stocks_krw": sum(row.amount_krw for row in result.allocation),
            "hedges_krw": sum(row.amount_krw for row in result.hedges),
            "cash_krw": result.cash_krw,
            "fees_krw": result.fees_krw,
            "controls_krw": result.protection.spend_krw,
        },
        "counts": {
            "stocks": len(held),
            "hedges": sum(1 for row in result.hedges if row.amount_krw),
            "trades": sum(1 for row in (*result.allocation, *result.hedges) if row.change_shares),
            "controls_taken": len(taken),
            "controls_to_install": sum(1 for row in taken if not row.already_installed),
            "stocks_without_data": len(result.data.missing),
            "threats_by_evidence": [
                sum(1 for row in result.by_threat if row.evidence is kind) for kind in EvidenceKind
            ],
            "controls": len(result.controls),
            "threats": len(result.by_threat),
        },
        "largest_stocks": [_position(row) for row in held[:MOST_ROWS]],
        "sold": [_position(row) for row in result.allocation if not row.amount_krw][:MOST_ROWS],
        "hedges": [_position(row) for row in result.hedges],
        "plans": [_plan(plan, result.budget_krw) for plan in result.plans],
        "protection": {
            "spend_krw": result.protection.spend_krw,
            "annual_loss_before_krw": result.protection.annual_loss_before_krw,
            "annual_loss_after_krw": result.protection.annual_loss_after_krw,
            "alarm_ratio": result.protection.alarm_share,
        },
        "controls_taken": [
            {
                "id": row.id,
                "name_ko": plain_name(row.name_ko),
                "name_en": plain_name(row.name_en),
                "is_installed_already": row.already_installed,
                "cost_krw": row.cost_krw,
                "loss_avoided_krw": _estimate(row.loss_avoided_krw),
                "evidence": row.evidence.value,
            }
            for row in taken
        ],
        "largest_threats": [
            {
                "id": row.id,
                "name_ko": plain_name(row.name_ko),
                "name_en": plain_name(row.name_en),
                "events_a_year": row.events_a_year,
                "annual_loss_before_krw": row.annual_loss_before_krw,
                "annual_loss_after_krw": row.annual_loss_after_krw,
                "cvar_contribution_krw": row.cvar_contribution_krw,
                "evidence": row.evidence.value,
            }
            for row in threats[:MOST_ROWS]
        ],
        "market_noise_cvar_contribution_krw": result.noise_cvar_contribution_krw,
        "next_million": {
            "more_krw": MILLION_KRW,
            "uses": [
                {"use": row.use, "gain_krw": _estimate(row.gain_krw), "is_measurable": row.measurable}
                for row in million[:MOST_ROWS]
            ],
        },
        "playbook": [
            {
                "action": row.action,
                "name_ko": plain_name(row.name_ko),
                "name_en": plain_name(row.name_en),
                "runs_a_year": row.runs_a_year,
                "unavailable_ratio": row.unavailable_share,
                "loss_avoided_krw": _estimate(row.loss_avoided_krw),
                "loss_avoided_if_perfect_krw": row.loss_avoided_if_perfect_krw,
            }
            for row in result.playbook
        ],
        "most_sensitive_to": [
            {
                "label_ko": plain_name(bar.label_ko),
                "label_en": plain_name(bar.label_en),
                "low_objective_krw": bar.low_objective_krw,
                "high_objective_krw": bar.high_objective_krw,
                "evidence": bar.evidence.value,
            }
            for bar in bars[:MOST_ROWS]
        ],
        "worst_replays": [
            {
                "label_ko": plain_name(row.label_ko),
                "label_en": plain_name(row.label_en),
                "market_return_ratio": row.market_return,
                "loss_krw": row.loss_krw,
                "loss_without_plan_krw": row.loss_without_plan_krw,
            }
            for row in worst[:MOST_ROWS]
        ],
        "pressing_limits": [plain_name(name) for name in result.binding[:MOST_ROWS]],
    }


def facts_json(facts: Facts) -> str:
    """Return facts as compact JSON, the same text for the same facts."""
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def plain_name(text: str) -> str:
    """Return a name on one line and cut short; a name that speaks to a machine is left out."""
    flat = " ".join(text.split())[:_LONGEST_NAME]
    # An API key is a thing that leaks here; in news it is what a text asks a machine for.
    return "(name left out)" if is_suspicious(_API_KEY.sub("", flat)) else flat


def _estimate(estimate: Estimate) -> JsonValue:
    return {"value": estimate.value, "standard_error": estimate.standard_error}


def _position(row: AllocationRow) -> JsonValue:
    return {
        "code": row.code,
        "name": plain_name(row.name),
        "shares": row.shares,
        "amount_krw": row.amount_krw,
        "weight_ratio": row.weight,
        "change_shares": row.change_shares,
    }


def _plan(plan: PlanFigures, budget_krw: int) -> JsonValue:
    figures = plan.figures
    return {
        "plan": plan.name.value,
        "controls": len(plan.controls),
        "spend_krw": plan.spend_krw,
        "expected_wealth_krw": _estimate(figures.expected_wealth_krw),
        "expected_gain_krw": figures.expected_wealth_krw.value - budget_krw,
        "expected_gain_ratio": figures.expected_wealth_krw.value / budget_krw - 1,
        "var_krw": _estimate(figures.var_krw),
        "cvar_krw": _estimate(figures.cvar_krw),
        "cvar_of_budget_ratio": figures.cvar_krw.value / budget_krw,
        "loss_probability_ratio": _estimate(figures.loss_probability),
        "ruin_probability_ratio": _estimate(figures.ruin_probability),
        "objective_krw": figures.objective_krw,
    }
