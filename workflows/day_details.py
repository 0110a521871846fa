"""The day in Markdown, as the operator's page of the Temporal Web UI shows it."""

from datetime import datetime

from daybook.contracts.base import TradingState
from daybook.contracts.day import DayState
from daybook.contracts.desk import DeskConfig


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
        f"| threat level | {state.threat_level} |",
    ]
    if state.news is not None:
        news = state.news
        mood = f"{news.market_sentiment:+.2f} over {news.stories} stories" if news.stories else "no stories"
        lines.append(f"| news | {mood}, workflow `{news.run_id}` |")
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
