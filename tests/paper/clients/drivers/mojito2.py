"""mojito2: legacy tr_ids, a hash key before each order, double slashes in some paths."""

import os

import mojito
from steps import ACCOUNT, APP_KEY, APP_SECRET, MOCK_URL, SCRATCH, SYMBOL, Steps

os.chdir(SCRATCH)


class Paper(mojito.KoreaInvestment):
    def set_base_url(self, mock: bool = True) -> None:
        self.base_url = MOCK_URL


def main() -> None:
    steps = Steps()
    broker = steps.run("token", lambda: Paper(APP_KEY, APP_SECRET, ACCOUNT, mock=True))
    price = steps.run("price", lambda: int(broker.fetch_price(SYMBOL)["output"]["stck_prpr"]))
    steps.run("balance", lambda: broker.fetch_balance()["output2"][0]["dnca_tot_amt"])
    steps.run("orderable", lambda: broker.check_buy_order(SYMBOL, price, "00")["output"]["nrcvb_buy_qty"])
    steps.run("minutes", lambda: len(broker.fetch_today_1m_ohlcv(SYMBOL, "153000")["output2"]))
    steps.run("days", lambda: len(broker.fetch_ohlcv(SYMBOL)["output2"]))
    order = steps.run("buy", lambda: accepted(broker.create_limit_buy_order(SYMBOL, price - 5000, 1)))
    query = {"CTX_AREA_FK100": "", "CTX_AREA_NK100": "", "INQR_DVSN_1": "0", "INQR_DVSN_2": "0"}
    steps.run("list", lambda: order["ODNO"] in [row["odno"] for row in broker.fetch_open_order(query)["output"]])
    steps.run(
        "cancel",
        lambda: accepted(broker.cancel_order(order["KRX_FWDG_ORD_ORGNO"], order["ODNO"], 1, True)),
    )
    steps.report()


def accepted(reply: dict) -> dict:
    assert reply["rt_cd"] == "0", reply
    return reply["output"]


main()
