"""From text to a syntax tree that can be looked at safely: any text at all gives a tree or one problem."""

import ast
import warnings
from collections import deque

from daybook.contracts.code import LONGEST_SCRIPT, CodeProblem, CodeReason

DEEPEST_NODE = 100
"""Levels of the syntax tree; ordinary scripts have under 40, and what walks the tree later may recurse."""


def parse_script(code: str) -> ast.Module | CodeProblem:
    """Return the tree of a script, or why there is none. Never raises, and takes time linear in the text."""
    if len(code) > LONGEST_SCRIPT:
        message = f"the script has {len(code):,} characters; at most {LONGEST_SCRIPT:,} are run"
        return CodeProblem(reason=CodeReason.CODE_TOO_LARGE, message=message)
    if not code.strip():
        return CodeProblem(reason=CodeReason.NO_CODE, message="there is no code")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(code, "<script>")
    except SyntaxError as error:
        return _syntax(f"{type(error).__name__}: {error.msg}", error.lineno)
    except UnicodeEncodeError:
        return _syntax("the script holds half a character (a lone surrogate)")
    except ValueError as error:
        return _syntax(str(error))
    except (RecursionError, MemoryError, OverflowError):
        return _syntax("the script nests too deep to be read")
    if not tree.body:
        return CodeProblem(reason=CodeReason.NO_CODE, message="there is no statement in the code")
    line = _too_deep(tree)
    if line is not None:
        return _syntax(f"the script nests deeper than {DEEPEST_NODE} levels", line)
    return tree


def _syntax(message: str, line: int | None = None) -> CodeProblem:
    return CodeProblem(reason=CodeReason.SYNTAX_ERROR, message=message[:500], line=line)


def _too_deep(tree: ast.Module) -> int | None:
    """Return the line of a node that lies too deep, without recursion."""
    waiting: deque[tuple[ast.AST, int]] = deque([(tree, 0)])
    while waiting:
        node, depth = waiting.popleft()
        if depth > DEEPEST_NODE:
            return getattr(node, "lineno", 1)
        waiting.extend((child, depth + 1) for child in ast.iter_child_nodes(node))
    return None
