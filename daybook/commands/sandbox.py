"""``daybook sandbox doctor | run``: what protects this machine from scripts, and one script in the jail."""

from pathlib import Path
from typing import Annotated

import typer

from daybook.commands.support import AsJson, fail
from sandbox.command import doctor as probe
from sandbox.command import run as run_script

app = typer.Typer(help="The jail that scripts run in: doctor, run.", no_args_is_help=True)

Socket = Annotated[str, typer.Option(help="Ask the runner behind this Unix socket instead.")]
Disable = Annotated[str, typer.Option(help="Switch off: landlock,namespaces (to see lower tiers).")]
Attest = Annotated[bool, typer.Option("--attest", help="Vouch that a container isolates this process.")]


@app.command(short_help="Show the tier, what protects this machine, and what is missing.")
def doctor(as_json: AsJson = False, socket: Socket = "", disable: Disable = "", attest: Attest = False) -> None:
    """Show the tier, what protects this machine, and what is missing. Exit code 1 when scripts are refused here."""
    raise typer.Exit(probe(as_json=as_json, disable=_layers(disable), attested=attest, socket_path=socket))


@app.command("run", short_help="Run one script in the jail, with stand-in tools.")
def run_file(
    file: Annotated[Path, typer.Argument(help="A Python file.")],
    tools: Annotated[Path | None, typer.Option(help="JSON with the answers of stand-in tools.")] = None,
    inputs: Annotated[str, typer.Option(help="The script's inputs, one JSON object.")] = "{}",
    socket: Socket = "",
    disable: Disable = "",
    attest: Attest = False,
    as_json: AsJson = False,
) -> None:
    """Run one script in the jail: status, result, output, calls, reason, limits.

    Exit code 0 when the jail did its job, whatever the script did; 1 when scripts are refused here; 2 on bad input.
    """
    for path in (file, tools):
        if path is not None and not path.is_file():
            fail(f"there is no file {path}; check the path")
    raise typer.Exit(
        run_script(
            file,
            tools_file=tools,
            inputs_text=inputs,
            disable=_layers(disable),
            attested=attest,
            socket_path=socket,
            as_json=as_json,
        )
    )


def _layers(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    unknown = sorted(set(names) - {"landlock", "namespaces"})
    if unknown:
        fail(f"there is no layer {', '.join(unknown)} to switch off; name landlock or namespaces")
    return names
