"""The threat level through the day and the playbook's actions, as tables of the day's report."""

from daybook.contracts.base import KST
from daybook.contracts.response import ActionRecord
from daybook.contracts.threats import LEVEL_NAMES_EN, ThreatAssessment
from daybook.report.formats import cell, clock, code, table

_MOST_ROWS = 60


def render_threats(assessments: tuple[ThreatAssessment, ...], actions: tuple[ActionRecord, ...]) -> str:
    """Return the section's text; empty when the day was never assessed."""
    if not assessments:
        return ""
    highest = max(seen.level for seen in assessments)
    last = assessments[-1].level
    lines = [
        f"Highest level **{highest}** ({LEVEL_NAMES_EN[highest]}), at the end **{last}** ({LEVEL_NAMES_EN[last]}); "
        f"assessed {len(assessments):,} times. What was not known never lowered it.",
        _levels(assessments),
        "### Actions of the playbook",
        _actions(actions),
    ]
    unknown = assessments[-1].problems
    if unknown:
        lines.append("Not known at the end: " + "; ".join(cell(problem) for problem in unknown) + ".")
    return "\n\n".join(lines)


def _levels(assessments: tuple[ThreatAssessment, ...]) -> str:
    """Return the moments at which the level, or what holds it, changed."""
    rows: list[tuple[str, ...]] = []
    before: tuple[int, tuple[str, ...]] | None = None
    for seen in assessments:
        keys = tuple(f"{reason.level} {reason.key}" for reason in seen.reasons)
        if (seen.level, keys) == before:
            continue
        before = (seen.level, keys)
        why = "; ".join(cell(f"{reason.text_en} ({reason.level})") for reason in seen.reasons[:4])
        withdrawn = f"withdrawn: {', '.join(code(key) for key in seen.withdrawn)}" if seen.withdrawn else ""
        said = "; ".join(part for part in (why, withdrawn) if part) or "nothing to report"
        rows.append((clock(seen.market_at), f"{seen.level}", seen.move.value, said))
    shown = rows[:_MOST_ROWS]
    text = table(("Market time", "Level>", "Move", "Why"), shown)
    return text if len(rows) == len(shown) else f"{text}\n\n{len(rows) - len(shown)} later changes are left out."


def _actions(actions: tuple[ActionRecord, ...]) -> str:
    if not actions:
        return "None was set off."
    rows = [
        (
            clock(record.proposal.market_at.astimezone(KST)),
            code(record.action_id),
            cell(record.proposal.text_en),
            f"**{record.state.value}**",
            cell(", ".join(f"{'yes' if one.granted else 'no'} by {one.by}" for one in record.decisions)),
            cell(record.text),
        )
        for record in actions
    ]
    return table(("Proposed", "Action", "What", "State", "Asked", "What became of it"), rows[:_MOST_ROWS])
