"""An event loop without file descriptors and without real time.

When nothing is ready, the loop would wait. It then answers every outstanding tool call as one batch; with none, it
moves its clock to the next timer. So the same script on the same journal always takes the same steps.
"""

import asyncio
import threading
from asyncio import base_events
from collections.abc import Callable
from typing import Any

from sandbox.child.clock import VirtualClock
from sandbox.child.journal import Call, Journal

Outstanding = tuple[Call, "asyncio.Future[Any]"]


class ScriptLoop(base_events.BaseEventLoop):
    """The only loop a script can get."""

    def __init__(self, journal: Journal, clock: VirtualClock) -> None:
        super().__init__()
        self._journal = journal
        self._clock = clock
        self._outstanding: list[Outstanding] = []
        self._woken = threading.Event()
        self._selector = self

    def time(self) -> float:
        """The virtual time, in seconds."""
        return self._clock.elapsed_s

    def make_call(self, call: Call) -> "asyncio.Future[Any]":
        """The future of a tool call."""
        future: asyncio.Future[Any] = self.create_future()
        self._outstanding.append((call, future))
        return future

    def select(self, timeout: float | None) -> list[Any]:
        """Where an ordinary loop waits for the kernel (BaseEventLoop calls it with 0 when something is ready)."""
        if timeout is not None and timeout <= 0:
            return []
        if self._answer_outstanding():
            return []
        if timeout is not None:
            self._clock.advance(timeout)
        elif threading.active_count() > 1:
            self._woken.wait()
            self._woken.clear()
        else:
            raise RuntimeError("the script waits for something that can never happen")
        return []

    def _answer_outstanding(self) -> bool:
        waiting = [(call, future) for call, future in self._outstanding if not future.done()]
        self._outstanding.clear()
        if not waiting:
            return False
        outcomes = self._journal.answer([call for call, _ in waiting])
        for (_, future), (ok, value) in zip(waiting, outcomes, strict=True):
            if ok:
                future.set_result(value)
            else:
                future.set_exception(value)
        return True

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> "asyncio.Future[Any]":  # type: ignore[override]
        """Run the function here and now: threads would make the order of calls depend on chance."""
        future: asyncio.Future[Any] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - the caller of the future gets it
            future.set_exception(error)
        return future

    def close(self) -> None:
        """Nothing to close: there is no selector."""
        super().close()

    def _process_events(self, event_list: list[Any]) -> None:
        """No descriptors, no events."""

    def _write_to_self(self) -> None:
        """Another thread scheduled a callback."""
        self._woken.set()


class ScriptLoopPolicy(asyncio.DefaultEventLoopPolicy):
    """Hands out script loops, also to ``asyncio.run`` inside the script."""

    def __init__(self, make: Callable[[], ScriptLoop]) -> None:
        super().__init__()
        self._make = make

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        """A fresh script loop."""
        return self._make()
