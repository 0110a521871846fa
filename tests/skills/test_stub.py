import ast
from typing import Any

import pytest
from typing_extensions import TypedDict

from daybook.contracts.base import Message
from daybook.contracts.layers import Layer
from daybook.skills.registry import registry
from daybook.skills.skill import Skill
from daybook.skills.stub import signature_of, stub_of, stubs_of
from tests.skills.sample import sample

Odd = TypedDict("Odd", {"class": str, "two words": int})


class Quote(Message):
    price_krw: int


def skill_with(name: str, result: Any) -> Skill:
    skill = Skill(f"market_data.{name}", "x", layer=Layer.PIPELINE)

    def get():  # type: ignore[no-untyped-def]
        """Get it."""

    get.__name__ = f"get_{name}"
    get.__annotations__["return"] = result
    skill.tool()(get)
    return skill


def test_stub_when_the_value_is_a_list_of_models_then_they_are_typed_dicts() -> None:
    assert stub_of(sample.spec("find_articles")) == (
        "from typing import Any, Literal, TypedDict\n"
        "\n"
        "class Article(TypedDict):\n"
        "    title: str\n"
        "    published_at: str\n"
        "    score: float | None\n"
        "async def find_articles(keyword: str, days: int = 7) -> list[Article]:\n"
        '    """Search articles by keyword, newest first."""\n'
    )


def test_signature_when_there_are_enums_and_lists_then_they_are_written_as_json_sees_them() -> None:
    assert (
        signature_of(sample.spec("echo"))
        == "echo(value: Any, side: Literal['buy', 'sell'] = 'buy', symbols: list[str] = []) -> Any"
    )


@pytest.mark.parametrize("spec", registry().tools, ids=lambda spec: spec.name)
def test_stub_when_of_any_tool_then_it_is_python_that_defines_every_name_it_uses(spec: Any) -> None:
    tree = ast.parse(stub_of(spec))
    defined = {node.name for node in tree.body if isinstance(node, ast.ClassDef | ast.AsyncFunctionDef)}
    defined |= {target.id for node in tree.body if isinstance(node, ast.Assign) for target in node.targets}  # type: ignore[attr-defined]
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    assert used - defined <= {"str", "int", "float", "bool", "list", "dict", "Any", "Literal", "TypedDict"}


def test_stubs_when_all_tools_are_taken_then_they_run_as_one_module() -> None:
    text = stubs_of(registry().tools)
    namespace: dict[str, Any] = {}
    exec("from __future__ import annotations\n" + text, namespace)
    assert {spec.name for spec in registry().tools} <= set(namespace)


def test_stubs_when_two_skills_have_types_of_one_name_then_both_are_kept_apart() -> None:
    class Quote(Message):  # a name another skill has too
        points: float

    one, other = skill_with("news", globals()["Quote"]), skill_with("search", Quote)
    text = stubs_of((*one.tools, *other.tools))
    assert "class Quote(TypedDict):\n    price_krw: int\n" in text
    assert "class SearchQuote(TypedDict):\n    points: float\n" in text
    assert "get_search() -> SearchQuote" in text


def test_stubs_when_two_tools_share_a_type_then_it_is_written_once() -> None:
    one, other = skill_with("news", Quote), skill_with("search", Quote)
    assert stubs_of((*one.tools, *other.tools)).count("class Quote") == 1


def test_stub_when_a_field_is_no_python_name_then_the_type_is_written_as_a_call() -> None:
    text = stub_of(skill_with("news", Odd).spec("get_news"))
    assert "Odd = TypedDict('Odd', {'class': 'str', 'two words': 'int'})" in text
    ast.parse(text)
