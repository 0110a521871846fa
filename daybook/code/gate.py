"""The static gate: what a script is, does and may not do, read off its text before anything runs.

A convenience and a first wall, never the jail: it finds mistakes early and says in one line how to mend each; what a
script can do is decided by the sandbox alone.
"""

import ast
from dataclasses import dataclass, field

from daybook.code.awaiting import unawaited
from daybook.code.digests import ast_digest
from daybook.code.language import forbidden, parents_of
from daybook.code.parsing import parse_script
from daybook.code.placement import endless_loops, misplaced
from daybook.code.scopes import Names
from daybook.code.tool_use import callable_tools, tool_use
from daybook.contracts.code import CodeProblem, CodeReason
from daybook.contracts.layers import Effect
from daybook.skills.toolset import ToolSet

MOST_PROBLEMS = 8
_EFFECTS = (Effect.READ, Effect.RECORD, Effect.PREPARE, Effect.ORDER)


@dataclass(frozen=True)
class Verdict:
    """What the gate says of a script.

    ``reachable`` are the tools it names, ``max_effect`` the strongest of what they do; ``warnings`` keep nothing from
    running.
    """

    problems: tuple[CodeProblem, ...] = ()
    warnings: tuple[CodeProblem, ...] = ()
    reachable: tuple[str, ...] = ()
    max_effect: Effect = Effect.READ
    ast_digest: str = ""
    tree: ast.Module | None = field(default=None, compare=False, repr=False)
    names: Names | None = field(default=None, compare=False, repr=False)

    @property
    def passes(self) -> bool:
        """Whether the script may go to the sandbox."""
        return not self.problems


def check_script(code: str, tools: ToolSet, everything: ToolSet | None = None) -> Verdict:
    """Judge a script; never raises, whatever the text is.

    Args:
        code: the script.
        tools: the tools it may call; those that prepare orders are never among them.
        everything: all tools of the desk, to say why one of them may not be called.
    """
    everything = everything or tools
    tools = callable_tools(tools)
    parsed = parse_script(code)
    if isinstance(parsed, CodeProblem):
        return Verdict(problems=(parsed,))
    names, parents = Names(parsed), parents_of(parsed)
    problems = [_problem(CodeReason.SYNTAX_ERROR, *found) for found in misplaced(parsed, names, parents)]
    problems += [_problem(CodeReason.FORBIDDEN, *found) for found in forbidden(parsed, names, frozenset(tools.names))]
    use = tool_use(parsed, names, tools, everything)
    problems += [_problem(*trouble) for trouble in use.troubles]
    problems += [_problem(CodeReason.BAD_ARGUMENTS, *found) for found in unawaited(parsed, names, use, parents)]
    effects = [tools.get(name).effect for name in use.reachable]
    return Verdict(
        problems=tuple(sorted(dict.fromkeys(problems), key=lambda one: one.line or 0))[:MOST_PROBLEMS],
        warnings=tuple(_problem(CodeReason.TIMEOUT, *found) for found in endless_loops(parsed)),
        reachable=use.reachable,
        max_effect=max(effects, key=_EFFECTS.index, default=Effect.READ),
        ast_digest=ast_digest(parsed),
        tree=parsed,
        names=names,
    )


def _problem(reason: CodeReason, line: int, message: str) -> CodeProblem:
    return CodeProblem(reason=reason, message=message[:1_000], line=line)
