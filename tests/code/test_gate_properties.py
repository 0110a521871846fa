import time
import warnings

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daybook.code.extraction import script_of, with_usual_imports
from daybook.code.gate import check_script
from daybook.code.parameters import read_keys
from daybook.contracts.code import LONGEST_SCRIPT
from daybook.skills.registry import registry

TOOLS = registry().tools
LONGEST_S = 10.0
"""Of one text; the machine may be busy. What is quadratic takes minutes."""
FRAGMENTS = [
    *("await ", "search_news", "(", ")", "[", "]", "{", "}", ":", "\n", "    ", "=", ",", ".", "inputs", '"days"'),
    *("def f", "async ", "for x in ", "lambda ", "class A", "import os", "import pandas as pd", "pd", "match x"),
    *("__class__", "getattr", "returns", "result", "if ", "else", "try", "except ToolError as e", "f'{", "}'", "\\"),
    *("with ", "yield ", "return ", "*", "**", "global x", "nonlocal y", ":=", "1", "0x" + "f" * 50, "```", "#"),
    *("'''", "case ", "```python\n"),
]
HARD = {
    "unknown names": ";".join(f"name{n}()" for n in range(3_500)),
    "unknown arguments": "\n".join("search_news(x=1)" for _ in range(2_300)),
    "minus": "-" * 39_000 + "1",
    "sum": "+".join("1" for _ in range(19_000)),
    "attributes": "a" + ".b" * 19_000,
    "subscripts": "a" + "[0]" * 13_000,
    "lambdas": "lambda:" * 5_000 + "0",
    "long number": "9" * 39_000,
    "long hexadecimal number": "x = 0x" + "f" * 39_000,
    "power": "x = 10 ** 10 ** 10 ** 8",
    "text": "x = 'a' * 10 ** 12",
    "loops": "\n".join(" " * n + "while True:" for n in range(90)) + "\n" + " " * 91 + "pass",
    "else-ifs": "if a: pass\n" + "elif b: pass\n" * 3_000,
    "finally": "\n".join("    " * n + "try:\n" + "    " * n + "    pass\n" + "    " * n + "finally:" for n in range(18))
    + "\n"
    + "    " * 18
    + "pass",
    "statements": "a=1\n" * 9_900,
    "comprehensions": "[x for x in " * 90 + "[]" + "]" * 90,
    "format": "f'{" * 3_000,
    "backslashes": "x = '" + "\\" * 39_000 + "'",
    "spaces": " " * 39_999,
    "fences": "```\n" * 9_999,
    "open fences": "```python\n" * 3_999,
}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(st.characters(codec=None), max_size=300))
def test_gate_when_given_any_text_then_it_answers(text: str) -> None:
    verdict = check_script(text, TOOLS)
    assert verdict.passes == (not verdict.problems)
    script_of(text)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join))
def test_gate_when_given_pieces_of_python_then_it_answers_and_agrees_with_itself(text: str) -> None:
    verdict = check_script(text, TOOLS)
    assert check_script(text, TOOLS) == verdict
    if verdict.tree is not None and verdict.names is not None:
        read_keys(verdict.tree, verdict.names)
        compile_safely(text, verdict.passes)
    with_usual_imports(script_of(text), TOOLS)


def compile_safely(text: str, passes: bool) -> None:
    """What passes compiles, but for the rarest rules of placement, which the sandbox tells as SYNTAX_ERROR."""
    said = ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "<script>", "exec", flags=0x2000, dont_inherit=True)  # allows a top-level await
    except SyntaxError as error:
        said = str(error)
    known = ("nonlocal", "global", "annotated", "assign", "asynchronous comprehension", "named", "star", "pattern")
    assert not passes or not said or any(word in said for word in known), (text, said)


@pytest.mark.parametrize("name", HARD)
def test_gate_when_the_text_is_built_to_take_long_then_it_does_not(name: str) -> None:
    begun = time.monotonic()
    check_script(HARD[name][:LONGEST_SCRIPT], TOOLS)
    script_of(HARD[name])
    assert time.monotonic() - begun < LONGEST_S
