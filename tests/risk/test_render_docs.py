import subprocess
import sys
from pathlib import Path

import pytest

from daybook.contracts.limits import RiskLimits, StrategySettings
from daybook.contracts.reasons import BreakerCode, DenialCode

ROOT = Path(__file__).parents[2]


def render(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / "render_docs.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a folder with a copy of the risk document."""
    (tmp_path / "mdfiles").mkdir()
    (tmp_path / "mdfiles" / "risk.md").write_text((ROOT / "mdfiles" / "risk.md").read_text("utf-8"), "utf-8")
    return tmp_path


def test_risk_document_when_checked_then_it_is_current() -> None:
    answer = render("risk", "--check")
    assert (answer.returncode, answer.stdout) == (0, "")


def test_risk_document_when_read_then_it_names_every_code_and_setting() -> None:
    text = (ROOT / "mdfiles" / "risk.md").read_text("utf-8")
    names = [*DenialCode, *BreakerCode, *RiskLimits.model_fields, *StrategySettings.model_fields]
    assert [name for name in names if f"| `{name}` |" not in text] == []


def test_document_when_a_generated_row_was_changed_then_check_fails_and_render_mends_it(copy: Path) -> None:
    path = copy / "mdfiles" / "risk.md"
    good = path.read_text("utf-8")
    path.write_text(good.replace("| `CASH` |", "| `MONEY` |"), "utf-8")
    answer = render("risk", "--check", "--root", str(copy))
    assert (answer.returncode, "not current" in answer.stdout) == (1, True)
    assert render("risk", "--root", str(copy)).returncode == 0
    assert path.read_text("utf-8") == good


@pytest.mark.parametrize("arguments", [("nothing",), ("risk", "--root", "no-such-folder")])
def test_render_when_asked_for_what_is_not_there_then_it_says_so(arguments: tuple[str, ...]) -> None:
    answer = render(*arguments)
    assert answer.returncode == 2
    assert answer.stderr


def test_render_when_a_block_is_missing_then_it_refuses(copy: Path) -> None:
    (copy / "mdfiles" / "risk.md").write_text("# Risk\n", "utf-8")
    answer = render("risk", "--root", str(copy))
    assert answer.returncode == 2
    assert "expected" in answer.stderr
