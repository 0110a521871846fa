"""Declare a skill and its tools: the decorator, and the rules a declaration must keep."""

import inspect
import re
import typing
from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import ConfigDict, PydanticUserError, TypeAdapter, create_model
from pydantic.fields import FieldInfo

from daybook.contracts.layers import Effect, Layer
from daybook.skills.context import ToolContext
from daybook.skills.errors import DeclarationError
from daybook.skills.result import Sourced
from daybook.skills.schema import parameters_schema, returns_schema, sha256_of
from daybook.skills.spec import GROUPS, ToolSpec
from daybook.skills.spec import Cost as Cost

F = TypeVar("F", bound=Callable[..., Any])

_NAME = re.compile(r"[a-z][a-z0-9_]{0,47}")
_SKILL = re.compile(r"[a-z_]+\.[a-z][a-z0-9_]*")
_LONGEST_DESCRIPTION = 160
_LONGEST_TIMEOUT_S = 890.0
_VISIBLE = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.POSITIONAL_ONLY)


class Skill:
    """A named set of tools; each is declared with ``@skill.tool()`` and stays a plain function.

    Args:
        name: ``group.skill``, the place of its module.
        description: one English line.
        layer: where its tools run unless one says otherwise.
        cost: what its calls cost unless one says otherwise.
        keywords: words that speak for the skill, Korean and English.

    Raises:
        DeclarationError: when the name or the layer cannot be.
    """

    def __init__(
        self, name: str, description: str, *, layer: Layer, cost: Cost = Cost.LOW, keywords: tuple[str, ...] = ()
    ) -> None:
        if not _SKILL.fullmatch(name) or name.split(".")[0] not in GROUPS:
            raise DeclarationError(f"skill {name!r} must be named group.skill, with a group of {', '.join(GROUPS)}")
        self.name = name
        self.group = name.split(".")[0]
        self.description = description
        self.layer = layer
        self.cost = cost
        self.keywords = keywords
        self._tools: dict[str, ToolSpec] = {}

    @property
    def tools(self) -> tuple[ToolSpec, ...]:
        """The declared tools, in order of declaration."""
        return tuple(self._tools.values())

    def spec(self, name: str) -> ToolSpec:
        """Return one tool of this skill; raises ``KeyError`` for a name it does not have."""
        return self._tools[name]

    def tool(
        self,
        *,
        effect: Effect = Effect.READ,
        layer: Layer | None = None,
        cost: Cost | None = None,
        timeout_s: float = 30.0,
        untrusted: bool = False,
        keywords: tuple[str, ...] = (),
    ) -> Callable[[F], F]:
        """Declare a function as a tool of this skill; the function itself is returned unchanged.

        Parameters before ``*`` are the model's, keyword-only ones are injected by their type; one of type
        ``ToolContext`` receives the call's context. The first line of the docstring is what a model sees.

        Args:
            effect: what it does to the world: READ or, on the trading layer, RECORD or PREPARE.
            layer: the layer it runs on, where it is not the skill's.
            cost: what a call costs, where it is not the skill's.
            timeout_s: seconds until a call is given up.
            untrusted: its value holds text from outside the desk.
            keywords: words that speak for this tool beyond the skill's.

        Raises:
            DeclarationError: naming the function and the rule it breaks.
        """

        def declare(function: F) -> F:
            spec = _spec_of(
                self,
                function,
                effect=effect,
                layer=layer or self.layer,
                cost=cost or self.cost,
                timeout_s=timeout_s,
                untrusted=untrusted,
                keywords=(*self.keywords, *(word for word in keywords if word not in self.keywords)),
            )
            if spec.name in self._tools:
                raise DeclarationError(f"{self.name}.{spec.name} is declared twice")
            self._tools[spec.name] = spec
            return function

        return declare


def _spec_of(
    skill: Skill,
    function: Callable[..., Any],
    *,
    effect: Effect,
    layer: Layer,
    cost: Cost,
    timeout_s: float,
    untrusted: bool,
    keywords: tuple[str, ...],
) -> ToolSpec:
    name = getattr(function, "__name__", "")
    place = f"{skill.name}.{name}"
    _check_rules(place, name, effect, layer, timeout_s)
    description = _description(place, function)
    hints = _hints(place, function)
    fields, injected, context = _parameters(place, function, hints)
    try:
        # pydantic's typing of create_model cannot see through a computed field map
        arguments: Any = create_model(name, __config__=ConfigDict(extra="forbid", frozen=True), **fields)
        parameters = parameters_schema(arguments)
        result: TypeAdapter[Any] = TypeAdapter(_value_type(place, hints))
        returns = returns_schema(result)
    except (PydanticUserError, DeclarationError) as error:
        if isinstance(error, DeclarationError) and str(error).startswith(place):
            raise
        raise DeclarationError(f"{place}: {str(error).splitlines()[0]}") from error
    return ToolSpec(
        name=name,
        group=skill.group,
        skill=skill.name,
        description=description,
        parameters=parameters,
        returns=returns,
        layer=layer,
        effect=effect,
        cost=cost,
        timeout_s=timeout_s,
        is_untrusted=untrusted,
        keywords=keywords,
        digest=sha256_of([name, description, parameters, returns, effect.value, layer.value, untrusted]),
        function=function,
        arguments=arguments,
        result=result,
        injected=injected,
        takes_context=context,
    )


def _check_rules(place: str, name: str, effect: Effect, layer: Layer, timeout_s: float) -> None:
    if not _NAME.fullmatch(name):
        raise DeclarationError(f"{place}: a tool's name must match {_NAME.pattern}")
    if effect is Effect.ORDER:
        raise DeclarationError(f"{place}: a tool never places an order; let it prepare a ticket (Effect.PREPARE)")
    if effect is not Effect.READ and layer is not Layer.TRADING:
        raise DeclarationError(f"{place}: effect {effect.value} belongs on the trading layer, not on {layer.value}")
    if layer is Layer.CONTROL:
        raise DeclarationError(f"{place}: the control layer runs workflows only, no tools")
    if not 0 < timeout_s <= _LONGEST_TIMEOUT_S:
        raise DeclarationError(f"{place}: timeout_s must be above 0 and at most {_LONGEST_TIMEOUT_S:g}")


def _description(place: str, function: Callable[..., Any]) -> str:
    lines = (inspect.getdoc(function) or "").strip().splitlines()
    if not lines or not lines[0].strip():
        raise DeclarationError(f"{place}: a docstring is required; its first line is what a model sees")
    if len(lines[0]) > _LONGEST_DESCRIPTION:
        raise DeclarationError(f"{place}: the first line of the docstring is longer than {_LONGEST_DESCRIPTION}")
    return lines[0].strip()


def _hints(place: str, function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function, include_extras=True)
    except NameError as error:
        raise DeclarationError(f"{place}: an annotation cannot be resolved at import: {error}") from error


def _parameters(
    place: str, function: Callable[..., Any], hints: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, type], str]:
    fields: dict[str, Any] = {}
    injected: dict[str, type] = {}
    context = ""
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD):
            raise DeclarationError(f"{place}: *{name} hides arguments from the schema; name each of them")
        if name not in hints:
            raise DeclarationError(f"{place}: parameter {name} needs an annotation")
        if name.startswith("_"):
            raise DeclarationError(f"{place}: parameter {name} must not begin with an underscore")
        if parameter.kind in _VISIBLE:
            default = ... if parameter.default is inspect.Parameter.empty else parameter.default
            if isinstance(default, FieldInfo):
                raise DeclarationError(f"{place}: give {name} its Field in Annotated, not as the default")
            fields[name] = (hints[name], default)
        elif hints[name] is ToolContext:
            context = name
        elif isinstance(hints[name], type):
            injected[name] = hints[name]
        else:
            raise DeclarationError(f"{place}: injected parameter {name} must be annotated with one class or protocol")
    return fields, injected, context


def _value_type(place: str, hints: dict[str, Any]) -> Any:
    if "return" not in hints:
        raise DeclarationError(f"{place}: a return type is required; schema and stub derive from it")
    declared = hints["return"]
    if declared is Sourced:
        raise DeclarationError(f"{place}: say what is sourced, as in Sourced[list[Item]]")
    if typing.get_origin(declared) is Sourced:
        declared = typing.get_args(declared)[0]
    if declared in (Any, None, type(None), object):
        raise DeclarationError(f"{place}: the return type must say what the value is")
    return declared
