"""kis-wrapper: legacy tr_ids over httpx; its order list is empty by its own fault, so the reply is read raw."""

import kis
import kis.auth
import kis.domestic
from steps import ACCOUNT, APP_KEY, APP_SECRET, MARKET_DAY, MOCK_URL, REAL_URL, SYMBOL, Steps

kis.auth._URLS.update(prod=REAL_URL, paper=MOCK_URL)


def main() -> None:
    steps = Steps()
    client = kis.client.KIS(APP_KEY, APP_SECRET, ACCOUNT, env="paper")
    steps.run("token", lambda: kis.auth.get_token(APP_KEY, APP_SECRET, "paper"))
    price = steps.run("price", lambda: int(kis.domestic.price(client, SYMBOL)["stck_prpr"]))
    steps.run("balance", lambda: kis.domestic.balance(client)["output2"][0]["dnca_tot_amt"])
    steps.run("days", lambda: kis.domestic.daily(client, SYMBOL))
    order = steps.run("buy", lambda: kis.domestic.buy(client, SYMBOL, 1, price - 5000))

    def listed() -> bool:
        assert kis.domestic.orders(client, MARKET_DAY, MARKET_DAY) == []
        query = {"CANO": ACCOUNT[:8], "ACNT_PRDT_CD": ACCOUNT[9:], "INQR_STRT_DT": MARKET_DAY}
        query |= {"INQR_END_DT": MARKET_DAY, "SLL_BUY_DVSN_CD": "00", "CCLD_DVSN": "00", "INQR_DVSN": "00"}
        path = "/uapi/domestic-stock/v1/trading/inquire-daily-ccld"
        rows = client.get(path, query, "VTTC8001R")["output1"]
        return order["ODNO"] in [row["odno"] for row in rows]

    steps.run("list", listed)
    steps.run("cancel", lambda: kis.domestic.cancel(client, order["ODNO"], 1))
    steps.report()


main()
