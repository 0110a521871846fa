"""A route on a terminal: what was decided, with what, and why."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from daybook.contracts.routing import AnswerPath, RouteDecision

_BAR = 24
_SHORT = 12
_PATHS = {
    AnswerPath.TEMPLATE: "a template answers; no model, no tool",
    AnswerPath.GLOSSARY: "the glossary answers; no model, no tool",
    AnswerPath.DIRECT_TOOL: "one tool and a template; no model",
    AnswerPath.ORDER_TICKET: "a ticket that waits for your approval; no model",
    AnswerPath.CONFIRM_ORDER: "you are asked whether an order is meant; no model, no tool",
    AnswerPath.MODEL: "a model answers with the tools below",
}
_LABEL = "bold"
_QUIET = "dim"


def shown(text: str, decision: RouteDecision) -> RenderableType:
    """Return a route as lines for a terminal of 80 columns or more."""
    facts = _grid()
    for label, value in _facts(decision):
        facts.add_row(Text(label, style=_LABEL), value)
    parts: list[RenderableType] = [Text(_one_line(text), style="bold cyan"), Text(""), facts]
    if decision.text:
        parts += [Text(""), Text("answer", style=_LABEL), Padding(Text(decision.text), (0, 0, 0, 2))]
    if decision.path is AnswerPath.MODEL and decision.tools:
        parts += [Text(""), Text("tools", style=_LABEL), _tools(decision)]
    if decision.features:
        parts += [Text(""), _features_title(decision), _features(decision)]
    parts += [Text(""), Text("why", style=_LABEL), _reasons(decision)]
    return Group(*parts)


def _facts(decision: RouteDecision) -> Iterator[tuple[str, Text]]:
    colour = "yellow" if decision.path is AnswerPath.CONFIRM_ORDER else "green"
    path = Text(decision.path.value, style=f"bold {colour}")
    yield "path", path.append(f"  {_PATHS[decision.path]}", style="not bold default")
    yield "intent", Text(decision.intent.value, style="bold").append(f"  {_sure(decision)}", style="not bold")
    if decision.direct is not None:
        arguments = ", ".join(f"{name}={value}" for name, value in decision.direct.arguments.items())
        yield "call", Text(f"{decision.direct.tool}({arguments})")
    if decision.order is not None:
        yield "order", _order(decision)
        if decision.tools:
            yield "tool", Text(", ".join(decision.tools))
    if decision.symbols:
        yield "symbols", Text(", ".join(decision.symbols))
    yield "order tools", _exposure(decision)
    if decision.path is AnswerPath.MODEL:
        fallbacks = f"  then {', '.join(decision.fallback_models)}" if decision.fallback_models else ""
        yield "model", Text(decision.model, style="bold").append(fallbacks, style=f"not bold {_QUIET}")
    tokens = f"about {decision.estimated_tokens:,} in the first call" if decision.estimated_tokens else "none"
    yield "tokens", Text(tokens)


def _sure(decision: RouteDecision) -> str:
    by = {"rule": "by rule: the whole text is understood", "offline": "offline"}.get(decision.decided_by)
    unsure = ", unsure" if decision.abstained and decision.decided_by == "offline" else ""
    share = "" if decision.decided_by == "rule" else f"{decision.confidence:.0%} "
    return f"{share}{by or f'by {decision.decided_by}'}{unsure}"


def _order(decision: RouteDecision) -> Text:
    told = decision.order.model_dump(mode="json", exclude_defaults=True) if decision.order else {}
    missing = told.pop("missing", [])
    said = [f"{name} {value:,}" if type(value) is int else f"{name} {value}" for name, value in told.items()]
    line = Text(", ".join(said))
    if missing:
        line.append(f"{'; ' if told else ''}missing: {', '.join(missing)}", style="yellow")
    return line


def _exposure(decision: RouteDecision) -> Text:
    if decision.exposes_write:
        return Text("within reach; a person approves every order", style="bold yellow")
    return Text("out of reach", style="green")


def _tools(decision: RouteDecision) -> RenderableType:
    why = dict(reason.split(": ", 1) for reason in decision.reasons if ": " in reason)
    table = _grid()
    for tool in decision.tools:
        table.add_row(Text(tool, style="cyan"), Text(why.get(tool, ""), style=_QUIET))
    return Padding(table, (0, 0, 0, 2))


def _features_title(decision: RouteDecision) -> Text:
    rival = decision.runner_up.value if decision.runner_up else "the rest"
    return Text("features", style=_LABEL).append(f"  of stage 1, against {rival}", style=f"not bold {_QUIET}")


def _features(decision: RouteDecision) -> RenderableType:
    table = Table.grid(padding=(0, 2), pad_edge=False)
    table.add_column(justify="left")
    table.add_column(justify="right")
    table.add_column()
    most = max(abs(feature.weight) for feature in decision.features)
    for feature in decision.features:
        length = max(1, round(_BAR * abs(feature.weight) / most)) if most else 0
        colour = "green" if feature.weight >= 0 else "red"
        table.add_row(Text(f"  {feature.name}"), Text(f"{feature.weight:+.2f}"), Text("▇" * length, style=colour))
    return table


def _reasons(decision: RouteDecision) -> RenderableType:
    tools = {f"{tool}: " for tool in decision.tools}
    table = Table.grid(padding=(0, 1), pad_edge=False)
    table.add_column(width=3, justify="right", style=_QUIET)
    table.add_column(overflow="fold")
    for reason in decision.reasons:
        if not any(reason.startswith(head) for head in tools):
            table.add_row("-", Text(reason))
    return table


def _grid() -> Table:
    table = Table.grid(padding=(0, 2), pad_edge=False)
    table.add_column(min_width=_SHORT, no_wrap=True)
    table.add_column(overflow="fold")
    return table


def _one_line(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= 200 else f"{plain[:199]}…"
