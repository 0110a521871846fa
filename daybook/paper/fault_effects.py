"""What injected faults do to the reply of a call that was processed."""

from datetime import timedelta

from daybook.paper.envelope import Reply, ledger_reply
from daybook.paper.environment import Environment
from daybook.paper.faults import FaultKind, FaultRule
from daybook.paper.front import Front

DEFAULT_LAG_S = 10.0


def altered(front: Front, rule: FaultRule, reply: Reply, environment: Environment, account: str) -> Reply:
    """Return a successful reply as a fault leaves it; other faults leave it alone."""
    if reply.status != 200 or reply.body.get("rt_cd") != "0":
        return reply
    if rule.fault is FaultKind.EMPTY_CCLD and "output1" in reply.body:
        empty = ledger_reply(environment, {**reply.body, "output1": []}, found=False)
        empty.tr_cont = "D"
        return empty
    if rule.fault is FaultKind.EMPTY_BALANCE and "output1" in reply.body:
        kept = reply.body["output2"] if rule.keep_totals else []
        return Reply({**reply.body, "output1": [], "output2": kept}, tr_cont="D")
    if rule.fault is FaultKind.DUPLICATE_BALANCE_ROW and reply.body.get("output1"):
        rows = reply.body["output1"]
        return Reply({**reply.body, "output1": [rows[0], *rows]}, tr_cont=reply.tr_cont)
    if rule.fault is FaultKind.LAGGING_CCLD:
        return _without_recent(front, reply, account, timedelta(seconds=rule.seconds_or(DEFAULT_LAG_S)))
    return reply


def _without_recent(front: Front, reply: Reply, account: str, lag: timedelta) -> Reply:
    """Hide the orders accepted during the lag (real time)."""
    newest_s = front.monotonic_s() - lag.total_seconds()
    block = "output1" if "output1" in reply.body else "output"
    rows = reply.body.get(block)
    if not isinstance(rows, list):
        return reply
    shown = [row for row in rows if front.order_seen_at_s.get((account, row.get("odno", "")), newest_s) <= newest_s]
    return Reply({**reply.body, block: shown}, tr_cont=reply.tr_cont)
