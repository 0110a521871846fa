"""``daybook schedule apply | list``: Temporal Schedules, in Korean time."""

import typer

from daybook.commands.screen import aligned
from daybook.commands.support import AsJson, client_settings, print_json, print_text, require_live_flag, with_desk
from daybook.front.desk import Desk
from daybook.front.schedules import apply_schedules, list_schedules

app = typer.Typer(help="What starts by itself: apply, list.", no_args_is_help=True)


@app.command(short_help="Create or update the schedules.")
def apply() -> None:
    """Create or update all schedules from the configuration.

    Repeat it after a change of mode, limits or strategy: a scheduled day takes its configuration along.
    """
    configured = client_settings()
    require_live_flag(configured)

    async def action(desk: Desk) -> list[str]:
        return await apply_schedules(desk.client, configured)

    for line in with_desk(action, using=configured):
        print_text(line)


@app.command("list", short_help="List schedules and when they run next.")
def show(as_json: AsJson = False) -> None:
    """List schedules and when they run next, in Korean time."""

    async def action(desk: Desk) -> list[tuple[str, str, str]]:
        return await list_schedules(desk.client)

    rows = with_desk(action)
    if as_json:
        print_json([{"schedule": name, "next_kst": when, "note": remark} for name, when, remark in rows])
    elif not rows:
        print_text("nothing is scheduled; create the schedules with: daybook schedule apply")
    else:
        print_text("\n".join(aligned(["schedule", "next (KST)", "note"], rows)))
