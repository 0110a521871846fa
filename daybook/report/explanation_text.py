"""An order's explanation as readable text, which is also valid Markdown."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from daybook.contracts.base import KST
from daybook.report.explanation import DecisionView, OrderExplanation, RecordCheck, SymbolFacts

_CHECKED = {
    RecordCheck.VERIFIED: "unchanged since it was recorded",
    RecordCheck.ALTERED: "ALTERED SINCE IT WAS RECORDED",
    RecordCheck.MISSING: "NOT ON RECORD",
    RecordCheck.NONE: "none",
}


def render_explanation(explanation: OrderExplanation) -> str:
    """Return the explanation as text: one section per step of the order's life, times in KST."""
    ticket = explanation.ticket
    sections = (
        (f"# Order {ticket.intent_id}", _summary(explanation)),
        ("## Decision", _decision(explanation.decision)),
        ("## Checks", _checks(explanation)),
        ("## Approval", _approvals(explanation)),
        ("## Attempts", _attempts(explanation)),
        ("## Fills", _fills(explanation)),
        ("## Audit chain", _events(explanation)),
    )
    return "\n\n".join(f"{title}\n\n{_list(lines)}" for title, lines in sections) + "\n"


def _summary(explanation: OrderExplanation) -> Iterator[str]:
    ticket = explanation.ticket
    limit = f"limit {ticket.limit_price_krw:,} KRW" if ticket.limit_price_krw else "market"
    trade = f"{ticket.side.value} {ticket.shares:,} {ticket.symbol}, {limit}"
    yield f"{trade}, {ticket.purpose.value} ({ticket.mode.value})"
    yield f"state: {explanation.state.value}" + (f" - {explanation.detail}" if explanation.detail else "")
    if explanation.duplicate_of:
        yield f"duplicate of {explanation.duplicate_of}, which was in flight"
    order = explanation.order
    yield f"broker order: {order.branch}-{order.number}".replace(": -", ": ") if order else "broker order: none"
    average = explanation.average_fill_krw
    if average is not None:
        yield (
            f"filled: {explanation.filled_shares:,} of {ticket.shares:,} for {explanation.filled_amount_krw:,} KRW, "
            f"{average:,.2f} KRW each; costs {explanation.costs_krw:,} KRW; "
            f"realised {explanation.realised_pnl_krw:+,} KRW"
        )
    else:
        yield f"filled: 0 of {ticket.shares:,}"
    yield f"recorded {_at(explanation.recorded_at)}" + (
        f", ended {_at(explanation.closed_at)}" if explanation.closed_at else ", not ended"
    )
    yield f"ticket: {_CHECKED[explanation.ticket_check]}"


def _decision(decision: DecisionView) -> Iterator[str]:
    if decision.check is RecordCheck.NONE:
        yield decision.note
        return
    yield f"{decision.decision_id}: {_CHECKED[decision.check]}" + (f" ({decision.note})" if decision.note else "")
    if decision.at is None:
        return
    yield f"{decision.kind}, recorded {_at(decision.at)}, inputs SHA-256 {decision.inputs_digest}"
    why = decision.reason.value if decision.reason else "not among its proposals"
    yield f"reason: {why}" + (f" - {decision.rationale}" if decision.rationale else "")
    yield from _facts(decision.facts)


def _facts(facts: SymbolFacts) -> Iterator[str]:
    if facts.market_time is not None:
        yield f"it looked at market time {_at(facts.market_time)}, state {facts.trading_state or 'unknown'}"
    if facts.price_krw is not None:
        yield (
            f"price {_won(facts.price_krw)} (bid {_won(facts.bid_krw)}, ask {_won(facts.ask_krw)}, "
            f"previous close {_won(facts.base_price_krw)}), turnover {_won(facts.turnover_krw)}"
        )
    else:
        yield "it saw no quote of the symbol"
    if facts.held_shares:
        sessions = "unknown" if facts.held_sessions is None else str(facts.held_sessions)
        average = "-" if facts.average_price_krw is None else f"{facts.average_price_krw:,.2f} KRW"
        yield f"held {facts.held_shares:,} shares at {average}, for {sessions} sessions"
    if facts.rank is not None:
        yield (
            f"rank {facts.rank}, score {_number(facts.score)}, momentum {_percent(facts.momentum_ratio)}, "
            f"volatility {_percent(facts.annual_volatility).lstrip('+')} a year"
        )
        yield from facts.rank_reasons
    yield (
        f"equity {_won(facts.equity_krw)}, cash {_won(facts.cash_krw)}, "
        f"threat level {'-' if facts.threat_level is None else facts.threat_level}"
    )


def _checks(explanation: OrderExplanation) -> Iterator[str]:
    for check in explanation.checks:
        verdict = "passed" if check.passed else ", ".join(denial.code for denial in check.denials)
        yield f"{_at(check.at)}: {verdict}; last price {_won(check.last_price_krw)}, state {check.trading_state}"
        for denial in check.denials:
            numbers = "" if denial.value is None else f" (value {denial.value}, limit {denial.limit})"
            yield f"{denial.code}: {denial.text}{numbers}"
        if check.needs_approval:
            yield f"a person has to be asked: {', '.join(check.needs_approval)}"


def _approvals(explanation: OrderExplanation) -> Iterator[str]:
    for approval in explanation.approvals:
        asked = f"asked {_at(approval.asked_at)} because of {', '.join(approval.reasons) or 'the mode'}"
        yield f"{asked}, last price {_won(approval.last_price_krw)}, digest {approval.digest}"
        answer = f"{approval.verdict} by {approval.by or 'nobody'}"
        yield answer + (
            f" at {_at(approval.decided_at)}" if approval.decided_at else f", runs out {_at(approval.expires_at)}"
        )


def _attempts(explanation: OrderExplanation) -> Iterator[str]:
    for attempt in explanation.attempts:
        order = f", broker order {attempt.order.number}" if attempt.order else ""
        ended = f" until {_at(attempt.finished_at)}" if attempt.finished_at else ", no answer on record"
        said = " ".join(part for part in (attempt.broker_code, attempt.text) if part)
        yield f"POST {attempt.attempt} at {_at(attempt.started_at)}{ended}: {attempt.outcome.value}{order}" + (
            f" - {said}" if said else ""
        )


def _fills(explanation: OrderExplanation) -> Iterator[str]:
    for fill in explanation.fills:
        yield (
            f"{_at(fill.at)}: {fill.shares:,} shares for {fill.amount_krw:,} KRW, costs {fill.costs_krw:,} KRW, "
            f"realised {fill.realised_pnl_krw:+,} KRW (broker order {fill.order_number})"
        )


def _events(explanation: OrderExplanation) -> Iterator[str]:
    if explanation.audit_walked:
        broken = explanation.audit_broken_at
        yield "the chain is whole" if broken is None else f"THE CHAIN IS BROKEN AT ROW {broken}"
    for event in explanation.events:
        yield f"{_at(event.at)} #{event.seq} {event.actor}: {event.action} {event.text}".rstrip()


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {_plain(line)}" for line in lines) or "- none"


def _plain(line: str) -> str:
    """Texts come from brokers and models: control characters would let them redraw a terminal."""
    return "".join(character if character.isprintable() else " " for character in line)


def _at(moment: datetime | None) -> str:
    return "-" if moment is None else moment.astimezone(KST).strftime("%Y-%m-%d %H:%M:%S")


def _won(value: int | None) -> str:
    return "-" if value is None else f"{value:,} KRW"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:+.2%}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
