"""finestock: new tr_ids, quotes of the unified market, the open-order list of the real environment."""

import finestock
from finestock import APIFactory, APIProvider
from steps import ACCOUNT, APP_KEY, APP_SECRET, MOCK_URL, SYMBOL, WS_URL, Steps


def main() -> None:
    steps = Steps()
    api = APIFactory.create_api(APIProvider.KIS, mode="virtual")
    api.DOMAIN, api.DOMAIN_WS = MOCK_URL, WS_URL
    api.set_oauth_info(APP_KEY, APP_SECRET)
    api.set_account_info(ACCOUNT[:8], ACCOUNT[9:])
    steps.run("token", api.oauth)
    price = steps.run("price", lambda: int(api.get_price(SYMBOL).price))
    steps.run("book", lambda: api.get_orderbook(SYMBOL))
    steps.run("balance", api.get_balance)
    order = steps.run("buy", lambda: api.do_order(SYMBOL, finestock.ORDER_FLAG.BUY, price - 5000, 1).order)
    steps.run("list", lambda: order.order_num in [one.order_num for one in api.get_order_status(SYMBOL)])
    steps.run(
        "cancel",
        lambda: api.do_order_cancel(order.order_num, SYMBOL, 1, krx_fwdg_ord_orgno=order.krx_fwdg_ord_orgno),
    )
    steps.report()


main()
