"""Change one field in the text of a scenario file; all else stays as its owner wrote it, comments included."""

import re
from collections.abc import Sequence
from typing import Any

from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode

from daybook.scenario.errors import ScenarioError
from daybook.scenario_desk.yaml_text import composed, written

_LISTS = ("threats", "controls")
_COMMENT = re.compile(r" +#")


def with_field(text: str, path: str, value: Any, name: str) -> str:
    """Return ``text`` with the field at a dotted path set.

    Entries of ``threats`` and ``controls`` are named by their id: ``threats.T07_account_takeover.annual_rate``.

    Raises:
        ScenarioError: for a path no field can have, or a text that is no YAML.
    """
    steps = [step.strip() for step in path.split(".")]
    if not all(steps):
        raise ScenarioError(path or "field", "is no field", "write it as in budget.total_krw")
    root = composed(text, name)
    if root is None or (isinstance(root, ScalarNode) and root.value == ""):
        return f"{text.rstrip()}\n{_line(steps, _as_list(steps[0], steps, value))}\n".lstrip("\n")
    if not isinstance(root, MappingNode):
        raise ScenarioError(name, "must be lines of 'field: value'", "start with a line such as 'name: mine'")
    return _set(text, root, steps, value, top=steps[0])


def _set(text: str, node: MappingNode, steps: Sequence[str], value: Any, top: str) -> str:
    """Set a field within a mapping of the text."""
    found = next((entry for key, entry in node.value if key.value == steps[0]), None)
    if found is None:
        return _insert(text, node, _line(steps, _as_list(top, steps, value)))
    rest = steps[1:]
    if not rest:
        return _replace(text, found, value)
    if isinstance(found, MappingNode):
        if not found.value:
            return _replace(text, found, _nested(rest, value))
        return _set(text, found, rest, value, top)
    if isinstance(found, SequenceNode) and top in _LISTS and len(rest) > 1:
        return _set_in_list(text, found, rest, value, top)
    if isinstance(found, ScalarNode) and found.value in ("", "null", "~"):
        return _replace(text, found, _as_list(top, steps, value) if top in _LISTS else _nested(rest, value))
    raise ScenarioError(".".join(steps), f"lies within {steps[0]}, which is a value", f"set {steps[0]} itself")


def _set_in_list(text: str, node: SequenceNode, steps: Sequence[str], value: Any, top: str) -> str:
    """Set a field of the entry of an id; an entry that is not there yet is put first."""
    for entry in node.value:
        if isinstance(entry, ScalarNode) and entry.value == steps[0]:
            return _replace(text, entry, {"id": steps[0], **_nested(steps[1:], value)})
        if isinstance(entry, MappingNode) and _id_of(entry) == steps[0]:
            return _set(text, entry, steps[1:], value, "")
    new = {"id": steps[0], **_nested(steps[1:], value)}
    if not node.value:
        return _replace(text, node, [new])
    if node.flow_style:
        start = node.start_mark.index + 1
        return f"{text[:start]}{written(new)}, {text[start:]}"
    start = node.start_mark.index
    return f"{text[:start]}- {written(new)}\n{' ' * node.start_mark.column}{text[start:]}"


def _id_of(entry: MappingNode) -> str:
    return next((str(found.value) for key, found in entry.value if key.value == "id"), "")


def _insert(text: str, node: MappingNode, line: str) -> str:
    """Put a field behind the last one of a mapping."""
    if node.flow_style:
        end = _end(node) - 1
        joint = ", " if node.value else ""
        return f"{text[:end].rstrip()}{joint}{line}{text[end:]}"
    end = _end(node)
    rest = text[end:]
    same_line, newline, after = rest.partition("\n")
    indent = " " * node.start_mark.column
    return f"{text[:end]}{same_line}\n{indent}{line}{newline or chr(10)}{after}"


def _replace(text: str, node: Node, value: Any) -> str:
    """Put a value in a node's place."""
    start, end = node.start_mark.index, _end(node)
    gap = " " if start and text[start - 1] not in " \t\n[{," else ""
    if isinstance(node, CollectionNode) and not node.flow_style and node.start_mark.column:
        start = len(text[:start].rstrip())  # a block goes back to the line of its key
        gap = " "
    new = f"{gap}{written(value)}"
    comment = _COMMENT.match(text, end)
    if comment is None:
        return f"{text[:start]}{new}{text[end:]}"
    column = max(1, comment.end() - start - len(new) - 1)
    return f"{text[:start]}{new}{' ' * column}{text[comment.end() - 1 :]}"


def _end(node: Node) -> int:
    """Return where a node's own text ends; the reader counts blank lines and comments after a block to it."""
    if not isinstance(node, CollectionNode) or node.flow_style:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(last[1] if isinstance(last, tuple) else last)


def _nested(steps: Sequence[str], value: Any) -> dict[str, Any]:
    result: Any = value
    for step in reversed(steps):
        result = {step: result}
    return dict(result)


def _as_list(top: str, steps: Sequence[str], value: Any) -> Any:
    """Return the value of a path's first field: for threats and controls a list with one entry."""
    if top in _LISTS and len(steps) > 2:
        return [{"id": steps[1], **_nested(steps[2:], value)}]
    return _nested(steps[1:], value) if len(steps) > 1 else value


def _line(steps: Sequence[str], value: Any) -> str:
    """Return ``field: value`` for the first step; ``value`` is that step's."""
    return f"{written(steps[0])}: {written(value)}"
