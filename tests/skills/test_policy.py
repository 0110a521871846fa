import pytest

from daybook.contracts.calls import CALLS
from daybook.contracts.layers import Effect, Layer
from daybook.contracts.tools import tool_call
from daybook.skills.policy import mcp_annotations, policy_row, tool_calls_of
from daybook.skills.registry import registry
from tests.skills.sample import sample


def test_policy_row_when_made_then_it_carries_what_a_workflow_needs() -> None:
    spec = sample.spec("find_articles")
    row = policy_row(spec)
    assert (row.name, row.skill, row.layer, row.effect) == (spec.name, spec.skill, Layer.PIPELINE, Effect.READ)
    assert (row.digest, row.is_untrusted) == (spec.digest, True)
    assert row.timeout_s > spec.timeout_s


@pytest.mark.parametrize("layer", Layer)
def test_tool_calls_when_of_a_layer_then_they_are_its_tools_and_no_call_of_the_desk(layer: Layer) -> None:
    calls = tool_calls_of(layer)
    names = [f"{layer.value}.tool.{spec.name}" for spec in registry().tools.by_layer(layer)]
    assert [call.name for call in calls] == names
    assert {call.layer for call in calls} <= {layer}
    assert {call.name for call in calls}.isdisjoint(entry.name for entry in CALLS)


def test_annotations_when_a_tool_reads_then_it_is_harmless_to_repeat() -> None:
    assert mcp_annotations(sample.spec("find_articles")) == {
        "readOnlyHint": True,
        "destructiveHint": False,
        "idempotentHint": True,
        "openWorldHint": True,
    }


def test_annotations_when_a_tool_prepares_then_it_neither_reads_only_nor_repeats() -> None:
    spec = sample.spec("prepare_something")
    hints = mcp_annotations(spec)
    assert (hints["readOnlyHint"], hints["idempotentHint"], hints["openWorldHint"]) == (False, False, False)
    assert tool_call(policy_row(spec)).effect is Effect.PREPARE
