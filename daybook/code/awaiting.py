"""Calls whose value a script uses without waiting for it."""

import ast
from collections.abc import Iterator

from daybook.code import vocabulary as words
from daybook.code.language import Finding
from daybook.code.scopes import BoundBy, Names
from daybook.code.tool_use import ToolUse


def unawaited(tree: ast.Module, names: Names, use: ToolUse, parents: dict[int, ast.AST]) -> Iterator[Finding]:
    """Find calls whose value is used without waiting for it.

    A script without any ``await``, ``async`` or asyncio gets plain functions from the sandbox and needs none.
    """
    if not _waits(tree):
        return
    waited: dict[int, str] = {id(call): spec.name for call, spec in use.calls}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or id(node) in waited:
            continue
        if isinstance(node.func, ast.Name):
            binding = names.binding(node.func)
            if binding is not None and binding.by is BoundBy.ASYNC_FUNCTION:
                waited[id(node)] = node.func.id
            elif binding is None and node.func.id == "gather":
                waited[id(node)] = "gather"
        if isinstance(node.func, ast.Attribute | ast.Name):
            path = names.path(node.func)
            if path.startswith("asyncio.") and path.removeprefix("asyncio.") in words.AWAITED_ASYNCIO:
                waited[id(node)] = path
    held = _held(tree, waited, parents)
    for node in ast.walk(tree):
        if not _is_used_up(node, parents, names):
            continue
        if id(node) in waited:
            name = waited[id(node)]
            yield getattr(node, "lineno", 1), f"the call of {name} is not awaited: write await {name}(...)"
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in held:
            name = held[node.id]
            yield node.lineno, f"{node.id} is a call of {name} nobody awaited: write {node.id} = await {name}(...)"


def _waits(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.Await | ast.AsyncFunctionDef | ast.AsyncFor | ast.AsyncWith)
        or (isinstance(node, ast.Name) and node.id in ("asyncio", "gather"))
        or (isinstance(node, ast.Import | ast.ImportFrom) and "asyncio" in ast.dump(node))
        for node in ast.walk(tree)
    )


def _held(tree: ast.Module, waited: dict[int, str], parents: dict[int, ast.AST]) -> dict[str, str]:
    """Return variables that hold nothing but a call nobody has waited for, and are never awaited later."""
    stored: dict[str, list[ast.AST]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            stored.setdefault(node.id, []).append(node)
        elif isinstance(node, ast.arg):
            stored.setdefault(node.arg, []).append(node)
    held = {}
    for name, places in stored.items():
        owner = parents.get(id(places[0]))
        if len(places) == 1 and isinstance(owner, ast.Assign) and id(owner.value) in waited:
            held[name] = waited[id(owner.value)]
    return held


def _is_used_up(node: ast.AST, parents: dict[int, ast.AST], names: Names) -> bool:
    """Whether a call's value is used as if it were there already."""
    parent = parents.get(id(node))
    match parent:
        case ast.Expr() | ast.Attribute() | ast.Subscript() | ast.BinOp() | ast.Compare() | ast.BoolOp():
            return True
        case ast.UnaryOp() | ast.FormattedValue() | ast.For() | ast.If() | ast.While():
            return True
        case ast.comprehension(iter=iterated):
            return iterated is node
        case ast.Assign(targets=[ast.Name(id="result")]):
            return True
        case ast.Call(func=ast.Name() as function) if function is not node:
            binding = names.binding(function)
            return binding is None and function.id in words.BUILTINS and function.id not in _HOLDS
        case ast.Call(func=ast.Attribute() as function) if function is not node:
            path = names.path(function)
            return bool(path) and not path.startswith(("asyncio.", "functools.", "contextlib.", "itertools."))
    return False


_HOLDS = frozenset({"list", "tuple", "dict", "set", "zip", "enumerate", "isinstance", "type", "print", "id", "map"})
"""Builtins that take a call as it is; what comes of it is seen where it is used."""
