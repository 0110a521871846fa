"""Reads over the whole market: the breadth of an index and the volume ranking, each row with its numbers."""

from collections.abc import Mapping

from daybook.broker.kis.fields import Row, UnreadableReply, count, is_symbol, real, record, records, required_count
from daybook.broker.kis.gateway import KisGateway
from daybook.broker.kis.market_data import decoded
from daybook.broker.kis.wire import INDEX, VOLUME_RANK
from daybook.contracts.base import Message, Symbol, Won

MOST_RANKED = 30
"""Rows of one ``volume-rank``; KIS has no further page."""

_BY_VOLUME, _BY_TURNOVER = "0", "3"
# Excludes risk/warning, administrative, liquidation, unfaithful disclosure, preferred, halted, ETF, ETN and SPAC.
_EXCLUSIONS = "1111111101"


class Breadth(Message):
    """How many issues of an index's market rose, fell or stood, as ``inquire-index-price`` counts them."""

    rising: int
    falling: int
    unchanged: int
    limit_up: int
    limit_down: int


class RankedShare(Message):
    """One row of ``volume-rank``."""

    symbol: Symbol
    name: str
    price_krw: Won
    change_percent: float
    volume_shares: int
    turnover_krw: Won


class KisMarketScan:
    """Reads over the whole market of one gateway. Thread-safe. Both services are missing in mock."""

    def __init__(self, gateway: KisGateway) -> None:
        self._gateway = gateway

    def breadth(self, code: str) -> Breadth | None:
        """Return the breadth of an index's market (``0001``, ``1001``, ``2001``), None where it is not served.

        Raises ``BrokerUnavailable`` without a usable answer.
        """
        if INDEX.served_id(self._gateway.mode) is None:
            return None
        query = {"FID_COND_MRKT_DIV_CODE": "U", "FID_INPUT_ISCD": code}
        return decoded(_breadth, self._gateway.read(INDEX, query))

    def most_traded(self, *, by_volume: bool = False) -> list[RankedShare]:
        """Return up to 30 common shares, by traded value or by volume, highest first.

        Raises ``BrokerConfigurationError`` in mock and ``BrokerUnavailable`` without a usable answer.
        """
        query = {
            "FID_COND_MRKT_DIV_CODE": "J",
            "FID_COND_SCR_DIV_CODE": "20171",
            "FID_INPUT_ISCD": "0000",
            "FID_DIV_CLS_CODE": "1",
            "FID_BLNG_CLS_CODE": _BY_VOLUME if by_volume else _BY_TURNOVER,
            "FID_TRGT_CLS_CODE": "111111111",
            "FID_TRGT_EXLS_CLS_CODE": _EXCLUSIONS,
            "FID_INPUT_PRICE_1": "0",
            "FID_INPUT_PRICE_2": "0",
            "FID_VOL_CNT": "0",
            "FID_INPUT_DATE_1": "0",
        }
        shares = decoded(_ranked, self._gateway.read(VOLUME_RANK, query))
        key = (lambda share: -share.volume_shares) if by_volume else (lambda share: -share.turnover_krw)
        return sorted(shares, key=key)[:MOST_RANKED]


def _breadth(body: Mapping[str, object]) -> Breadth:
    row = record(body, "output")
    if not row:
        raise UnreadableReply("the index is missing")
    return Breadth(
        rising=required_count(row, "ascn_issu_cnt"),
        falling=required_count(row, "down_issu_cnt"),
        unchanged=required_count(row, "stnr_issu_cnt"),
        limit_up=required_count(row, "uplm_issu_cnt"),
        limit_down=required_count(row, "lslm_issu_cnt"),
    )


def _ranked(body: Mapping[str, object]) -> list[RankedShare]:
    rows = {row["mksc_shrn_iscd"]: row for row in records(body, "output") if is_symbol(row.get("mksc_shrn_iscd", ""))}
    return [_share(symbol, row) for symbol, row in rows.items()]


def _share(symbol: str, row: Row) -> RankedShare:
    return RankedShare(
        symbol=symbol,
        name=row.get("hts_kor_isnm", ""),
        price_krw=required_count(row, "stck_prpr"),
        change_percent=real(row, "prdy_ctrt"),
        volume_shares=count(row, "acml_vol"),
        turnover_krw=count(row, "acml_tr_pbmn"),
    )
