"""The day's report in Markdown, for the person."""

from daybook.advice_desk.facts import AdviceFacts
from daybook.contracts.base import Mode
from daybook.contracts.reconciliation import ReconcileReport
from daybook.report import day_tables
from daybook.report.advice_parts import advice_parts
from daybook.report.chart_plan import (
    EQUITY_CHART,
    MOST_CANDLE_CHARTS,
    candle_chart,
    charted_symbols,
    has_equity_chart,
    uncharted_symbols,
)
from daybook.report.formats import UNKNOWN, cell, code, percent, signed_won, table, won
from daybook.report.index_names import index_name
from daybook.report.model import DayReport
from daybook.report.threat_section import render_threats

_MODE_NOTES = {
    Mode.PAPER: (
        "**PAPER — simulated.** No order left this machine and no real money moved. Prices and fills come from the "
        "local paper exchange; a real order would also meet other people's orders, delays and its own market impact."
    ),
    Mode.MOCK: (
        "**MOCK — simulated.** Orders went to the broker's mock host (모의투자): no real money moved, and the broker "
        "simulates the fills, which a real order would not always get."
    ),
    Mode.LIVE: "**LIVE — real money.** Orders went to the real market. The broker's own statement is what counts.",
}


def render_day(report: DayReport, advice: AdviceFacts | None = None) -> str:
    """Return the report as Markdown; charts are relative links to files beside it (see ``chart_plan``)."""
    parts = [
        f"# Trading day {report.day:%Y-%m-%d} · {report.mode.value} · account {cell(report.account)}",
        _banner(report),
        "## Result",
        _result(report),
        _comparison(report),
        _honesty(report),
        f"![Equity over market time]({EQUITY_CHART})" if has_equity_chart(report) else "",
        "## Reconciliation",
        _reconciliation("Opening", report.opening),
        _reconciliation("Closing", report.closing),
        day_tables.adjustments(report),
        "## Orders",
        day_tables.orders(report),
        "## Fills",
        day_tables.fills(report),
        _candles(report),
        "## Positions at the close",
        day_tables.positions(report),
        *(advice_parts(advice) if advice is not None else ()),
        "## Decisions",
        day_tables.decisions(report),
        "## Breakers, halts and locks",
        day_tables.stops(report),
        "## Threat level and responses" if report.threat_levels else "",
        render_threats(report.threat_levels, report.actions),
        "## Approvals",
        day_tables.approvals(report),
        "## Orders made outside the desk",
        day_tables.external_orders(report),
        "## Costs and taxes",
        _costs(report),
        "## Data gaps",
        day_tables.data_gaps(report),
        _footer(),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _banner(report: DayReport) -> str:
    lines = [f"> {_MODE_NOTES[report.mode]}"]
    if report.speed != 1:
        lines.append(f"> **Rehearsal:** market time ran {report.speed:,.0f} times as fast as real time.")
    halted = [halt for halt in report.halts if halt.closed_at is None]
    if halted:
        reason = cell(halted[-1].reason)
        lines.append(f"> **The desk is {halted[-1].state}** ({code(halted[-1].code)}): {reason}")
    if not report.closing.signed_off:
        lines.append("> **The closing reconciliation is not signed off:** the figures below are the ledger's alone.")
    return "\n>\n".join(lines)


def _result(report: DayReport) -> str:
    before = report.opening_equity_krw
    revaluation_krw = report.pnl_krw - report.realised_pnl_krw

    def share(amount_krw: int) -> str:
        return percent(amount_krw / before) if before > 0 else UNKNOWN

    rows = [
        ("Equity before", won(before), ""),
        ("Equity after", won(report.closing_equity_krw), ""),
    ]
    if report.flow_krw:
        rows.append(("Paid in or adjusted (not a result)", signed_won(report.flow_krw), ""))
    rows += [
        ("**Result after costs**", f"**{signed_won(report.pnl_krw)}**", f"**{percent(report.pnl_ratio)}**"),
        ("of it realised, after costs", signed_won(report.realised_pnl_krw), share(report.realised_pnl_krw)),
        ("of it change in value of what is held", signed_won(revaluation_krw), share(revaluation_krw)),
        ("Costs included above", won(report.costs.total_krw), ""),
        ("Cash at the close (D+2)", won(report.closing_cash_krw), ""),
    ]
    return table(("", "KRW>", "of equity before>"), rows)


def _comparison(report: DayReport) -> str:
    """Our result beside doing nothing, the index and cash."""
    before = report.opening_equity_krw
    nothing_krw = None if report.trading_effect_krw is None else report.pnl_krw - report.trading_effect_krw
    change = report.index_change_ratio
    index_krw = None if change is None else round(before * change)
    name = index_name(report.index_code)
    rows = []
    for label, theirs_krw in (
        ("Doing nothing (the morning's book left alone)", nothing_krw),
        (f"{name}, all equity in it, no costs", index_krw),
        ("Cash only", 0),
    ):
        ratio = None if theirs_krw is None or before <= 0 else theirs_krw / before
        ours_krw = None if theirs_krw is None else report.pnl_krw - theirs_krw
        rows.append((label, signed_won(theirs_krw), percent(ratio), signed_won(ours_krw)))
    return table(("Compared with", "its result, KRW>", "of equity before>", "ours minus it, KRW>"), rows)


def _honesty(report: DayReport) -> str:
    kind = "simulated " if report.is_simulated else ""
    return (
        f"One {kind}day proves nothing about a strategy, good or bad: a difference of this size is mostly chance. "
        "The index carries no costs and no dividends here."
    )


def _reconciliation(name: str, report: ReconcileReport) -> str:
    verdict = "signed off" if report.signed_off else "**NOT signed off**"
    opened = " The books were opened from the broker's balance." if report.opened_ledger else ""
    lines = [f"{name}: {verdict}. {cell(report.summary())}.{opened}"]
    if report.differences:
        rows = [
            (
                code(difference.code.value),
                cell(difference.subject),
                cell(difference.ledger),
                cell(difference.broker),
                "adopted" if difference.adopted else "**open**",
                cell(difference.text),
            )
            for difference in report.differences
        ]
        lines.append(table(("code", "subject", "ledger", "broker", "verdict", "why"), rows))
    return "\n\n".join(lines)


def _candles(report: DayReport) -> str:
    images = [
        f"![5-minute candles of {row.symbol} with our fills]({candle_chart(row.symbol)})"
        for row in charted_symbols(report)
    ]
    left_out = uncharted_symbols(report)
    if left_out:
        images.append(
            f"Charts of the {MOST_CANDLE_CHARTS} most traded symbols are shown; left out: {', '.join(left_out)}."
        )
    return "\n\n".join(images)


def _costs(report: DayReport) -> str:
    costs = report.costs
    turnover_krw = costs.bought_krw + costs.sold_krw
    rows = [
        ("Bought", won(costs.bought_krw)),
        ("Sold", won(costs.sold_krw)),
        ("Commission (computed from the configured rate)", won(costs.commission_krw)),
        ("Transaction and rural tax on sales (the rest)", won(costs.tax_krw)),
        ("**Costs booked**", f"**{won(costs.total_krw)}**"),
    ]
    note = f"\n\nCosts are {costs.total_krw / turnover_krw:.3%} of what was traded." if turnover_krw else ""
    return table(("", "KRW>"), rows) + note


def _footer() -> str:
    return (
        "---\n\n"
        "All times are market time (KST). Fills carry the time at which the desk booked them, shortly after the "
        "trade. Everything here was read from the ledger; nothing was asked of the broker for this report."
    )
