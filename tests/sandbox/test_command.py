import io
import json
from pathlib import Path
from typing import Any

import pytest

from sandbox import command
from sandbox.__main__ import main


def run(tmp_path: Path, code: str, tools: Any = None, **options: Any) -> tuple[int, dict[str, Any]]:
    script, stand_ins = tmp_path / "s.py", tmp_path / "t.json"
    script.write_text(code)
    stand_ins.write_text(json.dumps(tools or {}))
    out = io.StringIO()
    code_of_exit = command.run(script, tools_file=stand_ins, out=out, **options)
    (line,) = out.getvalue().splitlines()
    return code_of_exit, json.loads(line)


TOOLS = {
    "price": {"parameters": ["code"], "required": ["code"], "value": 70_000},
    "news": [{"title": "a"}],
    "dead": {"error": {"code": "no_data", "message": "nothing"}},
    "by": {
        "parameters": ["code"],
        "by_arguments": [
            {"arguments": {"code": "A"}, "value": 1},
            {"arguments": {"code": "B"}, "error": {"code": "x", "message": "y"}},
        ],
    },
}


def test_run_when_the_script_is_done_then_one_line_says_all(tmp_path: Path) -> None:
    code = """
import asyncio
async def safe(call):
    try:
        return await call
    except ToolError as error:
        return error.code
async def main():
    print("working")
    return await asyncio.gather(*map(safe, (price("A"), news("x", days=2), dead(), by("A"), by("B"), by(code="C"))))
result = asyncio.run(main())
"""
    exit_code, shown = run(tmp_path, code, TOOLS)
    if shown["reason"] == "no_sandbox":
        pytest.skip(shown["message"])
    assert (exit_code, shown["status"], shown["stdout"]) == (0, "done", "working\n")
    assert shown["result"] == [70_000, [{"title": "a"}], "no_data", 1, "x", "no_data"]
    assert [call["number"] for call in shown["calls"]] == [1, 2, 3, 4, 5, 6]
    assert shown["calls"][1]["arguments"] == {"arg1": "x", "days": 2}
    assert shown["limits"]["calls"] == 50
    assert shown["turns"] == 2
    assert shown["tier"] > 0


def test_run_when_the_script_fails_then_the_engine_did_its_job(tmp_path: Path) -> None:
    exit_code, shown = run(tmp_path, "1 / 0")
    if shown["reason"] == "no_sandbox":
        pytest.skip(shown["message"])
    assert (exit_code, shown["status"], shown["reason"], shown["line"]) == (0, "failed", "script_error", 1)


def test_run_when_code_is_refused_then_the_exit_code_says_so(tmp_path: Path) -> None:
    exit_code, shown = run(tmp_path, "result = 1", disable=("landlock", "namespaces"))
    if shown["tier"]:
        pytest.skip("this process runs in a closed container")
    assert (exit_code, shown["reason"]) == (1, "no_sandbox")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "/nonexistent/s.py"], "No such file"),
        (["run", "{script}", "--inputs", "[1]"], "one JSON object"),
        (["run", "{script}", "--tools", "{script}"], "Expecting value"),
        (["run", "{script}", "--disable", "luck"], "no such layer"),
        (["run", "{script}", "--now", "later"], "no ISO time"),
        (["run", "{script}", "--calls", "5000"], "limits.calls"),
        (["doctor", "--disable", "luck"], "no such layer"),
    ],
)
def test_command_when_given_nonsense_then_one_line_says_what(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "s.py"
    script.write_text("result = 1")
    assert main([argument.format(script=script) for argument in arguments]) == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert len(shown.err.splitlines()) == 1
    assert shown.out == ""


def test_doctor_when_asked_then_the_report_has_tier_and_findings(capsys: pytest.CaptureFixture[str]) -> None:
    exit_code = main(["doctor", "--json"])
    report = json.loads(capsys.readouterr().out)
    assert exit_code == (0 if report["tier"] else 1)
    if report["tier"]:
        assert set(report["self_test"].values()) == {"ok"}
    assert main(["doctor"]) == exit_code
    assert f"tier {report['tier']}" in capsys.readouterr().out
