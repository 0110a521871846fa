"""``daybook paper serve``."""

import typer

app = typer.Typer(help="The paper exchange.", no_args_is_help=True)
