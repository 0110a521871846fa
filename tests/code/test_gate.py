import pytest

from daybook.code.gate import MOST_PROBLEMS, Verdict, check_script
from daybook.contracts.code import LONGEST_SCRIPT, CodeReason
from daybook.contracts.layers import Effect
from daybook.skills.registry import registry

TOOLS = registry().tools
NEWS = TOOLS.select(("search_news", "quote", "returns"))
ORDINARY = {
    "sentiment": """
import asyncio
async def read(name):
    try:
        return await search_news(keyword=name, days=inputs.get("days", 7))
    except ToolError as error:
        return [{"title": error.message, "sentiment": 0.0, "kind": type(error).__name__, "code": error.code}]
found = await asyncio.gather(*(read(name) for name in inputs["names"]))
result = {name: sum(item["sentiment"] for item in items) / max(len(items), 1)
          for name, items in zip(inputs["names"], found)}
""",
    "pandas": """
import pandas as pd
import numpy as np
rows = await returns(symbols=inputs["symbols"], sessions=20)
frame = pd.DataFrame(rows).set_index("symbol")
frame["rank"] = frame["total"].rank(ascending=False)
frame = frame[frame["total"] > 0].sort_values("rank").assign(size=lambda f: np.where(f["total"] > 0.1, "big", "small"))
grouped = frame.groupby("size")["total"].agg(["mean", "count"])
result = {"rows": frame.reset_index().to_dict(orient="records"), "text": grouped.to_json(), "csv": frame.to_csv()}
""",
    "classes": '''
from __future__ import annotations
import dataclasses, enum, re, json, statistics
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple
class Mood(enum.Enum):
    GOOD = 1
    BAD = -1
@dataclass(order=True)
class Row:
    """A row."""
    score: float
    tags: list[str] = field(default_factory=list)
    def __post_init__(self) -> None:
        self.score = float(self.score)
    def __repr__(self):
        return f"Row({self.score:.2f})"
    @property
    def mood(self): return Mood.GOOD if self.score > 0 else Mood.BAD
    @classmethod
    def of(cls, text): return cls(len(text))
class Special(Row):
    def __init__(self, score):
        super().__init__(score)
class Point(NamedTuple):
    x: int
    y: int = 0
def walk(rows):
    for row in rows:
        yield row.score
def kind(value):
    match value:
        case {"kind": str(kind), **rest}: return kind, rest
        case [first, *others]: return first
        case Row(score=0.0): return 0
        case _: return None
rows = sorted([Row(2), Row(1), Special(3)], reverse=True)
counts = defaultdict(int)
for word in re.findall(r"\\w+", "one two one"):
    counts[word] += 1
with_default = getattr(rows[0], "score", 0)
assert Counter(counts).most_common(1)[0][0] == "one", "never"
del counts["two"]
try:
    mean = statistics.mean(walk(rows))
except (ValueError, ZeroDivisionError) as error:
    mean = None
finally:
    done = True
total, (low, high) = 0, (min(walk(rows)), max(walk(rows)))
while total < 3:
    total += 1
if (n := len(rows)) > 2 and not done:
    pass
result = {"mean": mean, "low": low, "n": n, "p": Point(1)._asdict(), "row": dataclasses.asdict(rows[0]),
          "text": "{:>5} {name}".format(1, name="x") + "%d" % 3, "json": json.loads(json.dumps({"a": [1, 2]}))}
''',
    "dates": """
import datetime as dt
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo
now = datetime.now(ZoneInfo("Asia/Seoul"))
days = [(now - timedelta(days=n)).strftime("%Y-%m-%d") for n in range(5)]
result = {"today": now.date().isoformat(), "days": days, "weekday": dt.date(2026, 3, 6).weekday()}
""",
    "main": """
import asyncio
async def main():
    async with asyncio.timeout(5):
        tasks = [asyncio.create_task(quote(symbol=symbol)) for symbol in inputs["symbols"]]
        rows = await asyncio.gather(*tasks, return_exceptions=True)
    return [row["price_krw"] for row in rows if not isinstance(row, Exception)]
if __name__ == "__main__":
    result = asyncio.run(main())
""",
    "column names": """
open, high, low, close = 1, 4, 0, 3
bars = [{"open": 1}]
vars = [bar["open"] for bar in bars]
result = {"range": high - low, "body": close - open, "n": len(vars)}
""",
    "a tool's name for its own result": """
returns = await returns(symbols=["005930"])
result = {"total": returns[0]["total"]}
""",
    "tools by import": "from tools import quote\nq = await quote(symbol='005930')\nresult = q['price_krw']",
    "without waiting at all": "q = quote(symbol='005930')\nresult = {'price_krw': q['price_krw']}",
}


def reasons(verdict: Verdict) -> set[CodeReason]:
    return {problem.reason for problem in verdict.problems}


@pytest.mark.parametrize("name", ORDINARY)
def test_gate_when_a_script_is_ordinary_then_it_passes(name: str) -> None:
    assert check_script(ORDINARY[name], TOOLS).problems == ()


@pytest.mark.parametrize(
    "code",
    [
        "import os",
        "import subprocess as s",
        "from os import path",
        "from pathlib import *",
        "from . import x",
        "import importlib",
        "from json import *",
        "import pickle",
        "import numpy.f2py",
        "__import__('os')",
        "exec('1')",
        "eval('1')",
        "compile('1', '', 'exec')",
        "open('/etc/passwd')",
        "x = open",
        "x = [open][0]\nopen = 1",
        "f = open\nopen = 1",
        "input()",
        "globals()",
        "locals()",
        "vars()",
        "x = __builtins__",
        "__loader__",
        "().__class__.__bases__[0].__subclasses__()",
        "x = ''\nx.__class__",
        "(lambda: 0).__globals__",
        "def f(): yield\nf().gi_frame.f_back",
        "getattr(1, '__class__')",
        "getattr(1, 'a' + 'b')",
        "g = getattr",
        "list(map(getattr, [1], ['x']))",
        "setattr(1, name, 2)",
        "import operator\noperator.attrgetter('__class__')(1)",
        "from operator import attrgetter\nattrgetter('a.__class__')(1)",
        "'{0.__class__}'.format(1)",
        "'{x.__globals__}'.format_map({})",
        "x = '__class__'",
        "type('X', (), {})",
        "class A(metaclass=type): pass",
        "class A(**{'metaclass': type}): pass",
        "class A:\n    def __getattr__(self, name): return 1",
        "class A:\n    def __init_subclass__(cls): pass",
        "def __build__(): pass",
        "__x__ = 1",
        "f = lambda __x__: 1",
        "import json as __json__",
        "match 1:\n    case object(__class__=c): pass",
        "import pandas as pd\npd.read_csv('x')",
        "import pandas as pd\nr = pd.read_pickle",
        "from pandas import read_sql",
        "import pandas as pd\npd.io.common.os",
        "import pandas as pd\npd._libs",
        "import pandas as pd\npd.DataFrame().to_csv('x.csv')",
        "import pandas as pd\npd.DataFrame().to_json(path_or_buf='x')",
        "import pandas as pd\npd.DataFrame().to_csv(**{'path_or_buf': 'x'})",
        "import pandas as pd\nw = pd.DataFrame().to_csv",
        "import pandas as pd\npd.DataFrame().to_parquet('x')",
        "import pandas as pd\npd.DataFrame().query('a > 1')",
        "import pandas as pd\npd.eval('1 + 1')",
        "import pandas as pd\npd.ExcelWriter('x')",
        "import numpy as np\nnp.load('x')",
        "import numpy as np\nnp.save('x', 1)",
        "from numpy import load",
        "import numpy\nnumpy.fromfile('x')",
        "import numpy as np\nnp.memmap('x')",
        "import numpy as np\nnp.ctypeslib",
        "import numpy as np\nnp.array([1]).tofile('x')",
        "import numpy as np\nnp.array([1]).ctypes.data",
        "import json\njson.codecs.open('x')",
        "import statistics\nstatistics.sys.modules",
        "from re import sys",
        "import asyncio\nawait asyncio.create_subprocess_shell('id')",
        "import asyncio\nasyncio.open_connection('x', 1)",
        "import asyncio\nasyncio.get_event_loop()",
        "import json\njson.dump({}, 1)",
        "ｅｘｅｃ('1')",
        "await prepare_order(symbol='005930', side='buy')",
    ],
)
def test_gate_when_a_script_reaches_out_then_it_is_forbidden(code: str) -> None:
    verdict = check_script(code, TOOLS)
    assert CodeReason.FORBIDDEN in reasons(verdict), verdict.problems
    assert all(problem.line for problem in verdict.problems)


@pytest.mark.parametrize(
    ("code", "said", "line"),
    [
        ("x = (", "was never closed", 1),
        ("if True:\nx = 1", "expected an indented block", 2),
        ("x = 1\nreturn x", "'return' outside function", 2),
        ("def f():\n    x = 1\nyield 1", "'yield' outside function", 3),
        ("def f():\n    return await quote(symbol='005930')", "'await' outside async function", 2),
        ("f = lambda: [await x for x in []]", "'await' outside async function", 1),
        ("class A:\n    x = await quote(symbol='005930')", "'await' outside async function", 2),
        ("for x in []:\n    def f():\n        break", "'break' outside loop", 3),
        ("continue", "'continue' outside loop", 1),
        ("dict(a=1, a=2)", "keyword argument repeated: a", 1),
        ("x = 1\0", "null bytes", None),
        ("x = '\ud800'", "half a character", None),
        ("x = " + "9" * 5_000, "Exceeds the limit", 1),
        ("(" * 300 + ")" * 300, "nested parentheses", 1),
        ("-" * 30_000 + "1", "nests too deep", None),
        ("x" + ".y" * 15_000, "nests too deep", None),
        ("x = " + "[" * 120 + "]" * 120, "nests deeper", 1),
    ],
)
def test_gate_when_it_is_no_python_then_the_line_is_told(code: str, said: str, line: int | None) -> None:
    problem = check_script(code, TOOLS).problems[0]
    assert (problem.reason, problem.line) == (CodeReason.SYNTAX_ERROR, line)
    assert said in problem.message


@pytest.mark.parametrize("code", ["", " \n\t", "# only a comment"])
def test_gate_when_there_is_nothing_then_it_says_so(code: str) -> None:
    assert reasons(check_script(code, TOOLS)) == {CodeReason.NO_CODE}


def test_gate_when_the_script_is_too_long_then_it_is_not_even_read() -> None:
    verdict = check_script("x = 1\n" * (LONGEST_SCRIPT // 6 + 1), TOOLS)
    assert reasons(verdict) == {CodeReason.CODE_TOO_LARGE}


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("await search_new(keyword='x')", "there is no tool or function search_new; did you mean search_news"),
        ("await volatility(symbols=['005930'])", "volatility is not among the tools of this run: quote, returns"),
        ("x = pd.DataFrame()", "pd is not defined; write: import pandas as pd"),
        ("x = values[0]", "the name values is not defined"),
        ("import tools\nawait tools.nothing()", "there is no tool or function nothing"),
        ("from tools import quote, nothing", "there is no tool or function nothing"),
    ],
)
def test_gate_when_a_name_is_unknown_then_near_ones_are_told(code: str, said: str) -> None:
    verdict = check_script(code, NEWS, TOOLS)
    assert reasons(verdict) == {CodeReason.UNKNOWN_TOOL}
    assert said in verdict.problems[0].message


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("search_news()", "needs keyword"),
        ("search_news('x', 7, 8)", "takes 2 arguments, 3 are given"),
        ("search_news('x', keyword='y')", "keyword is given twice"),
        ("search_news(keywords='x')", "has no argument keywords; did you mean keyword?"),
        ("search_news(keyword='x', days='week')", "days: Input should be a valid integer"),
        ("search_news(keyword='x', days=31)", "days: Input should be less than or equal to 30"),
        ("search_news(keyword=5)", "keyword: Input should be a valid string"),
        ("search_news(keyword='')", "keyword: String should have at least 1 character"),
        ("quote(symbol='samsung')", "symbol: String should match pattern"),
        ("returns(symbols='005930')", "symbols: Input should be a valid list"),
        ("returns(symbols=['005930', 1])", "symbols.1: Input should be a valid string"),
        ("returns(symbols=[], sessions=-1)", "symbols: List should have at least 1 item"),
    ],
)
def test_gate_when_arguments_do_not_fit_then_the_signature_is_told(call: str, said: str) -> None:
    verdict = check_script(f"x = await {call}\nresult = x", NEWS)
    assert reasons(verdict) == {CodeReason.BAD_ARGUMENTS}
    assert any(said in problem.message for problem in verdict.problems), verdict.problems
    assert verdict.problems[0].message.startswith(call.partition("(")[0] + "(")


@pytest.mark.parametrize(
    "call", ["search_news(*words)", "search_news(**found)", "search_news(word)", "search_news(keyword=f'{word}')"]
)
def test_gate_when_arguments_are_only_known_later_then_they_are_left_to_the_call(call: str) -> None:
    code = f"word, words, found = 'a', ['a'], {{'keyword': 'a'}}\nx = await {call}\nresult = len(x)"
    assert check_script(code, NEWS).passes


@pytest.mark.parametrize(
    "use",
    [
        "x = search_news(keyword='a')[0]",
        "x = search_news(keyword='a')\ny = x[0]",
        "x = len(search_news(keyword='a'))",
        "x = search_news(keyword='a') + []",
        "x = f\"{quote(symbol='005930')}\"",
        "x = [item for item in search_news(keyword='a')]",
        "for item in search_news(keyword='a'): pass",
        "search_news(keyword='a')",
        "result = quote(symbol='005930')",
        "import pandas as pd\nx = pd.DataFrame(search_news(keyword='a'))",
        "import asyncio\nx = asyncio.gather(quote(symbol='005930'))[0]",
        "async def f(): return 1\nf()",
        "async def f(): return 1\nx = f()['a']",
    ],
)
def test_gate_when_a_call_is_not_awaited_then_a_hint_says_how(use: str) -> None:
    verdict = check_script(f"y = await quote(symbol='000660')\n{use}", TOOLS)
    assert reasons(verdict) == {CodeReason.BAD_ARGUMENTS}
    assert "await" in verdict.problems[0].message


@pytest.mark.parametrize(
    "code",
    [
        "import asyncio\ncalls = [quote(symbol=s) for s in inputs['symbols']]\nresult = await asyncio.gather(*calls)",
        "a = quote(symbol='005930')\nb = quote(symbol='000660')\nx, y = await a, await b\nresult = x['price_krw']",
        "def make(s): return quote(symbol=s)\nresult = await make('005930')",
        "x = [await quote(symbol=s) for s in inputs['symbols']]\nresult = len(x)",
        "tasks = {s: quote(symbol=s) for s in inputs['symbols']}\nresult = {s: (await t) for s, t in tasks.items()}",
        "result = await gather(quote(symbol='005930'), quote(symbol='000660'))",
        "calls = []\nfor s in inputs['symbols']:\n    calls.append(quote(symbol=s))\nresult = await gather(*calls)",
    ],
)
def test_gate_when_calls_are_collected_first_then_it_is_right(code: str) -> None:
    assert check_script(code, TOOLS).problems == ()


def test_gate_when_a_tool_name_is_taken_by_a_variable_then_the_call_is_refused() -> None:
    code = "for s in inputs['symbols']:\n    pass\nreturns = [1]\nx = await returns(symbols=['005930'])\nresult = x"
    (problem,) = check_script(code, TOOLS).problems
    assert (problem.reason, problem.line) == (CodeReason.BAD_ARGUMENTS, 4)
    assert "give the variable another name" in problem.message


def test_gate_when_a_tool_is_only_a_variable_name_then_it_is_not_reached() -> None:
    verdict = check_script("returns = [1, 2]\nquote = max(returns)\nresult = quote", TOOLS)
    assert (verdict.passes, verdict.reachable) == (True, ())


def test_gate_when_tools_are_handed_around_then_they_count_as_reached() -> None:
    code = "import tools\nreads = [search_news, tools.quote]\nresult = await reads[0](keyword='a')"
    verdict = check_script(code, TOOLS)
    assert (verdict.passes, verdict.reachable, verdict.max_effect) == (True, ("quote", "search_news"), Effect.READ)


def test_gate_when_a_loop_has_no_end_then_it_only_warns() -> None:
    verdict = check_script("x = 0\nwhile True:\n    x += 1", TOOLS)
    assert verdict.passes
    assert [(warning.line, warning.reason) for warning in verdict.warnings] == [(2, CodeReason.TIMEOUT)]
    assert check_script("while True:\n    break", TOOLS).warnings == ()


def test_gate_when_everything_is_wrong_then_the_first_problems_are_told_in_order() -> None:
    problems = check_script("\n".join(f"name_{n}()" for n in range(40)), TOOLS).problems
    assert len(problems) == MOST_PROBLEMS
    assert [problem.line for problem in problems] == sorted(problem.line or 0 for problem in problems)
