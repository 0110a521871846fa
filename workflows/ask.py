"""Ask: a question in natural language. route -> tools in a bounded loop -> answer with sources and cost.

An order request becomes a ticket that waits for a person; this workflow never sends an order.
"""

import asyncio
import json

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from pydantic import JsonValue

    from daybook.contracts.ask import (
        MOST_TICKETS,
        MOST_TOOL_CALLS,
        MOST_TURNS,
        AskAnswer,
        AskInput,
        ComposeAnswer,
        RoutedQuestion,
        TicketCard,
        ToolExchange,
        TurnRequest,
    )
    from daybook.contracts.base import Side
    from daybook.contracts.calls import COMPOSE_ANSWER, ROUTE_QUESTION, TAKE_TURN, Effect
    from daybook.contracts.drafts import PREPARE_ORDER, TicketDraft
    from daybook.contracts.llm import Completion, ModelToolCall
    from daybook.contracts.orders import OrderKind, OrderTicket, Purpose, TicketOrigin
    from daybook.contracts.routing import AnswerPath, OrderDraft, RouteDecision
    from daybook.contracts.tools import ToolReply, ToolRequest, ToolRow, ToolStatus

from workflows.asked_tickets import open_ticket, valid_until
from workflows.calling import MODE, call
from workflows.tool_running import run_tool


@workflow.defn(name="Ask")
class Ask:
    """One question. Result: ``AskAnswer``."""

    @workflow.init
    def __init__(self, ask: AskInput) -> None:
        self._ask = ask
        self._routed = RoutedQuestion()
        self._rows: dict[str, ToolRow] = {}
        self._exchanges: list[ToolExchange] = []
        self._completions: list[Completion] = []

    @workflow.run
    async def run(self, ask: AskInput) -> AskAnswer:
        """Answer the question; a refused one is answered with the reason."""
        workflow.upsert_search_attributes([MODE.value_set(ask.desk.mode.value)])
        self._show("routing")
        self._routed = await call(ROUTE_QUESTION, ask, summary="route the question")
        self._rows = {row.name: row for row in self._routed.tools}
        route = self._routed.route
        tickets: tuple[TicketCard, ...] = ()
        if route is not None:
            if route.path is AnswerPath.DIRECT_TOOL and route.direct is not None:
                await self._run_tools(
                    (ModelToolCall(id="direct", name=route.direct.tool, arguments=route.direct.arguments),)
                )
            elif route.path is AnswerPath.ORDER_TICKET and route.order is not None:
                await self._run_tools(
                    (ModelToolCall(id="order", name=PREPARE_ORDER, arguments=_arguments(route.order)),)
                )
            elif route.path is AnswerPath.MODEL:
                await self._converse()
            tickets = await self._open_tickets(route)
        answer = await call(
            COMPOSE_ANSWER,
            ComposeAnswer(
                ask=ask,
                routed=self._routed,
                exchanges=tuple(self._exchanges),
                completions=tuple(self._completions),
                tickets=tickets,
                answered_at=workflow.now(),
            ),
            summary="compose and keep the answer",
        )
        self._show(f"answered: {answer.kind.value}")
        return answer

    async def _converse(self) -> None:
        """Let the model call tools until it answers, within turns, calls and budget."""
        for turn in range(1, MOST_TURNS + 1):
            spent = sum(completion.cost_micro_krw for completion in self._completions)
            room = MOST_TOOL_CALLS - len(self._exchanges)
            final = turn == MOST_TURNS or room <= 0 or (turn > 1 and spent >= self._ask.budget_krw * 1_000_000)
            self._show(f"turn {turn}")
            answered = await call(
                TAKE_TURN,
                TurnRequest(
                    ask=self._ask,
                    routed=self._routed,
                    exchanges=tuple(self._exchanges),
                    turn=turn,
                    final=final,
                    spent_micro_krw=spent,
                ),
                summary=f"turn {turn}{', the answer' if final else ''}",
            )
            self._completions.append(answered.completion)
            if final or not answered.calls:
                return
            await self._run_tools(answered.calls[:room])
            if answered.completion.fallback is not None:
                return

    async def _run_tools(self, calls: tuple[ModelToolCall, ...]) -> None:
        """Run calls at the same time, each on its tool's own layer; only tools of this question's route are run."""
        first = len(self._exchanges)
        replies = await asyncio.gather(*(self._run_tool(entry, first + n) for n, entry in enumerate(calls, start=1)))
        self._exchanges += [ToolExchange(call=entry, reply=reply) for entry, reply in zip(calls, replies, strict=True)]

    async def _run_tool(self, entry: ModelToolCall, number: int) -> ToolReply:
        row = self._rows.get(entry.name)
        if row is None:
            known = ", ".join(sorted(self._rows)) or "none"
            text = f"{entry.name[:60]} is not a tool of this question; its tools are: {known}"
            return ToolReply(tool=entry.name[:60], status=ToolStatus.UNKNOWN_TOOL, message=text[:500])
        made = next((one.reply for one in self._exchanges if _is_same(one.call, entry)), None)
        if made is not None:
            return made
        request = ToolRequest(tool=row.name, arguments=entry.arguments, run_id=self._ask.run_id, number=number)
        summary = f"{row.name}({json.dumps(entry.arguments, ensure_ascii=False)})"
        return await run_tool(row, request, summary=summary)

    async def _open_tickets(self, route: RouteDecision) -> tuple[TicketCard, ...]:
        """Open a ticket of each draft, if the route allows it and no rule stands against the draft now."""
        if not (route.exposes_write or route.path is AnswerPath.ORDER_TICKET):
            return ()
        drafts: list[TicketDraft] = []
        for entry in self._exchanges:
            if self._is_draft(entry):
                draft = TicketDraft.model_validate(entry.reply.value)
                if draft.check.would_pass and not any(_is_same_order(draft, other) for other in drafts):
                    drafts.append(draft)
        names = {route.order.symbol: route.order.name} if route.order else {}
        return tuple(
            [
                await self._open_ticket(draft, number, names.get(draft.symbol, ""))
                for number, draft in enumerate(drafts[:MOST_TICKETS], start=1)
            ]
        )

    async def _open_ticket(self, draft: TicketDraft, number: int, name: str) -> TicketCard:
        ticket = self._ticket(draft, number)
        await open_ticket(ticket, self._ask.clock, self._ask.desk, self._ask.day_workflow_id)
        return TicketCard(
            intent_id=ticket.intent_id,
            symbol=ticket.symbol,
            name=name,
            side=ticket.side,
            shares=ticket.shares,
            limit_price_krw=ticket.limit_price_krw,
            estimated_cost_krw=abs(draft.cash_change_krw),
            valid_until=ticket.valid_until,
            day=ticket.day,
        )

    def _is_draft(self, entry: ToolExchange) -> bool:
        row = self._rows.get(entry.call.name)
        is_prepared = row is not None and row.effect is Effect.PREPARE and row.name == PREPARE_ORDER
        return is_prepared and entry.reply.status is ToolStatus.OK

    def _ticket(self, draft: TicketDraft, number: int) -> OrderTicket:
        """Return the ticket of a draft. It names the question, whose text is kept only redacted, with the answer."""
        desk, now = self._ask.desk, workflow.now()
        market_now = self._ask.clock.market_time(now)
        return OrderTicket(
            intent_id=f"ask-{self._ask.run_id}-{number}",
            decision_id=f"ask-{self._ask.run_id}",
            account=desk.account,
            mode=desk.mode,
            day=market_now.date(),
            symbol=draft.symbol,
            side=draft.side,
            shares=draft.shares,
            kind=draft.kind,
            limit_price_krw=draft.limit_price_krw,
            reference_price_krw=draft.last_price_krw,
            purpose=Purpose.ENTRY if draft.side is Side.BUY else Purpose.EXIT,
            origin=TicketOrigin.QUESTION,
            reason="asked",
            rationale=f"asked by {self._ask.by}, question {self._ask.run_id}",
            decided_at=now,
            valid_until=valid_until(market_now, self._ask.clock, desk),
        )

    def _show(self, phase: str) -> None:
        route = self._routed.route
        lines = [f"**{phase}**", "", f"> {self._ask.question[:500]}", ""]
        if route is not None:
            lines += [
                f"intent {route.intent.value} ({route.confidence:.0%}), path {route.path.value}, model {route.model}",
                "",
            ]
        lines += [
            f"- `{entry.call.name}` {entry.reply.status.value} {entry.reply.message}" for entry in self._exchanges
        ]
        workflow.set_current_details("\n".join(lines)[:15_000])

    @workflow.query
    def status(self) -> RoutedQuestion:
        """The route of the question, once it is known."""
        return self._routed


def _is_same(one: ModelToolCall, other: ModelToolCall) -> bool:
    return (one.name, one.arguments) == (other.name, other.arguments)


def _is_same_order(one: TicketDraft, other: TicketDraft) -> bool:
    fields = ("symbol", "side", "shares", "limit_price_krw")
    return all(getattr(one, name) == getattr(other, name) for name in fields)


def _arguments(draft: OrderDraft) -> dict[str, JsonValue]:
    """Return what ``prepare_order`` is called with for a draft read off the text."""
    given = draft.model_dump(
        mode="json",
        include={"symbol", "side", "shares", "amount_krw", "all_shares", "limit_price_krw"},
        exclude_none=True,
    )
    if draft.kind is OrderKind.MARKET:
        given["market"] = True
    if not given.get("all_shares"):
        given.pop("all_shares", None)
    return given
