"""Statements in places where Python refuses them only when it compiles: found without compiling.

Compiling is left to the jail: ``finally`` blocks are copied by the compiler, so a short script can keep it busy.
"""

import ast
from collections.abc import Iterator

from daybook.code.language import Finding
from daybook.code.scopes import Names, ScopeKind

_FUNCTIONS = (ScopeKind.FUNCTION, ScopeKind.ASYNC_FUNCTION)
_AWAITING = (ScopeKind.MODULE, ScopeKind.ASYNC_FUNCTION)


def misplaced(tree: ast.Module, names: Names, parents: dict[int, ast.AST]) -> Iterator[Finding]:
    """Return statements in wrong places, with their lines."""
    for node in ast.walk(tree):
        match node:
            case ast.Return() | ast.Yield() | ast.YieldFrom() if names.scope_of(node).runner.kind not in _FUNCTIONS:
                word = "return" if isinstance(node, ast.Return) else "yield"
                yield node.lineno, f"SyntaxError: '{word}' outside function; set result instead"
            case ast.Await() | ast.AsyncFor() | ast.AsyncWith() if names.scope_of(node).runner.kind not in _AWAITING:
                yield node.lineno, "SyntaxError: 'await' outside async function; write async def"
            case ast.Break() | ast.Continue() if not _is_in_loop(node, parents):
                word = type(node).__name__.lower()
                yield node.lineno, f"SyntaxError: '{word}' outside loop"
            case ast.Call(keywords=keywords):
                given = [keyword.arg for keyword in keywords if keyword.arg]
                twice = next((name for place, name in enumerate(given) if name in given[:place]), None)
                if twice:
                    yield node.lineno, f"SyntaxError: keyword argument repeated: {twice}"


def _is_in_loop(node: ast.AST, parents: dict[int, ast.AST]) -> bool:
    child = node
    while (parent := parents.get(id(child))) is not None:
        if isinstance(parent, ast.For | ast.AsyncFor | ast.While) and child in parent.body:
            return True
        if isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            return False
        child = parent
    return False


def endless_loops(tree: ast.Module) -> Iterator[Finding]:
    """Return loops without an end in sight; the sandbox would stop them at their limit."""
    for node in ast.walk(tree):
        if isinstance(node, ast.While) and isinstance(node.test, ast.Constant) and node.test.value:
            ways_out = (ast.Break, ast.Return, ast.Raise, ast.Await)
            if not any(isinstance(inner, ways_out) for inner in ast.walk(node)):
                yield node.lineno, "while True has no break, return or await in it"
