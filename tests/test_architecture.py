"""The house's rules that no import contract can state: workflows are deterministic, documents show the code."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from daybook.contracts.calls import CALLS

ROOT = Path(__file__).resolve().parents[1]
WORKFLOW_FILES = sorted((ROOT / "workflows").glob("*.py"))
BANNED_MODULES = {
    "random": "use workflow.random()",
    "secrets": "use workflow.uuid4()",
    "uuid": "use workflow.uuid4()",
    "time": "use workflow.now() and workflow.sleep()",
    "os": "configuration enters as input",
    "sys": "configuration enters as input",
    "pathlib": "no files",
    "io": "no files",
    "socket": "no network",
    "subprocess": "no processes",
    "threading": "no threads",
    "concurrent": "no threads",
    "requests": "no network",
    "urllib": "no network",
    "logging": "use workflow.logger",
}
BANNED_CALLS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("asyncio", "sleep"),
    ("asyncio", "wait"),
    ("asyncio", "as_completed"),
    ("asyncio", "to_thread"),
    ("asyncio", "run"),
    ("workflow", "execute_activity"),
    ("workflow", "execute_local_activity"),
    ("workflow", "start_local_activity"),
}
BANNED_BUILTINS = {"open", "print", "input", "eval", "exec", "hash", "id"}


def breaches(source: str) -> list[str]:
    """Return what a workflow file may not do, as ``line: what``."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            found += [f"{node.lineno}: import {name}" for name in names if name.split(".")[0] in BANNED_MODULES]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
            if (owner, node.func.attr) in BANNED_CALLS:
                found.append(f"{node.lineno}: {owner}.{node.func.attr}()")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in BANNED_BUILTINS:
            found.append(f"{node.lineno}: {node.func.id}()")
        if isinstance(node, ast.For) and isinstance(node.iter, ast.Set | ast.SetComp):
            found.append(f"{node.lineno}: a loop over a set, whose order differs from process to process")
    return found


@pytest.mark.parametrize("path", WORKFLOW_FILES, ids=lambda path: path.name)
def test_workflow_when_read_then_it_does_nothing_that_a_replay_could_not_repeat(path: Path) -> None:
    assert breaches(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "import random",
        "from time import sleep",
        "import urllib.request",
        "datetime.now()",
        "date.today()",
        "await_ = asyncio.sleep(1)",
        "workflow.execute_activity('x')",
        "open('x')",
        "for symbol in {a, b}: pass",
    ],
)
def test_checker_when_given_a_breach_then_it_finds_it(source: str) -> None:
    assert len(breaches(source)) == 1


@pytest.mark.parametrize("path", WORKFLOW_FILES, ids=lambda path: path.name)
def test_workflow_when_it_calls_a_layer_then_it_names_a_call_of_the_table(path: Path) -> None:
    """Activities are reached through ``call`` and ``begin`` only, so that the table stays the whole truth."""
    starts = [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("start_activity", "start_activity_method")
    ]
    assert starts == [] or path.name == "calling.py"


def test_architecture_document_when_read_then_it_shows_the_whole_table_of_calls() -> None:
    text = (ROOT / "mdfiles" / "architecture.md").read_text("utf-8")
    assert [entry.name for entry in CALLS if f"| `{entry.name}` |" not in text] == []


def test_documents_when_checked_then_every_generated_table_is_current() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "render_docs.py"), "--check"]
    answer = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)
    assert (answer.returncode, answer.stdout + answer.stderr) == (0, "")
