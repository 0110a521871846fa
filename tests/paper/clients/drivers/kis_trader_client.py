"""kis-trader: new tr_ids, its own order store, strict about paging."""

from decimal import Decimal

from kis_trader import KISClient
from kis_trader._internal import _endpoints
from steps import ACCOUNT, APP_KEY, APP_SECRET, MARKET_DAY, MOCK_URL, REAL_URL, SCRATCH, SYMBOL, WS_URL, Steps

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
    )
    stock = kis.domestic.stock(SYMBOL)
    quote = steps.run("token", stock.quote)
    price = steps.run("price", lambda: Decimal(quote.current_price))
    steps.run("book", stock.order_book)
    steps.run("balance", lambda: kis.account.domestic.balance())
    report = steps.run("buy", lambda: stock.buy(quantity=1, limit_price=price - 5000, client_order_id="one"))

    def listed() -> bool:
        history = kis.account.domestic.order_history(start=MARKET_DAY, end=MARKET_DAY)
        return str(int(report.order_id)) in str(history)

    steps.run("list", listed)
    steps.run("cancel", lambda: kis.orders.cancel("one"))
    steps.report()


main()
