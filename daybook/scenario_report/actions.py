"""What a person could do about a result, each for review."""

from daybook.contracts.scenario_result import ScenarioResult
from daybook.scenario_report.blocks import Block, Head, Section, Table, Text, Tone
from daybook.scenario_report.wording import estimate_won, evidence_tag, name_pair, percent, short_id, signed_won, won


def to_do_section(result: ScenarioResult) -> Section:
    """Return trades to review, controls to install and the playbook, simulated."""
    blocks = [*_trades(result), *_installs(result), *_playbook(result)]
    if not blocks:
        blocks.append(Text("바꿀 것이 없습니다.", "Nothing changes."))
    blocks.append(
        Text(
            "주문과 대응은 각각 사람의 승인을 거칩니다. 이 보고서에서는 아무것도 실행되지 않습니다.",
            "Orders and responses wait for a person. Nothing is carried out from this report.",
            Tone.QUIET,
        )
    )
    return Section("to-do", "4. 할 일", "What to do", tuple(blocks))


def _trades(result: ScenarioResult) -> list[Block]:
    rows = tuple(
        (
            f"{row.name} {row.code}".strip(),
            signed_won(row.change_shares),
            won(row.price_krw),
            signed_won(row.change_shares * row.price_krw),
        )
        for row in (*result.allocation, *result.hedges)
        if row.change_shares
    )
    heads = (
        Head("검토할 매매", "trade to review", weight=2),
        Head("변경", "shares", True),
        Head("가격", "price", True),
        Head("금액", "amount", True, 1.3),
    )
    return [Table(heads, rows)] if rows else []


def _installs(result: ScenarioResult) -> list[Block]:
    rows = tuple(
        (
            f"{short_id(row.id)} {name_pair(row.name_ko, row.name_en)}",
            won(row.cost_krw),
            estimate_won(row.loss_avoided_krw),
            evidence_tag(row.evidence),
        )
        for row in result.controls
        if row.step and not row.already_installed
    )
    heads = (
        Head("도입할 통제", "control to install", weight=2.4),
        Head("비용", "cost", True),
        Head("피하는 손실", "loss avoided", True, 1.5),
        Head("근거", "evidence"),
    )
    return [Table(heads, rows)] if rows else []


def _playbook(result: ScenarioResult) -> list[Block]:
    rows = tuple(
        (
            f"{row.action} {name_pair(row.name_ko, row.name_en)}",
            f"{row.runs_a_year:.2f}",
            percent(row.unavailable_share),
            estimate_won(row.loss_avoided_krw),
            won(row.loss_avoided_if_perfect_krw),
        )
        for row in result.playbook
    )
    heads = (
        Head("대응 행동", "playbook", weight=2.4),
        Head("연간 실행", "runs a year", True, 0.9),
        Head("불가", "unavailable", True, 0.9),
        Head("피하는 손실", "loss avoided", True, 1.5),
        Head("완벽하다면", "if perfect", True),
    )
    return [Table(heads, rows)] if rows else []
