import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main

from daybook import __version__, cli

ROOT = Path(__file__).parents[1]


def commands() -> list[tuple[str, ...]]:
    """Return every command line that has a help of its own."""

    def walk(command: Any, path: tuple[str, ...]) -> list[tuple[str, ...]]:
        inner = getattr(command, "commands", {})
        return [path, *(line for name in inner for line in walk(inner[name], (*path, name)))]

    return walk(typer.main.get_command(cli.app), ())


def environment(home: Path, **values: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DAYBOOK_")}
    return clean | {"PYTHONPATH": str(ROOT), "DAYBOOK_HOME": str(home)} | values


def daybook(tmp_path: Path, *arguments: str, **values: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-m", "daybook.cli", *arguments],
        cwd=tmp_path,
        env=environment(tmp_path / "home", **values),
        capture_output=True,
        timeout=60,
    )


@pytest.mark.parametrize("path", commands(), ids=" ".join)
def test_help_when_shown_on_80_columns_then_every_line_fits_and_nothing_is_cut(
    path: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "argv", ["daybook", *path, "--help"])
    assert cli.run() == 0
    text = capsys.readouterr().out
    assert text.startswith(" ".join(["Usage: daybook", *path]))
    assert max(len(line) for line in text.splitlines()) <= 80
    listed = text.partition("Commands:")[2]
    assert "..." not in listed
    options = [line for line in text.splitlines() if line.startswith("  --")]
    assert all(len(line.split()) > 2 for line in options), "an option without help"


@pytest.mark.parametrize("line", [["--version"], ["version"]])
def test_version_when_asked_for_then_it_is_printed(
    line: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["daybook", *line])
    assert (cli.run(), capsys.readouterr().out) == (0, f"{__version__}\n")


def test_process_when_its_reader_goes_away_then_it_ends_quietly(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "daybook.cli", "--help"],
        cwd=tmp_path,
        env=environment(tmp_path / "home"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    complaint = process.stderr.read()
    process.stderr.close()
    assert (process.wait(timeout=60) in (0, 1), complaint) == (True, b"")


def test_process_when_the_server_is_down_then_it_ends_with_1_and_one_line(tmp_path: Path) -> None:
    ended = daybook(tmp_path, "schedule", "list", DAYBOOK_TEMPORAL__ADDRESS="127.0.0.1:1")
    assert (ended.returncode, ended.stdout) == (1, b"")
    assert ended.stderr == b"daybook: no Temporal server at 127.0.0.1:1; start the desk with: daybook up\n"


def test_process_when_the_terminal_knows_no_korean_then_it_prints_what_it_can(tmp_path: Path) -> None:
    report = tmp_path / "home" / "reports" / "2026-03-06" / "report.md"
    report.parent.mkdir(parents=True)
    report.write_text("삼성전자 70,000\n", encoding="utf-8")
    ended = daybook(tmp_path, "day", "report", "2026-03-06", PYTHONIOENCODING="ascii")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"???? 70,000\n", b"")
