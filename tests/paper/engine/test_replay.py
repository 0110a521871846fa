import gzip
from datetime import date
from pathlib import Path

import pytest

from daybook.contracts.base import Side
from daybook.contracts.market import Market
from daybook.paper.exchange import ExchangeConfig, build_exchange
from daybook.paper.model import Refusal, RefusalKind
from daybook.paper.replay import ReplayFileError, ReplayPrices
from tests.paper.engine.market import ACCOUNT, FRIDAY, Hands, at, shared_file

ROWS = """Date,Symbol,Open,High,Low,Close,Volume,Name,Market,Sector,Shares_Outstanding
2026-03-19,000020,6100,6170,6010,6170,96802,동화약품,KOSPI,제약,27931470
2026-03-20,000020,0,0,0,6170,0,동화약품,KOSPI,제약,27931470
20260320,035900,67000,68000,66100,66200,1000,JYP Ent.,KOSDAQ GLOBAL,,
"""


def exchange_on(path: Path, clock: str, day: date = FRIDAY) -> object:
    return build_exchange(ExchangeConfig(replay_path=path, start_market_time=at(clock, day), real_now=Hands().now))


def test_generic_file_when_read_then_names_markets_and_halts_are_its_own(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv.gz"
    path.write_bytes(gzip.compress(ROWS.encode("utf-8-sig")))
    (tmp_path / "krx_companies.csv.gz").write_bytes(gzip.compress("Code,Industry\n035900,창작업\n".encode()))
    prices = ReplayPrices.read(path)
    first, second = prices.securities
    assert (first.name, first.market, first.sector, first.shares_outstanding) == (
        "동화약품",
        Market.KOSPI,
        "제약",
        27931470,
    )
    assert (second.market, second.sector) == (Market.KOSDAQ, "창작업")
    assert prices.bar("000020", FRIDAY) is None
    assert prices.base_krw("000020", FRIDAY) == 6170
    assert prices.base_krw("035900", FRIDAY) == 67000
    assert [bar.day for bar in prices.bars("000020", date(2026, 1, 1), date(2027, 1, 1))] == [date(2026, 3, 19)]


def test_parquet_file_when_read_then_it_equals_the_csv(tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    csv_path, parquet_path = tmp_path / "prices.csv", tmp_path / "prices.parquet"
    csv_path.write_text("date,code,open,high,low,close,volume\n2026-03-20,005930,100,110,90,105,50\n")
    table = pyarrow.table(
        {
            "date": [date(2026, 3, 20)],
            "code": ["005930"],
            "open": [100],
            "high": [110],
            "low": [90],
            "close": [105],
            "volume": [50],
        }
    )
    pyarrow.parquet.write_table(table, parquet_path)
    assert ReplayPrices.read(parquet_path).bar("005930", FRIDAY) == ReplayPrices.read(csv_path).bar("005930", FRIDAY)


@pytest.mark.parametrize(
    "row",
    [
        "2026-03-20,005930,100,90,80,95,10",
        "2026-03-20,005930,100,110,90,105,2",
        "2026-03-20,005930,x,1,1,1,1",
        "bad,1,1,1,1,1,1",
    ],
)
def test_file_when_a_row_is_no_session_then_the_error_names_it(tmp_path: Path, row: str) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(f"date,code,open,high,low,close,volume\n{row}\n")
    with pytest.raises(ReplayFileError, match=r"prices\.csv, row 1"):
        ReplayPrices.read(path)


def test_replay_when_the_real_file_is_given_then_states_and_indices_are_the_real_ones() -> None:
    path = shared_file("krx_daily_2026-03.csv.gz")
    exchange = build_exchange(ExchangeConfig(replay_path=path, start_market_time=at("16:00"), real_now=Hands().now))
    assert len(exchange.securities()) > 2_700
    state = exchange.trade_state("005930")
    assert (state.open_krw, state.high_krw, state.low_krw, state.last_krw) == (202_000, 202_500, 199_000, 199_400)
    assert state.volume_shares == 35_279_762
    assert exchange.trade_state("000660").turnover_krw == 3_465_653_176_172
    assert exchange.daily_bars("005930", FRIDAY, FRIDAY)[0].close_krw == 199_400
    kospi = exchange.index("0001")
    assert kospi is not None
    assert (kospi.open, kospi.high, kospi.low, kospi.level) == (5813.35, 5833.68, 5764.64, 5781.2)
    assert kospi.previous_close == 5763.22
    assert kospi.volume_shares == 1_490_805_229


def test_replay_when_a_stock_rests_or_the_file_has_ended_then_orders_are_refused() -> None:
    path = shared_file("krx_daily_2026-03.csv.gz")
    for symbol, day in (("000300", date(2026, 3, 6)), ("005930", date(2026, 3, 23))):
        exchange = build_exchange(
            ExchangeConfig(replay_path=path, start_market_time=at("10:00", day), real_now=Hands().now)
        )
        exchange.open_account(ACCOUNT, 1_000_000)
        assert exchange.trade_state(symbol).is_halted
        with pytest.raises(Refusal) as caught:
            exchange.submit(ACCOUNT, symbol, Side.BUY, "01", 1, 0)
        assert caught.value.kind is RefusalKind.UNTRADABLE
