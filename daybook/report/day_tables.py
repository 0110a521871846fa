"""The tables of a day's report, each with a plain sentence where there is nothing to show."""

from daybook.contracts.base import Side
from daybook.report.formats import UNKNOWN, cell, clock, code, price, signed_won, table, won
from daybook.report.model import CodeCount, DayReport, OrderRow, PriceSource


def orders(report: DayReport) -> str:
    """Every intent of the day, what it asked for and what became of it."""
    if not report.orders:
        return "No order was proposed to the risk checks."
    rows = [
        (
            clock(order.at),
            order.symbol,
            _name(report, order.symbol),
            f"{order.side.value} ({order.purpose.value})",
            won(order.shares),
            price(order.limit_price_krw) if order.limit_price_krw else "market",
            won(order.filled_shares),
            price(order.average_price_krw),
            won(order.costs_krw),
            order.state.value,
            _why(order),
        )
        for order in report.orders
    ]
    heads = (
        "time",
        "symbol",
        "name",
        "side",
        "shares>",
        "limit>",
        "filled>",
        "average>",
        "costs>",
        "state",
        "why",
    )
    return table(heads, rows)


def fills(report: DayReport) -> str:
    """Every booked fill, with totals of each side."""
    if not report.fills:
        return "Nothing was filled."
    rows = [
        (
            clock(fill.at),
            fill.symbol,
            fill.side.value,
            won(fill.shares),
            price(fill.price_krw),
            won(fill.amount_krw),
            won(fill.costs_krw),
            signed_won(fill.realised_pnl_krw),
            f"{cell(fill.broker_number)}{' (external)' if fill.is_external else ''}",
        )
        for fill in report.fills
    ]
    for side in Side:
        of_side = [fill for fill in report.fills if fill.side is side]
        if of_side:
            rows.append(
                (
                    "**total**",
                    "",
                    side.value,
                    won(sum(fill.shares for fill in of_side)),
                    "",
                    won(sum(fill.amount_krw for fill in of_side)),
                    won(sum(fill.costs_krw for fill in of_side)),
                    signed_won(sum(fill.realised_pnl_krw for fill in of_side)),
                    "",
                )
            )
    heads = ("time", "symbol", "side", "shares>", "price>", "amount>", "costs>", "realised after costs>", "order")
    return table(heads, rows)


def positions(report: DayReport) -> str:
    """What is held after the day."""
    if not report.positions:
        return "No position is held."
    rows = [
        (
            position.symbol,
            _name(report, position.symbol),
            won(position.shares),
            price(position.average_price_krw),
            price(position.price_krw),
            won(position.value_krw),
            signed_won(position.unrealised_krw),
            _price_source(position.price_source, clock(position.priced_at)),
        )
        for position in report.positions
    ]
    heads = ("symbol", "name", "shares>", "cost a share>", "price>", "value>", "unrealised>", "price from")
    return table(heads, rows)


def decisions(report: DayReport) -> str:
    """How many decisions there were, what they proposed and what stopped their orders."""
    denied = sum(order.is_refused for order in report.orders)
    with_orders = sum(bool(decision.proposed) for decision in report.decisions)
    lines = [
        f"{len(report.decisions)} decisions, {with_orders} of them with orders; {report.proposed_orders} orders "
        f"proposed, {len(report.orders)} recorded, {denied} refused."
    ]
    if denied:
        lines.append(_counts("why orders were refused", report.denial_counts()))
    if report.left_alone:
        lines.append(_counts("why symbols were left alone", report.left_alone))
    return "\n\n".join(lines)


def stops(report: DayReport) -> str:
    """Breakers that tripped, halts that were open and symbols that are locked."""
    parts = []
    if report.breakers:
        rows = [
            (clock(row.at), code(row.code), row.state.value, won(row.decisions), cell(row.text))
            for row in report.breakers
        ]
        parts.append(table(("first", "breaker", "demanded state", "decisions>", "why"), rows))
    if report.halts:
        halted = [
            (
                clock(row.at),
                row.state,
                code(row.code),
                cell(row.by),
                cell(row.reason),
                f"{clock(row.closed_at)} by {cell(row.closed_by)}" if row.closed_at else "**open**",
            )
            for row in report.halts
        ]
        parts.append(table(("from", "state", "code", "by", "reason", "until"), halted))
    if report.locks:
        locked = [(row.symbol, code(row.code), cell(row.by), cell(row.reason)) for row in report.locks]
        parts.append(table(("locked symbol", "code", "by", "reason"), locked))
    return "\n\n".join(parts) or "No breaker tripped, nothing was halted, no symbol is locked."


def approvals(report: DayReport) -> str:
    """Questions to a person and their answers."""
    if not report.approvals:
        return "No order asked for a person."
    rows = [
        (
            clock(row.asked_at),
            code(row.intent_id),
            cell(", ".join(row.reasons)),
            row.verdict,
            cell(row.by),
            clock(row.decided_at),
        )
        for row in report.approvals
    ]
    return table(("asked", "order", "because", "verdict", "by", "answered"), rows)


def external_orders(report: DayReport) -> str:
    """Orders at the broker that the desk did not make."""
    if not report.external_orders:
        return "None."
    rows = [
        (
            clock(row.at),
            cell(row.broker_number),
            row.symbol,
            row.side.value,
            won(row.shares),
            price(row.limit_price_krw) if row.limit_price_krw else "market",
            won(row.filled_shares),
            won(row.filled_amount_krw),
            cell(row.state),
        )
        for row in report.external_orders
    ]
    heads = ("time", "order", "symbol", "side", "shares>", "limit>", "filled>", "amount>", "state")
    return table(heads, rows) + "\n\nThe desk books their fills and never cancels them."


def adjustments(report: DayReport) -> str:
    """Changes of the books that no order made; nothing when there are none."""
    if not report.adjustments:
        return ""
    rows = [
        (
            clock(row.at),
            code(row.code),
            row.symbol or UNKNOWN,
            signed_won(row.shares),
            signed_won(row.cash_krw),
            signed_won(row.value_krw),
            cell(row.note),
        )
        for row in report.adjustments
    ]
    heads = ("time", "adjustment", "symbol", "shares>", "cash>", "value>", "note")
    return table(heads, rows)


def data_gaps(report: DayReport) -> str:
    """Everything the report would show and could not."""
    if not report.gaps:
        return "None known."
    return table(("what", "gap"), [(cell(gap.subject), cell(gap.text)) for gap in report.gaps])


def _counts(head: str, counts: tuple[CodeCount, ...]) -> str:
    return table((head, "times>"), [(code(row.code), won(row.count)) for row in counts])


def _name(report: DayReport, symbol: str) -> str:
    return cell(report.names.get(symbol, ""))


def _why(order: OrderRow) -> str:
    """The coded reasons with their text; for an order that lived, the reason it was made."""
    if order.codes:
        text = order.detail.partition(":")[2].strip()
        codes = " ".join(code(reason) for reason in order.codes)
        return f"{codes} {cell(text)}" if text else codes
    return cell("; ".join(part for part in (order.rationale, order.detail) if part))


def _price_source(source: PriceSource, at: str) -> str:
    return source.value if at == UNKNOWN else f"{source.value} ({at})"
