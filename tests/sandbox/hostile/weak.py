"""A deliberately weak engine, to show that the hostile scripts can do harm and that the judge sees it.

The script runs in a forked process with pipes, and what comes back is believed. Everything happens in a cell: own
user, PID, network, IPC and mount namespaces, as an unprivileged user, with a few rlimits that only protect this
machine. Three processes: the judge (the first of the cell), the engine, the script.
"""

import atexit
import contextlib
import ctypes
import fcntl
import json
import multiprocessing
import os
import resource
import shutil
import signal
import socket
import struct
import sys
import tempfile
import time
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sandbox.digest import arguments_digest
from sandbox.kernel.namespaces import NEW_IPC, NEW_MOUNT, NEW_NET, NEW_PID, NEW_USER, unshare
from sandbox.model import Advance, AdvanceRequest, PendingCall, Reason, Status
from sandbox.zygote.preload import preload
from tests.sandbox.hostile.canaries import Canaries
from tests.sandbox.hostile.corpus import Case, all_cases
from tests.sandbox.hostile.harness import request_of
from tests.sandbox.hostile.observe import Observation, Sampler, settled, snapshot, violations

NOBODY = 65_534
PATIENCE_S = 3.0
KEPT_BYTES = 64 << 20
# A cell may take 3 GB.
CELLS_AT_ONCE = 3


class NoCell(Exception):
    """This machine has no cell to run a weak engine in; the text says why."""


@dataclass(frozen=True)
class PotencyCount:
    """How many scripts did harm that the judge saw, and which did none."""

    potent: int
    total: int
    harmless: tuple[str, ...]


def run_in_cell(case: Case, timeout_s: float = 15.0) -> list[str]:
    """The violations the judge saw.

    Raises:
        NoCell: There is no such cell on this machine.
    """
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            write_end = _leave_all_descriptors(write_end)
            os.setsid()
            _enter_cell()
            inner = os.fork()
            if inner == 0:
                ctypes.CDLL(None).prctl(1, int(signal.SIGKILL), 0, 0, 0)
                os.write(write_end, json.dumps(_judge(case)).encode())
                os._exit(0)
            os.close(write_end)
            signal.signal(signal.SIGALRM, lambda *_: os.kill(inner, signal.SIGKILL))
            signal.setitimer(signal.ITIMER_REAL, timeout_s)
            os.waitpid(inner, 0)
            code = 0
        except BaseException:  # noqa: BLE001 - whatever it is, the caller hears of it
            os.write(write_end, json.dumps({"error": traceback.format_exc()}).encode())
        finally:
            os._exit(code)
    os.close(write_end)
    parts = []
    while chunk := os.read(read_end, 65_536):
        parts.append(chunk)
    os.close(read_end)
    os.waitpid(pid, 0)
    if not parts:
        return ["parent: the judge itself was ended or never came to a verdict"]
    try:
        said = json.loads(b"".join(parts))
    except ValueError:
        return ["parent: the script wrote into the judge's own pipe"]
    if isinstance(said, dict):
        raise NoCell(said["error"])
    return list(said)


def _leave_all_descriptors(kept: int) -> int:
    """Nothing of this process may be written into by a script; returns the new place of the one that is kept."""
    null = os.open(os.devnull, os.O_RDWR)
    kept = fcntl.fcntl(kept, fcntl.F_DUPFD, 10)
    for place in range(3):
        os.dup2(null, place)
    os.closerange(3, kept)
    os.closerange(kept + 1, 4096)
    return kept


def _enter_cell() -> None:
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)
    uid, gid = os.getuid(), os.getgid()
    unshare(NEW_USER | NEW_MOUNT | NEW_NET | NEW_IPC | NEW_PID, "of the cell")
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
    with socket.socket() as link:
        fcntl.ioctl(link, 0x8914, struct.pack("16sH14s", b"lo", 0x1 | 0x40, b""))
    for kind, value in (
        (resource.RLIMIT_AS, 3 << 30),
        (resource.RLIMIT_NPROC, 1_000),
        (resource.RLIMIT_FSIZE, 64 << 20),
        (resource.RLIMIT_CPU, 8),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (value, value))


def _judge(case: Case) -> list[str]:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"none", b"/", None, ctypes.c_ulong(16384 | 1 << 18), None):
        raise OSError(ctypes.get_errno(), "no private mounts in a cell")
    if libc.mount(b"proc", b"/proc", b"proc", ctypes.c_ulong(14), None):
        raise OSError(ctypes.get_errno(), "no own /proc in a cell")
    with Canaries() as canaries, Sampler() as sampler:
        request = request_of(case, canaries)
        before = snapshot()
        sampler.start()
        started = time.perf_counter()
        last, calls = _engine_in_a_process(request)
        wall_s = time.perf_counter() - started
        peaks = sampler.stop()
        seen = Observation(last, calls, wall_s, 1, before, settled(before, 0.3), peaks)
        found = violations(case, request, seen, canaries)
        # Another code than the jail's is no harm.
        return [what for what in found if not what.startswith("proto: ended with")]


def _engine_in_a_process(request: AdvanceRequest) -> tuple[Advance | None, tuple[PendingCall, ...]]:
    """The engine is a process of its own, so that the judge lives on when it does not."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read_end)
        request.inputs["parent_pid"] = os.getpid()
        outcome = weak_advance(request)
        with os.fdopen(write_end, "wb") as file:
            file.write(json.dumps(outcome).encode("utf-8", "surrogatepass"))
        os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as file:
        body = file.read()
    os.waitpid(pid, 0)
    try:
        outcome = json.loads(body.decode("utf-8", "surrogatepass"))
    except ValueError:
        # The engine died, or the script wrote into its pipe.
        return None, ()
    calls = tuple(
        PendingCall(call.get("number"), call.get("name"), call.get("arguments"), call.get("digest", ""))
        for call in outcome["calls"]
    )
    return Advance(
        Status.DONE if outcome["reason"] is None else Status.FAILED,
        result=outcome["result"],
        stdout=outcome["stdout"],
        stdout_bytes=len(outcome["stdout"]),
        reason=outcome["reason"] and Reason(outcome["reason"]),
        message=outcome["message"],
        tier=0,
    ), calls


def weak_advance(request: AdvanceRequest) -> dict[str, Any]:
    """Fork, run, believe. No limit but patience, and only the script's own process is killed."""
    reply_read, reply_write = os.pipe()
    output_read, output_write = os.pipe()
    pid = os.fork()
    if pid == 0:
        _become_script(request, reply_write, output_write)
    os.close(reply_write)
    os.close(output_write)
    reply, output = _collect(pid, reply_read, output_read)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    outcome: dict[str, Any] = {
        "result": None,
        "calls": [],
        "stdout": output.decode("utf-8", "replace"),
        "reason": "died",
        "message": "no reply",
    }
    try:
        frame = json.loads(reply[4 : 4 + int.from_bytes(reply[:4], "big")].decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        return outcome
    if type(frame) is dict and frame.get("t") == "failed":
        return outcome | {"reason": frame["reason"], "message": frame["message"]}
    if type(frame) is dict:
        outcome |= {"reason": None, "message": "", "result": frame.get("result"), "calls": frame.get("calls", [])}
        for call in outcome["calls"]:
            call.setdefault("digest", arguments_digest(call["arguments"]) if type(call["arguments"]) is dict else "")
    return outcome


def _collect(pid: int, reply_read: int, output_read: int) -> tuple[bytes, bytes]:
    texts = {reply_read: bytearray(), output_read: bytearray()}
    for descriptor in texts:
        os.set_blocking(descriptor, False)
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        for descriptor, text in texts.items():
            with contextlib.suppress(BlockingIOError):
                while len(text) < KEPT_BYTES and (chunk := os.read(descriptor, 1 << 20)):
                    text += chunk
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            deadline = min(deadline, time.monotonic() + 0.05)
        time.sleep(0.005)
    return bytes(texts[reply_read]), bytes(texts[output_read])


def _become_script(request: AdvanceRequest, reply: int, output: int) -> None:
    for place, descriptor in ((1, output), (2, output), (4, reply)):
        os.dup2(descriptor, place, inheritable=True)
    sys.stdout = os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", closefd=False)
    frame: dict[str, Any]
    try:
        space: dict[str, Any] = {"inputs": request.inputs, "search_news": lambda **named: named}
        exec(compile(request.code, "<script>", "exec"), space)
        frame = {"t": "done", "result": space.get("result")}
        body = json.dumps(frame).encode("utf-8", "surrogatepass")
    except MemoryError:
        body = b'{"t":"failed","reason":"memory_limit","message":"memory"}'
    except BaseException as error:  # noqa: BLE001 - a hostile script raises what it likes
        frame = {"t": "failed", "reason": "script_error", "message": type(error).__name__}
        body = json.dumps(frame).encode()
    sys.stdout.flush()
    with contextlib.suppress(OSError), open(4, "wb", closefd=False) as file:
        file.write(len(body).to_bytes(4, "big") + body)
    with contextlib.suppress(BaseException):
        atexit._run_exitfuncs()
    os._exit(0)


def count_potent(only: str = "") -> PotencyCount:
    """Run every case in a cell of its own. The scripts find the same modules as in the jail.

    Raises:
        NoCell: There is no such cell on this machine.
    """
    preload()
    cases = [case for case in all_cases() if only in str(case)]
    harmless = []
    with contextlib.ExitStack() as stack:
        # What a judge that was ended leaves behind is here, and goes with it. (A TemporaryDirectory would go with the
        # first script that runs the exit functions it inherited.)
        folder = tempfile.mkdtemp(prefix="hostile-cells-")
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        Path(folder).chmod(0o777)
        tempfile.tempdir = folder
        stack.callback(setattr, tempfile, "tempdir", None)
        pool = stack.enter_context(multiprocessing.get_context("fork").Pool(CELLS_AT_ONCE))
        for case, found in zip(cases, pool.imap(_outcome, cases), strict=True):
            if isinstance(found, str):
                raise NoCell(found)
            if not found:
                harmless.append(str(case))
            print(f"{case!s:45} {'; '.join(found)[:150]}", flush=True)
    return PotencyCount(len(cases) - len(harmless), len(cases), tuple(harmless))


def _outcome(case: Case) -> list[str] | str:
    try:
        return run_in_cell(case)
    except NoCell as reason:
        return str(reason)


def main() -> int:
    """Print what each case did to the weak engine, and the count as JSON in the last line."""
    try:
        count = count_potent(sys.argv[1] if len(sys.argv) > 1 else "")
    except NoCell as reason:
        print(json.dumps({"unavailable": str(reason)}))
        return 3
    print(json.dumps(asdict(count)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
