"""python-kis: legacy tr_ids; in mock mode quotes go to the real host with the real key."""

import datetime
from decimal import Decimal

import pykis.client.websocket
import pykis.kis
from steps import ACCOUNT, APP_KEY, APP_SECRET, MARKET_DAY, MOCK_URL, REAL_URL, SYMBOL, WS_URL, Steps

pykis.kis.REAL_DOMAIN, pykis.kis.VIRTUAL_DOMAIN = REAL_URL, MOCK_URL
pykis.client.websocket.WEBSOCKET_REAL_DOMAIN = WS_URL
pykis.client.websocket.WEBSOCKET_VIRTUAL_DOMAIN = WS_URL
DAY = datetime.date.fromisoformat(MARKET_DAY)


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
        use_websocket=False,
    )
    steps.run("token", lambda: kis.token)
    stock = steps.run("product", lambda: kis.stock(SYMBOL))
    price = steps.run("price", lambda: stock.quote().price)
    steps.run("book", lambda: stock.orderbook().ask_price)
    account = kis.account()
    steps.run("balance", lambda: account.balance(country="KR").total)
    steps.run("orderable", lambda: account.orderable_amount(market="KRX", symbol=SYMBOL, price=price).amount)
    steps.run("days", lambda: len(stock.chart("5d").bars))
    order = steps.run("buy", lambda: stock.buy(qty=1, price=price - Decimal(5000)))

    def listed() -> bool:
        orders = account.daily_orders(start=DAY, end=DAY, country="KR").orders
        return any(int(one.number) == int(order.number) for one in orders)

    steps.run("list", listed)
    steps.run("cancel", lambda: order.cancel())
    steps.report()


main()
