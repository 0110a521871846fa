"""Rankings, cards and outcomes as lines of a terminal."""

from collections.abc import Collection, Mapping, Sequence

from daybook.advice.card_text import card_text
from daybook.commands.screen import aligned, labelled, wrapped
from daybook.contracts.base import Mode
from daybook.contracts.factors import AdviceCard, AdviceReport, CallCode
from daybook.contracts.outcomes import Outcome, OutcomeStatus, OutcomeSubject, OutcomeSummary

_UNKNOWN = "-"
_PROBLEMS_SHOWN = 5
_CALLS = {
    CallCode.FAVOURABLE: "favourable",
    CallCode.UNFAVOURABLE: "unfavourable",
    CallCode.INSUFFICIENT_EVIDENCE: "insufficient",
}


def report_lines(report: AdviceReport, codes: Collection[str], language: str, *, without_news: bool) -> list[str]:
    """Return the ranking, or the cards of ``codes``, with what stands behind them."""
    lines = [labelled("advice", _title(report, without_news)), labelled("evidence", _evidence(report)), ""]
    if codes:
        for card in report.cards:
            if card.symbol in codes:
                lines += [*wrapped(card_text(card, language)).splitlines(), ""]
        return lines
    if report.cards:
        lines += aligned(_HEADS, [_row(card) for card in report.cards], {0, 1, 2, 5, 6, 7, 8})
        calls = [card.call for card in report.cards]
        lines += ["", labelled("calls", ", ".join(f"{calls.count(call)} {text}" for call, text in _CALLS.items()))]
    else:
        lines.append("no symbol has the history a card needs; fetch more with: daybook collect --sessions 280")
    for problem in report.problems[:_PROBLEMS_SHOWN]:
        lines.append(labelled("left out", problem))
    if len(report.problems) > _PROBLEMS_SHOWN:
        lines.append(labelled("", f"and {len(report.problems) - _PROBLEMS_SHOWN} more"))
    lines.append(labelled("", "50 points are neutral: what is expected is not worth its cost"))
    return lines


_HEADS = ("rank", "no news", "no LLM", "symbol", "name", "points", "excess", "cost", "risk", "evidence")


def _row(card: AdviceCard) -> tuple[str, ...]:
    return (
        str(card.rank),
        str(card.rank_without_news),
        str(card.rank_without_rating),
        card.symbol,
        card.name[:12] or _UNKNOWN,
        f"{card.points:.1f}",
        f"{card.expected_excess_ratio:+.2%}",
        f"{card.cost_ratio:.2%}",
        _UNKNOWN if card.risk_score is None else f"{card.risk_score:.0f}",
        _CALLS[card.call],
    )


def _title(report: AdviceReport, without_news: bool) -> str:
    as_of = f"prices up to {report.data_as_of}" if report.data_as_of else "no prices"
    return f"{report.day}, {report.advisor}, {as_of}{', without news' if without_news else ''}"


def _evidence(report: AdviceReport) -> str:
    known = report.evidence
    tested = "not validated on these stocks yet"
    if known.walk_forward_ic is not None:
        t = "" if known.walk_forward_t is None else f", t {known.walk_forward_t:+.1f}"
        tested = f"walk-forward rank correlation {known.walk_forward_ic:+.3f}{t}, {known.walk_forward_windows} windows"
    return (
        f"{known.symbols} symbols, {known.sessions} sessions; weights {known.fitted_share:.0%} fitted, the rest "
        f"assumed from published studies; {tested}; today's members only, so delisted names are not in the past"
    )


def outcome_lines(
    summed: Mapping[OutcomeSubject, Sequence[OutcomeSummary]],
    found: Mapping[OutcomeSubject, Sequence[Outcome]],
    mode: Mode,
) -> list[str]:
    """Return what claims came to by horizon, and the single outcomes of ``found`` that are known."""
    if not summed:
        return ["nothing is noted in the outcome journal yet; a trading day notes its ranking and its orders"]
    lines: list[str] = []
    for subject, rows in summed.items():
        heads = (
            "sessions",
            "counted",
            "pending",
            "late",
            "halted",
            "void",
            "vs index",
            "vs nothing",
            "hits",
            "rank IC",
        )
        table = [
            (
                str(row.horizon_sessions),
                str(row.outcomes),
                str(row.pending),
                str(row.noted_late),
                str(row.halted),
                str(row.void),
                _percent(row.mean_excess_ratio),
                _percent(row.mean_against_nothing_ratio),
                _UNKNOWN if row.hit_ratio is None else f"{row.hit_ratio:.0%}",
                _UNKNOWN if row.rank_ic is None else f"{row.rank_ic:+.3f}",
            )
            for row in rows
        ]
        lines += [f"{subject.value}s", *aligned(heads, table, set(range(len(heads)))), ""]
        lines += [_line(row) for row in found.get(subject, ()) if row.status is not OutcomeStatus.PENDING]
    lines.append(
        labelled(
            "note",
            "only what was noted before the close it is measured from is counted; late: noted afterwards, as by a "
            "rehearsal of past days. Against KOSPI200, and against doing nothing after cost.",
        )
    )
    if mode is Mode.PAPER:
        lines.append(labelled("", "prices of the paper exchange are simulated: none of this is real performance"))
    return lines


def _line(row: Outcome) -> str:
    counted = "" if row.forward_only else " (noted late)"
    return (
        f"  {row.made_at.date()} {row.symbol} {row.direction:+d} after {row.horizon_sessions}: {row.status.value}, "
        f"{_percent(row.return_ratio)}, {_percent(row.excess_ratio)} against the index{counted}"
    )


def _percent(ratio: float | None) -> str:
    return _UNKNOWN if ratio is None else f"{ratio:+.2%}"
