import typing

from temporalio.activity import _Definition
from temporalio.testing import ActivityEnvironment

from activities.serving import SERVED_CALL
from activities.tools import tool_activities
from daybook.contracts.layers import Layer
from daybook.contracts.tools import ToolReply, ToolRequest, ToolStatus
from daybook.skills.policy import tool_calls_of
from daybook.skills.registry import Registry, registry
from daybook.skills.toolbox import ToolBox
from tests.skills.sample import Archive, archive, article, request, sample

SAMPLES = Registry((sample,))


def bound(layer: Layer, registered: Registry = SAMPLES, **providers: object) -> dict[str, typing.Any]:
    toolbox = ToolBox(layer, registered, {Archive: archive(article())})
    return {getattr(function, SERVED_CALL).name: function for function in tool_activities(toolbox)}


def test_activities_when_made_of_all_tools_then_they_are_the_calls_of_their_layer() -> None:
    for layer in Layer:
        functions = tool_activities(ToolBox(layer, registry(), {}))
        assert tuple(getattr(function, SERVED_CALL) for function in functions) == tool_calls_of(layer)


def test_activity_when_registered_then_its_name_and_types_are_those_of_the_call() -> None:
    for name, function in bound(Layer.PIPELINE).items():
        definition = _Definition.from_callable(function)
        assert definition is not None
        assert (definition.name, definition.arg_types, definition.ret_type) == (name, [ToolRequest], ToolReply)


async def test_activity_when_run_then_the_reply_of_the_tool_comes_back() -> None:
    run = bound(Layer.PIPELINE)["pipeline.tool.find_articles"]
    reply = await ActivityEnvironment().run(run, request("find_articles", keyword="x"))
    assert (reply.status, reply.is_untrusted) == (ToolStatus.OK, True)


async def test_activity_when_asked_for_another_tool_then_neither_runs() -> None:
    run = bound(Layer.PIPELINE)["pipeline.tool.find_articles"]
    reply = await ActivityEnvironment().run(run, request("echo", value=1))
    assert (reply.status, reply.value) == (ToolStatus.UNKNOWN_TOOL, None)


def test_activities_when_of_one_layer_then_the_tools_of_another_are_not_among_them() -> None:
    assert set(bound(Layer.TRADING)) == {"trading.tool.prepare_something"}
    assert bound(Layer.SANDBOX) == {}
