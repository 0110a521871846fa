"""Small scenarios with simulated prices, quick enough to run many times."""

from typing import Any

from daybook.contracts.scenario import Scenario
from daybook.scenario.market.fixture import fixture_history
from daybook.scenario.market.history import MarketHistory
from daybook.scenario.threats.catalogue import default_scenario

CODES = ("005930", "000660", "005380", "105560", "035420", "017670")
THREATS = (
    "T01_market_crash",
    "T05_exchange_outage",
    "T06_holding_breach",
    "T07_account_takeover",
    "T08_api_key_leak",
    "T09_broker_outage",
    "T10_liquidity_freeze",
    "T11_trading_halt",
    "T12_bad_quotes",
    "T13_model_fault",
)
CONTROLS = ("C01_mfa_key", "C02_secret_vault", "C03_withdrawal_allowlist", "C06_breach_watch", "C09_order_limits")


def small_scenario(**changes: Any) -> Scenario:
    """Return a scenario of six stocks, ten threats and five controls in which stocks are worth holding."""
    whole = default_scenario()
    base: dict[str, Any] = {
        **whole.model_dump(),
        "universe": {"codes": CODES, "source": "fixture", "lookback_days": 250},
        "threats": [threat for threat in whole.threats if threat.id in THREATS],
        "controls": [control for control in whole.controls if control.id in CONTROLS],
        "scenarios": 500,
        "horizon_days": 20,
        "expected_return": 0.40,
        "appetite": {"gamma": 0.05},
        "constraints": {"max_weight": 0.3, "max_sector": 0.6},
    }
    return Scenario.model_validate({**base, **changes})


def small_history(seed: int = 7) -> MarketHistory:
    """Return 300 simulated sessions of its stocks."""
    return fixture_history(CODES, 300, seed)
