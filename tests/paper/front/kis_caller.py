"""A bare KIS caller for tests: what a client sends, without a client's habits."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import httpx

from daybook.contracts.base import KST
from daybook.paper.exchange import ExchangeConfig, build_exchange
from daybook.paper.faults import FaultRule
from daybook.paper.front import FrontConfig
from daybook.paper.hosting import HostedExchange, hosted

BASE = "/uapi/domestic-stock/v1"
SYMBOL = "005930"
ACCOUNT = "1234567801"
MORNING = datetime(2026, 3, 20, 10, 0, tzinfo=KST)
DAY = "20260320"
APP_KEY, APP_SECRET = "k" * 36, "s" * 180


class KisCaller:
    """One app key at one listener."""

    def __init__(self, url: str, app_key: str = APP_KEY, account: str = ACCOUNT) -> None:
        self.client = httpx.Client(base_url=url, timeout=5.0)
        self.app_key = app_key
        self.owner = {"CANO": account[:8], "ACNT_PRDT_CD": account[8:]}
        self.token = ""

    def authorize(self) -> "KisCaller":
        reply = self.client.post("/oauth2/tokenP", json=self.grant())
        self.token = reply.json()["access_token"]
        return self

    def grant(self, **changes: Any) -> dict[str, Any]:
        return {"grant_type": "client_credentials", "appkey": self.app_key, "appsecret": APP_SECRET, **changes}

    def headers(self, tr_id: str, **more: str) -> dict[str, str]:
        return {
            "content-type": "application/json; charset=utf-8",
            "authorization": f"Bearer {self.token}",
            "appkey": self.app_key,
            "appsecret": APP_SECRET,
            "tr_id": tr_id,
            "custtype": "P",
            **more,
        }

    def get(self, path: str, tr_id: str, tr_cont: str = "", **query: str) -> httpx.Response:
        return self.client.get(BASE + path, params=query, headers=self.headers(tr_id, tr_cont=tr_cont))

    def post(self, path: str, tr_id: str, body: Any) -> httpx.Response:
        return self.client.post(BASE + path, json=body, headers=self.headers(tr_id))

    def price(self, symbol: str = SYMBOL) -> dict[str, str]:
        reply = self.get(
            "/quotations/inquire-price", "FHKST01010100", FID_COND_MRKT_DIV_CODE="J", FID_INPUT_ISCD=symbol
        )
        output: dict[str, str] = reply.json()["output"]
        return output

    def order(self, price_krw: int, shares: int = 1, tr_id: str = "VTTC0012U", **changes: str) -> httpx.Response:
        body = {
            **self.owner,
            "PDNO": SYMBOL,
            "ORD_DVSN": "00",
            "ORD_QTY": str(shares),
            "ORD_UNPR": str(price_krw),
            **changes,
        }
        return self.post("/trading/order-cash", tr_id, body)

    def change(self, number: str, action: str, tr_id: str = "VTTC0013U", **changes: str) -> httpx.Response:
        body = {
            **self.owner,
            "KRX_FWDG_ORD_ORGNO": "",
            "ORGN_ODNO": number,
            "ORD_DVSN": "00",
            "RVSE_CNCL_DVSN_CD": action,
            "ORD_QTY": "0",
            "ORD_UNPR": "0",
            "QTY_ALL_ORD_YN": "Y",
            **changes,
        }
        return self.post("/trading/order-rvsecncl", tr_id, body)

    def ledger(self, path: str, tr_id: str, tr_cont: str = "", **query: str) -> httpx.Response:
        context = {"CTX_AREA_FK100": "", "CTX_AREA_NK100": ""}
        return self.get(f"/trading/{path}", tr_id, tr_cont, **{**self.owner, **context, **query})

    def orders(self, tr_id: str = "VTTC0081R", tr_cont: str = "", **query: str) -> httpx.Response:
        wanted = {"INQR_STRT_DT": DAY, "INQR_END_DT": DAY, "SLL_BUY_DVSN_CD": "00", "CCLD_DVSN": "00"}
        return self.ledger("inquire-daily-ccld", tr_id, tr_cont, **{**wanted, "INQR_DVSN": "00", **query})

    def balance(self, tr_id: str = "VTTC8434R", **query: str) -> httpx.Response:
        return self.ledger("inquire-balance", tr_id, **query)

    def set_faults(self, *rules: FaultRule) -> None:
        self.client.post("/paper/faults", json=[rule.model_dump(mode="json") for rule in rules]).raise_for_status()

    def exchange_orders(self) -> list[dict[str, Any]]:
        """Return the orders of this caller's account, as the exchange knows them."""
        orders: list[dict[str, Any]] = self.client.get("/paper/orders").json()["orders"]
        return [order for order in orders if order["account"] == "".join(self.owner.values())]


@contextmanager
def serving(
    config: FrontConfig | None = None, *, speed: float = 1.0, start: datetime = MORNING
) -> Iterator[HostedExchange]:
    """Serve a fresh exchange from a market time on."""
    engine = build_exchange(ExchangeConfig(start_market_time=start, speed=speed))
    try:
        with hosted(engine, config or FrontConfig(rate_limit=None)) as exchange:
            yield exchange
    finally:
        engine.close()


@contextmanager
def calling(url: str, app_key: str = APP_KEY, account: str = ACCOUNT) -> Iterator[KisCaller]:
    """Open an authorized caller."""
    caller = KisCaller(url, app_key, account)
    try:
        yield caller.authorize()
    finally:
        caller.client.close()
