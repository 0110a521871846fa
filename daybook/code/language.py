"""The language of scripts: which syntax, imports and names pass. Every rule gives ``(line, message)``."""

import ast
import re
from collections.abc import Iterable, Iterator

from daybook.code import vocabulary as words
from daybook.code.scopes import BoundBy, Names, ScopeKind

Finding = tuple[int, str]
_DUNDER = re.compile(r"__\w*__")
_DUNDER_FIELD = re.compile(r"\{[^{}]*__")
_STANDARD_ONLY = "imports are limited to numpy, pandas and parts of the standard library that compute"


def forbidden(tree: ast.Module, names: Names, tools: frozenset[str]) -> Iterator[Finding]:
    """Return what a script may not hold, with its line."""
    parents = parents_of(tree)
    line = 1
    for node in ast.walk(tree):
        line = getattr(node, "lineno", line)
        if type(node) not in words.NODES and not isinstance(node, words.OPERATORS):
            yield line, f"{type(node).__name__} is not allowed in a script"
        for finding in (*_identifiers(node), *_one(node, names, parents, tools)):
            yield line, finding


def parents_of(tree: ast.Module) -> dict[int, ast.AST]:
    """Return the parent of every node, by the node's identity."""
    return {id(child): node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}


def _one(node: ast.AST, names: Names, parents: dict[int, ast.AST], tools: frozenset[str]) -> Iterable[str]:
    match node:
        case ast.Import() | ast.ImportFrom():
            return _import(node, tools)
        case ast.Attribute():
            return _attribute(node, names, parents)
        case ast.Name():
            return _name(node, names, parents)
        case ast.Call():
            return _call(node, names)
        case ast.ClassDef(keywords=keywords) if any(one.arg in ("metaclass", None) for one in keywords):
            return ("a class of a script has no metaclass",)
        case ast.Constant(value=str(text)) if _DUNDER.fullmatch(text) and text != "__main__":
            return (f"the text {text[:40]!r} names something internal",)
    return ()


def _identifiers(node: ast.AST) -> Iterator[str]:
    """Refuse names with double underscores wherever Python lets one be written."""
    found: list[object] = [getattr(node, name, None) for name in ("arg", "asname", "rest")]
    if isinstance(node, ast.Global | ast.Nonlocal):
        found += node.names
    elif isinstance(node, ast.MatchClass):
        found += node.kwd_attrs
    elif isinstance(node, ast.alias):
        found += node.name.split(".")
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        found.append(None if node.name in words.DUNDER_METHODS else node.name)
    elif isinstance(node, ast.ClassDef | ast.ExceptHandler | ast.MatchAs | ast.MatchStar):
        found.append(node.name)
    for name in found:
        if isinstance(name, str) and _DUNDER.fullmatch(name):
            yield f"the name {name[:60]} is internal to Python"


def _import(node: ast.Import | ast.ImportFrom, tools: frozenset[str]) -> Iterator[str]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.name not in words.IMPORTS and alias.name != "tools":
                yield f"import {alias.name[:60]} is not allowed; {_STANDARD_ONLY}"
        return
    module = node.module or "."
    if node.level:
        yield "a script has no packages to import from"
    elif is_tool_import(node, tools):
        return
    elif module not in words.IMPORTS:
        yield f"import from {module[:60]} is not allowed; {_STANDARD_ONLY}; tools need no import"
    for alias in node.names:
        if alias.name == "*":
            yield "a script imports names one by one, not *"
        elif why := _refused_part(module, alias.name):
            yield why


def is_tool_import(node: ast.ImportFrom, tools: frozenset[str]) -> bool:
    """Whether an import brings in nothing but tools, from a module that is none of Python's."""
    if node.level or (node.module or "") in words.IMPORTS:
        return False
    offered = tools | {"ToolError"}
    return node.module == "tools" or all(alias.name in offered for alias in node.names)


def _refused_part(path: str, name: str) -> str:
    """Say why a part of an imported module may not be used; empty when it may."""
    top, _, rest = path.partition(".")
    is_top = not rest
    if name in words.FILE_ATTRIBUTES:
        return f"{name} reads or writes files; data come from tools and leave through result"
    if name.startswith("_"):
        return f"{path}.{name} is internal"
    if name in words.MODULES_INSIDE_MODULES:
        return f"{path}.{name} leads out of {path}"
    if top == "numpy" and is_top and name in words.FILES_OF_NUMPY:
        return f"numpy.{name} is not allowed: a script has no files"
    if top == "pandas" and is_top and name in words.PARTS_OF_PANDAS:
        return f"pandas.{name} is not allowed"
    if path == "asyncio" and name not in words.ASYNCIO:
        return f"asyncio.{name} is not allowed; await the tools, or gather them"
    return ""


def _attribute(node: ast.Attribute, names: Names, parents: dict[int, ast.AST]) -> Iterator[str]:
    name = node.attr
    if _DUNDER.fullmatch(name) and not (name in words.DUNDER_ATTRIBUTES or _is_of_super(node)):
        yield f"the attribute {name[:60]} is internal to Python"
    elif name in words.FRAME_ATTRIBUTES:
        yield f"the attribute {name} is internal to Python"
    elif name in words.TEXT_AS_CODE:
        yield f".{name}() runs a text as code; filter with a condition instead, as in frame[frame.x > 0]"
    elif name in words.FILE_ATTRIBUTES:
        yield f"{name} reads or writes files; data come from tools and leave through result"
    elif name in words.TEXT_IF_NO_TARGET and not _writes_nothing(node, parents):
        yield f"{name} may only be called without a place to write to: a script has no files"
    elif (path := names.path(node.value)) and (why := _refused_part(path, name)):
        yield why


def _is_of_super(node: ast.Attribute) -> bool:
    return (
        node.attr in words.DUNDER_METHODS
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Name)
        and node.value.func.id == "super"
    )


def _writes_nothing(node: ast.Attribute, parents: dict[int, ast.AST]) -> bool:
    call = parents.get(id(node))
    if not isinstance(call, ast.Call) or call.func is not node or call.args:
        return False
    return all(keyword.arg not in (None, words.TEXT_IF_NO_TARGET[node.attr]) for keyword in call.keywords)


def _name(node: ast.Name, names: Names, parents: dict[int, ast.AST]) -> Iterator[str]:
    name = node.id
    is_read = isinstance(node.ctx, ast.Load)
    if _DUNDER.fullmatch(name):
        if name not in (words.DUNDER_NAMES if is_read else words.DUNDER_STORES):
            yield f"the name {name[:60]} is internal to Python"
    elif name in words.FORBIDDEN_NAMES and is_read:
        parent = parents.get(id(node))
        is_called = isinstance(parent, ast.Call) and parent.func is node
        if is_called or not _is_own_value(node, names):
            yield f"{name} is not allowed in a script"
    elif name in words.BY_NAME_ONLY and names.binding(node) is None:
        parent = parents.get(id(node))
        if not (isinstance(parent, ast.Call) and parent.func is node):
            yield f"{name} may only be called, with the attribute's name written out"


def _is_own_value(node: ast.Name, names: Names) -> bool:
    """Whether a name such as ``open`` is read after the script itself gave it a value in the same scope."""
    scope = names.scope_of(node).runner
    binding = names.resolve(node.id, names.scope_of(node))
    if binding is None:
        return False
    if binding.by is BoundBy.PARAMETER or names.scope_of(node).bound.get(node.id) is binding:
        is_in_comprehension = names.scope_of(node).kind is ScopeKind.COMPREHENSION
        return binding.by is BoundBy.PARAMETER or is_in_comprehension or (node.lineno, node.col_offset) > binding.end
    return scope.bound.get(node.id) is binding and (node.lineno, node.col_offset) > binding.end


def _call(node: ast.Call, names: Names) -> Iterator[str]:
    match node.func:
        case ast.Name(id="type") if len(node.args) + len(node.keywords) > 1:
            yield "classes are written with class, not made with type()"
        case ast.Name(id=name) if name in words.BY_NAME_ONLY and names.binding(node.func) is None:
            yield from _written_out(name, node.args[1:2])
        case ast.Attribute(attr="format" | "format_map", value=ast.Constant(value=str(text))):
            if _DUNDER_FIELD.search(text):
                yield "a format text may not reach into Python's internals"
        case ast.Attribute(attr="attrgetter" | "methodcaller" as name):
            yield from _written_out(name, node.args if name == "attrgetter" else node.args[:1])
        case ast.Name(id="attrgetter" | "methodcaller" as name):
            yield from _written_out(name, node.args if name == "attrgetter" else node.args[:1])


def _written_out(function: str, arguments: list[ast.expr]) -> Iterator[str]:
    """Require attribute names as plain texts that would be allowed after a dot."""
    if not arguments:
        yield f"{function} needs the attribute's name written out"
    for argument in arguments:
        if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
            yield f"{function} needs the attribute's name written out as a text"
            continue
        for name in argument.value.split("."):
            refused = words.FRAME_ATTRIBUTES | words.FILE_ATTRIBUTES | words.TEXT_AS_CODE | set(words.TEXT_IF_NO_TARGET)
            if name.startswith("_") or name in refused:
                yield f"{function}(..., {name[:40]!r}) is not allowed"
