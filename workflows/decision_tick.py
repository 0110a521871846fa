"""DecisionTick: one look, one decision. Breakers first, then exits, then entries; orders live on as PlaceOrder."""

import hashlib
import json
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from daybook.advice.entries import plan_entries
    from daybook.advice.exits import plan_exits
    from daybook.contracts.advice import ProposedOrder
    from daybook.contracts.base import TradingState
    from daybook.contracts.calls import CHANGE_STATE, OBSERVE, RECORD_DECISION
    from daybook.contracts.day import Observation, ObserveRequest, TickInput, TickResult
    from daybook.contracts.decisions import DecisionRecord
    from daybook.contracts.execution import PlaceOrderInput
    from daybook.contracts.orders import OrderTicket
    from daybook.contracts.risk import BreakerTrip
    from daybook.contracts.state import StateAction, StateChangeRequest
    from daybook.risk.breakers import evaluate_breakers, strictest
    from daybook.risk.threat import risk_budget_multiplier

from workflows.calling import MODE, TRADING_DATE, call
from workflows.place_order import PlaceOrder

_ORDER_TIMEOUT = timedelta(hours=14)
_SEVERITY = {TradingState.ACTIVE: 0, TradingState.REDUCING: 1, TradingState.HALTED: 2}


@workflow.defn(name="DecisionTick")
class DecisionTick:
    """One decision of a day. Result: ``TickResult``."""

    @workflow.run
    async def run(self, tick: TickInput) -> TickResult:
        """Observe, evaluate breakers, propose, record, start the orders."""
        workflow.upsert_search_attributes(
            [TRADING_DATE.value_set(tick.day.isoformat()), MODE.value_set(tick.desk.mode.value)]
        )
        seen = await call(
            OBSERVE,
            ObserveRequest(
                day=tick.day,
                number=tick.number,
                desk=tick.desk,
                clock=tick.clock,
                symbols=tick.universe,
                session=tick.session,
                unexplained=tick.unexplained,
                unexplained_polls=tick.unexplained_polls,
            ),
            summary=f"observe {len(tick.universe)} symbols",
        )
        trips = evaluate_breakers(seen.breaker_inputs, tick.desk.limits)
        state, reason = await self._apply(tick, seen, trips)
        proposed, left_alone = self._propose(tick, seen, state)
        decision_id = f"{tick.day.isoformat()}-t{tick.number:03d}-{tick.desk.account}"
        await self._record(tick, seen, decision_id, proposed, left_alone, trips)
        started = [
            order.intent_id for order in proposed if await self._start(tick, order, decision_id, seen.observed_at)
        ]
        text = self._text(seen, state, proposed)
        workflow.set_current_details(f"**{seen.market_time:%H:%M:%S}** {text}")
        return TickResult(
            number=tick.number,
            market_time=seen.market_time,
            equity_krw=seen.equity_krw,
            cash_krw=seen.account.settled_cash_krw,
            state=state,
            state_reason=reason,
            trips=trips,
            started=tuple(started),
            unexplained=seen.unexplained,
            unexplained_polls=seen.unexplained_polls,
            text=text,
        )

    async def _apply(
        self, tick: TickInput, seen: Observation, trips: tuple[BreakerTrip, ...]
    ) -> tuple[TradingState, str]:
        """Write the state the breakers demand, if it is stricter than today's, where every POST reads it."""
        state, reason = seen.state, seen.state_reason
        for trip in trips:
            if trip.lock_symbols:
                await call(
                    CHANGE_STATE,
                    StateChangeRequest(
                        account=tick.desk.account,
                        action=StateAction.LOCK_SYMBOLS,
                        by="breaker",
                        reason=trip.text[:500],
                        code=trip.code.value,
                        symbols=trip.lock_symbols,
                    ),
                    summary=f"lock {', '.join(trip.lock_symbols)}: {trip.text}",
                )
        over = tuple(code for code in seen.open_reductions if code not in {trip.code.value for trip in trips})
        if over:
            lifted = await call(
                CHANGE_STATE,
                StateChangeRequest(
                    account=tick.desk.account,
                    action=StateAction.LIFT,
                    by="breaker",
                    reason=f"no longer tripped: {', '.join(over)}",
                    codes=over,
                ),
                summary=f"lift {', '.join(over)}",
            )
            state, reason = lifted.state, "" if lifted.state is TradingState.ACTIVE else reason
        demanded = strictest(trips)
        if demanded is TradingState.ACTIVE or _SEVERITY[demanded] <= _SEVERITY[state]:
            return state, reason
        trip = next(entry for entry in trips if entry.state is demanded)
        result = await call(
            CHANGE_STATE,
            StateChangeRequest(
                account=tick.desk.account,
                action=StateAction.HALT if demanded is TradingState.HALTED else StateAction.REDUCE,
                by="breaker",
                reason=trip.text[:500],
                code=trip.code.value,
            ),
            summary=f"breaker {trip.code.value}: {trip.text}",
        )
        return result.state, trip.text

    def _propose(
        self, tick: TickInput, seen: Observation, state: TradingState
    ) -> tuple[list[ProposedOrder], list[dict[str, str]]]:
        if state is TradingState.HALTED:
            return [], [{"symbol": "*", "code": "halted", "text": seen.state_reason}]
        quotes = {quote.symbol: quote for quote in seen.quotes}
        strategy, limits = tick.desk.strategy, tick.desk.limits
        in_flight = tuple(sorted({*seen.open_symbols, *tick.withheld_symbols}))
        plan = plan_exits(seen.positions, quotes, tick.recommendations, strategy, limits, seen.facts, in_flight)
        proposed = list(plan.orders)
        left_alone = list(plan.abstentions)
        if state is TradingState.ACTIVE:
            busy = {*in_flight, *(order.symbol for order in proposed)}
            entries = plan_entries(
                seen.account,
                quotes,
                sorted(busy),
                tick.recommendations,
                strategy,
                limits,
                risk_budget_multiplier(tick.threat_level),
                seen.facts,
            )
            proposed += entries.orders
            left_alone += entries.abstentions
        return proposed, [entry.model_dump(mode="json") for entry in left_alone]

    async def _record(
        self,
        tick: TickInput,
        seen: Observation,
        decision_id: str,
        proposed: list[ProposedOrder],
        left_alone: list[dict[str, str]],
        trips: tuple[BreakerTrip, ...],
    ) -> None:
        inputs = _canonical(
            {
                "observation": seen.model_dump(mode="json"),
                "recommendations": tick.recommendations.model_dump(mode="json"),
                "strategy": tick.desk.strategy.model_dump(mode="json"),
                "limits": tick.desk.limits.model_dump(mode="json"),
                "threat_level": tick.threat_level,
            }
        )
        outputs = _canonical(
            {
                "proposed": [order.model_dump(mode="json") for order in proposed],
                "left_alone": left_alone,
                "breakers": [trip.model_dump(mode="json") for trip in trips],
            }
        )
        await call(
            RECORD_DECISION,
            DecisionRecord(
                decision_id=decision_id,
                account=tick.desk.account,
                day=tick.day,
                kind="tick",
                inputs=inputs,
                inputs_digest=hashlib.sha256(inputs.encode()).hexdigest(),
                outputs=outputs,
                market_time=seen.market_time,
            ),
            summary=f"record the decision: {len(proposed)} orders",
        )

    async def _start(self, tick: TickInput, order: ProposedOrder, decision_id: str, decided_at: datetime) -> bool:
        market_now = tick.clock.market_time(workflow.now())
        times = tick.session.times()
        ticket: OrderTicket = order.ticket(
            mode=tick.desk.mode,
            day=tick.day,
            account=tick.desk.account,
            decision_id=decision_id,
            decided_at=decided_at,
            valid_until=min(market_now + _life_of_order(tick), times.closing_auction_from),
        )
        try:
            await workflow.start_child_workflow(
                PlaceOrder.run,
                PlaceOrderInput(ticket=ticket, clock=tick.clock, desk=tick.desk, day_workflow_id=tick.day_workflow_id),
                id=f"order-{ticket.intent_id}",
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                parent_close_policy=ParentClosePolicy.ABANDON,
                execution_timeout=_ORDER_TIMEOUT,
                task_timeout=timedelta(seconds=5),
                static_summary=f"{ticket.side.value} {ticket.shares} {ticket.symbol} @ {ticket.limit_price_krw:,}",
                static_details=ticket.rationale,
            )
        except WorkflowAlreadyStartedError:
            workflow.logger.info("order %s exists already", ticket.intent_id)
            return False
        return True

    @staticmethod
    def _text(seen: Observation, state: TradingState, proposed: list[ProposedOrder]) -> str:
        orders = ", ".join(f"{order.side.value} {order.shares} {order.symbol}" for order in proposed) or "no order"
        missing = f", {len(seen.missing_quotes)} quotes missing" if seen.missing_quotes else ""
        return f"{state.value}, equity {seen.equity_krw:,} KRW, {len(seen.quotes)} quotes{missing}: {orders}"


def _life_of_order(tick: TickInput) -> timedelta:
    """Return the market time an order may live; where every order is asked, the person's time comes on top."""
    life = timedelta(minutes=tick.desk.strategy.order_ttl_min)
    if tick.desk.mode in tick.desk.limits.approval_modes:
        life += timedelta(seconds=tick.desk.limits.approval_valid_for_s)
    return life


def _canonical(value: dict[str, object]) -> str:
    """Canonical JSON: the same facts give the same bytes, hence the same digest."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
