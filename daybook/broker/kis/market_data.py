"""Reads of market data: quotes, books, bars, index, ranking and the broker's calendar."""

import threading
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import TypeVar

from pydantic import ValidationError

from daybook.broker.kis import decode_market as decode
from daybook.broker.kis.fields import UnreadableReply, is_symbol
from daybook.broker.kis.gateway import KisGateway
from daybook.broker.kis.paging import pages
from daybook.broker.kis.transport import Reply
from daybook.broker.kis.wire import (
    BOOK,
    DAILY_BARS,
    HOLIDAYS,
    INDEX,
    INDEX_BARS,
    INVESTORS,
    MINUTE_BARS,
    PAST_MINUTE_BARS,
    PRICE,
    VOLUME_RANK,
)
from daybook.broker.port import BrokerConfigurationError
from daybook.contracts.base import KST
from daybook.contracts.market import DailyBar, IndexBar, IndexQuote, InvestorFlow, MinuteBar, OrderBook, Quote

T = TypeVar("T")

_KRX = "J"
_MAX_BAR_PAGES = 60
_LAST_SECOND = "235959"
_RANK_LIMIT = 30
_TURNOVER_RANK = "3"
_COMMON_SHARES = "1"
# Excludes risk/warning, administrative, liquidation, unfaithful disclosure, preferred, halted, ETF, ETN and SPAC.
_EXCLUSIONS = "1111111101"


class KisMarketData:
    """Market data of one gateway. Thread-safe. ``now`` is real time; ages of quotes are measured on it."""

    def __init__(self, gateway: KisGateway, now: Callable[[], datetime]) -> None:
        self._gateway = gateway
        self._now = now
        self._calendar_lock = threading.Lock()
        self._open_days: dict[date, bool] = {}

    def quote(self, symbol: str, *, with_book: bool = False) -> Quote:
        """Return the price now, with best ask and bid when ``with_book`` (one call more)."""
        book = self.order_book(symbol) if with_book else None
        reply = self._gateway.read(PRICE, _symbol_query(symbol))
        return decoded(lambda body: decode.quote(symbol, body, self._now(), book), reply)

    def order_book(self, symbol: str) -> OrderBook:
        """Return the visible order book."""
        reply = self._gateway.read(BOOK, _symbol_query(symbol))
        return decoded(lambda body: decode.order_book(symbol, body), reply)

    def daily_bars(self, symbol: str, first: date, last: date) -> list[DailyBar]:
        """Return adjusted daily bars, oldest first; each call brings at most 100, the newest of its span."""
        found: dict[date, DailyBar] = {}
        until = last
        for _ in range(_MAX_BAR_PAGES):
            if until < first:
                break
            reply = self._gateway.read(
                DAILY_BARS,
                {
                    **_symbol_query(symbol),
                    "FID_INPUT_DATE_1": f"{first:%Y%m%d}",
                    "FID_INPUT_DATE_2": f"{until:%Y%m%d}",
                    "FID_PERIOD_DIV_CODE": "D",
                    "FID_ORG_ADJ_PRC": "0",
                },
            )
            page = decoded(lambda body: decode.daily_bars(symbol, body), reply)
            fresh = [bar for bar in page if first <= bar.day <= until and bar.day not in found]
            if not fresh:
                break
            found.update((bar.day, bar) for bar in fresh)
            until = min(bar.day for bar in fresh) - timedelta(days=1)
        return [found[day] for day in sorted(found)]

    def minute_bars(self, symbol: str, day: date) -> list[MinuteBar]:
        """Return the minute bars of ``day``, oldest first.

        KIS's plain chart knows today only; a past day is read from the historical chart, which mock does not serve
        (``BrokerConfigurationError``).
        """
        page = self._today_page(symbol, _LAST_SECOND)
        if page and max(bar.starts_at for bar in page).date() > day:
            return self._bars_of(day, lambda hour: self._past_page(symbol, day, hour), ())
        return self._bars_of(day, lambda hour: self._today_page(symbol, hour), page)

    def index(self, code: str) -> IndexQuote:
        """Return an index level; in mock from the index chart, which is all that is served there."""
        query = {"FID_COND_MRKT_DIV_CODE": "U", "FID_INPUT_ISCD": code}
        if INDEX.served_id(self._gateway.mode) is not None:
            return decoded(lambda body: decode.index_quote(code, body, "output"), self._gateway.read(INDEX, query))
        today = self._now().astimezone(KST).date()
        span = {
            "FID_INPUT_DATE_1": f"{today - timedelta(days=14):%Y%m%d}",
            "FID_INPUT_DATE_2": f"{today:%Y%m%d}",
            "FID_PERIOD_DIV_CODE": "D",
        }
        reply = self._gateway.read(INDEX_BARS, {**query, **span})
        return decoded(lambda body: decode.index_quote(code, body, "output1"), reply)

    def index_bars(self, code: str, first: date, last: date) -> list[IndexBar]:
        """Return an index's daily bars, oldest first; each call brings at most 50, the newest of its span."""
        found: dict[date, IndexBar] = {}
        until = last
        for _ in range(_MAX_BAR_PAGES):
            if until < first:
                break
            query = {
                "FID_COND_MRKT_DIV_CODE": "U",
                "FID_INPUT_ISCD": code,
                "FID_INPUT_DATE_1": f"{first:%Y%m%d}",
                "FID_INPUT_DATE_2": f"{until:%Y%m%d}",
                "FID_PERIOD_DIV_CODE": "D",
            }
            page = decoded(lambda body: decode.index_bars(code, body), self._gateway.read(INDEX_BARS, query))
            fresh = [bar for bar in page if first <= bar.day <= until and bar.day not in found]
            if not fresh:
                break
            found.update((bar.day, bar) for bar in fresh)
            until = min(bar.day for bar in fresh) - timedelta(days=1)
        return [found[day] for day in sorted(found)]

    def investor_flows(self, symbol: str) -> list[InvestorFlow]:
        """Return net buying by kind of investor, oldest first: the last 30 sessions, which is all KIS gives."""
        reply = self._gateway.read(INVESTORS, _symbol_query(symbol))
        flows = {flow.day: flow for flow in decoded(lambda body: decode.investor_flows(symbol, body), reply)}
        return [flows[day] for day in sorted(flows)]

    def top_turnover(self, count: int) -> list[str]:
        """Return up to 30 common shares by traded value; not served in mock (``BrokerConfigurationError``)."""
        query = {
            "FID_COND_MRKT_DIV_CODE": _KRX,
            "FID_COND_SCR_DIV_CODE": "20171",
            "FID_INPUT_ISCD": "0000",
            "FID_DIV_CLS_CODE": _COMMON_SHARES,
            "FID_BLNG_CLS_CODE": _TURNOVER_RANK,
            "FID_TRGT_CLS_CODE": "111111111",
            "FID_TRGT_EXLS_CLS_CODE": _EXCLUSIONS,
            "FID_INPUT_PRICE_1": "0",
            "FID_INPUT_PRICE_2": "0",
            "FID_VOL_CNT": "0",
            "FID_INPUT_DATE_1": "0",
        }
        limit = max(0, min(count, _RANK_LIMIT))
        return decoded(lambda body: decode.ranked_symbols(body, limit), self._gateway.read(VOLUME_RANK, query))

    def is_market_open_day(self, day: date) -> bool | None:
        """Return whether the broker says that the market opens on ``day``; None in mock and outside its table.

        KIS asks for one call a day: the answer (some three weeks) is kept for the life of this object.
        """
        if HOLIDAYS.served_id(self._gateway.mode) is None:
            return None
        with self._calendar_lock:
            if day not in self._open_days:
                first_page = next(pages(self._gateway, HOLIDAYS, {"BASS_DT": f"{day:%Y%m%d}"}))
                self._open_days.update(decoded(decode.open_days, first_page))
            return self._open_days.get(day)

    def _today_page(self, symbol: str, until_hhmmss: str) -> list[MinuteBar]:
        query = {
            **_symbol_query(symbol),
            "FID_INPUT_HOUR_1": until_hhmmss,
            "FID_PW_DATA_INCU_YN": "N",
            "FID_ETC_CLS_CODE": "",
        }
        return decoded(lambda body: decode.minute_bars(symbol, body), self._gateway.read(MINUTE_BARS, query))

    def _past_page(self, symbol: str, day: date, until_hhmmss: str) -> list[MinuteBar]:
        query = {
            **_symbol_query(symbol),
            "FID_INPUT_DATE_1": f"{day:%Y%m%d}",
            "FID_INPUT_HOUR_1": until_hhmmss,
            "FID_PW_DATA_INCU_YN": "N",
            "FID_FAKE_TICK_INCU_YN": "",
        }
        return decoded(lambda body: decode.minute_bars(symbol, body), self._gateway.read(PAST_MINUTE_BARS, query))

    @staticmethod
    def _bars_of(
        day: date, page_until: Callable[[str], list[MinuteBar]], page: list[MinuteBar] | tuple[()]
    ) -> list[MinuteBar]:
        """Page back from the end of the day until a page brings nothing new (the first bar repeats itself)."""
        found: dict[datetime, MinuteBar] = {}
        current = list(page) or page_until(_LAST_SECOND)
        for _ in range(_MAX_BAR_PAGES):
            fresh = {bar.starts_at: bar for bar in current if bar.starts_at.date() == day} | found
            if len(fresh) == len(found):
                break
            found = fresh
            earlier = min(found) - timedelta(seconds=1)
            if earlier.date() != day:
                break
            current = page_until(f"{earlier:%H%M%S}")
        return [found[starts_at] for starts_at in sorted(found)]


def decoded(decode_body: Callable[[Mapping[str, object]], T], reply: Reply) -> T:
    """Decode a good reply; whatever a model cannot hold is an unreadable reply, not a programming error."""
    try:
        return decode_body(reply.body or {})
    except ValidationError as error:
        fields = sorted({str(item["loc"][0]) for item in error.errors() if item["loc"]})
        raise UnreadableReply(f"unusable values in {', '.join(fields) or 'the reply'}") from None


def check_symbol(symbol: str) -> str:
    """Return ``symbol``; raises ``BrokerConfigurationError`` unless it is a KRX short code."""
    if not is_symbol(symbol):
        raise BrokerConfigurationError(
            "a symbol is a KRX short code of six or seven characters", code="SYMBOL", advice="for example 005930"
        )
    return symbol


def _symbol_query(symbol: str) -> dict[str, str]:
    return {"FID_COND_MRKT_DIV_CODE": _KRX, "FID_INPUT_ISCD": check_symbol(symbol)}
