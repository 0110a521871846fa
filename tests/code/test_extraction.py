import json

import pytest

from daybook.code.extraction import script_of, with_usual_imports
from daybook.skills.registry import registry

TOOLS = registry().tools
CODE = 'q = await quote(symbol="005930")\nresult = {"price_krw": q["price_krw"]}\n'
HELPER = "def double(x):\n    return 2 * x\n"


@pytest.mark.parametrize(
    "answer",
    [
        f"```python\n{CODE}```",
        f"```py\n{CODE}```",
        f"```\n{CODE}```",
        f"~~~python\n{CODE}~~~",
        f"````python\n{CODE}````",
        f"``` Python \n{CODE}```",
        f"Here is the script:\n\n```python\n{CODE}```\n\nIt reads one quote, then `result` is set.",
        f"스크립트입니다.\r\n```python\r\n{CODE}```".replace("\n", "\r\n").replace("\r\r", "\r"),
        f"\ufeff```python\n{CODE}```",
        f"1. Like so:\n   ```python\n   {CODE.replace(chr(10), chr(10) + '   ').rstrip()}\n   ```",
        f"```python\n{CODE.rstrip()}```",
        f"```python\n{CODE}",  # cut off before the end of the block
        f"```json\n{{}}\n```\n```python\n{CODE}```",
        f"```bash\npip install x\n```\nthen\n```python\n{CODE}```",
        CODE,
        f"Here is the script.\n\n{CODE}\nIt reads one quote.",
        f"Sure! I will read a quote:\n{CODE}",
        json.dumps({"code": CODE}),
    ],
)
def test_script_when_the_answer_has_any_usual_form_then_it_is_found(answer: str) -> None:
    assert script_of(answer).strip() == CODE.strip()


@pytest.mark.parametrize(
    "answer", ["", "   ", "I cannot do that.", "Sorry", "```json\n{}\n```", "``````", "result", "네, 알겠습니다."]
)
def test_script_when_the_answer_holds_none_then_it_is_empty(answer: str) -> None:
    assert script_of(answer).strip() == ""


def test_script_when_there_are_several_blocks_then_the_last_complete_one_is_taken() -> None:
    first = "result = {'draft': 1}\n"
    assert script_of(f"First try:\n```python\n{first}```\nBetter:\n```python\n{CODE}```") == CODE


def test_script_when_the_last_block_needs_the_others_then_they_come_along() -> None:
    last = "result = double(2)\n"
    found = script_of(f"```python\n{HELPER}```\nand\n```python\n{last}```")
    assert found == f"{HELPER}\n{last}"


def test_script_when_no_block_sets_a_result_then_all_are_joined() -> None:
    assert script_of(f"```python\n{HELPER}```\n```python\ndouble(2)\n```") == f"{HELPER}\ndouble(2)\n"


def test_script_when_a_text_in_it_looks_like_a_fence_then_it_stays_whole() -> None:
    code = 'text = """\n  ```not a fence```\n"""\nresult = len(text)\n'
    assert script_of(f"```python\n{code}```") == code


def test_imports_when_usual_ones_are_forgotten_then_they_are_added() -> None:
    code = "frame = pd.DataFrame([])\nx = await asyncio.gather()\nresult = np.sum(math.pi)"
    added = with_usual_imports(code, TOOLS).split("\n")
    assert added[:4] == ["import asyncio", "import math", "import numpy as np", "import pandas as pd"]
    assert "\n".join(added[4:]) == code


def test_imports_when_a_future_import_leads_then_they_come_after_it() -> None:
    added = with_usual_imports("from __future__ import annotations\nresult = json.dumps({})", TOOLS)
    assert added.split("\n")[:2] == ["from __future__ import annotations", "import json"]


@pytest.mark.parametrize("code", ["import pandas\nresult = 1", "pd = 1\nresult = pd", "x = (", "def f(re): return re"])
def test_imports_when_nothing_is_missing_or_it_is_no_python_then_the_code_stays(code: str) -> None:
    assert with_usual_imports(code, TOOLS) == code
