"""Records of the market streams: trades, books, expected prices and market status."""

from collections.abc import Sequence
from dataclasses import dataclass

from daybook.contracts.base import Won
from daybook.contracts.session import SessionPhase
from daybook.paper.formats import change, change_percent, change_sign, fixed, flag, hhmmss, percent, words, yyyymmdd
from daybook.paper.model import BookView, Security, TradePrint, TradeState
from daybook.paper.session_fields import BOOK_LEVELS, state_sign, vwap_krw

Record = dict[str, str]

_AUCTIONS = frozenset({SessionPhase.OPENING_AUCTION, SessionPhase.CLOSING_AUCTION})
_BEFORE_OPEN = frozenset({SessionPhase.BEFORE, SessionPhase.ORDER_ENTRY, SessionPhase.OPENING_AUCTION})

_STATUS_OF_PHASE = {
    SessionPhase.OPENING_AUCTION: "110",
    SessionPhase.CONTINUOUS: "112",
    SessionPhase.CLOSING_AUCTION: "121",
    SessionPhase.AFTER: "129",
}
"""``MKOP_CLS_CODE`` at the start of a phase: auction before the open, open, auction before the close, close."""


@dataclass(slots=True)
class TradeTally:
    """What the stream counted of a symbol since it is watched; the exchange keeps no such totals."""

    buy_trades: int = 0
    sell_trades: int = 0
    buy_shares: int = 0
    sell_shares: int = 0
    high_krw: Won = 0
    high_at: str = ""
    low_krw: Won = 0
    low_at: str = ""
    day: str = ""

    def count(self, trade: TradePrint) -> None:
        """Count one trade; a new date starts anew."""
        if self.day != yyyymmdd(trade.at):
            fresh = TradeTally(day=yyyymmdd(trade.at))
            for name in fresh.__slots__:
                setattr(self, name, getattr(fresh, name))
        if trade.is_buy:
            self.buy_trades += 1
            self.buy_shares += trade.shares
        else:
            self.sell_trades += 1
            self.sell_shares += trade.shares
        if trade.price_krw > self.high_krw:
            self.high_krw, self.high_at = trade.price_krw, hhmmss(trade.at)
        if not self.low_krw or trade.price_krw < self.low_krw:
            self.low_krw, self.low_at = trade.price_krw, hhmmss(trade.at)


def trade_records(
    security: Security,
    state: TradeState,
    book: BookView,
    trades: Sequence[TradePrint],
    tally: TradeTally,
    opens_hour: str,
) -> list[Record]:
    """Return one record for each trade, oldest first; ``state`` is that after the last one."""
    later_shares = sum(trade.shares for trade in trades)
    later_krw = sum(trade.shares * trade.price_krw for trade in trades)
    records = []
    for trade in trades:
        tally.count(trade)
        later_shares -= trade.shares
        later_krw -= trade.shares * trade.price_krw
        record = _session_part(security, state, book)
        record.update(_price_part(state, trade.price_krw))
        record.update(
            STCK_CNTG_HOUR=hhmmss(trade.at),
            CNTG_VOL=str(trade.shares),
            ACML_VOL=str(max(0, state.volume_shares - later_shares)),
            ACML_TR_PBMN=str(max(0, state.turnover_krw - later_krw)),
            SELN_CNTG_CSNU=str(tally.sell_trades),
            SHNU_CNTG_CSNU=str(tally.buy_trades),
            NTBY_CNTG_CSNU=str(tally.buy_trades - tally.sell_trades),
            CTTR=percent(tally.buy_shares, tally.sell_shares),
            SELN_CNTG_SMTN=str(tally.sell_shares),
            SHNU_CNTG_SMTN=str(tally.buy_shares),
            CCLD_DVSN="3" if state.phase in _BEFORE_OPEN else ("1" if trade.is_buy else "5"),
            SHNU_RATE=percent(tally.buy_shares, tally.buy_shares + tally.sell_shares),
            OPRC_HOUR=opens_hour,
            HGPR_HOUR=tally.high_at,
            LWPR_HOUR=tally.low_at,
        )
        records.append(record)
    return records


def expected_record(security: Security, state: TradeState, book: BookView, opens_hour: str) -> Record:
    """Return the record of an auction's expected price."""
    price_krw = book.expected_price_krw
    now = hhmmss(state.at)
    record = _session_part(security, state, book)
    record.update(_price_part(state, price_krw))
    record.update(dict.fromkeys(("SELN_CNTG_CSNU", "SHNU_CNTG_CSNU", "NTBY_CNTG_CSNU"), "0"))
    record.update(
        STCK_CNTG_HOUR=now,
        PRDY_VRSS_SIGN=change_sign(price_krw, state.base_krw, state.upper_limit_krw, state.lower_limit_krw),
        CNTG_VOL=str(book.expected_shares),
        ACML_VOL=str(state.volume_shares),
        ACML_TR_PBMN=str(state.turnover_krw),
        CTTR="0.00",
        SELN_CNTG_SMTN="0",
        SHNU_CNTG_SMTN="0",
        CCLD_DVSN="3",
        SHNU_RATE="0.00",
        OPRC_HOUR=opens_hour,
        HGPR_HOUR=now,
        LWPR_HOUR=now,
    )
    return record


def book_record(security: Security, state: TradeState, book: BookView) -> Record:
    """Return the record of a book; empty levels are zero."""
    record: Record = {"MKSC_SHRN_ISCD": security.symbol, "BSOP_HOUR": hhmmss(state.at)}
    for side, levels in (("ASKP", book.asks), ("BIDP", book.bids)):
        for index in range(BOOK_LEVELS):
            level = levels[index] if index < len(levels) else None
            record[f"{side}{index + 1}"] = str(level.price_krw if level else 0)
            record[f"{side}_RSQN{index + 1}"] = str(level.shares if level else 0)
    expected = book.expected_price_krw
    zeros = words(
        "OVTM_TOTAL_ASKP_RSQN OVTM_TOTAL_BIDP_RSQN TOTAL_ASKP_RSQN_ICDC TOTAL_BIDP_RSQN_ICDC OVTM_TOTAL_ASKP_ICDC "
        "OVTM_TOTAL_BIDP_ICDC MIDP_TOTAL_RSQN MIDP_CLS_CODE KMID_TOTAL_RSQN KMID_CLS_CODE NMID_PRC NMID_TOTAL_RSQN "
        "NMID_CLS_CODE STCK_DEAL_CLS_CODE"
    )
    record.update(dict.fromkeys(zeros, "0"))
    middle = str((book.asks[0].price_krw + book.bids[0].price_krw) // 2 if book.asks and book.bids else 0)
    record.update(
        HOUR_CLS_CODE=_hour_class(state),
        TOTAL_ASKP_RSQN=str(sum(level.shares for level in book.asks)),
        TOTAL_BIDP_RSQN=str(sum(level.shares for level in book.bids)),
        ANTC_CNPR=str(expected),
        ANTC_CNQN=str(book.expected_shares),
        ANTC_VOL=str(book.expected_shares),
        ANTC_CNTG_VRSS=str(change(expected, state.base_krw)),
        ANTC_CNTG_VRSS_SIGN=change_sign(expected, state.base_krw) if expected else "3",
        ANTC_CNTG_PRDY_CTRT=change_percent(expected, state.base_krw),
        ACML_VOL=str(state.volume_shares),
        MID_PRC=middle,
        KMID_PRC=middle,
        MARKET_CLS_CODE=_market_class(state),
        ANTC_EXCH_CLS_CODE="1",
    )
    return record


def status_record(security: Security, state: TradeState) -> Record:
    """Return the record of a symbol's market status."""
    return {
        "MKSC_SHRN_ISCD": security.symbol,
        "TRHT_YN": flag(state.is_halted),
        "TR_SUSP_REAS_CNTT": "",
        "MKOP_CLS_CODE": _STATUS_OF_PHASE.get(state.phase, "000"),
        "ANTC_MKOP_CLS_CODE": "",
        "MRKT_TRTM_CLS_CODE": "",
        "DIVI_APP_CLS_CODE": "",
        "ISCD_STAT_CLS_CODE": "58" if state.is_halted else "57",
        "VI_CLS_CODE": flag(state.vi_active),
        "OVTM_VI_CLS_CODE": "N",
        "EXCH_CLS_CODE": "1",
    }


def _price_part(state: TradeState, price_krw: Won) -> Record:
    part = {
        "STCK_PRPR": str(price_krw),
        "PRDY_VRSS_SIGN": change_sign(price_krw, state.base_krw, state.upper_limit_krw, state.lower_limit_krw),
        "PRDY_VRSS": str(change(price_krw, state.base_krw)),
        "PRDY_CTRT": change_percent(price_krw, state.base_krw),
    }
    for name, level_krw in (("OPRC", state.open_krw), ("HGPR", state.high_krw), ("LWPR", state.low_krw)):
        part[f"{name}_VRSS_PRPR_SIGN"] = change_sign(price_krw, level_krw) if level_krw else "3"
        part[f"{name}_VRSS_PRPR"] = str(change(price_krw, level_krw))
    return part


def _session_part(security: Security, state: TradeState, book: BookView) -> Record:
    return {
        "MKSC_SHRN_ISCD": security.symbol,
        "PRDY_VRSS_SIGN": state_sign(state),
        "WGHN_AVRG_STCK_PRC": fixed(vwap_krw(state)),
        "STCK_OPRC": str(state.open_krw),
        "STCK_HGPR": str(state.high_krw),
        "STCK_LWPR": str(state.low_krw),
        "ASKP1": str(book.asks[0].price_krw if book.asks else 0),
        "BIDP1": str(book.bids[0].price_krw if book.bids else 0),
        "PRDY_VOL_VRSS_ACML_VOL_RATE": percent(state.volume_shares, state.previous_volume_shares),
        "BSOP_DATE": yyyymmdd(state.at),
        "NEW_MKOP_CLS_CODE": _operation_class(state),
        "TRHT_YN": flag(state.is_halted),
        "ASKP_RSQN1": str(book.asks[0].shares if book.asks else 0),
        "BIDP_RSQN1": str(book.bids[0].shares if book.bids else 0),
        "TOTAL_ASKP_RSQN": str(sum(level.shares for level in book.asks)),
        "TOTAL_BIDP_RSQN": str(sum(level.shares for level in book.bids)),
        "VOL_TNRT": percent(state.volume_shares, security.shares_outstanding),
        "PRDY_SMNS_HOUR_ACML_VOL": "0",
        "PRDY_SMNS_HOUR_ACML_VOL_RATE": "0.00",
        "HOUR_CLS_CODE": _hour_class(state),
        "MRKT_TRTM_CLS_CODE": "",
        "VI_STND_PRC": str(state.vi_base_krw),
        "MARKET_CLS_CODE": _market_class(state),
    }


def _operation_class(state: TradeState) -> str:
    """Return ``NEW_MKOP_CLS_CODE``: the first digit is 1 before the open, 2 in the session, 3 after the close."""
    if state.phase in _BEFORE_OPEN:
        return "10"
    return "30" if state.phase is SessionPhase.AFTER else "20"


def _hour_class(state: TradeState) -> str:
    """Return ``HOUR_CLS_CODE``: 0 session, A opening auction, B closing auction, C interruption or after the close."""
    if state.vi_active or state.phase is SessionPhase.AFTER:
        return "C"
    if state.phase in _BEFORE_OPEN:
        return "A"
    return "B" if state.phase in _AUCTIONS else "0"


def _market_class(state: TradeState) -> str:
    """Return ``MARKET_CLS_CODE``: 1 before the open, 2 regular, 3 after the close, 5 closing auction."""
    if state.phase in _BEFORE_OPEN:
        return "1"
    if state.phase is SessionPhase.CLOSING_AUCTION:
        return "5"
    return "3" if state.phase is SessionPhase.AFTER else "2"
