"""The report's parts on advice: the day's ranking with its drivers, risk scores, and the outcome journal."""

from collections.abc import Sequence

from daybook.advice.card_text import DRIVERS_SHOWN
from daybook.advice_desk.facts import AdviceFacts
from daybook.contracts.advice import AbstentionCode, Recommendations
from daybook.contracts.factors import AdviceCard, AdviceReport, CallCode
from daybook.contracts.outcomes import OutcomeSummary
from daybook.contracts.scores import WARNING_LABELS, RiskScore, ScoreWarning
from daybook.report.formats import UNKNOWN, cell, percent, table

MOST_ROWS = 10


def advice_parts(facts: AdviceFacts) -> list[str]:
    """Return the parts in their order, headings included."""
    parts = ["## Recommendations", _ranking(facts.ranking, facts.cards)]
    if facts.cards is not None:
        parts += [_evidence(facts.cards), _cards(facts.cards)]
    parts += ["## Risk scores", _scores(facts), "## Outcome journal", _outcomes(facts)]
    parts += [f"Not computed: {cell(gap)}." for gap in facts.gaps]
    return parts


def _ranking(ranking: Recommendations | None, cards: AdviceReport | None) -> str:
    if ranking is None:
        return "No decision recorded a ranking."
    names = {card.symbol: card.name for card in cards.cards} if cards is not None else {}
    doubts = sum(row.code is AbstentionCode.INSUFFICIENT_EVIDENCE for row in ranking.abstentions)
    others = len(ranking.abstentions) - doubts
    text = (
        f"Ranked by {cell(ranking.advisor)}: {len(ranking.ranked)} symbols; insufficient evidence for {doubts}"
        f"{f', {others} left out for other reasons' if others else ''}."
    )
    if not ranking.ranked:
        return text
    rows = [
        (
            str(row.rank),
            str(row.rank_without_news or row.rank),
            row.symbol,
            cell(names.get(row.symbol, "")),
            f"{row.score:+.2f}",
            f"{row.news_tilt:+.2f}" if row.rank_without_news else UNKNOWN,
            cell("; ".join(row.reasons)),
        )
        for row in ranking.ranked[:MOST_ROWS]
    ]
    heads = ("rank>", "without news>", "symbol", "name", "score>", "news>", "why")
    return f"{text}\n\n{table(heads, rows)}"


def _evidence(report: AdviceReport) -> str:
    known = report.evidence
    if known.walk_forward_ic is None:
        tested = "its ranking is not validated on these stocks yet"
    else:
        t = "" if known.walk_forward_t is None else f", t {known.walk_forward_t:+.1f}"
        tested = f"walk-forward rank correlation {known.walk_forward_ic:+.3f}{t}, {known.walk_forward_windows} windows"
    return (
        f"Factor view on {known.sessions} sessions of {known.symbols} symbols, up to {report.data_as_of or UNKNOWN}: "
        f"weights {known.fitted_share:.0%} fitted, the rest assumed from published studies; {tested}. "
        "The universe is today's, so names that left the exchange are not in its past."
    )


def _cards(report: AdviceReport) -> str:
    if not report.cards:
        return "No symbol has the history a card needs."
    rows = [
        (
            str(card.rank),
            str(card.rank_without_news),
            str(card.rank_without_rating),
            card.symbol,
            cell(card.name),
            _call(card),
            f"{card.points:.0f}",
            _expected(card),
            percent(card.cost_ratio).lstrip("+"),
            cell(", ".join(f"{row.label_en} {row.points:+.1f}" for row in card.drivers[:DRIVERS_SHOWN]) or "none"),
            UNKNOWN if card.risk_score is None else f"{card.risk_score:.0f}",
        )
        for card in report.cards[:MOST_ROWS]
    ]
    heads = (
        "rank>", "without news>", "without LLM>", "symbol", "name", "call", "points>", "expected excess (80 % band)>",
        "cost>", "main drivers, points", "risk>",
    )  # fmt: skip
    horizon = report.cards[0].horizon_sessions
    return (
        f"{table(heads, rows)}\n\nExpected excess is over {horizon} sessions against the day's symbols, before cost. "
        "50 points are neutral: what is expected is not worth its cost."
    )


def _expected(card: AdviceCard) -> str:
    return f"{percent(card.expected_excess_ratio)} ({percent(card.band_low_ratio)} to {percent(card.band_high_ratio)})"


def _call(card: AdviceCard) -> str:
    return "insufficient evidence" if card.call is CallCode.INSUFFICIENT_EVIDENCE else card.call.value


def _scores(facts: AdviceFacts) -> str:
    book = facts.book
    scores = [*((book.portfolio,) if book.portfolio else ()), *book.scores[:MOST_ROWS]]
    if not scores:
        return "There are no stored prices to score."
    rows = [_score_row(score) for score in scores]
    heads = (
        "", "score>", "band", "chance of -10 % in 20 days>", "volatility alone>", "main contributions, points",
        "confidence>", "prices as of",
    )  # fmt: skip
    missing = f" Without stored prices: {', '.join(book.missing)}." if book.missing else ""
    warnings = sorted({code for score in scores for code in score.warnings})
    return (
        f"{table(heads, rows)}\n\nThe {len(rows) - bool(book.portfolio)} riskiest symbols.{missing}{_warned(warnings)}"
    )


def _score_row(score: RiskScore) -> tuple[str, ...]:
    parts = ", ".join(f"{row.label_en} {row.points:.0f}" for row in score.contributions[:3])
    return (
        cell(score.subject),
        f"{score.score:.0f}",
        score.band.value.replace("_", " "),
        f"{score.probability:.0%}",
        UNKNOWN if score.baseline is None else f"{score.baseline.score:.0f}",
        cell(parts),
        f"{score.confidence:.0%}",
        UNKNOWN if score.as_of is None else score.as_of.isoformat(),
    )


def _warned(codes: Sequence[ScoreWarning]) -> str:
    return "".join(f"\n\n> {WARNING_LABELS[code][1]}" for code in codes)


def _outcomes(facts: AdviceFacts) -> str:
    parts = []
    for name, rows in (("Recommendations", facts.recommendations), ("Orders decided on", facts.decisions)):
        parts.append(f"{name}:\n\n{outcome_table(rows)}" if rows else f"{name}: nothing is noted yet.")
    parts.append(
        "Against KOSPI200 and against doing nothing, after cost. Only what was noted before the close it is measured "
        "from is performance; a rehearsal of past days is noted late and never counts."
    )
    return "\n\n".join(parts)


def outcome_table(rows: Sequence[OutcomeSummary]) -> str:
    """Return outcomes by horizon as a Markdown table."""
    heads = (
        "sessions>", "performance>", "pending>", "noted late>", "halted or void>", "against index>", "against nothing>",
        "hits>", "rank IC (days)>",
    )  # fmt: skip
    cells = [
        (
            str(row.horizon_sessions),
            str(row.outcomes),
            str(row.pending),
            str(row.noted_late),
            str(row.halted + row.void),
            percent(row.mean_excess_ratio),
            percent(row.mean_against_nothing_ratio),
            UNKNOWN if row.hit_ratio is None else f"{row.hit_ratio:.0%}",
            UNKNOWN if row.rank_ic is None else f"{row.rank_ic:+.3f} ({row.rank_ic_days})",
        )
        for row in rows
    ]
    return table(heads, cells)
