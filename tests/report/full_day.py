"""A day on which something of everything happened."""

from datetime import timedelta

from daybook.contracts.account import Holding
from daybook.contracts.base import Side, TradingState
from daybook.contracts.orders import IntentState
from daybook.storage.database import Database
from daybook.storage.states import StateStore
from tests.report.desk_day import ACCOUNT, HYNIX, NAVER, SAMSUNG, DeskDay, market, walk

START_KRW = 20_000_000


def full_day(database: Database, speed: float = 1.0) -> DeskDay:
    """Write the day: a buy in two fills, a sell of an old holding, a denial, a halt, an external order."""
    held = (
        Holding(
            symbol=NAVER, name="네이버", shares=20, sellable_shares=20, average_price_krw=210_000, price_krw=212_000
        ),
        Holding(
            symbol="068270", name="셀트리온", shares=4, sellable_shares=4, average_price_krw=180_000, price_krw=181_000
        ),
    )
    day = DeskDay(database, speed=speed, cash_krw=15_036_000, holdings=held)
    day.begin()
    day.bars(SAMSUNG, 71_000, seed=3, skip=("10:03", "10:04", "11:30"))
    day.bars(NAVER, 212_000, seed=5, tick_krw=500)
    names = {NAVER: "네이버", "068270": "셀트리온", SAMSUNG: "삼성전자"}
    samsung = {row.starts_at: row.close_krw for row in walk(SAMSUNG, day.day, 71_000, 3)}
    naver = {row.starts_at: row.close_krw for row in walk(NAVER, day.day, 212_000, 5, 500)}
    cash, shares = day.cash_krw, {SAMSUNG: 0, NAVER: 20}
    times = [market("09:05") + timedelta(minutes=10 * n) for n in range(38)]
    halt = {"code": "INDEX_FALL", "state": "reducing", "text": "KOSPI fell 3.1 %", "cancel_buys": True}
    for at in times:
        hhmm = f"{at:%H:%M}"
        if hhmm == "13:05":
            continue
        proposed = {"09:15": 2, "11:25": 1, "13:55": 1}.get(hhmm, 0)
        day.decide(
            hhmm,
            proposed=proposed,
            quotes={SAMSUNG: samsung[at], NAVER: naver[at], "068270": 181_500},
            names=names,
            missing=("068270",) if hhmm in ("10:15", "10:25") else (),
            left_alone=("already_held", "low_score"),
            breakers=(halt,) if hhmm in ("13:15", "13:25") else (),
        )
        if hhmm == "09:15":
            limit = samsung[at] + 100
            day.send("20260313-005930-buy-1", hhmm, SAMSUNG, Side.BUY, 14, limit, "0000117057")
            day.fill("20260313-005930-buy-1", "09:16", "117057", SAMSUNG, Side.BUY, 9, 9 * limit, 89)
            amount = 9 * limit + 5 * (limit - 100)
            day.fill("20260313-005930-buy-1", "09:18", "117057", SAMSUNG, Side.BUY, 14, amount, 138)
            day.end("20260313-005930-buy-1", "09:19", IntentState.FILLED, "filled 14/14")
            cash, shares[SAMSUNG] = cash - amount - 138, 14
            day.deny("20260313-000660-buy-1", hhmm, HYNIX, "PRICE_COLLAR, CASH_FLOOR: limit is 2.4 % above | the price")
        if hhmm == "13:55":
            limit = naver[at] - 500
            day.send("20260313-035420-sell-1", hhmm, NAVER, Side.SELL, 20, limit, "0000203311")
            day.fill("20260313-035420-sell-1", "13:58", "203311", NAVER, Side.SELL, 12, 12 * (limit + 500), 5_400)
            day.end("20260313-035420-sell-1", "14:25", IntentState.CANCELLED, "cancelled, by time")
            cash, shares[NAVER] = cash + 12 * (limit + 500) - 5_400, 8
        worth = shares[SAMSUNG] * samsung[at] + shares[NAVER] * naver[at] + 4 * 181_500
        day.equity(hhmm, cash + worth, cash, 370.0 + (samsung[at] - 71_000) / 900)
    worth = shares[SAMSUNG] * day.closes[SAMSUNG] + shares[NAVER] * day.closes[NAVER] + 4 * 181_500
    day.equity("15:30", cash + worth, cash, 371.2)
    states = StateStore(database)
    states.halt(ACCOUNT, TradingState.REDUCING, "INDEX_FALL", "KOSPI fell 3.1 %", "breaker", day.real("13:15"))
    day.external("0000000042", "10:11", SAMSUNG, 1, 71_300)
    day.finish()
    return day
