"""Watch one child through its only turn: feed it, read it, and end it in time."""

import json
import os
import select
import signal
import time
from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.errors import ProtocolError, SandboxUnavailable
from sandbox.frames import CHUNK_BYTES, FrameBuffer
from sandbox.model import AdvanceRequest, Reason
from sandbox.parent.fork_server import Child
from sandbox.parent.replies import FRAME_OVERHEAD_BYTES, Reply, failed, judge
from sandbox.zygote.jail import JAIL_FAILED

# Output beyond what is kept is read and counted; beyond this many times the limit the run is ended.
OUTPUT_FACTOR: Final = 16
END_TIMEOUT_S: Final = 3.0
QUICK_TURN_S: Final = 0.02


@dataclass
class Watched:
    """What came out of one turn."""

    reply: Reply | None = None
    output: bytearray = field(default_factory=bytearray)
    output_bytes: int = 0
    jail_failed: bool = False


def supervise(child: Child, frame: bytes, request: AdvanceRequest) -> Watched:
    """Run the turn to its end; the child is killed and its pipes are closed in any case."""
    turn = _Turn(child, frame, request)
    try:
        turn.run()
    finally:
        child.server.kill(child)
        if turn.watched.reply is None or turn.ended_early:
            turn.wait_for_the_end()
        child.close()
    if turn.watched.reply is None:
        turn.watched.reply = failed(Reason.DIED, "the child ended without a word")
    return turn.watched


class _Turn:
    def __init__(self, child: Child, frame: bytes, request: AdvanceRequest) -> None:
        self.watched = Watched()
        self.ended_early = False
        self._clock_started = False
        self._child = child
        self._request = request
        self._left = memoryview(frame)
        max_frame = max(request.limits.result_bytes, 1_000_000) + FRAME_OVERHEAD_BYTES
        self._frames = FrameBuffer(max_frame)
        self._poller = select.poll()

    def run(self) -> None:
        limits = self._request.limits
        child = self._child
        started = time.monotonic()
        deadline = started + limits.wall_s
        for descriptor in (child.reply, child.output, child.status):
            self._poller.register(descriptor, select.POLLIN)
        self._feed()
        if self._left:
            self._poller.register(child.request, select.POLLOUT)
        while self.watched.reply is None:
            left = deadline - time.monotonic()
            if left <= 0:
                self._end(Reason.TIMEOUT, f"the script ran longer than {limits.wall_s:g} s")
                return
            wait_s = left if self._clock_started else min(left, QUICK_TURN_S)
            served = self._poller.poll(wait_s * 1000 + 1)
            if not self._clock_started and time.monotonic() - started > QUICK_TURN_S:
                self._start_clock(left)
            for descriptor, _ in served:
                if self.watched.reply is None:
                    self._serve(descriptor)
        self._read_output(final=True)

    def _start_clock(self, left_s: float) -> None:
        """Only for turns that take a while: most are over before the fork server would have noted them."""
        self._clock_started = True
        try:
            self._child.server.start_clock(self._child, left_s)
        except SandboxUnavailable as error:
            self._end(Reason.DIED, str(error))

    def wait_for_the_end(self) -> None:
        """Until no process holds the reply pipe any more and the child is reaped: only then is the run over."""
        deadline = time.monotonic() + END_TIMEOUT_S
        poller = select.poll()
        waiting = {self._child.reply, self._child.status}
        for descriptor in waiting:
            poller.register(descriptor, select.POLLIN)
        while waiting and (left := deadline - time.monotonic()) > 0:
            for descriptor, _ in poller.poll(left * 1000):
                if _read(descriptor) == b"":
                    poller.unregister(descriptor)
                    waiting.discard(descriptor)

    def _serve(self, descriptor: int) -> None:
        child = self._child
        if descriptor == child.output:
            self._read_output()
        elif descriptor == child.reply:
            self._read_reply()
        elif descriptor == child.status:
            self._read_status()
        else:
            self._feed()
            if not self._left:
                self._poller.unregister(descriptor)

    def _feed(self) -> None:
        try:
            while self._left:
                self._left = self._left[os.write(self._child.request, self._left[:CHUNK_BYTES]) :]
        except BlockingIOError:
            return
        except OSError:
            self._left = memoryview(b"")

    def _read_reply(self) -> None:
        chunk = _read(self._child.reply)
        if chunk is None:
            return
        if not chunk:
            # The child is gone; the fork server says how.
            self._poller.unregister(self._child.reply)
            return
        try:
            body = self._frames.feed(chunk)
        except ProtocolError as error:
            self._end(Reason.PROTOCOL, f"the child broke the protocol: {error}")
            return
        if body is not None:
            self.watched.reply = judge(body, self._request)

    def _read_output(self, *, final: bool = False) -> None:
        limit = self._request.limits.stdout_bytes
        while (chunk := _read(self._child.output)) is not None:
            if not chunk:
                if not final:
                    self._poller.unregister(self._child.output)
                return
            watched = self.watched
            watched.output_bytes += len(chunk)
            watched.output += chunk[: max(0, limit - len(watched.output))]
            if watched.output_bytes > limit * OUTPUT_FACTOR:
                if not final:
                    self._end(Reason.OUTPUT_LIMIT, f"the script wrote more than {limit * OUTPUT_FACTOR} bytes")
                return

    def _read_status(self) -> None:
        chunk = _read(self._child.status)
        if chunk is None:
            return
        self._poller.unregister(self._child.status)
        # What the child wrote before it ended is still in its pipe.
        while self.watched.reply is None and (last := _read(self._child.reply)):
            try:
                body = self._frames.feed(last)
            except ProtocolError as error:
                self._end(Reason.PROTOCOL, f"the child broke the protocol: {error}")
                return
            if body is not None:
                self.watched.reply = judge(body, self._request)
        if self.watched.reply is not None:
            return
        self._read_output(final=True)
        if not chunk:
            self._end(Reason.DIED, "the fork server ended")
            return
        self._explain(json.loads(chunk))

    def _explain(self, ended: dict[str, Any]) -> None:
        limits = self._request.limits
        if "error" in ended:
            self.watched.jail_failed = True
            self._end(Reason.NO_SANDBOX, ended["error"])
            return
        status, cpu_ms = ended["status"], ended["cpu_ms"]
        number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) == JAIL_FAILED:
            self.watched.jail_failed = True
            text = bytes(self.watched.output[:500]).decode("utf-8", "replace").strip()
            self._end(Reason.NO_SANDBOX, f"the jail could not be set up: {text}")
        elif ended["ended_by"] == "deadline":
            self._end(Reason.TIMEOUT, f"the script ran longer than {limits.wall_s:g} s")
        elif number == signal.SIGXCPU or (number == signal.SIGKILL and cpu_ms >= limits.cpu_s * 1000):
            self._end(Reason.CPU_LIMIT, f"the script used more than {limits.cpu_s} s of CPU")
        elif number:
            self._end(Reason.DIED, f"the script's process was ended by {_signal_name(number)}")
        else:
            self._end(Reason.DIED, f"the script's process left with code {os.waitstatus_to_exitcode(status)}")

    def _end(self, reason: Reason, message: str) -> None:
        self.ended_early = True
        self.watched.reply = failed(reason, message)


def _read(descriptor: int) -> bytes | None:
    """A chunk, nothing at the end, None when there is none now."""
    try:
        return os.read(descriptor, CHUNK_BYTES)
    except BlockingIOError:
        return None


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
