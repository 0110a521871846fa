"""What the router says of a request: its intent, what it needs, and why."""

from enum import StrEnum

from pydantic import Field, JsonValue

from daybook.contracts.base import Message, Side, Symbol, Won
from daybook.contracts.orders import OrderKind

LONGEST_QUESTION = 4_000
"""Characters of a question; a longer one is refused before anything is routed."""


class Intent(StrEnum):
    """What a request wants."""

    TRADING_EXECUTION = "trading_execution"
    NEWS_ANALYSIS = "news_analysis"
    STRATEGY_GENERATION = "strategy_generation"
    MARKET_RESEARCH = "market_research"
    GENERAL_QUERY = "general_query"


class AnswerPath(StrEnum):
    """How a request is answered. All but ``MODEL`` cost no token."""

    TEMPLATE = "template"
    """Greetings, help, and requests the desk refuses."""
    GLOSSARY = "glossary"
    """A definition from the desk's own glossary."""
    DIRECT_TOOL = "direct_tool"
    """One read tool with arguments read from the text, shown by a template."""
    ORDER_TICKET = "order_ticket"
    """Exact order text: parsed into a ticket that waits for a person."""
    CONFIRM_ORDER = "confirm_order"
    """It may be an order: the person is asked whether one is meant."""
    MODEL = "model"
    """A model with the routed tools."""


class Feature(Message):
    """One thing that moved the decision; ``weight`` is its share of the intent's logit against the runner-up."""

    name: str
    weight: float


class DirectCall(Message):
    """A read tool call the router read off the text."""

    tool: str
    arguments: dict[str, JsonValue] = Field(default_factory=dict)


class OrderDraft(Message):
    """An order as a person's text states it; what the text leaves open is None."""

    symbol: Symbol | None = None
    name: str = ""
    side: Side | None = None
    shares: int | None = Field(default=None, ge=1)
    amount_krw: Won | None = Field(default=None, gt=0, description="for so much money instead of shares")
    all_shares: bool = Field(default=False, description="everything that is held")
    kind: OrderKind | None = None
    limit_price_krw: Won | None = Field(default=None, gt=0)
    missing: tuple[str, ...] = Field(default=(), description="what a ticket still needs: symbol, side, shares, ...")


class RouteRequest(Message):
    """A request to route."""

    text: str = Field(max_length=LONGEST_QUESTION)
    run_id: str


class RouteDecision(Message):
    """Intent, tools and model of one request, with the reasons."""

    intent: Intent
    confidence: float = Field(ge=0, le=1, description="calibrated probability of the intent")
    runner_up: Intent | None = None
    abstained: bool = Field(default=False, description="below the threshold: a second stage or the union of reads")
    decided_by: str = Field(default="offline", description="offline, ollama, decisions or rule")
    path: AnswerPath
    tools: tuple[str, ...] = ()
    toolset_digest: str = ""
    exposes_write: bool = Field(default=False, description="order tools are among the tools")
    confirm: bool = Field(default=False, description="the person is asked whether an order is meant")
    model: str = Field(default="rules", description="name in the model catalogue; rules: no model is available")
    fallback_models: tuple[str, ...] = ()
    estimated_tokens: int = Field(default=0, ge=0, description="input tokens of the first model call")
    features: tuple[Feature, ...] = ()
    reasons: tuple[str, ...] = ()
    language: str = Field(default="ko", pattern=r"^(ko|en)$")
    symbols: tuple[Symbol, ...] = Field(default=(), description="securities the text names, in order")
    direct: DirectCall | None = None
    order: OrderDraft | None = None
    text: str = Field(default="", description="the ready answer of TEMPLATE, GLOSSARY and CONFIRM_ORDER")
