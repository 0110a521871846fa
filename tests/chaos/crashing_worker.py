"""The real trading worker with a crash injector in its awaits: run as ``python -m tests.chaos.crashing_worker``.

Nothing of the worker is replaced. Hooks are added around its activities, its transactions and its HTTP requests.
"""

import functools
import os
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import event
from sqlalchemy.orm import Session
from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from daybook.broker.kis.client import build_broker
from daybook.contracts.calls import Layer
from daybook.skills.policy import tool_calls_of
from daybook.storage.approvals import ApprovalStore
from daybook.storage.audit import AuditLog
from daybook.storage.engine import READING
from daybook.storage.intents import IntentStore
from daybook.storage.ledger import Ledger
from daybook.storage.notices import NoticeStore
from tests.chaos.crash_injector import PLAN_VARIABLE, CrashInjector, CrashPlan
from workers import hosting, trading

_TRANSACTIONS = {
    (IntentStore, "record"): "record_intent",
    (IntentStore, "begin_attempt"): "begin_attempt",
    (IntentStore, "link_order"): "link_order",
    (IntentStore, "finish_attempt"): "finish_attempt",
    (IntentStore, "set_state"): "set_state",
    (Ledger, "apply_progress"): "apply_progress",
    (AuditLog, "append"): "append_audit",
    (NoticeStore, "record"): "record_notice",
    (ApprovalStore, "request"): "request_approval",
    (ApprovalStore, "decide"): "decide_approval",
}
_REQUESTS = {"order-cash": "order", "order-rvsecncl": "cancel", "inquire-daily-ccld": "order_list"}

_transaction: ContextVar[str] = ContextVar("transaction", default="")


def _here() -> str:
    return activity.info().activity_type.partition(".")[2] if activity.in_activity() else "worker"


class _CrashingActivity(ActivityInboundInterceptor):
    def __init__(self, following: ActivityInboundInterceptor, injector: CrashInjector) -> None:
        super().__init__(following)
        self._injector = injector

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        self._injector.at(f"begins@{_here()}")
        result = await super().execute_activity(input)
        self._injector.at(f"ends@{_here()}")
        return result


class CrashInterceptor(Interceptor):
    """Crash points before an activity begins and before its completion is reported."""

    def __init__(self, injector: CrashInjector) -> None:
        self._injector = injector

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _CrashingActivity(next, self._injector)


class CrashTransport(httpx.BaseTransport):
    """Crash points around the requests of the order path, below the mode lock."""

    def __init__(self, injector: CrashInjector) -> None:
        self._injector = injector
        self._inner = httpx.HTTPTransport(trust_env=False, retries=0, limits=httpx.Limits(keepalive_expiry=5.0))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        name = _REQUESTS.get(request.url.path.rpartition("/")[2])
        if name is None:
            return self._inner.handle_request(request)
        self._injector.at(f"{name}:writing@{_here()}")

        def on_wire(happened: str, _details: object) -> None:
            if happened == "http11.send_request_body.complete":
                self._injector.at(f"{name}:written@{_here()}")

        request.extensions = {**request.extensions, "trace": on_wire}
        response = self._inner.handle_request(request)
        response.read()
        self._injector.at(f"{name}:answered@{_here()}")
        return response

    def close(self) -> None:
        self._inner.close()


def _hook_transactions(injector: CrashInjector) -> None:
    def named(owner: type, method: str, name: str) -> None:
        original = getattr(owner, method)

        @functools.wraps(original)
        def wrapped(*arguments: Any, **options: Any) -> Any:
            token = _transaction.set(name)
            try:
                return original(*arguments, **options)
            finally:
                _transaction.reset(token)

        setattr(owner, method, wrapped)

    for (owner, method), name in _TRANSACTIONS.items():
        named(owner, method, name)

    def at(moment: str) -> Callable[[Session], None]:
        def listener(session: Session) -> None:
            name = _transaction.get()
            if name and not session.get_bind().get_execution_options().get(READING, False):
                injector.at(f"{name}:{moment}@{_here()}")

        return listener

    event.listen(Session, "before_commit", at("committing"))
    event.listen(Session, "after_commit", at("committed"))


def main() -> None:
    """Run the worker with its hooks."""
    injector = CrashInjector(CrashPlan.read(Path(os.environ[PLAN_VARIABLE])))
    _hook_transactions(injector)
    trading.build_broker = functools.partial(build_broker, inner=CrashTransport(injector))
    options_of = hosting.worker_options

    def with_crashes(layer: Layer) -> dict[str, Any]:
        options = options_of(layer)
        return {**options, "interceptors": [*options.get("interceptors", ()), CrashInterceptor(injector)]}

    hosting.worker_options = with_crashes
    hosting.run_worker(Layer.TRADING, rooms=trading.rooms, tools=tool_calls_of(Layer.TRADING), threads=16)


if __name__ == "__main__":
    main()
