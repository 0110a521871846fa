"""Why the plan is as it is: threats, controls, assumptions and crises."""

from daybook.contracts.scenario_result import ScenarioResult
from daybook.scenario_report.blocks import Block, Head, Picture, Section, Table, Text, Tone
from daybook.scenario_report.threat_charts import draw_heat_map, draw_stress, draw_tornado, draw_waterfall
from daybook.scenario_report.wording import evidence_tag, name_pair, percent, short_id, won


def threats_section(result: ScenarioResult) -> Section:
    """Return what each threat costs, with and without the controls, and what the CVaR is made of."""
    heads = (
        Head("위협", "threat", weight=2.3), Head("연간 횟수", "events a year", True, 0.9),
        Head("연 손실 전", "a year, before", True, 1.1), Head("연 손실 후", "a year, after", True, 1.1),
        Head("CVaR 기여", "CVaR share", True, 1.1), Head("근거", "evidence"),
    )  # fmt: skip
    rows = tuple(
        (
            f"{short_id(row.id)} {name_pair(row.name_ko, row.name_en)}",
            f"{row.events_a_year:.2f}",
            won(row.annual_loss_before_krw),
            won(row.annual_loss_after_krw),
            won(row.cvar_contribution_krw),
            evidence_tag(row.evidence),
        )
        for row in sorted(result.by_threat, key=lambda row: (-row.annual_loss_before_krw, row.id))
    )
    costs = result.protection
    gordon = Text(
        f"위협의 연간 기대 손실 {won(costs.annual_loss_before_krw)}원 → {won(costs.annual_loss_after_krw)}원. "
        f"한 해 보호 지출은 고든-로브 기준(기대 손실의 1/e)의 {percent(costs.alarm_share, 0)}.",
        f"Spending of a year is {percent(costs.alarm_share, 0)} of the Gordon-Loeb limit (1/e of the expected loss).",
        Tone.WARN if costs.alarm_share > 1 else Tone.QUIET,
    )
    return Section(
        "threats",
        "6. 위협과 통제",
        "Threats and controls",
        (
            Picture(draw_heat_map(result), "통제가 덜어 내는 위협 손실", "expected loss each control takes away"),
            gordon,
            Table(heads, rows),
            Picture(draw_waterfall(result), "CVaR를 이루는 것", "what the CVaR is made of"),
        ),
    )


def assumptions_section(result: ScenarioResult) -> Section:
    """Return what the plan is sensitive to, and past crises replayed."""
    heads = (
        Head("과거의 날", "replayed day", weight=2.4), Head("KOSPI", "move", True, 0.8),
        Head("이 계획", "this plan", True, 1.1), Head("계획 없이", "without it", True, 1.1),
    )  # fmt: skip
    rows = tuple(
        (
            name_pair(row.label_ko, row.label_en),
            percent(row.market_return),
            won(row.loss_krw),
            won(row.loss_without_plan_krw),
        )
        for row in result.stress
    )
    blocks: list[Block] = [Picture(draw_tornado(result), "무엇에 민감한가", "what the plan is sensitive to")]
    if rows:
        blocks += [
            Picture(draw_stress(result), "과거 위기를 다시 겪는다면", "past crises replayed"),
            Text("손실(원), 음수는 이익", "losses in won, negative: gains", Tone.QUIET),
            Table(heads, rows),
        ]
    return Section("assumptions", "7. 가정과 위기", "Assumptions and crises", tuple(blocks))
