"""``daybook risk``: risk scores of what is held or named, and everything that explains them."""

from datetime import date
from typing import Annotated, Any

import typer

from daybook.commands.screen import aligned, labelled
from daybook.commands.stock_codes import stock_codes
from daybook.commands.support import AsJson, fail, ledger, print_json, print_text, settings, today
from daybook.contracts.scores import BAND_LABELS, WARNING_LABELS, Preferred, RiskScore

_BENCHMARK = "2001"
_PREFERRED = {
    Preferred.MODEL: "in validation the score did better",
    Preferred.BASELINE: "in validation volatility alone did better",
    Preferred.TIE: "validation tells them not apart",
}


def risk(
    symbols: Annotated[
        list[str] | None, typer.Argument(metavar="[SYMBOL]...", help="KRX codes; none: all that is held.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show risk scores, 0 to 100, from stored prices: of what is held, of the portfolio, or of the stocks named."""
    from daybook.advice_desk.scores import ScoreDesk  # takes long to load, and only this command needs it

    codes = stock_codes(symbols)
    configured = settings()
    with ledger(configured) as database:
        book = ScoreDesk(database, _BENCHMARK).score(codes, configured.account, today())
    if not book.scores:
        asked = ", ".join(codes)
        if asked:
            fail(f"there are no stored prices of {asked}; fetch them with: daybook collect {' '.join(codes)}")
        fail("nothing is held; name stocks as in: daybook risk 005930")
    missing = tuple(code for code in book.missing if code in codes or not codes)
    ages = dict(book.prices_as_of)
    portfolio = None if codes else book.portfolio
    if as_json:
        print_json(
            {
                "portfolio": portfolio.model_dump(mode="json") if portfolio else None,
                "scores": [row.model_dump(mode="json") for row in book.scores],
                "prices_as_of": {code: day.isoformat() for code, day in ages.items()},
                "missing": missing,
            }
        )
        return
    rows = [*((portfolio,) if portfolio else ()), *book.scores]
    print_text("\n".join([*risk_lines(rows, ages, today()), *_missing(missing)]))


def risk_lines(scores: list[RiskScore], ages: dict[str, date], now: date) -> list[str]:
    """Return scores in full, the portfolio first; what holds for several is said once, at the end."""
    lines: list[str] = []
    for score in scores:
        lines += [*_score_lines(score, ages.get(score.subject, score.as_of), now), ""]
    for code in sorted({code for score in scores for code in score.warnings}):
        lines.append(labelled("note", WARNING_LABELS[code][1]))
    return lines


def _score_lines(score: RiskScore, priced: date | None, now: date) -> list[str]:
    lines = [
        labelled(
            score.subject,
            f"risk score {score.score:.0f} of 100, {BAND_LABELS[score.band][1].split(' (')[0]}: "
            f"{score.probability:.0%} chance of a fall of 10 % or more within 20 sessions",
        ),
        labelled("baseline", _baseline(score)),
        labelled("confidence", f"{score.confidence:.0%}{_at_best(score)}"),
        labelled("prices", _age(priced, now)),
    ]
    rows: list[Any] = [
        (
            part.label_en,
            "missing" if part.missing or part.value is None else _value(part.value, part.unit),
            f"{part.percentile:.0%}",
            f"{part.weight:.0%}",
            f"{part.points:.1f}",
            part.evidence.value,
        )
        for part in score.contributions
    ]
    table = aligned(("made of", "value", "place", "weight", "points", "weight from"), rows, {1, 2, 3, 4})
    return [*lines, *(f"  {line}" for line in table)]


def _baseline(score: RiskScore) -> str:
    if score.baseline is None:
        return f"not known, too few prices; {_PREFERRED[score.preferred]}"
    plain = score.baseline
    return (
        f"volatility alone ({plain.volatility_ratio:.0%} a year) says {plain.score:.0f}, {plain.probability:.0%}; "
        f"{_PREFERRED[score.preferred]}"
    )


def _at_best(score: RiskScore) -> str:
    if not score.missing:
        return ""
    return f"; {len(score.missing)} metrics are missing: the score lies between {score.lowest_score:.0f} and this"


def _age(priced: date | None, now: date) -> str:
    if priced is None:
        return "of an unknown day"
    days = (now - priced).days
    return f"up to {priced}, {days} days ago" if days else f"up to {priced}, today"


def _value(value: float, unit: str) -> str:
    return f"{value:.1%}" if unit == "ratio" else f"{value:.2f}"


def _missing(missing: tuple[str, ...]) -> list[str]:
    if not missing:
        return []
    return [labelled("no prices", f"{', '.join(missing)}; fetch them with: daybook collect {' '.join(missing)}")]
