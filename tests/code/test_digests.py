import ast

import pytest

from daybook.code.digests import ast_digest, script_id, stub_digest
from daybook.skills.registry import registry

CODE = "import math\nx = f(math.pi)\nresult = {'a': x}"


def digest(code: str) -> str:
    return ast_digest(ast.parse(code))


@pytest.mark.parametrize(
    "same",
    [
        "import math  # for pi\n\nx = f( math.pi )\nresult = { 'a' : x, }",
        '"""What it does."""\nimport math\nx = f(math.pi)\nresult = {"a": x}',
        "import math\nx = (\n    f(math.pi)\n)\nresult = {u'a': x}",
    ],
)
def test_digest_when_only_the_writing_differs_then_it_is_the_same(same: str) -> None:
    assert digest(same) == digest(CODE)


def test_digest_when_docstrings_differ_then_it_is_the_same() -> None:
    bare = "def f():\n    return 1\nclass A:\n    x = 1\nasync def g():\n    return 2"
    told = 'def f():\n    "One."\n    return 1\nclass A:\n    "2"\n    x = 1\nasync def g():\n    "3"\n    return 2'
    assert digest(bare) == digest(told)


@pytest.mark.parametrize(
    "other",
    [
        CODE.replace("'a'", "'b'"),
        CODE.replace("x", "y"),
        CODE.replace("f(", "g("),
        CODE + "\nx = 1",
        CODE.replace("{'a': x}", "['a', x]"),
    ],
)
def test_digest_when_names_values_or_statements_differ_then_it_differs(other: str) -> None:
    assert digest(other) != digest(CODE)


def test_digest_when_values_only_look_alike_then_it_differs() -> None:
    alike = ["x = 1", "x = 1.0", "x = True", "x = '1'", "x = b'1'", "x = 1j", "x = -1", "x = None", "x = ..."]
    assert len({digest(code) for code in alike}) == len(alike)


def test_script_id_when_a_tool_of_it_changes_then_it_changes_and_with_no_other() -> None:
    tools = registry().tools
    one, more = tools.select(("quote",)), tools.select(("quote", "returns"))
    assert stub_digest(one) == stub_digest(tools.select(["quote"]))
    assert script_id(digest(CODE), stub_digest(one)) != script_id(digest(CODE), stub_digest(more))
    assert len(script_id("a", "b")) == 64
