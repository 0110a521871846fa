"""The day in Markdown, as the operator's page of the Temporal Web UI shows it."""

from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from daybook.contracts.base import TradingState
    from daybook.contracts.day import DayState
    from daybook.contracts.desk import DeskConfig
    from daybook.contracts.response_codes import ActionState
    from daybook.contracts.threats import LEVEL_NAMES_EN

_MOST_REASONS = 5
_MOST_ACTIONS = 12


def is_person_wanted(state: DayState) -> bool:
    """Whether an order or an action of the playbook waits for a person."""
    return bool(state.pending_approvals) or any(record.state is ActionState.WAITING for record in state.actions)


def describe_day(state: DayState, desk: DeskConfig, market_now: datetime) -> str:
    """Return the current details of a day, well under the 20 kB the server keeps."""
    change_krw = state.equity_krw - state.opening_equity_krw
    lines = [
        f"# {state.day} · {desk.mode.value} · {state.phase.value}",
        "",
        f"market time **{market_now:%H:%M:%S}** · trading state **{state.state.value}** {state.state_reason}",
        "",
        "| | |",
        "|---|---|",
        f"| equity | {state.equity_krw:,} KRW ({change_krw:+,} today) |",
        f"| cash | {state.cash_krw:,} KRW |",
        f"| decisions | {state.ticks} ({state.missed_ticks} missed) |",
        f"| orders | {state.orders_started} started, {state.orders_filled} filled, {state.orders_denied} denied |",
        f"| bought / sold | {state.bought_krw:,} / {state.sold_krw:,} KRW |",
        f"| threat level | {_level(state)} |",
    ]
    if state.news is not None:
        news = state.news
        mood = f"{news.market_sentiment:+.2f} over {news.stories} stories" if news.stories else "no stories"
        lines.append(f"| news | {mood}, workflow `{news.run_id}` |")
    lines += _threat_lines(state)
    if state.note:
        lines += ["", state.note]
    if state.pending_approvals:
        lines += ["", "**A person is wanted:** " + ", ".join(f"`order-{order}`" for order in state.pending_approvals)]
    if state.state is not TradingState.ACTIVE:
        lines += ["", "To trade again: `daybook resume`, then the command it prints."]
    for name, report in (("opening", state.opening_reconciliation), ("closing", state.closing_reconciliation)):
        if report is not None:
            lines += ["", f"{name}: {report.summary()}"]
    return "\n".join(lines)


def _level(state: DayState) -> str:
    floor = f", at least {state.threat_floor} by a person" if state.threat_floor else ""
    return f"{state.threat_level} {LEVEL_NAMES_EN[state.threat_level]}{floor}"


def _threat_lines(state: DayState) -> list[str]:
    """Return why the level stands where it stands, and the playbook's actions, newest first."""
    lines: list[str] = []
    if state.threat is not None and state.threat.reasons:
        lines += ["", "**Threat**"]
        for reason in state.threat.reasons[:_MOST_REASONS]:
            stale = f", {reason.age_s:,.0f} s old" if reason.is_stale else ""
            lines.append(f"- {reason.level} `{reason.key}` {reason.text_en}{stale}")
    shown = [record for record in state.actions if record.state is not ActionState.BLOCKED][-_MOST_ACTIONS:]
    if shown:
        lines += ["", "**Playbook**"]
    for record in reversed(shown):
        until = record.proposal.expires_at
        asked = record.state is ActionState.WAITING and until is not None
        ends = f" until {until:%H:%M:%S} UTC: `daybook threat approve {record.action_id}`" if asked else ""
        lines.append(f"- **{record.state.value}** `{record.action_id}` {record.proposal.text_en} - {record.text}{ends}")
    return lines
