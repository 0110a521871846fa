"""``daybook tools list | show | call``: the Skill Layer from the command line."""

import json
import uuid
from typing import Annotated, Any

import typer

from daybook.commands.support import AsJson, client_settings, fail, note, person, print_json, print_text, with_desk
from daybook.commands.tool_view import card, facts, listing, source_lines, value_lines
from daybook.contracts.tool_runs import ToolCallInput
from daybook.contracts.tools import ToolReply, ToolRequest, ToolStatus
from daybook.front.desk import Desk
from daybook.front.tools import call_tool
from daybook.skills.errors import BadArguments, UnknownTool
from daybook.skills.policy import policy_row
from daybook.skills.registry import registry
from daybook.skills.running import check_arguments
from daybook.skills.spec import ToolSpec
from daybook.skills.stub import signature_of

app = typer.Typer(help="The tools of the desk: list, show, call.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="A tool's name; see: daybook tools list")]
_ANY_OPTION = {"allow_extra_args": True, "ignore_unknown_options": True}


@app.command("list", short_help="List all tools by skill.")
def list_tools(as_json: AsJson = False) -> None:
    """List all tools by skill, with the layer each runs on, what it does to the world, and what it costs."""
    if as_json:
        print_json([facts(spec) for spec in registry().tools])
        return
    print_text("\n".join(listing(registry())))


@app.command(short_help="Show a tool's schema, stub, policy and cost.")
def show(name: Name, as_json: AsJson = False) -> None:
    """Show everything that is derived from one tool: schema, stub, policy and cost."""
    spec = _spec(name)
    if as_json:
        print_json(facts(spec))
        return
    print_text("\n".join(card(spec)))


@app.command(short_help="Run a tool on the running desk.", context_settings=_ANY_OPTION)
def call(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Run a tool on the running desk and print its value.

    Arguments are given by name (--symbol 005930 --days 7) or as one JSON object. Exit code 1 when there is no value.
    """
    spec = _spec(name)
    arguments = _arguments(spec, context.args)
    try:
        check_arguments(spec, arguments)
    except BadArguments as error:
        fail(str(error))
    run_id = f"cli-{uuid.uuid4().hex[:12]}"
    asked = ToolCallInput(
        row=policy_row(spec), request=ToolRequest(tool=name, arguments=arguments, run_id=run_id), asked_by=person()
    )
    configured = client_settings()

    async def action(desk: Desk) -> ToolReply:
        return await call_tool(desk.client, configured.temporal.address, asked)

    reply = with_desk(action, using=configured)
    _print(reply, as_json)
    if reply.status is not ToolStatus.OK:
        raise typer.Exit(1)


def _spec(name: str) -> ToolSpec:
    try:
        return registry().get(name)
    except UnknownTool as error:
        fail(str(error))


def _print(reply: ToolReply, as_json: bool) -> None:
    if as_json:
        print_json(reply.model_dump(mode="json"))
    elif reply.status is not ToolStatus.OK:
        note(f"daybook: {reply.status.value}: {reply.message}")
    else:
        lines = value_lines(reply.value) + source_lines(reply.sources)
        print_text("\n".join("".join(sign for sign in line if sign.isprintable()) for line in lines))


def _arguments(spec: ToolSpec, words: list[str]) -> dict[str, Any]:
    if len(words) == 1 and words[0].lstrip().startswith("{"):
        return _json_object(spec, words[0])
    arguments: dict[str, Any] = {}
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        if not word.startswith("--"):
            fail(f"{signature_of(spec)}: give arguments by name, as in --name value, or as one JSON object")
        option, joined, text = word[2:].partition("=")
        argument = option.replace("-", "_")
        if argument in arguments:
            fail(f"{signature_of(spec)}: {argument} is given twice")
        schema = spec.parameters["properties"].get(argument, {})
        if not joined:
            is_flag = schema.get("type") == "boolean" and (not waiting or waiting[0].startswith("--"))
            if not is_flag and not waiting:
                fail(f"{signature_of(spec)}: {argument} has no value")
            text = "true" if is_flag else waiting.pop(0)
        arguments[argument] = _value(spec, argument, schema, text)
    return arguments


def _value(spec: ToolSpec, argument: str, schema: dict[str, Any], text: str) -> Any:
    """Return text as the schema wants it; texts of numbers are turned by the check that follows."""
    kind = schema.get("type")
    if kind == "array" and not text.lstrip().startswith("["):
        return [part.strip() for part in text.split(",") if part.strip()]
    if kind not in {"array", "object"}:
        return text
    try:
        return json.loads(text)
    except ValueError:
        fail(f"{signature_of(spec)}: {argument} is no JSON")


def _json_object(spec: ToolSpec, text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        fail(f"{signature_of(spec)}: the arguments are no JSON: {error}")
    if not isinstance(value, dict):
        fail(f"{signature_of(spec)}: the arguments must be one JSON object")
    return value
