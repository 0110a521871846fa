"""``daybook advise``: the factor ranking of a day, cards of stocks, and the outcome journal."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from daybook.commands.advise_view import outcome_lines, report_lines
from daybook.commands.stock_codes import stock_codes
from daybook.commands.support import AsJson, fail, ledger, parse_day, print_json, print_text, settings
from daybook.contracts.factors import AdviceReport
from daybook.contracts.outcomes import OutcomeSubject

_OUTCOMES = "outcomes"
_BENCHMARK = "2001"


def advise(
    symbols: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SYMBOL]...|outcomes", help="Cards of these; outcomes: what became of earlier advice."),
    ] = None,
    day: Annotated[str, typer.Option(help="YYYY-MM-DD or today, in Korea.")] = "today",
    without_news: Annotated[bool, typer.Option("--without-news", help="As if there were no news.")] = False,
    korean: Annotated[bool, typer.Option("--ko", help="Cards in Korean.")] = False,
    as_json: AsJson = False,
) -> None:
    """Rank the universe by expected excess after cost, from stored data as known before the day's open.

    A stock that is not expected to earn its cost has insufficient evidence: that is an answer, and the usual one.
    """
    if symbols and symbols[0].strip().lower() == _OUTCOMES:
        _outcomes(symbols[1:], as_json)
        return
    codes, chosen = stock_codes(symbols), parse_day(day)
    configured = settings()
    # These take long to load, and only this command needs them.
    from daybook.advice_desk.advice import AdviceDesk
    from daybook.advice_desk.market import StoredMarket
    from daybook.advice_desk.scores import ScoreDesk
    from daybook.risk.score.errors import ScoreError

    with ledger(configured) as database:
        universe = StoredMarket(database).universe(chosen, configured.account, configured.strategy.universe_symbols)
        universe = tuple(dict.fromkeys((*universe, *codes)))
        if not universe:
            fail("there are no stored prices to rank; fetch them with: daybook collect")
        try:
            risk = ScoreDesk(database, _BENCHMARK).score(universe, configured.account, chosen).by_symbol
        except ScoreError:
            risk = {}
        report = AdviceDesk(database, configured.commission_rate).report(
            universe,
            configured.strategy,
            chosen,
            account=configured.account,
            use_news=not without_news,
            risk_scores=risk,
        )
    _require(codes, report)
    if as_json:
        cards = [card for card in report.cards if not codes or card.symbol in codes]
        print_json(report.model_copy(update={"cards": tuple(cards)}).model_dump(mode="json"))
        return
    print_text("\n".join(report_lines(report, codes, "ko" if korean else "en", without_news=without_news)))


def _require(codes: tuple[str, ...], report: AdviceReport) -> None:
    known = {card.symbol for card in report.cards}
    missing = [code for code in codes if code not in known]
    if not missing:
        return
    why = next((line for line in report.problems if line.startswith(missing[0])), f"{missing[0]}: no stored prices")
    fail(f"{why}; fetch prices with: daybook collect {' '.join(missing)}")


def _outcomes(typed: list[str], as_json: bool) -> None:
    from daybook.advice_desk.journal import OutcomeJournal, summaries

    codes = stock_codes(typed)
    configured = settings()
    with ledger(configured) as database:
        journal = OutcomeJournal(database, _BENCHMARK)
        found = {
            subject: [
                row
                for code in codes or ("",)
                for row in journal.outcomes(datetime.now(UTC), subject=subject, symbol=code)
            ]
            for subject in OutcomeSubject
        }
    summed = {subject: summaries(rows) for subject, rows in found.items() if rows}
    if as_json:
        print_json(
            {
                subject.value: {
                    "summaries": [row.model_dump(mode="json") for row in rows],
                    "outcomes": [row.model_dump(mode="json") for row in found[subject]],
                }
                for subject, rows in summed.items()
            }
        )
        return
    print_text("\n".join(outcome_lines(summed, found if codes else {}, configured.mode)))
