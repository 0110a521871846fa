"""The desk's configuration as it enters workflows: as input, never read from the environment there."""

from decimal import Decimal

from pydantic import Field

from daybook.contracts.base import Message, Mode
from daybook.contracts.limits import RiskLimits, StrategySettings
from daybook.contracts.threat_settings import ResponseSettings, ThreatSettings


class DeskConfig(Message):
    """Everything a trading day decides by.

    Times named ``_s`` are real seconds, times named ``_min`` are market minutes.
    """

    account: str = Field(default="main", max_length=40, description="alias; never an account number")
    mode: Mode = Mode.PAPER
    limits: RiskLimits = RiskLimits()
    strategy: StrategySettings = StrategySettings()
    threats: ThreatSettings = ThreatSettings()
    response: ResponseSettings = ResponseSettings()
    commission_rate: Decimal = Field(default=Decimal("0.00014"), ge=0, le=Decimal("0.01"))
    poll_interval_s: float = Field(default=5, gt=0, le=60, description="longest wait between looks at a working order")
    settle_interval_s: float = Field(default=10, gt=0, le=60, description="wait between looks for an unknown order")
    settle_polls: int = Field(default=4, ge=3, le=60, description="looks before an unknown order counts as absent")
    max_attempts: int = Field(default=3, ge=1, le=5, description="POSTs of one intent, each after fresh checks")
    reconcile_wait_min: float = Field(default=60, ge=0, description="market minutes to wait for a human at day start")
    benchmark_index: str = Field(default="2001", description="2001 is KOSPI200")
