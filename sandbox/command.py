"""``python -m sandbox doctor | run | serve``: what protects this machine, one script, or the server."""

import datetime as dt
import json
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, TextIO

from sandbox.client import RemoteEngine
from sandbox.engine import JailEngine
from sandbox.errors import SandboxError
from sandbox.local_run import LocalRun, run_to_end
from sandbox.model import AdvanceRequest, Limits, Reason, ScriptEngine
from sandbox.report import SandboxReport
from sandbox.stubs import StubTools

KOREA: Final = dt.timezone(dt.timedelta(hours=9))
EXIT_REFUSED: Final = 1
EXIT_BAD_INPUT: Final = 2


def make_engine(*, disable: Iterable[str] = (), attested: bool = False, socket_path: str = "") -> ScriptEngine:
    """The engine the commands use: an embedded jail, or the server behind this socket.

    Raises:
        ValueError: A layer that does not exist.
    """
    if socket_path:
        return RemoteEngine(socket_path)
    return JailEngine(disable=frozenset(disable), attested=attested, idle_children=1)


def doctor(
    *,
    as_json: bool = False,
    disable: Iterable[str] = (),
    attested: bool = False,
    socket_path: str = "",
    out: TextIO | None = None,
) -> int:
    """Probe, print, and return 0 when code can be run here."""
    engine = make_engine(disable=disable, attested=attested, socket_path=socket_path)
    try:
        report = engine.probe()
    except SandboxError as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return EXIT_REFUSED
    finally:
        engine.close()
    print(json.dumps(report.to_dict()) if as_json else render(report), file=out or sys.stdout)
    return 0 if report.runs_code else EXIT_REFUSED


def render(report: SandboxReport) -> str:
    """The report for a person."""
    lines = [f"engine {report.engine}, tier {report.tier} of 3" + ("" if report.runs_code else ": code is refused")]
    if report.refusal:
        lines.append(f"  why: {report.refusal}")
    lines += [f"  protects  {text}" for text in report.protects]
    lines += [f"  missing   {text}" for text in report.missing]
    passed = sum(outcome == "ok" for outcome in report.self_test.values())
    lines.append(f"  self-test {passed} of {len(report.self_test)} attempts held")
    lines.append(f"  scripts   may import {', '.join(report.preloaded) or 'the standard library only'}")
    return "\n".join(lines)


def run(
    file: Path | str,
    *,
    tools_file: Path | str | None = None,
    inputs_text: str = "{}",
    now: str = "",
    seed: int = 0,
    limits: Limits | None = None,
    disable: Iterable[str] = (),
    attested: bool = False,
    socket_path: str = "",
    as_json: bool = True,
    out: TextIO | None = None,
) -> int:
    """Run a script with stand-in tools and print one JSON line; 0 when the engine did its job."""
    started = time.perf_counter()
    allowed = limits or Limits()
    try:
        code = Path(file).read_text(encoding="utf-8")
        described = json.loads(Path(tools_file).read_text(encoding="utf-8")) if tools_file else {}
        tools = StubTools.from_json(described)
        inputs = json.loads(inputs_text)
        if not isinstance(inputs, dict):
            raise ValueError("the inputs must be one JSON object")
        engine = make_engine(disable=disable, attested=attested, socket_path=socket_path)
    except (OSError, ValueError) as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    request = AdvanceRequest(
        code=code,
        now=now or dt.datetime.now(KOREA).isoformat(timespec="seconds"),
        tools=tools.signatures,
        inputs=inputs,
        seed=seed,
        limits=allowed,
    )
    try:
        ended = run_to_end(engine, request, tools.answer)
    except SandboxError as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT if isinstance(error, ValueError) else EXIT_REFUSED
    finally:
        engine.close()
    shown = outcome_json(ended, allowed, round((time.perf_counter() - started) * 1000, 3))
    stream = out or sys.stdout
    print(json.dumps(shown) if as_json else json.dumps(shown, indent=2, ensure_ascii=False), file=stream)
    return EXIT_REFUSED if ended.last.reason is Reason.NO_SANDBOX else 0


def outcome_json(ended: LocalRun, limits: Limits, total_ms: float) -> dict[str, Any]:
    """A run as the JSON line shows it; ``wall_ms`` is the last turn, ``total_ms`` has the engine's start in it."""
    last = ended.last
    return {
        "status": last.status.value,
        "result": last.result,
        "stdout": last.stdout,
        "stdout_bytes": last.stdout_bytes,
        "calls": [
            {"number": call.number, "name": call.name, "arguments": call.arguments, "ok": entry.ok}
            for call, entry in zip(ended.calls, ended.journal, strict=True)
        ],
        "turns": ended.turns,
        "reason": last.reason.value if last.reason else None,
        "message": last.message,
        "line": last.line,
        "limits": asdict(limits),
        "engine": last.engine,
        "tier": last.tier,
        "wall_ms": last.wall_ms,
        "total_ms": total_ms,
        "cpu_ms": last.cpu_ms,
    }
