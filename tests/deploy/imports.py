"""Which modules of the house a module can reach by its import statements, wherever they stand, without running any."""

import ast
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOUSE = ("daybook", "workflows", "activities", "workers", "api", "sandbox")


@dataclass
class Reached:
    """What was reached: files of the house, and names of everything else; each with one module that imports it."""

    files: dict[Path, str] = field(default_factory=dict)
    foreign: dict[str, str] = field(default_factory=dict)


def file_of(module: str, root: Path = ROOT) -> Path | None:
    """Return the file of a module of the house, None when ``module`` is no module there."""
    path = root.joinpath(*module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


def reach(entry: str, *, skip_inner_imports_of: Collection[str] = ()) -> Reached:
    """Follow every import from ``entry``, those inside functions too, but none under ``if TYPE_CHECKING``.

    Imports inside functions of the modules in ``skip_inner_imports_of`` are not followed: code that never runs here.
    """
    reached, waiting = Reached(), [(entry, "the start")]
    seen: set[str] = set()
    while waiting:
        module, importer = waiting.pop()
        if module in seen:
            continue
        seen.add(module)
        if module.split(".")[0] not in HOUSE:
            reached.foreign.setdefault(module, importer)
            continue
        path = file_of(module)
        if path is None:
            continue
        reached.files.setdefault(path, importer)
        for name in imports_of(path, with_inner=module not in skip_inner_imports_of):
            waiting.append((name, module))
        parts = module.split(".")
        waiting.extend((".".join(parts[:length]), module) for length in range(1, len(parts)))
    reached.foreign = {
        name: importer
        for name, importer in reached.foreign.items()
        if name.split(".")[0] not in sys.stdlib_module_names and name != "__future__"
    }
    return reached


@cache
def imports_of(path: Path, *, with_inner: bool) -> tuple[str, ...]:
    """Return the names a file imports; ``from a import b`` yields both ``a`` and ``a.b``."""
    return tuple(_imports(ast.parse(path.read_text(encoding="utf-8")), with_inner=with_inner))


def _imports(node: ast.AST, *, with_inner: bool) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, "the house has no relative imports"
        yield node.module or ""
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
    elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        for branch in node.orelse:
            yield from _imports(branch, with_inner=with_inner)
    elif with_inner or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        for inner in ast.iter_child_nodes(node):
            yield from _imports(inner, with_inner=with_inner)
