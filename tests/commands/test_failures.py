import importlib
import pkgutil
from pathlib import Path

import pytest

import daybook
from daybook.commands import support
from daybook.commands.failures import EXPECTED, one_line
from daybook.report.why import AmbiguousOrder, NoSuchOrder
from daybook.storage.errors import StorageBusy, StorageError
from tests.commands.conftest import Run
from tests.commands.desk import ScriptedDesk

INTERNAL = {
    "daybook.paper": "of the exchange's own process, which answers them itself",
    "daybook.broker.kis": "of the trading worker's process",
    "daybook.krx.cross_check": "of the trading worker's process",
    "daybook.analysis": "of tools, which answer them",
    "daybook.backtest": "of tools, which answer them",
    "daybook.filings": "of tools, which answer them",
    "daybook.news": "of the pipeline worker's process",
    "daybook.llm": "of the pipeline worker's process; a catalogue that cannot be read is expected",
    "daybook.code": "of the pipeline worker's process",
    "daybook.scenario": "of the pipeline worker's process, which answers them",
    "daybook.risk": "of the pipeline worker's process",
    "daybook.advice": "of the pipeline worker's process",
    "daybook.skills.fundamental": "of tools, which answer them",
    "daybook.commands.route_lines": "answered line by line",
}
"""Rooms no command calls into."""


def errors_of_the_house() -> list[type[Exception]]:
    for module in pkgutil.walk_packages(daybook.__path__, "daybook."):
        if "migrations" not in module.name:
            importlib.import_module(module.name)
    found: list[type[Exception]] = []
    waiting: list[type[Exception]] = [Exception]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.__module__.startswith("daybook."):
            found.append(kind)
    return found


def test_error_when_a_command_can_raise_it_then_it_is_of_an_expected_family() -> None:
    stray = [
        f"{kind.__module__}.{kind.__qualname__}"
        for kind in errors_of_the_house()
        if not issubclass(kind, EXPECTED) and not kind.__module__.startswith(tuple(INTERNAL))
    ]
    assert stray == []


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (NoSuchOrder("no order x"), "no order x; list a day's orders with: daybook orders --day YYYY-MM-DD"),
        (
            AmbiguousOrder("a", tuple("abcdef")),
            "a is the beginning of 6 orders; give more of the id: a, b, c, d, e, ...",
        ),
        (AmbiguousOrder("a", ("ab", "ac")), "a is the beginning of 2 orders; give more of the id: ab, ac"),
        (StorageBusy("locked"), "locked; try again in a moment"),
        (StorageError("two\nlines"), "two lines"),
        (PermissionError(13, "Permission denied", "/x"), "no permission for /x; check its owner and rights"),
        (FileNotFoundError(2, "No such file", "/x"), "there is no /x; check the path"),
        (NotADirectoryError(20, "Not a directory", "/x"), "/x is not a folder; name another one"),
        (OSError(28, "No space left on device", "/x"), "/x: No space left on device; check the path and the disk"),
        (OSError("lost"), None),
        (KeyError("x"), None),
    ],
)
def test_one_line_when_an_error_is_expected_then_it_says_what_to_do(error: Exception, said: str | None) -> None:
    assert one_line(error) == said


def test_command_when_something_unforeseen_happens_then_the_traceback_goes_to_the_log(
    run: Run, home: Path, desk: ScriptedDesk
) -> None:
    home.mkdir()
    desk.failure = RuntimeError("app_key=topsecretvalue of 12345678-01")
    ended = run("reduce")
    log = home / "logs" / "cli.log"
    assert (ended.code, ended.out) == (70, "")
    assert ended.line == f"daybook: internal error (RuntimeError); details in {log}"
    text = log.read_text()
    assert "Traceback" in text
    assert "RuntimeError" in text
    assert "topsecretvalue" not in text
    assert "12345678" not in text


def test_command_when_the_unforeseen_happens_without_a_home_then_the_log_is_a_temporary_file(
    run: Run, home: Path, desk: ScriptedDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    desk.failure = RuntimeError("boom")
    ended = run("reduce")
    where = Path(ended.line.rpartition(" ")[2])
    assert (ended.code, where.parent, home.exists()) == (70, tmp_path, False)
    assert "boom" in where.read_text()


def test_command_when_it_is_interrupted_then_no_traceback_is_shown(
    run: Run, books: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(support, "newest_revision", interrupted)
    ended = run("orders")
    assert (ended.code, ended.line) == (130, "daybook: interrupted")
