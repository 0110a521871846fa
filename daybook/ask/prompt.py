"""What a model is told for a question. The stable part comes first and the volatile last, for the provider's cache."""

import json
from collections.abc import Sequence

from daybook.contracts.ask import AskInput, RoutedQuestion, ToolExchange
from daybook.contracts.base import KST
from daybook.contracts.llm import ChatMessage, CompletionRequest, Purpose, Role
from daybook.contracts.tools import ToolStatus
from daybook.llm.fencing import FENCE_RULE, fence

MOST_OUTPUT_TOKENS = 900
_LONGEST_RESULT = 6_000

SYSTEM = (
    "You are the analyst of Daybook, a trading desk for the Korean stock market. "
    "Answer in the language of the question, short and to the point: first the finding, then the figures it rests on. "
    "Use the tools for every fact about markets, companies, news and the account; ask for several at once where you "
    "can. Write only numbers that stand in a tool's result, exactly as they stand there. Name the source and the time "
    "of what you cite. Say plainly what is missing or uncertain. Give no promise of profit. "
    "You cannot trade: an order tool makes a draft that waits for a person. " + FENCE_RULE
)
"""The same for every question, so that providers can cache it."""


def turn_request(
    ask: AskInput, routed: RoutedQuestion, exchanges: Sequence[ToolExchange], *, final: bool
) -> CompletionRequest:
    """Return the next model call of a question.

    As soon as a result holds text from outside, the call carries no tools: what strangers wrote cannot make a call.
    Without tools the results are given as data in one message, so that every provider takes it.
    """
    if routed.route is None:
        raise ValueError("a question without a route has no model turn")
    untrusted = any(exchange.reply.is_untrusted for exchange in exchanges)
    tools = () if final or untrusted else routed.route.tools
    asked = _question(ask, routed)
    if tools:
        messages = (ChatMessage(role=Role.USER, text=asked), *_dialogue(exchanges))
    else:
        results = "\n\n".join(_result_text(exchange) for exchange in exchanges)
        text = f"{asked}\n\nResults of the tools:\n{results}" if results else asked
        messages = (ChatMessage(role=Role.USER, text=text),)
    return CompletionRequest(
        purpose=Purpose.ASK,
        run_id=ask.run_id,
        model=ask.model or routed.route.model,
        system=SYSTEM,
        messages=messages,
        tools=tools,
        max_output_tokens=MOST_OUTPUT_TOKENS,
        holds_untrusted=untrusted,
    )


def _question(ask: AskInput, routed: RoutedQuestion) -> str:
    symbols = ", ".join(routed.route.symbols) if routed.route else ""
    named = f"\nKRX codes named: {symbols}" if symbols else ""
    now = ask.asked_at.astimezone(KST)
    return f"{ask.question}{named}\nNow: {now:%Y-%m-%d %H:%M} KST"


def _dialogue(exchanges: Sequence[ToolExchange]) -> tuple[ChatMessage, ...]:
    messages: list[ChatMessage] = []
    for exchange in exchanges:
        messages.append(ChatMessage(role=Role.ASSISTANT, tool_calls=(exchange.call,)))
        messages.append(
            ChatMessage(
                role=Role.TOOL,
                tool_call_id=exchange.call.id,
                name=exchange.call.name,
                text=_value_text(exchange),
            )
        )
    return tuple(messages)


def _value_text(exchange: ToolExchange) -> str:
    reply = exchange.reply
    if reply.status is not ToolStatus.OK:
        return f"{reply.status.value}: {reply.message}"
    text = json.dumps(reply.value, ensure_ascii=False, separators=(",", ":"))
    return text if len(text) <= _LONGEST_RESULT else text[:_LONGEST_RESULT] + " [cut here]"


def _result_text(exchange: ToolExchange) -> str:
    arguments = json.dumps(exchange.call.arguments, ensure_ascii=False, separators=(",", ":"))
    head = f"{exchange.call.name}({arguments}):"
    if exchange.reply.is_untrusted:
        return f"{head}\n{fence([_value_text(exchange)], exchange.call.name)}"
    return f"{head} {_value_text(exchange)}"
