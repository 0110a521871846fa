"""The table of services: which path and tr_id lead to which handler, in which environment.

Legacy ids (…0801U, …0802U, …0803U, …8001R, …8036R, …9115R) are still accepted. Wrong ids are refused as observed:
an id nobody knows OPSQ0002; a real trading id on the mock host EGW02006; a mock id on the real host EGW02004; a
quotation the mock host does not serve, and any other combination of path and id, MCA00124.
"""

from collections.abc import Callable
from dataclasses import dataclass

from daybook.paper import charts, index_quotations, investors, ledger_views, quotations, rankings, reference, trading
from daybook.paper.envelope import Reply
from daybook.paper.environment import Environment
from daybook.paper.errors import gateway
from daybook.paper.front import Front
from daybook.paper.kis_call import KisCall

Handler = Callable[[Front, KisCall], Reply]

_BASE = "/uapi/domestic-stock/v1"


@dataclass(frozen=True, slots=True)
class Service:
    """One service. ``names`` are what fault rules call it; ``legacy`` ids are among the others."""

    method: str
    path: str
    real_ids: frozenset[str]
    mock_ids: frozenset[str]
    handler: Handler
    names: frozenset[str]
    legacy: frozenset[str] = frozenset()

    def serves(self, tr_id: str, environment: Environment) -> bool:
        """Whether an id belongs to the service in an environment."""
        return tr_id in (self.real_ids if environment is Environment.REAL else self.mock_ids)


def _trade(
    method: str, name: str, handler: Handler, ids: str, names: str, *, legacy: str = "", mock: bool = True
) -> Service:
    """Return a trading service; its mock ids are the real ones with V as the first letter."""
    real_ids = frozenset((ids + " " + legacy).split())
    mock_ids = frozenset("V" + tr_id[1:] for tr_id in real_ids) if mock else frozenset()
    old = frozenset(legacy.split())
    return Service(
        method,
        f"{_BASE}/trading/{name}",
        real_ids,
        mock_ids,
        handler,
        frozenset({"trading", *names.split()}),
        old | frozenset("V" + tr_id[1:] for tr_id in old),
    )


def _quote(name: str, handler: Handler, tr_id: str, names: str, *, mock: bool = True) -> Service:
    ids = frozenset({tr_id})
    return Service(
        "GET",
        f"{_BASE}/quotations/{name}",
        ids,
        ids if mock else frozenset(),
        handler,
        frozenset({"quotations", *names.split()}),
    )


SERVICES = (
    _trade("POST", "order-cash", trading.order_cash, "TTTC0012U", "order buy", legacy="TTTC0802U"),
    _trade("POST", "order-cash", trading.order_cash, "TTTC0011U", "order sell", legacy="TTTC0801U"),
    _trade("POST", "order-rvsecncl", trading.order_rvsecncl, "TTTC0013U", "", legacy="TTTC0803U"),
    _trade("GET", "inquire-psbl-order", trading.inquire_psbl_order, "TTTC8908R", "orderable"),
    _trade("GET", "inquire-psbl-sell", trading.inquire_psbl_sell, "TTTC8408R", "sellable", mock=False),
    _trade("GET", "inquire-balance", ledger_views.inquire_balance, "TTTC8434R", "balance"),
    _trade(
        "GET",
        "inquire-daily-ccld",
        ledger_views.inquire_daily_ccld,
        "TTTC0081R CTSC9215R",
        "ccld",
        legacy="TTTC8001R CTSC9115R",
    ),
    _trade(
        "GET",
        "inquire-psbl-rvsecncl",
        ledger_views.inquire_psbl_rvsecncl,
        "TTTC0084R",
        "open_orders",
        legacy="TTTC8036R",
        mock=False,
    ),
    _quote("inquire-price", quotations.inquire_price, "FHKST01010100", "price"),
    _quote("inquire-asking-price-exp-ccn", quotations.inquire_asking_price, "FHKST01010200", "book"),
    _quote("inquire-ccnl", quotations.inquire_ccnl, "FHKST01010300", "trades"),
    _quote("inquire-daily-price", charts.inquire_daily_price, "FHKST01010400", "chart"),
    _quote("inquire-daily-itemchartprice", charts.inquire_daily_itemchartprice, "FHKST03010100", "chart"),
    _quote("inquire-time-itemchartprice", charts.inquire_time_itemchartprice, "FHKST03010200", "chart"),
    _quote("inquire-time-dailychartprice", charts.inquire_time_dailychartprice, "FHKST03010230", "chart", mock=False),
    _quote("chk-holiday", reference.chk_holiday, "CTCA0903R", "holiday", mock=False),
    _quote("market-time", reference.market_time, "HHMCM000002C0", "hours", mock=False),
    _quote("search-info", reference.search_info, "CTPF1604R", "product", mock=False),
    _quote("search-stock-info", reference.search_stock_info, "CTPF1002R", "product", mock=False),
    _quote("inquire-index-price", index_quotations.inquire_index_price, "FHPUP02100000", "index", mock=False),
    _quote(
        "inquire-daily-indexchartprice", index_quotations.inquire_daily_indexchartprice, "FHKUP03500100", "index chart"
    ),
    _quote("inquire-investor", investors.inquire_investor, "FHKST01010900", "investors"),
    _quote("volume-rank", rankings.volume_rank, "FHPST01710000", "ranking", mock=False),
    _quote("inquire-vi-status", rankings.inquire_vi_status, "FHPST01390000", "interruptions", mock=False),
)

_PATHS = frozenset(service.path for service in SERVICES)
_ALL_IDS = frozenset(tr_id for service in SERVICES for tr_id in service.real_ids | service.mock_ids)


def services_at(path: str) -> tuple[Service, ...]:
    """Return the services of a path."""
    return tuple(service for service in SERVICES if service.path == path)


def find_service(method: str, path: str, tr_id: str, listener: Environment, *, strict: bool) -> Service:
    """Return the service of a call, or raise the ``GatewayRefusal`` of a wrong one.

    Permissive mode serves the ids of both environments on every listener.
    """
    if path not in _PATHS:
        raise gateway("MCA00124")
    if tr_id not in _ALL_IDS:
        raise gateway("OPSQ0002")
    candidates = [service for service in services_at(path) if tr_id in service.real_ids | service.mock_ids]
    if not candidates:
        raise gateway("MCA00124")
    service = candidates[0]
    if method != service.method:
        raise gateway("EGW00202")
    if strict and not service.serves(tr_id, listener):
        if listener is Environment.REAL:
            raise gateway("EGW02004")
        raise gateway("EGW02006" if "trading" in service.names else "MCA00124")
    return service
