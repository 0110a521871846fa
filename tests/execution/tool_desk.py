"""The trading layer's tools on a bench: the views over a fake broker and real books, run as the worker runs them."""

import asyncio
from typing import Any

from daybook.contracts.tools import ToolReply, ToolRequest
from daybook.execution.account_view import AccountView
from daybook.execution.context import ContextReader
from daybook.execution.dry_check import DryChecker
from daybook.execution.limits_view import LimitsView
from daybook.execution.ticket_draft import TicketDrafter
from daybook.skills.running import Providers, run_tool
from daybook.skills.trading.kis import BrokerReads, kis
from daybook.skills.trading.order import TicketDrafts, order
from daybook.skills.trading.risk import RiskDesk, risk
from tests.execution.bench import Bench
from tests.execution.fake_broker import COMMISSION_RATE

SPECS = {spec.name: spec for skill in (kis, order, risk) for spec in skill.tools}


def providers_of(bench: Bench) -> Providers:
    checker = DryChecker(bench.desk, ContextReader(bench.desk))
    return {
        BrokerReads: AccountView(bench.desk),
        RiskDesk: LimitsView(bench.desk, checker),
        TicketDrafts: TicketDrafter(bench.desk, checker, COMMISSION_RATE),
    }


def reply_of(bench: Bench, tool: str, **arguments: Any) -> ToolReply:
    request = ToolRequest(tool=tool, arguments=arguments, run_id="test")
    return asyncio.run(run_tool(SPECS[tool], request, providers_of(bench)))


def value_of(bench: Bench, tool: str, **arguments: Any) -> Any:
    reply = reply_of(bench, tool, **arguments)
    assert reply.message == ""
    return reply.value
