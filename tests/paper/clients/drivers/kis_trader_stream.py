"""kis-trader on the WebSocket: the new layout only."""

import queue

from kis_trader import KISClient
from kis_trader._internal import _endpoints
from steps import ACCOUNT, APP_KEY, APP_SECRET, MOCK_URL, REAL_URL, SCRATCH, SYMBOL, WS_URL, Steps

_endpoints._BASE_URL_BY_ENVIRONMENT.update(real=REAL_URL, paper=MOCK_URL)
_endpoints._WEBSOCKET_URL_BY_ENVIRONMENT.update(real=WS_URL, paper=WS_URL)


def main() -> None:
    steps = Steps()
    kis = KISClient(
        app_key=APP_KEY,
        app_secret=APP_SECRET,
        account=ACCOUNT,
        environment="paper",
        config_dir=SCRATCH,
        token_cache_dir=SCRATCH,
        throttle=False,
        hts_id="trader",
    )
    client = steps.run("approval", kis.realtime)
    messages: dict[str, queue.Queue] = {tr_id: queue.Queue() for tr_id in ("H0STCNT0", "H0STASP0", "H0STCNI9")}
    trades: queue.Queue = queue.Queue()
    for tr_id, arrived in messages.items():
        key = "trader" if tr_id == "H0STCNI9" else SYMBOL
        client.subscribe(tr_id=tr_id, tr_key=key, on=arrived.put)
    steps.run("start", lambda: client.start() or True)
    typed = client.domestic.stock(SYMBOL).trades(on=trades.put)
    steps.run("book", lambda: messages["H0STASP0"].get(timeout=15))
    steps.run("trade", lambda: messages["H0STCNT0"].get(timeout=25))
    steps.run("typed_trade", lambda: trades.get(timeout=25))
    stock = kis.domestic.stock(SYMBOL)
    quote = stock.quote()
    steps.run("buy", lambda: stock.buy(quantity=1, limit_price=quote.current_price + 2000, client_order_id="one"))
    steps.run("notice", lambda: messages["H0STCNI9"].get(timeout=10))
    steps.run("fill", lambda: messages["H0STCNI9"].get(timeout=10))
    del typed
    steps.report()


main()
