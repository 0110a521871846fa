"""The fork server's loop: fork on request, watch deadlines, reap, report. One thread, no waiting on anyone.

It is the direct parent and only reaper of every child, so a kill by pid never meets a stranger.
"""

import json
import os
import select
import signal
import socket
import time
from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.child import runner
from sandbox.kernel.namespaces import NEW_PID, join_pid_namespace, unshare
from sandbox.zygote import jail, self_test

MAX_MESSAGE: Final = 65_536
# The caller ends a run at its deadline; this process does it a moment later, should the caller be stuck.
DEADLINE_GRACE_S: Final = 1.0
# A script that is still running when its clock starts is no quick one: it steps behind everyone else on the machine.
LONG_RUN_NICENESS: Final = 10
STDERR: Final = 2


@dataclass
class Running:
    """A child that was forked and not yet reaped. ``ended_by`` is why this process killed it."""

    pid: int
    status_fd: int
    deadline: float | None = None
    ended_by: str = ""


@dataclass
class ForkServer:
    """Forks one jailed child per message. ``pid_namespace`` is a descriptor, -1 without namespaces."""

    control: socket.socket
    plan: jail.JailPlan
    null: int
    pid_namespace: int = -1
    proc: int = -1
    _children: dict[int, Running] = field(default_factory=dict)

    def run(self) -> None:
        """Serve until the control socket ends; then kill every child and return."""
        wake_read, wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        poller = select.poll()
        poller.register(self.control, select.POLLIN)
        poller.register(wake_read, select.POLLIN)
        serving = True
        while serving:
            for descriptor, _ in poller.poll(self._next_deadline_ms()):
                if descriptor == wake_read:
                    _drain(wake_read)
                else:
                    serving = self._serve_message()
            self._kill_late_ones()
            self._reap()
        for child in self._children.values():
            os.kill(child.pid, signal.SIGKILL)

    def test_jail(self) -> dict[str, str]:
        """Fork one child that tries what a script must not do; its findings.

        Raises:
            OSError: The child could not be forked or shut in.
        """
        read_end, write_end = os.pipe2(os.O_CLOEXEC)
        pid = self._fork()
        if pid == 0:
            self._become_self_test(write_end)
        os.close(write_end)
        parts = []
        while chunk := os.read(read_end, MAX_MESSAGE):
            parts.append(chunk)
        os.close(read_end)
        _, status = os.waitpid(pid, 0)
        if status != 0:
            raise OSError(f"the self-test child ended with {status}: {b''.join(parts).decode(errors='replace')[:300]}")
        findings: dict[str, str] = json.loads(b"".join(parts))
        return findings

    def _serve_message(self) -> bool:
        try:
            data, descriptors, _, _ = socket.recv_fds(self.control, MAX_MESSAGE, 4)
        except ConnectionError:
            return False
        if not data:
            return False
        message = json.loads(data)
        match message["op"]:
            case "spawn":
                self._spawn(message, descriptors)
            case "start":
                self._start_clock(message["id"], message["wall_s"])
            case "kill":
                self._kill(message["id"], "")
        return True

    def _start_clock(self, number: int, wall_s: float) -> None:
        if child := self._children.get(number):
            child.deadline = time.monotonic() + wall_s + DEADLINE_GRACE_S
            os.setpriority(os.PRIO_PROCESS, child.pid, LONG_RUN_NICENESS)

    def _spawn(self, message: dict[str, Any], descriptors: list[int]) -> None:
        request, reply, output, status = descriptors
        try:
            pid = self._fork()
        except OSError as error:
            _tell(status, {"error": f"fork: {error}"})
            for descriptor in descriptors:
                os.close(descriptor)
            return
        if pid == 0:
            self._become_child(request, reply, output, message["cpu_s"], message["memory_mb"])
        self._children[message["id"]] = Running(pid, status)
        for descriptor in (request, reply, output):
            os.close(descriptor)

    def _fork(self) -> int:
        """Fork, each child in a PID namespace of its own where there are namespaces."""
        if self.pid_namespace < 0:
            return os.fork()
        unshare(NEW_PID, "of a child")
        pid = os.fork()
        if pid:
            join_pid_namespace(self.pid_namespace)
        return pid

    def _become_child(self, request: int, reply: int, output: int, cpu_s: int, memory_mb: int) -> None:
        try:
            ruleset = jail.take_descriptors(self.null, request, reply, output, ruleset=self.plan.ruleset)
            jail.detach_from_server()
            jail.close_the_imports()
            jail.shut_in(self.plan, ruleset, cpu_s=cpu_s, memory_mb=memory_mb)
            jail.install_filter()
        except BaseException as error:  # noqa: BLE001 - whatever it is, no script may run in this child
            _leave(STDERR, f"jail: {type(error).__name__}: {error}\n")
        try:
            runner.serve_one()
        finally:
            os._exit(0)

    def _become_self_test(self, write_end: int) -> None:
        try:
            status = os.open("self/status", os.O_RDONLY, dir_fd=self.proc) if self.proc >= 0 else -1
            os.dup2(write_end, STDERR)
            jail.detach_from_server()
            ruleset = os.dup(self.plan.ruleset) if self.plan.ruleset >= 0 else -1
            jail.shut_in(self.plan, ruleset, cpu_s=5, memory_mb=256)
            has_second = ruleset >= 0 or self.pid_namespace >= 0
            findings = self_test.second_layer(self.pid_namespace >= 0) if has_second else {}
            jail.install_filter()
            findings |= self_test.under_the_filter(status)
            os.write(STDERR, json.dumps(findings).encode())
        except BaseException as error:  # noqa: BLE001 - the jail does not hold: the text says where
            _leave(STDERR, f"{type(error).__name__}: {error}")
        os._exit(0)

    def _next_deadline_ms(self) -> int | None:
        deadlines = [child.deadline for child in self._children.values() if child.deadline is not None]
        if not deadlines:
            return None
        return max(0, int((min(deadlines) - time.monotonic()) * 1000) + 1)

    def _kill_late_ones(self) -> None:
        now = time.monotonic()
        for number, child in self._children.items():
            if child.deadline is not None and child.deadline <= now:
                child.deadline = None
                self._kill(number, "deadline")

    def _kill(self, number: int, why: str) -> None:
        if child := self._children.get(number):
            child.ended_by = why
            os.kill(child.pid, signal.SIGKILL)

    def _reap(self) -> None:
        while self._children:
            pid, status, used = os.wait4(-1, os.WNOHANG)
            if not pid:
                return
            number = next((key for key, child in self._children.items() if child.pid == pid), None)
            if number is None:
                continue
            child = self._children.pop(number)
            cpu_ms = int((used.ru_utime + used.ru_stime) * 1000)
            ended = {"status": status, "cpu_ms": cpu_ms, "maxrss_kb": used.ru_maxrss, "ended_by": child.ended_by}
            _tell(child.status_fd, ended)
            os.close(child.status_fd)


def _tell(descriptor: int, value: dict[str, Any]) -> None:
    """Write to a pipe whose reader may be gone by now (it got its answer already)."""
    try:
        os.write(descriptor, json.dumps(value).encode())
    except (BrokenPipeError, BlockingIOError):
        return


def _leave(descriptor: int, text: str) -> None:
    try:
        os.write(descriptor, text.encode("utf-8", "replace"))
    finally:
        os._exit(jail.JAIL_FAILED)


def _drain(descriptor: int) -> None:
    try:
        while os.read(descriptor, 4096):
            pass
    except BlockingIOError:
        return
