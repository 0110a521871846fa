from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from daybook.broker.kis import build_broker
from daybook.broker.kis.market_scan import KisMarketScan, RankedShare
from daybook.broker.port import BrokerConfigurationError, BrokerUnavailable
from daybook.contracts.base import KST, Mode
from daybook.paper.exchange import ExchangeConfig, build_exchange
from daybook.paper.front import FrontConfig
from daybook.paper.hosting import hosted
from tests.broker.fake_kis import Rig, ok

INDEX, RANK = "FHPUP02100000", "FHPST01710000"
COUNTS = {
    "bstp_nmix_prpr": "2600.10",
    "ascn_issu_cnt": "410",
    "uplm_issu_cnt": "2",
    "stnr_issu_cnt": "60",
    "down_issu_cnt": "450",
    "lslm_issu_cnt": "0",
}
ROW = {
    "mksc_shrn_iscd": "005930",
    "hts_kor_isnm": "삼성전자",
    "stck_prpr": "70000",
    "prdy_ctrt": "-1.25",
    "acml_vol": "1000",
    "acml_tr_pbmn": "70000000",
}


def scan(rig: Rig) -> KisMarketScan:
    return rig.broker.scan


def test_breadth_when_served_then_the_broker_s_counts_come_back() -> None:
    rig = Rig()
    rig.kis.on(INDEX, ok(output=COUNTS))
    found = scan(rig).breadth("0001")
    assert found is not None
    assert (found.rising, found.falling, found.unchanged, found.limit_up, found.limit_down) == (410, 450, 60, 2, 0)


def test_breadth_when_a_count_is_missing_then_it_is_no_answer() -> None:
    rig = Rig()
    rig.kis.on(INDEX, ok(output={**COUNTS, "down_issu_cnt": ""}))
    with pytest.raises(BrokerUnavailable):
        scan(rig).breadth("0001")


def test_breadth_when_in_mock_then_there_is_none_and_nothing_is_sent() -> None:
    rig = Rig(Mode.MOCK)
    assert scan(rig).breadth("0001") is None
    assert rig.kis.requests(INDEX) == []


def test_most_traded_when_rows_repeat_or_lack_a_code_then_each_share_is_there_once_highest_first() -> None:
    rig = Rig()
    other = {**ROW, "mksc_shrn_iscd": "000660", "acml_tr_pbmn": "80000000", "acml_vol": "10"}
    rig.kis.on(RANK, ok(output=[ROW, ROW, {**ROW, "mksc_shrn_iscd": ""}, other]))
    assert [share.symbol for share in scan(rig).most_traded()] == ["000660", "005930"]
    assert [share.symbol for share in scan(rig).most_traded(by_volume=True)] == ["005930", "000660"]
    assert scan(rig).most_traded()[1] == RankedShare(
        symbol="005930",
        name="삼성전자",
        price_krw=70_000,
        change_percent=-1.25,
        volume_shares=1_000,
        turnover_krw=70_000_000,
    )
    orders = [request.url.params["FID_BLNG_CLS_CODE"] for request in rig.kis.requests(RANK)]
    assert orders == ["3", "0", "3"]


def test_most_traded_when_in_mock_then_it_is_not_served() -> None:
    with pytest.raises(BrokerConfigurationError, match="mock"):
        scan(Rig(Mode.MOCK)).most_traded()


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KisMarketScan]:
    engine = build_exchange(ExchangeConfig(start_market_time=datetime(2026, 11, 20, 10, 0, tzinfo=KST), speed=10))
    state: Path = tmp_path_factory.mktemp("kis")
    try:
        with (
            hosted(engine, FrontConfig(rate_limit=None)) as running,
            build_broker(Mode.PAPER, state_dir=state, base_url=running.mock_url) as broker,
        ):
            yield broker.scan
    finally:
        engine.close()


def test_scan_when_of_the_paper_exchange_then_breadth_and_ranking_are_served(paper: KisMarketScan) -> None:
    breadth = paper.breadth("0001")
    assert breadth is not None
    assert breadth.rising + breadth.falling + breadth.unchanged + breadth.limit_up + breadth.limit_down > 0
    shares = paper.most_traded()
    assert 0 < len(shares) <= 30
    assert [share.turnover_krw for share in shares] == sorted((share.turnover_krw for share in shares), reverse=True)
    assert all(share.name and share.price_krw > 0 for share in shares)
