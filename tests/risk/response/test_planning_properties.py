"""The playbook under random days: whatever the readings, sizes, cool-downs and states keep their rules."""

import itertools
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from daybook.contracts.base import Mode, TradingState
from daybook.contracts.response import ActionDecision, ActionRecord, OrdersWanted
from daybook.contracts.response_codes import ActionCode, ActionState
from daybook.contracts.threats import ThreatMemory
from daybook.risk.response.machine import MOVES, decided, moved, opened, order_ended, with_records
from daybook.risk.response.planning import execution_orders, plan_responses
from daybook.risk.response.playbook import RULES
from daybook.risk.response.sizing import SOLD_STATES, beta_value_krw
from daybook.risk.response.undo import plan_undo
from daybook.risk.threat.fusion import assess
from tests.risk.response.facts import HEDGE, PRICES, SETTINGS, A, B, C, balance, facts
from tests.risk.threat.facts import NOW, account, breach, cyber, inputs, market, operations
from tests.risk.threat.facts import SETTINGS as THREATS

shares = st.integers(0, 300)
steps = st.fixed_dictionaries(
    {
        "minutes": st.sampled_from([0, 1, 10, 31]),
        "percentile": st.sampled_from([0.1, 0.96, 0.98, 0.999]),
        "fall": st.sampled_from([0.0, -0.04, -0.09]),
        "stage": st.sampled_from([0, 0, 0, 1]),
        "publishers": st.sampled_from([0, 0, 2, 5]),
        "errors": st.sampled_from([0, 0, 25, 60]),
        "incident": st.sampled_from([False, False, False, True]),
        "holdings": st.fixed_dictionaries({A: shares, B: shares, C: shares, HEDGE: st.integers(0, 2_000)}),
        "cash_krw": st.integers(0, 30_000_000),
        "betas": st.dictionaries(st.sampled_from([A, B, C]), st.floats(-1, 3)),
        "mode": st.sampled_from([Mode.PAPER, Mode.LIVE]),
        "state": st.sampled_from([TradingState.ACTIVE, TradingState.ACTIVE, TradingState.REDUCING]),
        "answers": st.lists(st.sampled_from(["yes", "no", "late"]), min_size=1, max_size=3),
    }
)


def check_sizes(wanted: OrdersWanted, code: ActionCode, about: Any, records: tuple[ActionRecord, ...]) -> None:
    for order in wanted.orders:
        holding = about.balance.holding(order.symbol)
        if order.side == "sell":
            assert holding is not None
            assert order.symbol != HEDGE
            assert order.shares <= holding.sellable_shares
    if code is ActionCode.RAISE_CASH:
        sold = sum(
            one.proposal.value_krw for one in records if one.code is code and one.state in SOLD_STATES
        )  # fmt: skip
        assert sold + wanted.value_krw <= about.equity_krw * SETTINGS.max_sell_day_ratio
        plain = sum(order.value_krw for order in wanted.orders if order.reason == "threat_cash")
        if plain:
            assert about.balance.settled_cash_krw + wanted.value_krw <= about.equity_krw * max(SETTINGS.cash_targets)
    else:
        held = about.balance.holding(HEDGE)
        after_krw = wanted.value_krw + (held.shares if held else 0) * PRICES[HEDGE]
        assert after_krw * SETTINGS.hedge_leverage <= beta_value_krw(about, SETTINGS)
        assert after_krw <= about.equity_krw * SETTINGS.max_hedge_ratio
        assert wanted.value_krw <= about.limits.max_order_notional_krw
        cash_krw = about.balance.settled_cash_krw - wanted.value_krw
        assert cash_krw >= about.equity_krw * about.limits.min_cash_ratio


@settings(max_examples=120, deadline=None)
@given(day=st.lists(steps, min_size=1, max_size=12))
def test_playbook_when_days_are_random_then_its_rules_hold(day: list[dict[str, Any]]) -> None:
    memory, now = ThreatMemory(), NOW
    records: tuple[ActionRecord, ...] = ()
    for step in day:
        now += timedelta(minutes=step["minutes"])
        warnings = (breach(now, publishers=step["publishers"], severity=0.8),) if step["publishers"] else ()
        seen, memory = assess(
            inputs(
                now,
                market=market(
                    now,
                    vkospi_percentile=step["percentile"],
                    index_change_ratio=step["fall"],
                    circuit_breaker_stage=step["stage"],
                ),
                cyber=cyber(now, warnings=warnings),
                account=account(now, incident=step["incident"]),
                operations=operations(now, broker_errors=step["errors"]),
            ),
            memory,
            THREATS,
            now,
        )
        cash_krw = step["cash_krw"]
        equity_krw = cash_krw + sum(PRICES[symbol] * count for symbol, count in step["holdings"].items())
        about = facts(
            now,
            balance=balance(step["holdings"], cash_krw, now),
            equity_krw=equity_krw,
            betas=step["betas"],
            mode=step["mode"],
            trading_state=step["state"],
        )
        proposals = plan_responses(seen, records, about, SETTINGS)
        assert proposals == plan_responses(seen, records, about, SETTINGS)
        known = {one.action_id: one for one in records}
        for proposal in proposals:
            rule = RULES[proposal.code]
            assert proposal.blocked or proposal.payload is not None
            if proposal.blocked:
                assert proposal.payload is None
                continue
            assert proposal.action_id not in known, "an id is never used twice"
            before = [one for one in records if one.code is proposal.code and not one.proposal.blocked]
            assert not any(one.state.is_open for one in before)
            if before:
                latest = max(one.proposal.market_at for one in before)
                assert now - latest >= timedelta(minutes=rule.cooldown_min(SETTINGS))
            if step["mode"] is Mode.LIVE and proposal.code.value in ("A2", "A3", "A5", "A6", "A8"):
                assert proposal.needs_approval
            if isinstance(proposal.payload, OrdersWanted):
                check_sizes(proposal.payload, proposal.code, about, records)
        records = with_records(records, [opened(one) for one in proposals if one.is_worth_recording])
        answers = itertools.cycle(step["answers"])
        for record in list(records):
            record = _lived(record, next(answers), seen, about, records, now)
            records = with_records(records, [record])
        for undo in plan_undo(seen, records, about, SETTINGS):
            record = next(one for one in records if one.action_id == undo.action_id)
            if undo.to_state is not None:
                answer = moved(record, undo.to_state, now, undo.text_en)
                assert answer.is_accepted
                records = with_records(records, [answer.record])
        standing = [one for one in records if one.state in (ActionState.WAITING, ActionState.APPROVED)]
        assert seen.level > 0 or not standing


def _lived(
    record: ActionRecord, answer: str, seen: Any, about: Any, records: tuple[ActionRecord, ...], now: Any
) -> ActionRecord:
    """Answer a waiting action, and carry an approved one out as the day would."""
    if record.state is ActionState.WAITING and answer != "late":
        for by in ("kim", "lee"):
            word = ActionDecision(action_id=record.action_id, granted=answer == "yes", by=by, at=now)
            record = decided(record, word, SETTINGS, now).record
    if record.state is not ActionState.APPROVED:
        return record
    assert ActionState.EXECUTING in MOVES[record.state]
    if not isinstance(record.proposal.payload, OrdersWanted):
        record = moved(record, ActionState.EXECUTING, now).record
        return moved(record, ActionState.DONE, now).record
    wanted, blocked = execution_orders(record, seen, about, SETTINGS, records)
    if wanted is None:
        assert blocked
        return moved(record, ActionState.BLOCKED, now, blocked[0].text).record
    most = {order.symbol: order.shares for order in record.proposal.payload.orders}
    assert all(order.shares <= most[order.symbol] for order in wanted.orders)
    record = moved(
        record, ActionState.EXECUTING, now, intent_ids=tuple(order.intent_id for order in wanted.orders)
    ).record
    for order in wanted.orders:
        record = order_ended(record, order.intent_id, order.shares, now)
    assert record.state is ActionState.DONE
    return record
