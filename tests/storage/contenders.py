"""What competing processes do to one database; run in processes of their own."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from daybook.contracts.base import Side, TradingState
from daybook.storage import AuditLog, BarStore, Database, IntentStore, Ledger, NoticeStore, StateStore
from tests.storage.facts import AT, DAY, SAMSUNG, notice, order_id, ticket

THREADS = 2


def _in_threads(url: str, work, arguments) -> list:
    with Database(url) as database, ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(lambda argument: work(database, argument), arguments))


def upgrade(url: str) -> str:
    with Database(url) as database:
        return database.upgrade()


def record_rivals(url: str, names: list[str]) -> list[str | None]:
    """Record different intents for one symbol and side; return whose duplicate each is."""
    return _in_threads(url, lambda db, name: IntentStore(db).record(ticket(name), AT).duplicate_of, names)


def record_same(url: str, times: int) -> list[bool]:
    return _in_threads(url, lambda db, _: IntentStore(db).record(ticket("shared"), AT).is_new, range(times))


def begin_attempts(url: str, numbers: list[int]) -> list[bool]:
    return _in_threads(url, lambda db, number: IntentStore(db).begin_attempt("shared", 1, AT), numbers)


def link(url: str, names: list[str]) -> list[bool]:
    return _in_threads(url, lambda db, name: IntentStore(db).link_order(DAY, order_id(), name), names)


def apply_fills(url: str, cumulative: list[int]) -> int:
    """Report cumulative fills of one order; return the shares this process booked."""

    def apply(db: Database, shares: int) -> int:
        booked = Ledger(db).apply_progress(
            "main", DAY, "0000117057", None, SAMSUNG, Side.BUY, shares, shares * 70_000, shares * 10, AT
        )
        return booked.delta_shares

    return sum(_in_threads(url, apply, cumulative))


def append_audit(url: str, names: list[str]) -> list[int]:
    return _in_threads(url, lambda db, name: AuditLog(db).append("test", name, {"name": name}, at=AT).seq, names)


def halt(url: str, codes: list[str]) -> list[int]:
    return _in_threads(url, lambda db, code: StateStore(db).halt("main", TradingState.HALTED, code, "", "x", AT), codes)


def confirm(url: str, token: str, times: int) -> list[bool]:
    moment = AT + timedelta(seconds=1)
    return _in_threads(url, lambda db, _: StateStore(db).confirm_resume("main", token, "x", moment), range(times))


def take_notices(url: str, digests: list[str]) -> int:
    return sum(_in_threads(url, lambda db, digest: NoticeStore(db).record(DAY, notice(digest)), digests))


def save_bars(url: str, bars: list) -> int:
    return sum(_in_threads(url, lambda db, chunk: BarStore(db).save_daily(chunk), [bars, list(reversed(bars))]))


def die_inside_a_write(url: str) -> None:
    """Die by SIGKILL with an open unit of work that has written rows."""
    with Database(url) as database, database.session() as session:
        IntentStore(session).record(ticket("never"), AT)
        os.kill(os.getpid(), signal.SIGKILL)
