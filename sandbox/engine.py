"""The jail as an engine: a fork server, a few children waiting, one of them for each turn."""

import collections
import shutil
import sys
import threading
import time
from typing import Any, Final

from sandbox.errors import EngineClosed, SandboxUnavailable
from sandbox.kernel import facts, privileges
from sandbox.model import MAX_CODE_BYTES, Advance, AdvanceRequest, Limits, Reason
from sandbox.parent.fork_server import Child, ForkServerProcess
from sandbox.parent.replies import Reply, failed
from sandbox.parent.requests import check_request, request_frame
from sandbox.parent.supervise import Watched, supervise
from sandbox.parent.tier import ENGINE, judge_tier, refused
from sandbox.report import SandboxReport
from sandbox.zygote.preload import DATA_PACKAGES

DEFAULT_LIMITS: Final = Limits()
LAYERS: Final = frozenset({"landlock", "namespaces"})


class JailEngine:
    """Runs scripts in pre-forked, pre-jailed children. Starts on first use; safe from several threads."""

    name = ENGINE

    def __init__(
        self,
        *,
        idle_children: int = 3,
        disable: frozenset[str] = frozenset(),
        attested: bool = False,
        packages: tuple[str, ...] = DATA_PACKAGES,
        turns_per_server: int = 5_000,
        python: str = sys.executable,
    ) -> None:
        """Configure; nothing is started yet.

        Args:
            idle_children: How many jailed children wait for work (0 forks on demand).
            disable: Layers to leave out ("landlock", "namespaces"), to try a lower tier.
            attested: The operator vouches for the container around this process.
            packages: Packages to preload for scripts; those not installed are left out.
            turns_per_server: The fork server is replaced after so many turns.
            python: The interpreter that runs the fork server.

        Raises:
            ValueError: A layer that does not exist.
        """
        if unknown := disable - LAYERS:
            raise ValueError(f"no such layer: {', '.join(sorted(unknown))}; there are {', '.join(sorted(LAYERS))}")
        self._idle_children = idle_children
        self._disable = disable
        self._attested = attested
        self._packages = packages
        self._turns_per_server = turns_per_server
        self._python = shutil.which(python) or python
        self._lock = threading.Lock()
        self._server: ForkServerProcess | None = None
        self._report: SandboxReport | None = None
        self._idle: collections.deque[Child] = collections.deque()
        self._retired: list[ForkServerProcess] = []
        self._running: collections.Counter[int] = collections.Counter()
        self._turns = 0
        self._closed = False

    def probe(self) -> SandboxReport:
        """Start if need be, and say what protects the host here."""
        with self._lock:
            self._ensure_started()
            assert self._report is not None
            return self._report

    def advance(self, request: AdvanceRequest) -> Advance:
        """Run one turn.

        Raises:
            InvalidRequest: The request is not well formed.
            EngineClosed: After ``close``.
        """
        started = time.perf_counter()
        check_request(request)
        watched = Watched(reply=_too_large(request))
        if watched.reply is None:
            frame = request_frame(request)
            if len(frame) > request.limits.frame_bytes:
                limit = request.limits.frame_bytes
                watched.reply = failed(
                    Reason.JOURNAL_TOO_LARGE, f"the run's journal and inputs are over {limit} bytes of JSON"
                )
            else:
                watched = self._run(request, frame)
        reply = watched.reply or failed(Reason.DIED, "no outcome")
        return Advance(
            status=reply.status,
            calls=reply.calls,
            result=reply.result,
            stdout=watched.output.decode("utf-8", "replace"),
            stdout_bytes=watched.output_bytes,
            reason=reply.reason,
            message=reply.message,
            line=reply.line,
            engine=ENGINE,
            tier=self._report.tier if self._report else 0,
            wall_ms=round((time.perf_counter() - started) * 1000, 3),
            cpu_ms=reply.cpu_ms,
        )

    def close(self) -> None:
        """End the fork server and every child."""
        with self._lock:
            self._closed = True
            while self._idle:
                self._idle.popleft().close()
            servers = [*self._retired, *([self._server] if self._server else [])]
            self._server = None
            self._retired.clear()
        for server in servers:
            server.close()

    def __enter__(self) -> "JailEngine":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, request: AdvanceRequest, frame: bytes) -> Watched:
        try:
            child = self._take(request.limits)
        except SandboxUnavailable as error:
            return Watched(reply=failed(Reason.NO_SANDBOX, str(error)))
        server = child.server
        try:
            watched = supervise(child, frame, request)
        finally:
            self._give_back(server)
        if watched.jail_failed:
            self._retire(server)
        return watched

    def _take(self, limits: Limits) -> Child:
        """A child for one turn: a waiting one when the limits are the usual ones."""
        with self._lock:
            self._ensure_started()
            server = self._server
            if server is None:
                refusal = self._report.refusal if self._report else "unknown"
                raise SandboxUnavailable(f"code is refused here: {refusal}")
            self._turns += 1
            self._running[id(server)] += 1
            usual = (limits.cpu_s, limits.memory_mb) == (DEFAULT_LIMITS.cpu_s, DEFAULT_LIMITS.memory_mb)
            try:
                if usual and self._idle:
                    child = self._idle.popleft()
                    if not self._idle:
                        self._refill(server, 1)
                    return child
                return server.spawn(cpu_s=limits.cpu_s, memory_mb=limits.memory_mb)
            except BaseException:
                self._running[id(server)] -= 1
                raise

    def _give_back(self, server: ForkServerProcess) -> None:
        """Refill after a turn, so that the fork does not compete with it; replace a server that served enough."""
        with self._lock:
            self._running[id(server)] -= 1
            if self._turns >= self._turns_per_server and server is self._server:
                self._set_aside(server)
            elif server is self._server and not self._closed:
                self._refill(server, self._idle_children)
            over = [old for old in self._retired if not self._running[id(old)]]
            self._retired = [old for old in self._retired if old not in over]
        for old in over:
            self._running.pop(id(old), None)
            old.close()

    def _retire(self, server: ForkServerProcess) -> None:
        with self._lock:
            if server is self._server:
                self._set_aside(server)

    def _set_aside(self, server: ForkServerProcess) -> None:
        while self._idle:
            self._idle.popleft().close()
        self._server = None
        self._report = None
        self._turns = 0
        self._retired.append(server)

    def _refill(self, server: ForkServerProcess, up_to: int) -> None:
        try:
            while len(self._idle) < min(up_to, self._idle_children):
                self._idle.append(server.spawn(cpu_s=DEFAULT_LIMITS.cpu_s, memory_mb=DEFAULT_LIMITS.memory_mb))
        except SandboxUnavailable:
            # The next turn finds the server gone and starts another.
            return

    def _ensure_started(self) -> None:
        if self._closed:
            raise EngineClosed("the engine was closed")
        if self._server is not None and not self._server.alive:
            self._set_aside(self._server)
        if self._report is not None:
            return
        if sys.platform != "linux":
            self._report = refused(f"there is no jail on {sys.platform}", {"system": sys.platform})
            return
        privileges.not_dumpable()
        try:
            server = ForkServerProcess(disable=self._disable, packages=self._packages, python=self._python)
        except SandboxUnavailable as error:
            self._report = refused(str(error), facts.kernel_facts())
            return
        self._report = judge_tier(server.ready, attested=self._attested)
        if self._report.runs_code:
            self._server = server
            self._refill(server, self._idle_children)
        else:
            server.close()


def _too_large(request: AdvanceRequest) -> Reply | None:
    if len(request.code.encode("utf-8", "replace")) > MAX_CODE_BYTES:
        return failed(Reason.CODE_TOO_LARGE, f"a script may have {MAX_CODE_BYTES} bytes")
    return None


def engine_from_options(options: dict[str, Any]) -> JailEngine:
    """An engine from plain settings (``disable``, ``attested``, ``idle_children``)."""
    return JailEngine(
        disable=frozenset(options.get("disable", ())),
        attested=bool(options.get("attested", False)),
        idle_children=int(options.get("idle_children", 3)),
    )
