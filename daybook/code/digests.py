"""Digests that name a script: of its syntax, of the tools it can reach, and of both together."""

import ast
import hashlib
import json
from typing import Any

from daybook.skills.toolset import ToolSet


def ast_digest(tree: ast.Module) -> str:
    """Return the SHA-256 of a script's syntax: names and values count; places, comments and docstrings do not."""
    text = json.dumps(_plain(tree), ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def stub_digest(tools: ToolSet) -> str:
    """Return the digest of the tools a script can reach; it changes with any of them and with no other."""
    return tools.digest


def script_id(of_syntax: str, of_stubs: str) -> str:
    """Return the name of a script: the same syntax against the same tools."""
    return hashlib.sha256(f"{of_syntax}:{of_stubs}".encode()).hexdigest()


def _plain(node: ast.AST) -> list[Any]:
    """Return a node as JSON that does not depend on the version of Python; the tree is known to be shallow."""
    if isinstance(node, ast.Constant):
        constant = node.value
        text = hex(constant) if isinstance(constant, int) else repr(constant)
        return ["Constant", f"{type(constant).__name__}:{text}"]
    fields: dict[str, Any] = {}
    for name, value in ast.iter_fields(node):
        if name in ("kind", "type_comment", "type_ignores", "ctx") or value is None or value == []:
            continue
        if name == "body" and isinstance(value, list):
            value = _without_docstring(node, value)
        fields[name] = _value(value)
    return [type(node).__name__, fields]


def _value(value: Any) -> Any:
    if isinstance(value, ast.AST):
        return _plain(value)
    if isinstance(value, list):
        return [_value(one) for one in value]
    return str(value)


def _without_docstring(node: ast.AST, body: list[ast.stmt]) -> list[ast.stmt]:
    takes_one = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    if takes_one and body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        return body[1:] if isinstance(body[0].value.value, str) else body
    return body
