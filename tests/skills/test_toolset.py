import random

import pytest

from daybook.contracts.layers import Layer
from daybook.skills.errors import DeclarationError, UnknownTool
from daybook.skills.toolset import ToolSet
from tests.skills.sample import sample

ALL = ToolSet.of(sample.tools)


def test_toolset_when_given_in_another_order_then_tools_and_digest_are_the_same() -> None:
    shuffled = list(sample.tools)
    random.Random(4).shuffle(shuffled)
    other = ToolSet.of(shuffled)
    assert (other.digest, other.names, other) == (ALL.digest, tuple(sorted(ALL.names)), ALL)
    assert list(other) == sorted(sample.tools, key=lambda spec: spec.name)


def test_toolset_when_a_tool_is_left_out_then_the_digest_differs() -> None:
    assert ALL.select(ALL.names[1:]).digest != ALL.digest


def test_select_when_names_repeat_then_each_tool_is_there_once() -> None:
    assert ALL.select(["numbers", "echo", "numbers"]).names == ("echo", "numbers")


def test_select_when_a_name_is_unknown_then_near_names_are_told() -> None:
    with pytest.raises(UnknownTool, match="did you mean find_articles") as caught:
        ALL.select(["echo", "find_article"])
    assert caught.value.near[0] == "find_articles"


def test_get_when_nothing_is_near_then_the_list_is_named() -> None:
    with pytest.raises(UnknownTool, match="see: daybook tools list"):
        ALL.get("zzzzzz" * 100)


def test_by_layer_skill_and_group_when_asked_then_only_theirs_come() -> None:
    assert ALL.by_layer(Layer.TRADING).names == ("prepare_something",)
    assert ALL.by_skill("market_data.sample") == ALL
    assert len(ALL.by_group("trading")) == 0
    assert "echo" in ALL
    assert "nothing" not in ALL


def test_union_when_sets_overlap_then_shared_tools_are_there_once() -> None:
    assert ALL.select(["echo", "lie"]).union(ALL.select(["echo", "numbers"])).names == ("echo", "lie", "numbers")


def test_toolset_when_two_tools_share_a_name_then_both_skills_are_named() -> None:
    with pytest.raises(DeclarationError, match=r"echo is declared by market_data\.sample and by market_data\.sample"):
        ToolSet.of([sample.spec("echo"), sample.spec("echo")])
