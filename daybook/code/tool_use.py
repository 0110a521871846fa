"""How a script uses tools: which it can reach, and whether its calls fit the stubs."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

from pydantic import ValidationError

from daybook.code import vocabulary as words
from daybook.code.language import is_tool_import
from daybook.code.scopes import Binding, BoundBy, Names, ScopeKind
from daybook.contracts.code import CodeReason
from daybook.contracts.layers import Effect
from daybook.skills.spec import ToolSpec
from daybook.skills.stub import signature_of
from daybook.skills.toolset import ToolSet

_LITERALS = (ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.UnaryOp, ast.USub, ast.UAdd, ast.Load)
_LARGEST_LITERAL = 2_000
_MOST_TROUBLES = 50
"""What a text full of mistakes is worth; the first few are told."""
Trouble = tuple[CodeReason, int, str]


@dataclass(frozen=True)
class ToolUse:
    """Where tools are named, and what is wrong with it."""

    calls: tuple[tuple[ast.Call, ToolSpec], ...]
    reachable: tuple[str, ...]
    troubles: tuple[Trouble, ...]


def tool_use(tree: ast.Module, names: Names, tools: ToolSet, everything: ToolSet) -> ToolUse:
    """Read the use of tools off a script.

    Args:
        tree: the script.
        names: its names.
        tools: the tools it may call.
        everything: all tools of the desk, to say why one may not be called.
    """
    imported = _imported_tools(tree, tools)
    calls: list[tuple[ast.Call, ToolSpec]] = []
    called: set[int] = set()
    reachable: set[str] = set()
    troubles: list[Trouble] = []
    functions = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    unknown: dict[str, Trouble] = {}

    def miss(name: str, line: int, is_called: bool) -> None:
        if name not in unknown and len(unknown) < _MOST_TROUBLES:
            unknown[name] = _unknown(name, line, is_called, tools, everything)

    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (name := _tool_of(node.func, names, tools, imported)):
            called.add(id(node.func))
            calls.append((node, tools.get(name)))
            reachable.add(name)
            if len(troubles) < _MOST_TROUBLES:
                troubles += _misuse(node.func, names, name)
                texts = _arguments(node, tools.get(name))
                troubles += [(CodeReason.BAD_ARGUMENTS, node.lineno, text) for text in texts]
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and id(node) not in called:
            if names.binding(node) is None and node.id in tools:
                reachable.add(node.id)
            elif names.binding(node) is None and not _is_known(node.id):
                miss(node.id, node.lineno, id(node) in functions)
        elif isinstance(node, ast.Attribute) and id(node) not in called and names.path(node.value) == "tools":
            if node.attr in tools:
                reachable.add(node.attr)
            elif node.attr != "ToolError":
                miss(node.attr, node.lineno, True)
        elif isinstance(node, ast.ImportFrom) and is_tool_import(node, frozenset(tools.names)):
            wanted = [alias.name for alias in node.names if alias.name not in ("ToolError", "*")]
            reachable.update(name for name in wanted if name in tools)
            for name in wanted:
                if name not in tools:
                    miss(name, node.lineno, True)
    return ToolUse(tuple(calls), tuple(sorted(reachable)), (*troubles, *unknown.values()))


def _imported_tools(tree: ast.Module, tools: ToolSet) -> dict[str, str]:
    """Return names that an import of tools gave them."""
    return {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and is_tool_import(node, frozenset(tools.names))
        for alias in node.names
        if alias.name in tools
    }


def _tool_of(function: ast.expr, names: Names, tools: ToolSet, imported: dict[str, str]) -> str:
    """Return the name of the tool an expression stands for, or an empty text."""
    if isinstance(function, ast.Attribute):
        return function.attr if function.attr in tools and names.path(function.value) == "tools" else ""
    if not isinstance(function, ast.Name):
        return ""
    binding = names.binding(function)
    if binding is None:
        return function.id if function.id in tools else ""
    if binding.by is BoundBy.IMPORT:
        return imported.get(function.id, "")
    return function.id if binding.by is BoundBy.VALUE and function.id in tools else ""


def _misuse(function: ast.expr, names: Names, tool: str) -> Iterator[Trouble]:
    """Find calls of a tool whose name the script has given to a value."""
    if not isinstance(function, ast.Name):
        return
    binding = names.binding(function)
    if binding is None or binding.by is BoundBy.IMPORT:
        return
    if not _is_before(function, names, binding):
        text = f"{tool} is a tool and the name of a variable here; give the variable another name"
        yield CodeReason.BAD_ARGUMENTS, function.lineno, text


def _is_before(function: ast.Name, names: Names, binding: Binding) -> bool:
    """Whether a top-level call comes before its tool's name is taken, as in ``returns = await returns(...)``."""
    scope = names.scope_of(function).runner
    is_here = scope.kind is ScopeKind.MODULE and scope.bound.get(function.id) is binding
    return is_here and (function.lineno, function.col_offset) < binding.end


def _is_known(name: str) -> bool:
    is_builtin = name in words.BUILTINS or name in words.FORBIDDEN_NAMES
    return is_builtin or name in words.GIVEN or (name.startswith("__") and name.endswith("__"))


def _unknown(name: str, line: int, is_called: bool, tools: ToolSet, everything: ToolSet) -> Trouble:
    if name in everything:
        effect = everything.get(name).effect
        if not is_callable(everything.get(name)):
            text = f"{name} ({effect.value}) cannot be called by a script; propose orders in result['intents']"
            return CodeReason.FORBIDDEN, line, text
        text = f"the tool {name} is not among the tools of this run: {', '.join(tools.names) or 'none'}"
        return CodeReason.UNKNOWN_TOOL, line, text
    near = get_close_matches(name[:64].lower(), tools.names, n=3, cutoff=0.6)
    hint = f"; did you mean {', '.join(near)}?" if near else ""
    if name in words.USUAL_IMPORTS:
        return CodeReason.UNKNOWN_TOOL, line, f"the name {name} is not defined; write: {words.USUAL_IMPORTS[name]}"
    if not is_called:
        return CodeReason.UNKNOWN_TOOL, line, f"the name {name[:60]} is not defined{hint}"
    known = f"; the tools of this run: {', '.join(tools.names) or 'none'}" if not near else hint
    return CodeReason.UNKNOWN_TOOL, line, f"there is no tool or function {name[:60]}{known}"


def is_callable(spec: ToolSpec) -> bool:
    """Whether scripts may call a tool at all: never one that orders or prepares orders."""
    return spec.effect in (Effect.READ, Effect.RECORD)


def callable_tools(tools: ToolSet) -> ToolSet:
    """Return the tools of a set that scripts may call."""
    return ToolSet(tuple(spec for spec in tools if is_callable(spec)))


def _arguments(call: ast.Call, spec: ToolSpec) -> Iterator[str]:
    """Find arguments that cannot fit, as far as that can be seen; the rest is checked when the call is made."""
    parameters = tuple(spec.arguments.model_fields)
    required = {name for name, field in spec.arguments.model_fields.items() if field.is_required()}
    signature = _signature(spec)
    is_open = any(isinstance(one, ast.Starred) for one in call.args) or any(one.arg is None for one in call.keywords)
    positional = [one for one in call.args if not isinstance(one, ast.Starred)]
    if len(positional) > len(parameters):
        yield f"{signature} takes {len(parameters)} arguments, {len(positional)} are given"
        return
    given: dict[str, ast.expr] = {}
    if not any(isinstance(one, ast.Starred) for one in call.args):
        given = dict(zip(parameters, positional, strict=False))
    for keyword in call.keywords:
        if keyword.arg is None:
            continue
        if keyword.arg not in parameters:
            near = get_close_matches(keyword.arg, parameters, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            yield f"{signature} has no argument {keyword.arg[:60]}{hint}"
        elif keyword.arg in given:
            yield f"{signature}: {keyword.arg} is given twice"
        else:
            given[keyword.arg] = keyword.value
    missing = [name for name in parameters if name in required and name not in given]
    if missing and not is_open:
        yield f"{signature} needs {', '.join(missing)}"
    yield from _literals(spec, given, signature)


@lru_cache(maxsize=256)
def _signature(spec: ToolSpec) -> str:
    return signature_of(spec)


def _literals(spec: ToolSpec, given: dict[str, ast.expr], signature: str) -> Iterator[str]:
    """Check the arguments that are written out by the tool's own model, as the call itself would."""
    values = {}
    for name, node in given.items():
        parts = list(ast.walk(node))
        if len(parts) <= _LARGEST_LITERAL and all(isinstance(part, _LITERALS) for part in parts):
            try:
                values[name] = ast.literal_eval(node)
            except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
                continue
    if not values:
        return
    try:
        spec.arguments.model_validate(values)
    except ValidationError as error:
        for entry in error.errors(include_url=False, include_input=False):
            if entry["loc"] and entry["loc"][0] in values and entry["type"] != "missing":
                place = ".".join(str(part)[:40] for part in entry["loc"])
                yield f"{signature}: {place}: {entry['msg']}"
