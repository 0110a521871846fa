"""``daybook news``: what the news say of the market and of securities, now or as it is stored."""

import re
from datetime import datetime
from typing import Annotated

import typer

from daybook.commands.news_view import list_lines, report_lines
from daybook.commands.support import (
    AsJson,
    client_settings,
    console,
    fail,
    ledger,
    note,
    print_json,
    print_text,
    with_desk,
)
from daybook.contracts.base import KST
from daybook.contracts.news import NewsAnalysisInput, NewsReport
from daybook.front.desk import Desk
from daybook.front.news import new_run_id, news_report, start_news
from daybook.news.keys import missing_sources
from daybook.news.text import has_hangul, visible
from daybook.settings import Settings
from daybook.storage import RecordNotFound
from daybook.storage.news_reports import NewsReportStore

_SYMBOL = re.compile(r"\d{6}|\d{4}[A-Z]\d", re.ASCII)
_RUN = re.compile(r"[A-Za-z0-9._-]{1,80}", re.ASCII)
_MOST_WORDS, _LONGEST_WORD = 30, 60


def news(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME|SYMBOL|WORD]...", help="Securities or search words; list; show RUN.", show_default=False
        ),
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=30, help="How far back.")] = 7,
    live: Annotated[bool, typer.Option("--live/--stored", help="Ask the sources, or use what is stored.")] = True,
    count: Annotated[int, typer.Option(min=1, max=500, help="How many, of list.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Analyse news on the desk and show the report; without words, of the market.

    "daybook news list" lists earlier reports, "daybook news show RUN" shows one again.
    """
    asked = [visible(word) for word in words or ()]
    if asked and asked[0] == "list":
        if len(asked) > 1:
            fail("list takes no words; show one report with: daybook news show RUN")
        _list(count, as_json)
    elif asked and asked[0] == "show":
        if len(asked) != 2:
            fail("name one run: daybook news show RUN; list them with: daybook news list")
        _show(_stored_report(asked[1]), as_json)
    else:
        _analyse(asked, days, live, as_json)


def _analyse(words: list[str], days: int, live: bool, as_json: bool) -> None:
    configured = client_settings()
    analysis = _analysis(words, days, live)
    missing = missing_sources(configured.news) if live else ()

    async def action(desk: Desk) -> NewsReport:
        await start_news(desk, analysis, address=configured.temporal.address)
        if console.is_terminal and not as_json:
            note(f"daybook: analysing, run {analysis.run_id} ...")
        return await news_report(desk, analysis.run_id, address=configured.temporal.address)

    report = with_desk(action, using=configured)
    if missing and not as_json:
        _say_missing(missing, configured)
    _show(report, as_json)


def _analysis(words: list[str], days: int, live: bool) -> NewsAnalysisInput:
    from daybook.routing.securities import Securities

    if len(words) > _MOST_WORDS or any(not word or len(word) > _LONGEST_WORD for word in words):
        fail(f"give at most {_MOST_WORDS} words of 1 to {_LONGEST_WORD} characters")
    known = Securities.shipped()
    symbols: list[str] = []
    keywords: list[str] = []
    for word in words:
        security = known.by_name(word) if not _SYMBOL.fullmatch(word.upper()) else None
        if _SYMBOL.fullmatch(word.upper()):
            symbols.append(word.upper())
        elif security is not None and security.symbol:
            symbols.append(security.symbol)
        else:
            keywords.append(word)
    now = datetime.now(KST)
    is_english = bool(words) and not any(has_hangul(word) or _SYMBOL.fullmatch(word) for word in words)
    return NewsAnalysisInput(
        run_id=new_run_id(now, "cli"),
        keywords=tuple(dict.fromkeys(keywords)),
        symbols=tuple(dict.fromkeys(symbols)),
        days=days,
        as_of=now,
        language="en" if is_english else "ko",
        point_in_time=not live,
    )


def _say_missing(missing: tuple[str, ...], configured: Settings) -> None:
    if len(missing) == 3:
        note("daybook: no news source has a key, so this is what is stored")
        for line in missing:
            note(f"  {line}")


def _stored_report(run_id: str) -> NewsReport:
    if not _RUN.fullmatch(run_id):
        fail(f"{run_id[:80]!r} cannot be a run; list them with: daybook news list")
    with ledger() as database:
        try:
            return NewsReportStore(database).get(run_id)
        except RecordNotFound as error:
            fail(f"{error}; list them with: daybook news list")


def _show(report: NewsReport, as_json: bool) -> None:
    if as_json:
        print_json(report.model_dump(mode="json"))
        return
    for line in report_lines(report):
        console.print(line, soft_wrap=True)


def _list(count: int, as_json: bool) -> None:
    with ledger() as database:
        reports = NewsReportStore(database).recent(count)
    if as_json:
        print_json([report.model_dump(mode="json", exclude={"headlines"}) for report in reports])
    elif not reports:
        print_text("no news was analysed yet; begin with: daybook news")
    else:
        print_text("\n".join(list_lines(reports)))
