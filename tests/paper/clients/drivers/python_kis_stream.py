"""python-kis on the WebSocket: the legacy layout only, execution notices decrypted."""

import threading

import pykis.client.websocket
import pykis.kis
from steps import ACCOUNT, APP_KEY, APP_SECRET, MOCK_URL, REAL_URL, SYMBOL, WS_URL, Steps

pykis.kis.REAL_DOMAIN, pykis.kis.VIRTUAL_DOMAIN = REAL_URL, MOCK_URL
pykis.client.websocket.WEBSOCKET_REAL_DOMAIN = f"{REAL_URL.replace('http', 'ws', 1)}/?ws_layout=legacy"
pykis.client.websocket.WEBSOCKET_VIRTUAL_DOMAIN = f"{WS_URL}/?ws_layout=legacy"


def main() -> None:
    steps = Steps()
    kis = pykis.kis.PyKis(
        id="trader",
        account=ACCOUNT,
        appkey=APP_KEY,
        secretkey=APP_SECRET,
        virtual_id="trader",
        virtual_appkey=APP_KEY[:-1] + "v",
        virtual_secretkey=APP_SECRET,
        keep_token=False,
    )
    stock, account = kis.stock(SYMBOL), kis.account()
    seen: dict[str, object] = {}
    arrived = {name: threading.Event() for name in ("price", "orderbook", "execution")}

    def listener(name: str):
        def take(_sender: object, event: object) -> None:
            seen[name] = event.response
            arrived[name].set()

        return take

    tickets = [
        stock.on("price", listener("price")),
        stock.on("orderbook", listener("orderbook")),
        account.on("execution", listener("execution")),
    ]
    steps.run("book", lambda: arrived["orderbook"].wait(15) and seen["orderbook"].ask_price)
    steps.run("trade", lambda: arrived["price"].wait(25) and seen["price"].price)
    order = steps.run("buy", lambda: stock.buy(qty=1, price=stock.quote().high_limit))
    steps.run("notice", lambda: arrived["execution"].wait(10))
    steps.run("notice_symbol", lambda: seen["execution"].symbol == SYMBOL)
    steps.run("notice_order", lambda: int(seen["execution"].order_number.number) == int(order.number))
    del tickets
    steps.report()


main()
