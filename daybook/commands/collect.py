"""``daybook collect``: bars, investor flows and indices into the database and the object store."""

import re
from datetime import datetime
from typing import Annotated

import typer

from daybook.commands.support import AsJson, client_settings, console, fail, note, print_json, print_text, with_desk
from daybook.contracts.base import KST
from daybook.contracts.collection import CollectionState, CollectMarketDataInput, SeriesKind
from daybook.front.collection import collection_result, start_collection
from daybook.front.desk import Desk
from daybook.front.news import new_run_id

_SYMBOL = re.compile(r"[0-9A-Z]{6,7}", re.ASCII)
_RUN = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}", re.ASCII)
_KIND_TEXT = {
    SeriesKind.INDEX_BARS: "index",
    SeriesKind.DAILY_BARS: "daily bars",
    SeriesKind.INVESTOR_FLOWS: "investor flows",
}


def collect(
    symbols: Annotated[
        list[str] | None, typer.Argument(metavar="[SYMBOL]...", help="KRX codes; none: all the desk knows.")
    ] = None,
    sessions: Annotated[int, typer.Option(min=1, max=2_600, help="How many sessions back.")] = 280,
    run: Annotated[str, typer.Option(help="Wait for this collection, begun earlier.")] = "",
    as_json: AsJson = False,
) -> None:
    """Collect market data; what is there already is not fetched again."""
    configured = client_settings()
    address = configured.temporal.address
    codes = tuple(dict.fromkeys(symbol.strip().upper() for symbol in symbols or ()))
    odd = [code for code in codes if not _SYMBOL.fullmatch(code)]
    if odd:
        fail(f"{odd[0][:40]!r} is no KRX code; write one as in 005930")
    if len(codes) > 400:
        fail(f"{len(codes)} symbols are more than the 400 of one collection; split them")
    if run and not _RUN.fullmatch(run):
        fail(f"{run[:80]!r} cannot be a collection; its id was printed when it began")

    async def action(desk: Desk) -> CollectionState:
        run_id = run
        if not run_id:
            run_id = new_run_id(datetime.now(KST), "cli")
            wanted = CollectMarketDataInput(run_id=run_id, account=configured.account, symbols=codes, sessions=sessions)
            await start_collection(desk, wanted, address=address)
        if console.is_terminal and not as_json:
            note(f"daybook: collecting, run {run_id} ...")
        return await collection_result(desk, run_id, address=address)

    state = with_desk(action, using=configured)
    if as_json:
        print_json(state.model_dump(mode="json"))
    else:
        print_text("\n".join(collection_lines(state)))


def collection_lines(state: CollectionState) -> list[str]:
    """Return a collection in a few lines: sums by kind, then what is odd."""
    until = f" up to {state.plan.until}" if state.plan else ""
    lines = [f"{len(state.done)} series{until}"]
    for kind in SeriesKind:
        done = [report for report in state.done if report.kind is kind]
        if done:
            lines.append(
                f"  {_KIND_TEXT[kind]:<15}{len(done):>5} series{sum(report.sessions for report in done):>9,} sessions"
                f"{sum(report.fetched for report in done):>9,} new"
                f"{sum(len(report.gaps) for report in done):>7,} without a row"
            )
    for report in state.done:
        if report.problem:
            lines.append(f"  {_KIND_TEXT[report.kind]} {report.key}: {report.problem}")
        elif report.changed:
            lines.append(f"  {_KIND_TEXT[report.kind]} {report.key}: prices were adjusted, fetched anew")
    return lines
