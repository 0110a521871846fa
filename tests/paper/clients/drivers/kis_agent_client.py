"""kis-agent: always the ids of the real environment, a blank branch when it cancels."""

import os

from steps import ACCOUNT, APP_KEY, APP_SECRET, MARKET_DAY, MOCK_URL, SCRATCH, SYMBOL, Steps

os.environ["KIS_TOKEN_PATH"] = os.path.join(SCRATCH, "token.json")
os.chdir(SCRATCH)

import kis_agent.core.agent  # noqa: E402

kis_agent.core.agent._load_stock_master = lambda: []
kis_agent.core.agent._load_futures_master = lambda: []


def main() -> None:
    steps = Steps()
    agent = steps.run(
        "token",
        lambda: kis_agent.core.agent.Agent(
            app_key=APP_KEY,
            app_secret=APP_SECRET,
            account_no=ACCOUNT[:8],
            account_code=ACCOUNT[9:],
            base_url=MOCK_URL,
        ),
    )
    price = steps.run("price", lambda: int(agent.stock_api.get_stock_price(SYMBOL)["output"]["stck_prpr"]))
    account = agent.account_api
    steps.run("balance", lambda: account.get_account_balance()["output2"][0]["dnca_tot_amt"])
    order = steps.run("buy", lambda: accepted(account.order_cash(SYMBOL, 1, price - 5000, "BUY")))

    def listed() -> bool:
        rows = account.inquire_daily_ccld(MARKET_DAY, MARKET_DAY, pagination=True)["output1"]
        return order["ODNO"] in [row["odno"] for row in rows]

    steps.run("list", listed)
    steps.run("open", lambda: account.inquire_psbl_rvsecncl()["output"])
    steps.run("cancel", lambda: accepted(account.order_rvsecncl(order["ODNO"], 1, 0, "00", "02")))
    steps.report()


def accepted(reply: dict) -> dict:
    assert reply["rt_cd"] == "0", reply
    return reply["output"]


main()
