"""``daybook schedule apply | list``: Temporal Schedules, in Korean time."""

import typer
from rich.table import Table

from daybook.commands.support import console, settings, with_desk
from daybook.front.desk import Desk
from daybook.front.schedules import apply_schedules, list_schedules

app = typer.Typer(help="Scheduled workflows.", no_args_is_help=True)


@app.command()
def apply() -> None:
    """Create or update all schedules from the configuration; repeat it after a change of limits or strategy."""
    configured = settings()

    async def action(desk: Desk) -> list[str]:
        return await apply_schedules(desk.client, configured)

    for line in with_desk(action, using=configured):
        console.print(line)


@app.command("list")
def show() -> None:
    """List schedules and when they run next."""

    async def action(desk: Desk) -> list[tuple[str, str, str]]:
        return await list_schedules(desk.client)

    table = Table("schedule", "next (KST)", "note")
    for row in with_desk(action):
        table.add_row(*row)
    console.print(table)
