"""Where the budget goes: every won of it, by position."""

from daybook.contracts.scenario import Scenario
from daybook.contracts.scenario_result import AllocationRow, ScenarioResult
from daybook.scenario_report.blocks import Block, Head, Picture, Section, Table, Text, Tone
from daybook.scenario_report.plan_charts import draw_allocation, draw_budget_curve, draw_frontier
from daybook.scenario_report.wording import percent, signed_won, won

_REASONS = {
    "at_max_weight": "종목 한도",
    "at_max_sector": "업종 한도",
    "at_liquidity_limit": "거래량 한도",
    "no_lot_fits": "한 주도 안 맞음",
}


def allocation_section(result: ScenarioResult, scenario: Scenario) -> Section:
    """Return the section on positions, with the identity of the budget and the curves of other plans."""
    heads = (
        Head("항목", "item", weight=2.0),
        Head("주", "shares", True, 0.8),
        Head("가격", "price", True),
        Head("금액", "amount", True, 1.2),
        Head("비중", "share", True, 0.8),
        Head("변경", "change", True, 0.8),
        Head("한도", "limit", weight=1.0),
    )
    rows = [_row(row) for row in result.allocation if row.amount_krw]
    rows += [_row(row, "헤지 ") for row in result.hedges if row.amount_krw]
    budget = result.budget_krw
    for label, amount in (
        ("현금 / cash", result.cash_krw),
        ("거래 비용 / fees", result.fees_krw),
        ("보호 통제 / controls", result.protection.spend_krw),
    ):
        rows.append((label, "", "", won(amount), percent(amount / budget), "", ""))
    gap = result.identity_gap_krw()
    rows.append(("합계 = 예산 / budget", "", "", won(budget - gap), percent((budget - gap) / budget), "", ""))
    identity = (
        Text(
            f"항목의 합은 예산 {won(budget)}원과 1원까지 같습니다.",
            "The items add up to the budget, to the won.",
            Tone.QUIET,
        )
        if gap == 0
        else Text(f"합이 예산과 {won(gap)}원 다릅니다.", "The items do not add up to the budget.", Tone.BAD)
    )
    blocks: list[Block] = [
        Picture(draw_allocation(result), "예산 배분 (색: 업종)", "the budget; shades are sectors"),
        Table(heads, tuple(rows), total_rows=1),
        identity,
    ]
    if result.binding:
        blocks.append(
            Text(f"계획을 막은 한도: {', '.join(result.binding)}", f"Limits that bind: {', '.join(result.binding)}")
        )
    if result.frontier:
        blocks.append(Picture(draw_frontier(result), "효율적 투자선 (표본 외)", "efficient frontier, out of sample"))
    if result.budget_curve:
        blocks.append(Picture(draw_budget_curve(result), "예산을 바꾼다면", "the best plan at other budgets"))
    limits = scenario.constraints
    blocks.append(
        Text(
            f"제약: 종목 {percent(limits.max_weight, 0)}, 업종 {percent(limits.max_sector, 0)}, 헤지 "
            f"{percent(limits.max_hedge, 0)} 이하, 현금 {percent(scenario.budget.min_cash_ratio, 0)} 이상.",
            "Limits: stock, sector, hedge at most; cash at least.",
            Tone.QUIET,
        )
    )
    return Section("money", "8. 예산 배분", "Allocation", tuple(blocks))


def _row(row: AllocationRow, before: str = "") -> tuple[str, ...]:
    return (
        f"{before}{row.name} {row.code}".strip(),
        f"{row.shares:,}",
        won(row.price_krw),
        won(row.amount_krw),
        percent(row.weight),
        signed_won(row.change_shares) if row.change_shares else "",
        ", ".join(_REASONS.get(reason, reason) for reason in row.reasons),
    )
