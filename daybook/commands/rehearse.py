"""``daybook rehearse``: many days, unattended."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from daybook.commands.local import (
    empty_scratch,
    require_scratch,
    run_stack,
    say_restarted,
    show_links,
    show_progress,
)
from daybook.commands.prices_file import replay_sessions, require_index
from daybook.commands.report_view import show_report
from daybook.commands.support import console, fail, parse_day, print_text, settings
from daybook.contracts.base import Mode
from daybook.krx.calendar import is_trading_day, previous_trading_day

TOKEN_REVOKED_DAY = date(2026, 6, 4)
SPECIAL_DAYS = (
    (date(2025, 11, 13), "CSAT day: everything an hour later"),
    (date(2025, 12, 30), "last session of the year"),
    (date(2025, 12, 31), "year-end closing"),
    (date(2026, 1, 2), "first session of the year: opens at 10:00"),
    (date(2026, 5, 5), "holiday"),
    (date(2026, 6, 3), "election day"),
    (TOKEN_REVOKED_DAY, "token revoked in the middle of the session"),
    (date(2026, 7, 17), "Constitution Day"),
    (date(2026, 11, 19), "CSAT day"),
)


def rehearse(
    first: Annotated[str, typer.Option("--from", help="First date, YYYY-MM-DD.")] = "",
    last: Annotated[str, typer.Option("--to", help="Last date, YYYY-MM-DD.")] = "",
    replay: Annotated[Path | None, typer.Option(help="Real daily prices (CSV, CSV.gz, Parquet).")] = None,
    index: Annotated[Path | None, typer.Option(help="KOSPI200 history; default: next to the replay file.")] = None,
    special: Annotated[bool, typer.Option("--special", help="The special days instead of a range.")] = False,
    speed: Annotated[float, typer.Option(min=1, max=2000, help="Market seconds in one real second.")] = 540,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the generated prices.")] = 7,
    home: Annotated[Path, typer.Option(help="Scratch folder; emptied first.")] = Path(".daybook/rehearsal"),
) -> None:
    """Run many days unattended through the same workflows, with a report a day and one over all of them."""
    if special:
        if first or last:
            fail("--special has its own days; leave out --from and --to")
        days, notes = [day for day, _ in SPECIAL_DAYS], dict(SPECIAL_DAYS)
    else:
        days, notes = _weekdays(first, last), {}
    previous_trading_day(days[0])
    if replay is not None:
        _require_sessions(replay, days)
    if index is not None:
        require_index(index)
    configured = settings().model_copy(update={"mode": Mode.PAPER})
    require_scratch(home)
    # Drawing is needed here alone and takes long to load.
    from daybook.stack.rehearsal import Rehearsal

    started = datetime.now(UTC)
    rehearsal = Rehearsal(
        settings=configured,
        home=empty_scratch(home),
        days=days,
        notes=notes,
        replay=replay,
        index=index,
        speed=speed,
        seed=seed,
        revoked_on=frozenset({TOKEN_REVOKED_DAY}) if special else frozenset(),
    )
    with run_stack(rehearsal.build_stack(say_restarted)) as stack:
        show_links(stack)
        outcome = rehearsal.run(stack, show_progress, console)
    seconds = (datetime.now(UTC) - started).total_seconds()
    show_report(outcome.markdown_path)
    print_text(f"report           {outcome.markdown_path}")
    print_text(f"{len(days)} days in {seconds:.0f} s")
    if not outcome.all_well:
        fail("a day did not end well; see the report")


def _weekdays(first: str, last: str) -> list[date]:
    if not first or not last:
        fail("name the days with --from and --to, or use --special")
    begin, end = parse_day(first), parse_day(last)
    if end < begin:
        fail(f"--to {end} is before --from {begin}; give the earlier date to --from")
    days = [begin + timedelta(days=offset) for offset in range((end - begin).days + 1)]
    if not any(is_trading_day(day) for day in days):
        fail(f"no session from {begin} to {end}; choose other days")
    return [day for day in days if day.weekday() < 5]


def _require_sessions(replay: Path, days: Sequence[date]) -> None:
    sessions = replay_sessions(replay)
    if not set(sessions) & set(days):
        fail(f"{replay} has prices from {sessions[0]} to {sessions[-1]}, none of the chosen days; choose among those")
