"""YAML as a person writes it in a scenario: nothing guessed, nothing twice, errors in one line.

Plain YAML 1.1 reads the KRX code 000660 as the number 432 and 12:30 as 750; here both stay texts.
"""

import re
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node

from daybook.scenario.errors import ScenarioError

MAX_CHARACTERS = 200_000
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9_]*)")
_INT_TAG = "tag:yaml.org,2002:int"


class StrictLoader(yaml.SafeLoader):
    """Reads only decimal numbers as numbers, refuses aliases and keys that stand twice."""

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        """Compose a node; raises ``ComposerError`` for an alias."""
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "aliases are not read here", event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Construct a mapping; raises ``ConstructorError`` for a key that stands twice."""
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value} stands there twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


StrictLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _INT_TAG]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
StrictLoader.add_implicit_resolver(_INT_TAG, re.compile(rf"^(?:{_INT.pattern})$"), list("-+0123456789"))


def read_mapping(text: str, name: str) -> dict[str, Any]:
    """Return the mapping a text holds; an empty text is an empty mapping. ``name`` is what the text is called.

    Raises:
        ScenarioError: for a text that is too long, no YAML or no mapping.
    """
    value = _loaded(text, name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ScenarioError(name, "must be lines of 'field: value'", "start with a line such as 'name: mine'")
    return {str(key): entry for key, entry in value.items()}


def read_value(text: str, name: str) -> Any:
    """Return the value a text holds: a number, a text, a list in [] or a mapping in {}.

    Raises:
        ScenarioError: for a text that is no YAML.
    """
    return _loaded(text, name)


def composed(text: str, name: str) -> Node | None:
    """Return the tree of a text with the places of its nodes; None for an empty one.

    Raises:
        ScenarioError: for a text that is no YAML.
    """
    with_errors = _Reading(name)
    with with_errors:
        return yaml.compose(text, Loader=StrictLoader)
    return None


def written(value: Any) -> str:
    """Return a value as YAML in one line."""
    text = yaml.dump(
        value, Dumper=_CodeDumper, default_flow_style=True, allow_unicode=True, sort_keys=False, width=100_000
    )
    return text.removesuffix("\n").removesuffix("\n...").strip()


class _CodeDumper(yaml.SafeDumper):
    """Quotes every text that begins with a digit, such as a KRX code."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = '"' if value[:1].isdigit() else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_CodeDumper.add_representer(str, _text)


class _Reading:
    """Turns errors of the YAML reader into one line that names the text and the line."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, yaml.YAMLError | ValueError | RecursionError) and not isinstance(error, ScenarioError):
            mark = getattr(error, "problem_mark", None)
            where = f" at line {mark.line + 1}" if mark is not None else ""
            problem = str(getattr(error, "problem", "") or "").splitlines()
            why = f" ({problem[0][:120]})" if problem else ""
            raise ScenarioError(
                self._name, f"cannot be read as YAML{where}{why}", "check quotes, colons and indentation"
            ) from error


def _loaded(text: str, name: str) -> Any:
    if len(text) > MAX_CHARACTERS:
        raise ScenarioError(name, f"is longer than {MAX_CHARACTERS:,} characters", "keep only what you change")
    with _Reading(name):
        return yaml.load(text, Loader=StrictLoader)  # noqa: S506 - a SafeLoader that reads less
