from daybook.contracts.layers import Layer
from daybook.contracts.tools import ToolStatus
from daybook.skills.registry import Registry
from daybook.skills.toolbox import ToolBox
from tests.skills.sample import NOW, Archive, archive, article, request, sample

REGISTRY = Registry((sample,))


async def test_toolbox_when_a_tool_is_its_layer_s_then_it_runs_with_the_providers() -> None:
    box = ToolBox(Layer.PIPELINE, REGISTRY, {Archive: archive(article())})
    assert (await box.run(request("find_articles", keyword="x"))).status is ToolStatus.OK


async def test_toolbox_when_a_clock_is_given_then_tools_see_it() -> None:
    reply = await ToolBox(Layer.PIPELINE, REGISTRY, {}, clock=lambda: NOW).run(request("tell_context"))
    assert isinstance(reply.value, dict)
    assert reply.value["now"] == NOW.isoformat()


async def test_toolbox_when_a_tool_is_of_another_layer_then_it_is_unknown_here() -> None:
    reply = await ToolBox(Layer.PIPELINE, REGISTRY, {}).run(request("prepare_something", shares=1, side="buy"))
    assert reply.status is ToolStatus.UNKNOWN_TOOL
    assert reply.message.startswith("the pipeline layer: there is no tool 'prepare_something'")


async def test_toolbox_when_a_name_is_mistyped_then_near_names_are_told() -> None:
    reply = await ToolBox(Layer.PIPELINE, REGISTRY, {}).run(request("find_article"))
    assert "did you mean find_articles?" in reply.message


def test_toolbox_when_of_a_layer_then_it_holds_that_layer_s_tools_only() -> None:
    assert ToolBox(Layer.TRADING, REGISTRY, {}).tools.names == ("prepare_something",)
    assert ToolBox(Layer.SANDBOX, REGISTRY, {}).tools.names == ()
