import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from daybook.contracts.base import Side
from daybook.paper.exchange import Exchange, ExchangeConfig, build_exchange
from daybook.paper.journal import Journal, JournalError
from tests.paper.engine.market import ACCOUNT, FRIDAY, TUESDAY, Hands, at

START, END = date(2026, 1, 1), date(2026, 12, 31)


def config_of(path: Path, hands: Hands) -> ExchangeConfig:
    return ExchangeConfig(seed=7, start_market_time=at("08:50"), speed=2.0, journal_path=path, real_now=hands.now)


def everything(exchange: Exchange) -> tuple[object, ...]:
    return (
        exchange.now(),
        exchange.cash(ACCOUNT),
        exchange.holdings(ACCOUNT),
        exchange.orders(ACCOUNT, START, END),
        exchange._state.executions,
        exchange._state.accounts,
        exchange._state.resting,
        exchange.book("005930"),
    )


def trade(exchange: Exchange, hands: Hands) -> None:
    exchange.open_account(ACCOUNT, 200_000_000)
    exchange.submit(ACCOUNT, "005930", Side.BUY, "01", 20, 0)
    hands.real_s += 600
    last = exchange.trade_state("005930").last_krw
    for offset in range(5):
        exchange.submit(ACCOUNT, "005930", Side.BUY, "00", 100, last // 100 * 100 - 100 * offset)
    kept = exchange.submit(
        ACCOUNT, "035720", Side.BUY, "00", 30, exchange.trade_state("035720").base_krw * 8 // 10 // 50 * 50
    )
    exchange.cancel(ACCOUNT, kept.number, 10)
    exchange.modify(ACCOUNT, kept.number, "00", 5, kept.price_krw + 50)
    exchange.submit(ACCOUNT, "005930", Side.SELL, "00", 15, exchange.trade_state("005930").last_krw // 100 * 100 + 1000)
    hands.real_s += 900


def test_journal_when_process_dies_and_restarts_then_everything_is_as_if_it_had_run_on(tmp_path: Path) -> None:
    hands = Hands()
    config = config_of(tmp_path / "journal.jsonl", hands)
    running = build_exchange(config)
    trade(running, hands)
    with pytest.raises(JournalError, match="in use"):
        build_exchange(config)
    running.close()
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes(config.journal_path.read_bytes() if config.journal_path else b"")
    survivor = build_exchange(replace(config, journal_path=copy))
    restarted = build_exchange(replace(config, start_market_time=at("12:00"), speed=1.0))
    assert everything(restarted) == everything(survivor)
    survivor.close()
    hands.real_s += 4_000
    moved_on = everything(restarted)
    restarted.close()
    again = build_exchange(config)
    assert everything(again) == moved_on
    again.close()


def test_journal_when_process_was_down_over_the_close_then_its_events_happen_at_their_time(tmp_path: Path) -> None:
    hands = Hands()
    config = config_of(tmp_path / "journal.jsonl", hands)
    running, uninterrupted = build_exchange(config), build_exchange(replace(config, journal_path=None))
    start = hands.real_s
    trade(running, hands)
    running.close()
    hands.real_s = start
    trade(uninterrupted, hands)
    hands.real_s += 2 * 86_400
    restarted = build_exchange(config)
    assert everything(restarted) == everything(uninterrupted)
    assert not restarted._state.resting
    assert restarted.now().date() == TUESDAY
    restarted.close()


def test_journal_when_the_last_line_is_torn_then_it_is_cut_off(tmp_path: Path) -> None:
    path, hands = tmp_path / "journal.jsonl", Hands()
    running = build_exchange(config_of(path, hands))
    trade(running, hands)
    expected = everything(running)
    running.close()
    whole = path.read_bytes()
    path.write_bytes(whole + b'[{"kind":"fill","num')
    restarted = build_exchange(config_of(path, hands))
    assert everything(restarted) == expected
    restarted.close()
    assert path.read_bytes().startswith(whole)
    assert b'"num"' not in path.read_bytes()


def test_journal_when_it_is_damaged_inside_or_of_other_prices_then_it_is_refused(tmp_path: Path) -> None:
    path, hands = tmp_path / "journal.jsonl", Hands()
    running = build_exchange(config_of(path, hands))
    trade(running, hands)
    running.close()
    with pytest.raises(JournalError, match="belongs to"):
        build_exchange(replace(config_of(path, hands), seed=8))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], lines[1][:10] + b"\n", *lines[2:]]))
    with pytest.raises(JournalError, match="line 2"):
        build_exchange(config_of(path, hands))


def test_journal_when_a_write_fails_then_nothing_is_acknowledged_and_a_restart_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, hands = tmp_path / "journal.jsonl", Hands()
    running = hands.listen(build_exchange(config_of(path, hands)))
    running.open_account(ACCOUNT, 1_000_000)

    def fail(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, "write", fail)
        with pytest.raises(OSError, match="No space"):
            running.submit(ACCOUNT, "005930", Side.BUY, "01", 1, 0)
    assert hands.notices == []
    with pytest.raises(JournalError, match="restart"):
        running.submit(ACCOUNT, "005930", Side.BUY, "01", 1, 0)
    restarted = build_exchange(config_of(path, hands))
    assert restarted.orders(ACCOUNT, START, END) == []
    restarted.close()


def test_journal_when_without_a_path_then_nothing_is_kept() -> None:
    journal = Journal(None)
    assert journal.open() == []
    journal.append([{"kind": "clock"}])
    journal.close()


def test_journal_when_process_is_killed_then_what_it_acknowledged_is_there(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    script = textwrap.dedent(
        f"""
        from datetime import datetime
        from pathlib import Path
        from daybook.contracts.base import Side
        from daybook.paper.exchange import ExchangeConfig, build_exchange
        config = ExchangeConfig(seed=7, start_market_time=datetime.fromisoformat("{at("10:00").isoformat()}"),
                                journal_path=Path({str(path)!r}), real_now=lambda: 1000.0)
        exchange = build_exchange(config)
        exchange.open_account("{ACCOUNT}", 10_000_000_000)
        while True:
            order = exchange.submit("{ACCOUNT}", "005930", Side.BUY, "01", 1, 0)
            print(order.number, order.filled_amount_krw, flush=True)
        """
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        acknowledged = [process.stdout.readline().split() for _ in range(20)]
        os.kill(process.pid, signal.SIGKILL)
        acknowledged += [line.split() for line in process.stdout.read().splitlines() if line.count(" ") == 1]
    exchange = build_exchange(
        ExchangeConfig(seed=7, start_market_time=at("10:00"), journal_path=path, real_now=lambda: 1000.0)
    )
    orders = {order.number: order for order in exchange.orders(ACCOUNT, FRIDAY, FRIDAY)}
    assert len(acknowledged) <= len(orders) <= len(acknowledged) + 1
    assert all(orders[number].filled_amount_krw == int(amount) for number, amount in acknowledged)
    spent = sum(order.filled_amount_krw + exchange.order_costs_krw(order) for order in orders.values())
    assert exchange.cash(ACCOUNT).d2_krw == 10_000_000_000 - spent
    exchange.close()
