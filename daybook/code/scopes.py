"""What each name of a script means: bound by the script, and where, or left to the builtins and the tools."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class ScopeKind(StrEnum):
    """The kinds of places a name can live in."""

    MODULE = "module"
    FUNCTION = "function"
    ASYNC_FUNCTION = "async function"
    CLASS = "class"
    COMPREHENSION = "comprehension"


class BoundBy(StrEnum):
    """How a name got its meaning."""

    VALUE = "value"
    FUNCTION = "function"
    ASYNC_FUNCTION = "async function"
    CLASS = "class"
    IMPORT = "import"
    PARAMETER = "parameter"


@dataclass(frozen=True)
class Binding:
    """The first binding of a name in a scope. ``module`` is the dotted path of what an import brought in."""

    name: str
    by: BoundBy
    line: int
    end: tuple[int, int]
    module: str = ""


@dataclass
class Scope:
    """One scope and its names."""

    kind: ScopeKind
    parent: "Scope | None" = None
    bound: dict[str, Binding] = field(default_factory=dict)
    elsewhere: set[str] = field(default_factory=set)

    @property
    def runner(self) -> "Scope":
        """The scope whose code runs here: comprehensions belong to what is around them."""
        scope = self
        while scope.kind is ScopeKind.COMPREHENSION and scope.parent is not None:
            scope = scope.parent
        return scope


class Names:
    """The scopes of a script whose tree is known to be shallow (see ``parse_script``)."""

    def __init__(self, tree: ast.Module) -> None:
        self.module = Scope(ScopeKind.MODULE)
        self._scopes: dict[int, Scope] = {}
        self._statement: tuple[int, int] = (0, 0)
        for statement in tree.body:
            self._visit(statement, self.module)

    def scope_of(self, node: ast.AST) -> Scope:
        """Return the scope a node stands in."""
        return self._scopes[id(node)]

    def binding(self, node: ast.Name) -> Binding | None:
        """Return what the script bound a name to, or None: it is a builtin, a tool, or nothing."""
        return self.resolve(node.id, self.scope_of(node))

    def resolve(self, name: str, scope: Scope) -> Binding | None:
        """Return the binding a name has in a scope."""
        looked: Scope | None = scope
        while looked is not None:
            is_seen = looked is scope or looked.kind is not ScopeKind.CLASS
            if is_seen and name in looked.bound and name not in looked.elsewhere:
                return looked.bound[name]
            looked = looked.parent
        return None

    def path(self, node: ast.expr) -> str:
        """Return the dotted path of an expression that begins with an imported module, else an empty text."""
        names: list[str] = []
        while isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        found = self.binding(node)
        if found is None or not found.module:
            return ""
        return ".".join((found.module, *reversed(names)))

    def _bind(self, name: str, by: BoundBy, node: ast.AST, scope: Scope, module: str = "") -> None:
        home = scope
        if name in home.elsewhere:
            home = self.module
        line, end = getattr(node, "lineno", 0), self._statement
        home.bound.setdefault(name, Binding(name, by, line, end, module))

    def _visit_all(self, nodes: Iterable[ast.AST | None], scope: Scope) -> None:
        for node in nodes:
            if node is not None:
                self._visit(node, scope)

    def _visit(self, node: ast.AST, scope: Scope) -> None:
        self._scopes[id(node)] = scope
        if isinstance(node, ast.stmt):
            self._statement = (node.end_lineno or node.lineno, node.end_col_offset or 0)
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._function(node, scope)
            case ast.Lambda():
                self._arguments(node.args, scope, inner := Scope(ScopeKind.FUNCTION, scope))
                self._visit(node.body, inner)
            case ast.ClassDef():
                self._bind(node.name, BoundBy.CLASS, node, scope)
                self._visit_all((*node.decorator_list, *node.bases, *node.keywords), scope)
                self._visit_all(node.body, Scope(ScopeKind.CLASS, scope))
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                self._comprehension(node, scope)
            case ast.Import() | ast.ImportFrom():
                self._imports(node, scope)
            case ast.Global() | ast.Nonlocal():
                scope.elsewhere.update(node.names)
            case ast.NamedExpr(target=ast.Name(id=name)):
                self._bind(name, BoundBy.VALUE, node, scope.runner)
                self._scopes[id(node.target)] = scope
                self._visit(node.value, scope)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda()):
                self._bind(name, BoundBy.FUNCTION, node, scope)
                self._visit_all(ast.iter_child_nodes(node), scope)
            case _:
                self._plain(node, scope)

    def _plain(self, node: ast.AST, scope: Scope) -> None:
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                self._bind(name, BoundBy.VALUE, node, scope)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                self._bind(name, BoundBy.VALUE, node, scope)
            case ast.MatchMapping(rest=str(name)):
                self._bind(name, BoundBy.VALUE, node, scope)
        self._visit_all(ast.iter_child_nodes(node), scope)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> None:
        is_async = isinstance(node, ast.AsyncFunctionDef)
        self._bind(node.name, BoundBy.ASYNC_FUNCTION if is_async else BoundBy.FUNCTION, node, scope)
        self._visit_all((*node.decorator_list, node.returns), scope)
        inner = Scope(ScopeKind.ASYNC_FUNCTION if is_async else ScopeKind.FUNCTION, scope)
        self._arguments(node.args, scope, inner)
        self._visit_all(node.body, inner)

    def _arguments(self, arguments: ast.arguments, scope: Scope, inner: Scope) -> None:
        self._scopes[id(arguments)] = scope
        named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        named += [one for one in (arguments.vararg, arguments.kwarg) if one is not None]
        for one in named:
            self._bind(one.arg, BoundBy.PARAMETER, one, inner)
            self._scopes[id(one)] = inner
            self._visit_all((one.annotation,), scope)
        self._visit_all((*arguments.defaults, *arguments.kw_defaults), scope)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp, scope: Scope) -> None:
        inner = Scope(ScopeKind.COMPREHENSION, scope)
        for place, part in enumerate(node.generators):
            self._scopes[id(part)] = inner
            self._visit(part.iter, scope if place == 0 else inner)
            self._visit(part.target, inner)
            self._visit_all(part.ifs, inner)
        if isinstance(node, ast.DictComp):
            self._visit_all((node.key, node.value), inner)
        else:
            self._visit(node.elt, inner)

    def _imports(self, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
        for alias in node.names:
            self._scopes[id(alias)] = scope
            if isinstance(node, ast.ImportFrom):
                self._bind(alias.asname or alias.name, BoundBy.IMPORT, node, scope, f"{node.module}.{alias.name}")
            elif alias.asname:
                self._bind(alias.asname, BoundBy.IMPORT, node, scope, alias.name)
            else:
                top = alias.name.partition(".")[0]
                self._bind(top, BoundBy.IMPORT, node, scope, top)
