"""What a script's syntax tree says about how to run it: waiting or not, its main function, its imports of tools."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    """Facts read from the tree.

    ``waits`` is whether tools are async functions: it is false only for a script without a single ``await``,
    ``async`` or mention of asyncio, which gets plain functions instead.
    """

    waits: bool
    calls_main: bool
    sets_result: bool
    called_names: frozenset[str]
    tool_imports: tuple[tuple[str, tuple[str, ...]], ...]


def read_shape(tree: ast.Module) -> Shape:
    """Look at every node once."""
    waits = calls_main = sets_result = False
    called: set[str] = set()
    imports: list[tuple[str, tuple[str, ...]]] = []
    for node in ast.walk(tree):
        match node:
            case ast.Await() | ast.AsyncFunctionDef() | ast.AsyncFor() | ast.AsyncWith():
                waits = True
            case ast.Name(id="asyncio" | "gather"):
                waits = True
            case ast.Call(func=ast.Name(id=name)):
                called.add(name)
                calls_main |= name == "main"
            case ast.Name(id="result", ctx=ast.Store()):
                sets_result = True
            case ast.Import(names=names):
                waits |= any(name.name.partition(".")[0] == "asyncio" for name in names)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                waits |= module.partition(".")[0] == "asyncio"
                imports.append((module, tuple(name.name for name in names)))
    return Shape(waits, calls_main, sets_result, frozenset(called), tuple(imports))


def keep_value_of_main(tree: ast.Module) -> None:
    """Make the script's own last ``main()`` (or ``asyncio.run(main())``) set ``result``.

    For a script that calls its main function as its last statement, at the top level or under
    ``if __name__ == "__main__":``, and never assigns ``result`` at all.
    """
    for body, place in _last_statements(tree):
        statement = body[place]
        if isinstance(statement, ast.Expr) and _is_main(statement.value):
            target = ast.Name(id="result", ctx=ast.Store())
            body[place] = ast.copy_location(ast.Assign(targets=[target], value=statement.value), statement)
            ast.fix_missing_locations(body[place])


def _last_statements(tree: ast.Module) -> Iterator[tuple[list[ast.stmt], int]]:
    if tree.body:
        last = tree.body[-1]
        yield tree.body, len(tree.body) - 1
        if isinstance(last, ast.If) and last.body:
            yield last.body, len(last.body) - 1


def _is_main(value: ast.expr) -> bool:
    match value:
        case ast.Call(func=ast.Name(id="main")):
            return True
        case ast.Await(value=inner):
            return _is_main(inner)
        case ast.Call(func=ast.Attribute(value=ast.Name(id="asyncio"), attr="run"), args=[inner, *_]):
            return _is_main(inner)
    return False
