"""``daybook route``: how a request would be routed, and why. Needs no server, no ledger and no key."""

import asyncio
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from daybook.commands.route_lines import route_lines
from daybook.commands.support import AsJson, console, fail, note, print_json, settings
from daybook.contracts.base import KST

if TYPE_CHECKING:
    from daybook.routing.router import Router

EXIT_SOME_LINES_FAILED = 1
_RUN = "route-command"


def route(
    text: Annotated[str, typer.Argument(help="The request, in Korean or English.", show_default=False)] = "",
    jsonl: Annotated[
        str,
        typer.Option(
            "--jsonl",
            metavar="FILE",
            help="Route each line {id, text} of FILE (- for standard input), one JSON line for each.",
            show_default=False,
        ),
    ] = "",
    all_models: Annotated[
        bool, typer.Option("--all-models", help="Choose among all models, as if every provider had a key.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show how a request would be routed: intent, tools, model, tokens, and why. Nothing is asked or ordered."""
    if bool(text) == bool(jsonl):
        raise typer.BadParameter("give either a text or --jsonl FILE")
    if jsonl and as_json:
        raise typer.BadParameter("--json is for one text; --jsonl prints JSON lines anyway")
    if jsonl:
        raise typer.Exit(_route_file(jsonl, all_models))
    from daybook.routing.errors import RoutingRefused

    try:
        decision = asyncio.run(_router(all_models).route(text, _RUN))
    except RoutingRefused as error:
        fail(str(error))
    if as_json:
        print_json(decision.model_dump(mode="json"))
        return
    from daybook.commands.route_view import shown

    console.print(shown(text, decision))


def _route_file(name: str, all_models: bool) -> int:
    """Route the lines of a file and return the exit code."""
    if name == "-":
        return _finished(*asyncio.run(route_lines(sys.stdin.buffer, sys.stdout, _router(all_models))))
    if not Path(name).exists():
        fail(f"there is no {name}; give a file of JSON lines, or - for standard input")
    with Path(name).open("rb") as source:
        return _finished(*asyncio.run(route_lines(source, sys.stdout, _router(all_models))))


def _finished(lines: int, failed: int) -> int:
    if not failed:
        return 0
    note(f"daybook: {failed} of {lines} lines could not be routed; each says why in its place")
    return EXIT_SOME_LINES_FAILED


def _router(all_models: bool) -> "Router":
    import os

    from daybook.ask.prompt import SYSTEM
    from daybook.llm.catalogue import Catalogue
    from daybook.llm.catalogue_entry import ProviderName
    from daybook.llm.errors import CatalogueError
    from daybook.llm.providers import api_key, available_models
    from daybook.routing.classifier import IntentClassifier
    from daybook.routing.router import Router
    from daybook.routing.securities import Securities
    from daybook.skills.registry import registry

    llm = settings().llm
    try:
        catalogue = Catalogue.of(llm)
    except CatalogueError as error:
        fail(str(error))
    if all_models:
        providers = [name.value for name in ProviderName]
    else:
        keyed = [name for name in ProviderName if api_key(name, llm, os.environ).get_secret_value()]
        providers = [name.value for name in keyed] + ([ProviderName.OLLAMA.value] if llm.ollama_url else [])
    models = available_models(catalogue, providers, llm, datetime.now(KST).date())
    securities = Securities.shipped()
    classifier = IntentClassifier.shipped()
    return Router(classifier, securities, registry(), models, preferred=llm.preferred_models, system=SYSTEM)
