"""Market data of the stream: what is sent to whoever subscribed to trades, books, expected prices or status."""

import time
from collections import defaultdict

from daybook.paper.formats import hhmmss
from daybook.paper.kis_call import listed
from daybook.paper.layouts import BOOK, EXPECTED, STATUS, TRADES, UNIFIED_BOOK, UNIFIED_TRADES, frame
from daybook.paper.model import BookView, ExchangeEngine, Security, TradePrint, TradeState
from daybook.paper.records import TradeTally, book_record, expected_record, status_record, trade_records
from daybook.paper.stream_messages import StreamRequest
from daybook.paper.stream_session import StreamSession

CHANGES_INTERVAL_S = 0.2
"""How often (real seconds) books and status are compared with what was last sent: reading a book is costly."""

_POLLED = frozenset({BOOK, UNIFIED_BOOK, EXPECTED, STATUS})


class MarketFeed:
    """Collects trades and sends frames to the sessions, a set the hub keeps up to date."""

    def __init__(self, engine: ExchangeEngine, sessions: set[StreamSession], records_per_frame: int) -> None:
        self._engine = engine
        self._sessions = sessions
        self._records_per_frame = records_per_frame
        self._trades: defaultdict[str, list[TradePrint]] = defaultdict(list)
        self._tallies: defaultdict[str, TradeTally] = defaultdict(TradeTally)
        self._changes_sent_s = 0.0
        self._last_books: dict[str, BookView] = {}
        self._last_expected: dict[str, tuple[int, int]] = {}
        self._last_status: dict[str, tuple[object, ...]] = {}

    def collect(self, trade: TradePrint) -> None:
        """Remember a trade of the exchange until the next flush."""
        self._trades[trade.symbol].append(trade)

    def flush(self) -> None:
        """Send the collected trades, and what changed since it was last sent."""
        for symbol in list(self._trades):
            self._send_trades(symbol)
        self._send_changes()

    def send_first(self, session: StreamSession, request: StreamRequest) -> None:
        """Send a new subscriber of a book or of market status how things stand."""
        if request.tr_id not in {BOOK, UNIFIED_BOOK, STATUS}:
            return
        security = listed(self._engine, request.tr_key)
        if security is None:
            return
        state = self._engine.trade_state(security.symbol)
        record = (
            status_record(security, state)
            if request.tr_id == STATUS
            else book_record(security, state, self._engine.book(security.symbol))
        )
        session.send(request.tr_id, frame(request.tr_id, session.layout, [record]))

    def _send_trades(self, symbol: str) -> None:
        listeners = self._listeners(symbol, (TRADES, UNIFIED_TRADES))
        security = self._engine.security(symbol)
        if not listeners or security is None:
            self._trades.pop(symbol, None)
            return
        book = self._engine.book(symbol)
        state = self._engine.trade_state(symbol)  # may advance: every trade up to this state is collected by now
        prints = self._trades.pop(symbol)
        records = trade_records(security, state, book, prints, self._tallies[symbol], self._opens_hour())
        for start in range(0, len(records), self._records_per_frame):
            chunk = records[start : start + self._records_per_frame]
            for session, tr_id in listeners:
                session.send(tr_id, frame(tr_id, session.layout, chunk))

    def _send_changes(self) -> None:
        """Send books, expected prices and market status that differ from what was last sent."""
        now_s = time.monotonic()
        if now_s - self._changes_sent_s < CHANGES_INTERVAL_S:
            return
        self._changes_sent_s = now_s
        watched: defaultdict[str, set[str]] = defaultdict(set)
        for session in self._sessions:
            for tr_id, key in session.registrations:
                if tr_id in _POLLED:
                    watched[key].add(tr_id)
        for key, tr_ids in watched.items():
            security = listed(self._engine, key)
            if security is None:
                continue
            state = self._engine.trade_state(security.symbol)
            if tr_ids - {STATUS}:
                book = self._engine.book(security.symbol)
                self._send_book(security, state, book)
                self._send_expected(security, state, book)
            self._send_status(security, state)

    def _send_book(self, security: Security, state: TradeState, book: BookView) -> None:
        if self._last_books.get(security.symbol) == book:
            return
        self._last_books[security.symbol] = book
        for session, tr_id in self._listeners(security.symbol, (BOOK, UNIFIED_BOOK)):
            session.send(tr_id, frame(tr_id, session.layout, [book_record(security, state, book)]))

    def _send_expected(self, security: Security, state: TradeState, book: BookView) -> None:
        expected = (book.expected_price_krw, book.expected_shares)
        if not book.expected_price_krw or self._last_expected.get(security.symbol) == expected:
            return
        self._last_expected[security.symbol] = expected
        for session, tr_id in self._listeners(security.symbol, (EXPECTED,)):
            record = expected_record(security, state, book, self._opens_hour())
            session.send(tr_id, frame(tr_id, session.layout, [record]))

    def _send_status(self, security: Security, state: TradeState) -> None:
        status = (state.phase, state.is_halted, state.vi_active)
        before = self._last_status.get(security.symbol)
        self._last_status[security.symbol] = status
        if before in {None, status}:
            return
        for session, tr_id in self._listeners(security.symbol, (STATUS,)):
            session.send(tr_id, frame(tr_id, session.layout, [status_record(security, state)]))

    def _listeners(self, symbol: str, tr_ids: tuple[str, ...]) -> list[tuple[StreamSession, str]]:
        return [
            (session, tr_id)
            for session in self._sessions
            for tr_id, key in session.registrations
            if tr_id in tr_ids and (key == symbol or key[1:] == symbol)
        ]

    def _opens_hour(self) -> str:
        opens = self._engine.session().opens
        return hhmmss(opens) if opens else "000000"
