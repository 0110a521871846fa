"""A decision that sees and does nothing, for measuring the day's own history."""

from temporalio import workflow

from daybook.contracts.base import TradingState
from daybook.contracts.day import TickInput, TickResult


@workflow.defn(name="DecisionTick")
class QuickDecision:
    @workflow.run
    async def run(self, tick: TickInput) -> TickResult:
        return TickResult(
            number=tick.number,
            market_time=tick.clock.market_time(workflow.now()),
            equity_krw=10_000_000,
            cash_krw=10_000_000,
            state=TradingState.ACTIVE,
        )
