"""The WebSocket side: subscriptions of all connections, and what they are sent.

The exchange calls back inside its own loop; here callbacks only collect. :meth:`StreamHub.flush`, called after each
advance and each request, turns what was collected into frames. Notices of a request are held back until its HTTP
reply is out, unless a fault wants them earlier.

PINGPONG is sent on every connection. Clients answer with the same text or with a PONG control frame; as the server
does not hand control frames to the application, an unanswered PINGPONG ends no connection.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from starlette.websockets import WebSocket, WebSocketDisconnect

from daybook.paper.account_access import AccountAccess
from daybook.paper.environment import Environment
from daybook.paper.faults import FRAME_FAULTS, NOTICE_FAULTS, FaultBook, FaultKind
from daybook.paper.kis_call import listed
from daybook.paper.layouts import NOTICES, NOTICES_REAL, SERVED, Layout
from daybook.paper.market_feed import MarketFeed
from daybook.paper.model import ExchangeEngine, OrderNotice
from daybook.paper.notices import notice_frame
from daybook.paper.oauth import TokenOffice
from daybook.paper.stream_messages import (
    StreamRefusal,
    StreamRequest,
    is_pingpong,
    parse_request,
    pingpong,
    reply,
)
from daybook.paper.stream_session import MAX_REGISTRATIONS, StreamSession

DEFAULT_LATE_S = 1.0


class StreamHub:
    """All connections. Used from one event loop."""

    def __init__(
        self,
        engine: ExchangeEngine,
        faults: FaultBook,
        tokens: TokenOffice,
        accounts: AccountAccess,
        *,
        layout: Layout,
        strict: bool,
        pingpong_interval_s: float,
        records_per_frame: int,
    ) -> None:
        self._engine = engine
        self._faults = faults
        self._tokens = tokens
        self._accounts = accounts
        self._layout = layout
        self._strict = strict
        self._pingpong_interval_s = pingpong_interval_s
        self._sessions: set[StreamSession] = set()
        self._feed = MarketFeed(engine, self._sessions, records_per_frame)
        self._notices: list[OrderNotice] = []
        self._held: list[OrderNotice] | None = None
        engine.listeners.on_trade.append(self._feed.collect)
        engine.listeners.on_notice.append(self._collect_notice)

    async def serve(self, websocket: WebSocket, environment: Environment) -> None:
        """Serve one connection until it ends."""
        wanted = websocket.query_params.get("ws_layout", "").partition("/")[0]  # python-kis appends a path to any URL
        layout = Layout(wanted) if wanted in set(Layout) else self._layout
        await websocket.accept()
        session = StreamSession(websocket, environment, layout, self._may_send)
        self._sessions.add(session)
        workers = [asyncio.create_task(session.write()), asyncio.create_task(self._ping(session))]
        try:
            while True:
                message = await websocket.receive()
                if message["type"] == "websocket.disconnect":
                    break
                text = message.get("text")
                self._receive(session, text if text is not None else "")
        except WebSocketDisconnect:
            pass
        finally:
            self._end(session)
            for worker in workers:
                worker.cancel()
            for worker in workers:
                with suppress(asyncio.CancelledError):
                    await worker

    @contextmanager
    def holding(self) -> Iterator[list[OrderNotice]]:
        """Collect the notices of a request apart, to be released after its reply."""
        held: list[OrderNotice] = []
        self._held = held
        try:
            yield held
        finally:
            self._held = None

    def release(self, held: list[OrderNotice]) -> None:
        """Send notices that were held back; the list is emptied."""
        notices, held[:] = list(held), []
        for notice in notices:
            self._dispatch(notice)

    def flush(self) -> None:
        """Send what was collected, and what changed in the watched books."""
        notices, self._notices = self._notices, []
        for notice in notices:
            self._dispatch(notice)
        self._feed.flush()

    def _collect_notice(self, notice: OrderNotice) -> None:
        (self._notices if self._held is None else self._held).append(notice)

    def _may_send(self, tr_id: str) -> bool:
        return not self._faults.take(FRAME_FAULTS, tr_id, "frame", frozenset({"frame"}))

    async def _ping(self, session: StreamSession) -> None:
        while True:
            await asyncio.sleep(self._pingpong_interval_s)
            session.send("PINGPONG", pingpong(self._engine.now()))

    def _receive(self, session: StreamSession, text: str) -> None:
        if is_pingpong(text):
            return
        try:
            request = parse_request(text, needs_custtype=self._strict)
        except StreamRefusal as refusal:
            with suppress(StreamRefusal):
                self._approve(session, refusal.approval_key)
            session.send(refusal.tr_id, reply(refusal.code, refusal.tr_id, refusal.tr_key))
            return
        try:
            self._approve(session, request.approval_key)
            code = self._register(session, request) if request.subscribes else self._unregister(session, request)
        except StreamRefusal as refusal:
            code = refusal.code
        is_done = code in {"OPSP0000", "OPSP0001"}
        answer = reply(
            code,
            request.tr_id,
            request.tr_key,
            cipher=session.cipher_of(request.tr_id) if is_done else None,
            is_encrypted=is_done and request.tr_id in NOTICES,
        )
        session.send(request.tr_id, answer)
        if code == "OPSP0000":
            self._feed.send_first(session, request)

    def _approve(self, session: StreamSession, approval_key: str) -> None:
        """Tie a connection to the app key of its approval key; a key once accepted need not be repeated."""
        if not approval_key and session.app_key is not None:
            return
        app_key = self._tokens.app_key_of_approval(approval_key)
        if app_key is None:
            raise StreamRefusal("OPSP0011")
        if any(other is not session and other.app_key == app_key for other in self._sessions):
            raise StreamRefusal("OPSP8996")
        session.app_key = app_key

    def _register(self, session: StreamSession, request: StreamRequest) -> str:
        served = SERVED[session.environment] if self._strict else SERVED[Environment.REAL] | NOTICES
        if request.tr_id not in served:
            return "OPSP8991"
        key = (request.tr_id, request.tr_key)
        symbol = self._symbol(request)
        if not request.tr_key or (request.tr_id not in NOTICES and symbol is None):
            return "OPSP8992"
        if key in session.registrations:
            return "OPSP0002"
        if len(session.registrations) >= MAX_REGISTRATIONS:
            return "OPSP0008"
        session.registrations[key] = None
        if symbol is not None:
            self._engine.watch(symbol)
        return "OPSP0000"

    def _unregister(self, session: StreamSession, request: StreamRequest) -> str:
        key = (request.tr_id, request.tr_key)
        if key not in session.registrations:
            return "OPSP0003"
        del session.registrations[key]
        self._unwatch(request.tr_id, request.tr_key)
        return "OPSP0001"

    def _symbol(self, request: StreamRequest) -> str | None:
        if request.tr_id in NOTICES or len(request.tr_key) > 12:
            return None
        security = listed(self._engine, request.tr_key)
        return security.symbol if security else None

    def _unwatch(self, tr_id: str, tr_key: str) -> None:
        security = None if tr_id in NOTICES else listed(self._engine, tr_key)
        if security is not None:
            self._engine.unwatch(security.symbol)

    def _end(self, session: StreamSession) -> None:
        self._sessions.discard(session)
        for tr_id, tr_key in session.registrations:
            self._unwatch(tr_id, tr_key)
        session.registrations.clear()

    def _dispatch(self, notice: OrderNotice) -> None:
        names = frozenset({"notice"})
        rules = {rule.fault: rule for rule in self._faults.take(NOTICE_FAULTS, NOTICES_REAL, "notice", names)}
        if FaultKind.LOST_NOTICE in rules:
            return
        copies = 2 if FaultKind.DUPLICATE_NOTICE in rules else 1
        for _ in range(copies):
            if FaultKind.LATE_NOTICE in rules:
                delay_s = rules[FaultKind.LATE_NOTICE].seconds_or(DEFAULT_LATE_S)
                asyncio.get_running_loop().call_later(delay_s, self._send_notice, notice)
            else:
                self._send_notice(notice)

    def _send_notice(self, notice: OrderNotice) -> None:
        security = self._engine.security(notice.order.symbol)
        for session in self._sessions:
            if session.app_key is None or not self._accounts.may_hear(session.app_key, notice.order.account):
                continue
            for tr_id in NOTICES:
                for hts_id in session.keys_of(tr_id):
                    cipher = session.cipher_of(tr_id)
                    session.send(tr_id, notice_frame(tr_id, session.layout, notice, hts_id, security, cipher))
