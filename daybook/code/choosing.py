"""Which tools a script gets: those that were asked for, or those the router finds for the task; never an order tool."""

import re
from dataclasses import dataclass, field

from daybook.ask.ports import Routes
from daybook.code.tool_use import callable_tools, is_callable
from daybook.code.wording import stands_in
from daybook.contracts.code import LONGEST_SCRIPT, CodeProblem, CodeReason, CodeRunInput
from daybook.contracts.routing import AnswerPath, Intent
from daybook.routing.errors import RoutingRefused
from daybook.routing.selection import tools_for
from daybook.skills.errors import UnknownTool
from daybook.skills.registry import Registry
from daybook.skills.spec import Cost
from daybook.skills.toolset import ToolSet

MOST_TOOLS = 12
"""Tools a script is told of; about 100 input tokens each."""
_WORD = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Chosen:
    """The tools of a run and the intent they were chosen for; a problem in place of both."""

    tools: ToolSet = field(default_factory=ToolSet)
    intent: Intent | None = None
    problem: CodeProblem | None = None


def given_tools(run: CodeRunInput, registry: Registry) -> Chosen:
    """Return the tools a person named, or for none named all that scripts may call."""
    if not run.tools:
        return Chosen(callable_tools(registry.tools))
    try:
        wanted = registry.tools.select(run.tools)
    except UnknownTool as error:
        return Chosen(problem=CodeProblem(reason=CodeReason.UNKNOWN_TOOL, message=str(error)))
    refused = [spec.name for spec in wanted if not is_callable(spec)]
    if refused:
        text = f"{', '.join(refused)} cannot be called by a script; propose orders in result['intents']"
        return Chosen(problem=CodeProblem(reason=CodeReason.FORBIDDEN, message=text))
    return Chosen(wanted)


async def routed_tools(run: CodeRunInput, routes: Routes, registry: Registry) -> Chosen:
    """Return the tools for a task.

    Tools that ask a model are left out unless a person names them: a script in a loop must not spend a budget.
    """
    try:
        route = await routes.route(run.task, run.run_id)
    except RoutingRefused as error:
        return Chosen(problem=CodeProblem(reason=CodeReason.NO_CODE, message=str(error)))
    if run.tools:
        given = given_tools(run, registry)
        return Chosen(given.tools, route.intent, given.problem)
    if route.path in (AnswerPath.TEMPLATE, AnswerPath.GLOSSARY):
        text = "there is nothing to compute in this task; ask it with: daybook ask"
        return Chosen(intent=route.intent, problem=CodeProblem(reason=CodeReason.NO_CODE, message=text))
    names = route.tools
    if route.path is not AnswerPath.MODEL:
        names = tools_for((route.intent,), False, registry, run.task).tools.names
    routed = registry.tools.select(name for name in names if name in registry.tools)
    return Chosen(_with_spoken(_unpaid(routed), registry, run.task), route.intent)


def widened(tools: ToolSet, registry: Registry, code: str) -> ToolSet:
    """Return a run's tools and those a script named without being told of them: a repair may use these."""
    words = set(_WORD.findall(code[:LONGEST_SCRIPT]))
    return tools.union(_unpaid(ToolSet(tuple(spec for spec in registry.tools if spec.name in words))))


def _unpaid(tools: ToolSet) -> ToolSet:
    return ToolSet(tuple(spec for spec in callable_tools(tools) if spec.cost is not Cost.HIGH))


def _with_spoken(tools: ToolSet, registry: Registry, task: str) -> ToolSet:
    """Return the tools and, as far as there is room, others of the skills a task's words speak for.

    A question may ask again for what it lacks; a script is written once, so it is told a little more.
    """
    text = task.lower()
    ranked: list[tuple[int, int, str]] = []
    for skill in registry.skills:
        of_skill = sum(stands_in(word, text) for word in skill.keywords)
        for spec in _unpaid(ToolSet(skill.tools)):
            own = sum(stands_in(word, text) for word in spec.keywords if word not in skill.keywords)
            if spec.name not in tools and (own or of_skill):
                ranked.append((-own, -of_skill, spec.name))
    room = max(MOST_TOOLS - len(tools), 0)
    return tools.union(registry.tools.select(name for _, _, name in sorted(ranked)[:room]))
