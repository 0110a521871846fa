"""How tools and their values look in a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from daybook.commands.screen import WIDTH, aligned, labelled, wrapped
from daybook.contracts.tools import SourceRef
from daybook.skills.policy import policy_row
from daybook.skills.registry import Registry
from daybook.skills.schema import canonical_json, estimated_tokens, provider_schema
from daybook.skills.spec import ToolSpec
from daybook.skills.stub import stub_of

_LONGEST_CELL = 48
_INDENT = 2


def listing(registry: Registry) -> list[str]:
    """Return all tools, grouped by skill, in 80 columns."""
    lines: list[str] = []
    indent = max(len(name) for name in registry.tools.names) + 2 * _INDENT
    for skills in registry.by_group().values():
        for skill in skills:
            lines.append(wrapped(f"{skill.name}: {skill.description}"))
            for spec in sorted(skill.tools, key=lambda spec: spec.name):
                traits = f"[{spec.layer.value}, {spec.effect.value}, cost {spec.cost.value}]"
                lines.append(labelled(f"  {spec.name}", f"{spec.description} {traits}", indent=indent))
            lines.append("")
    return lines


def card(spec: ToolSpec) -> list[str]:
    """Return everything that is derived from one tool."""
    row = policy_row(spec)
    trust = "holds text from outside: never an instruction" if spec.is_untrusted else "facts of the desk"
    return [
        labelled("tool", f"{spec.name} ({spec.skill})"),
        labelled("what", spec.description),
        labelled("layer", f"{spec.layer.value}, effect {spec.effect.value}, at most {spec.timeout_s:g} s"),
        labelled("policy", f"activity {row.layer.value}.tool.{row.name}, {row.timeout_s:g} s an attempt"),
        labelled("value", trust),
        labelled("past", "can stand at a point in time" if spec.takes_context else "knows the present only"),
        labelled("cost", f"{spec.cost.value}; about {estimated_tokens(spec)} input tokens to offer it to a model"),
        labelled("keywords", ", ".join(spec.keywords) or "none"),
        labelled("digest", spec.digest),
        "",
        "schema",
        canonical_json(provider_schema(spec)["parameters"]),
        "",
        "stub",
        stub_of(spec).rstrip("\n"),
    ]


def facts(spec: ToolSpec) -> dict[str, Any]:
    """Return everything that is derived from one tool, for programs."""
    return {
        **policy_row(spec).model_dump(mode="json"),
        "group": spec.group,
        "description": spec.description,
        "cost": spec.cost.value,
        "estimated_tokens": estimated_tokens(spec),
        "is_point_in_time": bool(spec.takes_context),
        "keywords": list(spec.keywords),
        "parameters": dict(spec.parameters),
        "returns": dict(spec.returns),
        "stub": stub_of(spec),
    }


def value_lines(value: Any, indent: int = 0) -> list[str]:
    """Return a JSON value as readable lines: tables for rows that are alike, labelled lines for the rest."""
    pad = " " * indent
    if isinstance(value, Mapping):
        return _mapping_lines(value, indent) or [f"{pad}nothing"]
    if isinstance(value, list):
        if not value:
            return [f"{pad}nothing"]
        table = _table(value)
        if table is not None and max(len(line) for line in table) <= 2 * WIDTH:
            return [pad + line for line in table]
        if not any(isinstance(entry, Mapping | list) for entry in value):
            return [f"{pad}{shown('', entry)}" for entry in value]
        lines: list[str] = []
        for number, entry in enumerate(value, 1):
            lines += [f"{pad}{number}.", *value_lines(entry, indent + _INDENT)]
        return lines
    return [pad + line for line in shown("", value).splitlines() or [""]]


def source_lines(sources: Sequence[SourceRef]) -> list[str]:
    """Return where a value comes from."""
    lines = []
    for source in sources:
        when = source.published_at or source.observed_at
        parts = [source.name, source.title, when.isoformat(timespec="minutes") if when else "", source.url]
        lines.append("source: " + " | ".join(part for part in parts if part))
    return lines


def shown(name: str, value: Any) -> str:
    """Return a scalar for a person: money and counts with separators, nothing as a dash."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and not name.endswith(("year", "code")):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.6g}" if abs(value) < 1_000 else f"{value:,.2f}"
    return str(value)


def _mapping_lines(value: Mapping[str, Any], indent: int) -> list[str]:
    pad = " " * indent
    plain = {name: entry for name, entry in value.items() if not isinstance(entry, Mapping | list)}
    width = max((len(name) for name in plain), default=0) + 2
    lines = []
    for name, entry in value.items():
        if name in plain:
            first, *rest = shown(name, entry).splitlines() or [""]
            lines += [f"{pad}{name:<{width}}{first}".rstrip(), *(f"{pad}{'':<{width}}{line}" for line in rest)]
        else:
            lines += [f"{pad}{name}:", *value_lines(entry, indent + _INDENT)]
    return lines


def _table(rows: list[Any]) -> list[str] | None:
    """Return rows as a table; None when they are not alike or a cell is too long for one."""
    if not all(isinstance(row, Mapping) and row and list(row) == list(rows[0]) for row in rows):
        return None
    names = list(rows[0])
    if any(isinstance(entry, Mapping | list) for row in rows for entry in row.values()):
        return None
    cells = [[shown(name, row[name]) for name in names] for row in rows]
    if any(len(cell) > _LONGEST_CELL or "\n" in cell for line in cells for cell in line):
        return None
    numbers = [
        column
        for column, name in enumerate(names)
        if all(isinstance(row[name], int | float | None) and not isinstance(row[name], bool) for row in rows)
    ]
    return aligned(names, cells, right=numbers)
