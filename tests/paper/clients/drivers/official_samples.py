"""The official samples of open-trading-api: not on PyPI, used from a checkout (DAYBOOK_KIS_SAMPLES)."""

import os
import sys
from pathlib import Path

from steps import ACCOUNT, APP_KEY, APP_SECRET, MARKET_DAY, MOCK_URL, REAL_URL, SCRATCH, SYMBOL, WS_URL, Steps

SAMPLES = Path(os.environ["DAYBOOK_KIS_SAMPLES"]) / "examples_llm"
SETTINGS = {
    "my_app": APP_KEY,
    "my_sec": APP_SECRET,
    "paper_app": APP_KEY,
    "paper_sec": APP_SECRET,
    "my_htsid": "trader",
    "my_acct_stock": ACCOUNT[:8],
    "my_acct_future": ACCOUNT[:8],
    "my_paper_stock": ACCOUNT[:8],
    "my_paper_future": ACCOUNT[:8],
    "my_prod": "01",
    "my_token": "",
    "my_agent": "Mozilla/5.0",
    "prod": REAL_URL,
    "vps": MOCK_URL,
    "ops": WS_URL,
    "vops": WS_URL,
}
os.environ["HOME"] = SCRATCH
config = Path(SCRATCH) / "KIS" / "config"
config.mkdir(parents=True)
(config / "kis_devlp.yaml").write_text("".join(f'{name}: "{value}"\n' for name, value in SETTINGS.items()))
sys.path.append(str(SAMPLES))
for folder in (SAMPLES / "domestic_stock").iterdir():
    sys.path.append(str(folder))

import kis_auth  # noqa: E402
from inquire_balance import inquire_balance  # noqa: E402
from inquire_daily_ccld import inquire_daily_ccld  # noqa: E402
from inquire_price import inquire_price  # noqa: E402
from order_cash import order_cash  # noqa: E402
from order_rvsecncl import order_rvsecncl  # noqa: E402

ACCOUNT_PARTS = {"cano": ACCOUNT[:8], "acnt_prdt_cd": ACCOUNT[9:]}


def main() -> None:
    steps = Steps()
    steps.run("token", lambda: kis_auth.auth("vps", "01") or "authorization" in kis_auth._base_headers)
    price = steps.run("price", lambda: int(inquire_price("demo", "J", SYMBOL)["stck_prpr"].iloc[0]))
    steps.run(
        "balance",
        lambda: inquire_balance(
            env_dv="demo",
            **ACCOUNT_PARTS,
            afhr_flpr_yn="N",
            inqr_dvsn="02",
            unpr_dvsn="01",
            fund_sttl_icld_yn="N",
            fncg_amt_auto_rdpt_yn="N",
            prcs_dvsn="00",
        )[1]["dnca_tot_amt"].iloc[0],
    )
    order = steps.run(
        "buy",
        lambda: (
            order_cash(
                env_dv="demo",
                ord_dv="buy",
                **ACCOUNT_PARTS,
                pdno=SYMBOL,
                ord_dvsn="00",
                ord_qty="1",
                ord_unpr=str(price - 5000),
                excg_id_dvsn_cd="KRX",
            )
            .iloc[0]
            .to_dict()
        ),
    )

    def listed() -> bool:
        rows, _totals = inquire_daily_ccld(
            env_dv="demo",
            pd_dv="inner",
            **ACCOUNT_PARTS,
            inqr_strt_dt=MARKET_DAY,
            inqr_end_dt=MARKET_DAY,
            sll_buy_dvsn_cd="00",
            ccld_dvsn="00",
            inqr_dvsn="00",
            inqr_dvsn_3="00",
        )
        return order["ODNO"] in list(rows["odno"])

    steps.run("list", listed)
    steps.run(
        "cancel",
        lambda: order_rvsecncl(
            env_dv="demo",
            **ACCOUNT_PARTS,
            krx_fwdg_ord_orgno=order["KRX_FWDG_ORD_ORGNO"],
            orgn_odno=order["ODNO"],
            ord_dvsn="00",
            rvse_cncl_dvsn_cd="02",
            ord_qty="1",
            ord_unpr="0",
            qty_all_ord_yn="Y",
            excg_id_dvsn_cd="KRX",
        )["ODNO"].iloc[0],
    )
    steps.report()


main()
