"""A question in natural language and its answer."""

from datetime import date
from enum import StrEnum

from pydantic import Field

from daybook.contracts.base import AwareDatetime, Message, Side, Symbol, Won
from daybook.contracts.clock import MarketClock
from daybook.contracts.desk import DeskConfig
from daybook.contracts.llm import Completion, ModelToolCall
from daybook.contracts.routing import RouteDecision
from daybook.contracts.tools import SourceRef, ToolReply, ToolRow

LONGEST_TEXT = 200_000
"""Characters taken in at all; what is longer than a question may be is refused on record."""
MOST_TURNS = 4
"""Model turns of one question, the answer included."""
MOST_TOOL_CALLS = 12
"""Tool calls of one question."""
MOST_TICKETS = 3
"""Order tickets one question may open."""


class AskInput(Message):
    """A question. ``asked_at`` is market time by ``clock``; ``by`` who asks."""

    run_id: str = Field(max_length=80)
    question: str = Field(max_length=LONGEST_TEXT)
    model: str = Field(default="", max_length=80, description="a model of the catalogue; empty: the router's choice")
    asked_at: AwareDatetime
    by: str = Field(default="cli", max_length=120)
    clock: MarketClock = Field(default_factory=MarketClock.real_time)
    desk: DeskConfig = DeskConfig()
    day_workflow_id: str = Field(default="", description="the running day, which is told of a ticket")
    budget_krw: int = Field(default=200, ge=0, description="most this question may cost")


class RoutedQuestion(Message):
    """The route of a question, with the policy rows of its tools."""

    route: RouteDecision | None = None
    tools: tuple[ToolRow, ...] = ()
    refusal: "Refusal | None" = None


class Refusal(Message):
    """A question that cannot be answered, and what to do."""

    code: str
    text: str


class ToolExchange(Message):
    """A tool call of this question and what it gave."""

    call: ModelToolCall
    reply: ToolReply


class TurnRequest(Message):
    """The next model turn: everything said so far. ``final`` asks for an answer without tools."""

    ask: AskInput
    routed: RoutedQuestion
    exchanges: tuple[ToolExchange, ...] = ()
    turn: int = Field(ge=1)
    final: bool = False
    spent_micro_krw: int = Field(default=0, ge=0)


class Turn(Message):
    """What the model wants: tool calls, or its answer in ``completion.text``."""

    completion: Completion
    calls: tuple[ModelToolCall, ...] = ()


class AnswerKind(StrEnum):
    """How a question was answered."""

    MODEL = "model"
    """By a model, from the tools' results."""
    DIRECT = "direct"
    """By a tool and a template; no model."""
    TEMPLATE = "template"
    """By a template or the glossary."""
    FALLBACK = "fallback"
    """By rules, because no model could be asked; labelled so in the text."""
    TICKET = "ticket"
    """Order tickets that wait for a person."""
    DRAFT = "draft"
    """An order that may not be sent now, with the reasons; no ticket was opened."""
    CONFIRM = "confirm"
    """The person is asked whether an order is meant."""
    REFUSED = "refused"


class TicketCard(Message):
    """An order a question asked for, as it waits for a person; nothing has been sent."""

    intent_id: str
    symbol: Symbol
    name: str = ""
    side: Side
    shares: int
    limit_price_krw: Won
    estimated_cost_krw: Won = Field(default=0, description="of a buy with fees; of a sell what it brings after them")
    valid_until: AwareDatetime = Field(description="market time after which it is void")
    day: date


class AskAnswer(Message):
    """The answer with its sources and cost; stored under the run."""

    run_id: str
    kind: AnswerKind
    text: str
    route: RouteDecision | None = None
    tickets: tuple[TicketCard, ...] = ()
    sources: tuple[SourceRef, ...] = ()
    charts: tuple[str, ...] = Field(default=(), description="paths relative to the desk's home")
    tool_calls: int = Field(default=0, ge=0)
    model_calls: int = Field(default=0, ge=0)
    input_tokens: int = Field(default=0, ge=0)
    cached_tokens: int = Field(default=0, ge=0)
    output_tokens: int = Field(default=0, ge=0)
    cost_micro_krw: int = Field(default=0, ge=0)
    models: tuple[str, ...] = ()
    problems: tuple[str, ...] = Field(default=(), description="tools and models that failed, one line each")
    answered_at: AwareDatetime


class ComposeAnswer(Message):
    """Everything an answer is made of. Composing stores it; composing again stores the same."""

    ask: AskInput
    routed: RoutedQuestion
    exchanges: tuple[ToolExchange, ...] = ()
    completions: tuple[Completion, ...] = ()
    tickets: tuple[TicketCard, ...] = ()
    answered_at: AwareDatetime


RoutedQuestion.model_rebuild()
