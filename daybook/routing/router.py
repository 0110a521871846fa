"""The router: from a text to a decision, with every reason. See ``Router.route`` for the order of the paths."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Protocol

from daybook.contracts.base import KST
from daybook.contracts.routing import AnswerPath, Intent, RouteDecision
from daybook.llm.catalogue_entry import ModelEntry
from daybook.llm.port import ToolSchema
from daybook.llm.tokens import estimate_tokens, estimate_tools, family_of
from daybook.routing.admission import admit
from daybook.routing.classifier import Classification
from daybook.routing.confirmation import confirmation
from daybook.routing.errors import SecondStageFailed
from daybook.routing.glossary import define
from daybook.routing.greetings import refusal, small_talk
from daybook.routing.model_choice import RULES, ModelChoice, choose_model
from daybook.routing.order_gate import ORDER_AT_LEAST, TRADE_AT_LEAST, OrderGate, judge_order
from daybook.routing.order_lexer import FindsNames
from daybook.routing.order_text import OrderDoubt, OrderReading, read_order
from daybook.routing.second_stage import SecondOpinion, SecondStage
from daybook.routing.selection import Selection, tools_for
from daybook.routing.zero_token import DIRECT_TOOLS, direct_read
from daybook.skills.registry import Registry
from daybook.skills.schema import provider_schema
from daybook.skills.toolset import ToolSet

OFFLINE: Final = "offline"
RULE: Final = "rule"
TRUSTED_FROM: Final = 0.5
"""Probability from which a second opinion is followed."""
WORTH_A_WORD: Final = 0.1
"""Probability of an order from which it is said what speaks against one."""
_BYPASS: Final = "bypasses_rules"


def korean_today() -> date:
    """Return the date in Korea."""
    return datetime.now(KST).date()


class Classifies(Protocol):
    """Stage 1: ``daybook.routing.classifier.IntentClassifier``."""

    def classify(self, text: str) -> Classification:
        """Return the intent of ``text`` with its calibrated confidence."""
        ...


@dataclass(frozen=True)
class _Case:
    """One request on its way to a decision."""

    text: str
    found: Classification
    gate: OrderGate
    order: OrderReading
    reasons: list[str] = field(default_factory=list)

    @property
    def language(self) -> str:
        return self.found.language

    def decide(self, path: AnswerPath, **more: Any) -> RouteDecision:
        """Return the decision, with what is known of every request filled in."""
        symbols = dict.fromkeys(mention.symbol for mention in self.found.mentions if mention.symbol)
        told: dict[str, Any] = {
            "intent": self.found.intent,
            "confidence": self.found.confidence,
            "runner_up": self.found.runner_up,
            "decided_by": OFFLINE,
            "features": self.found.features,
            "reasons": tuple(self.reasons),
            "language": self.language,
            "symbols": tuple(symbols),
        }
        return RouteDecision(path=path, **(told | more))

    def by_rule(self, path: AnswerPath, intent: Intent, **more: Any) -> RouteDecision:
        """Return a decision that the whole text has settled: no probability is involved."""
        runner_up = self.found.runner_up if self.found.intent is intent else self.found.intent
        return self.decide(path, intent=intent, confidence=1.0, runner_up=runner_up, decided_by=RULE, **more)


class Router:
    """Routes requests; safe to share between tasks of one event loop.

    Args:
        classifier: stage 1.
        securities: finds the names of securities, the same that the classifier uses.
        registry: all skills.
        available_models: models whose provider has a key or an address, see ``llm.providers.available_models``.
        second_stage: asked when stage 1 abstains; None: the tools of the two likeliest intents are taken.
        preferred: names of models the user wants first.
        system: the system text of the first model call, for the estimate of its tokens.
        today: gives the date in Korea.
    """

    def __init__(
        self,
        classifier: Classifies,
        securities: FindsNames,
        registry: Registry,
        available_models: Sequence[ModelEntry] = (),
        second_stage: SecondStage | None = None,
        *,
        preferred: Sequence[str] = (),
        system: str = "",
        today: Callable[[], date] = korean_today,
    ) -> None:
        self._classifier = classifier
        self._securities = securities
        self._registry = registry
        self._available = tuple(available_models)
        self._second_stage = second_stage
        self._preferred = tuple(preferred)
        self._system = system
        self._today = today

    async def route(self, text: str, run_id: str) -> RouteDecision:
        """Return the route of a request.

        The paths, first match first: a text that asks to drop the rules is refused by a template; an exact order behind
        an open gate becomes a ticket; a text that is nothing but small talk, a question for a term, the account or a
        price is answered without a model; a text that may be an order is put to the person; the rest goes to a model
        with the tools of its intent.

        Args:
            text: the request.
            run_id: for the ledger of a second stage.

        Raises:
            RoutingRefused: nothing can be made of the text.
        """
        asked = admit(text)
        found = self._classifier.classify(asked)
        case = _Case(asked, found, judge_order(asked, found), read_order(asked, self._securities))
        case.reasons.append(
            f"stage 1: {found.intent.value} at {found.confidence:.2f}, then {found.runner_up.value} at "
            f"{found.probabilities[found.runner_up]:.2f}; an order at {found.order_probability:.2f}"
        )
        if case.gate.evidence:
            case.reasons.append(f"speaks for an order: {', '.join(case.gate.evidence)}")
        if case.gate.vetoes and (case.gate.evidence or found.order_probability >= WORTH_A_WORD):
            case.reasons.append(f"speaks against an order: {', '.join(case.gate.vetoes)}")
        return self._settled(case) or await self._to_model(case, run_id)

    async def aclose(self) -> None:
        """Close what the second stage holds open."""
        if self._second_stage is not None:
            await self._second_stage.aclose()

    def _settled(self, case: _Case) -> RouteDecision | None:
        """Return the decision when no model is needed."""
        for path in (self._refused, self._ticket, self._small_talk, self._definition, self._read, self._confirm):
            decision = path(case)
            if decision is not None:
                return decision
        return None

    def _refused(self, case: _Case) -> RouteDecision | None:
        wants_more = case.found.intent not in (Intent.GENERAL_QUERY, Intent.TRADING_EXECUTION)
        if _BYPASS not in case.found.signs or wants_more:
            return None
        case.reasons.append("asks to drop or go around the desk's rules: refused, without any tool")
        return case.by_rule(AnswerPath.TEMPLATE, Intent.GENERAL_QUERY, text=refusal(case.language))

    def _ticket(self, case: _Case) -> RouteDecision | None:
        if not (case.order.is_exact and case.order.is_complete and self._is_open(case)):
            return None
        intent = Intent.TRADING_EXECUTION
        chosen = tools_for((intent,), True, self._registry, needs_reads=False)
        case.reasons.append("every word of it is understood as one order: a ticket that waits for a person")
        tools = _tools(chosen.tools)
        return case.by_rule(AnswerPath.ORDER_TICKET, intent, order=case.order.draft, exposes_write=True, **tools)

    def _is_open(self, case: _Case) -> bool:
        """Whether both keys are turned; an exact order is as good a second key as the gate's own order words."""
        wants_trade = case.found.probabilities[Intent.TRADING_EXECUTION] >= TRADE_AT_LEAST
        wants_order = case.found.order_probability >= ORDER_AT_LEAST
        return case.gate.exposes_write or (wants_trade and wants_order and not case.gate.vetoes)

    def _small_talk(self, case: _Case) -> RouteDecision | None:
        answer = small_talk(case.text)
        if answer is None:
            return None
        case.reasons.append(f"nothing but small talk ({answer.kind}): a template answers")
        more = {"language": answer.language, "text": answer.text}
        return case.by_rule(AnswerPath.TEMPLATE, Intent.GENERAL_QUERY, **more)

    def _definition(self, case: _Case) -> RouteDecision | None:
        answer = define(case.text)
        if answer is None:
            return None
        case.reasons.append(f"asks for one term of the glossary: {answer.term}")
        more = {"language": answer.language, "text": answer.text}
        return case.by_rule(AnswerPath.GLOSSARY, Intent.GENERAL_QUERY, **more)

    def _read(self, case: _Case) -> RouteDecision | None:
        call = direct_read(case.text, self._securities.find(case.text))
        if call is None or call.tool not in self._registry.tools:
            return None
        case.reasons.append(f"exactly a question for {call.tool}: one call and a template, no model")
        tools = _tools(self._registry.tools.select([call.tool]))
        return case.by_rule(AnswerPath.DIRECT_TOOL, DIRECT_TOOLS[call.tool], direct=call, **tools)

    def _confirm(self, case: _Case) -> RouteDecision | None:
        order, gate = case.order, case.gate
        if gate.exposes_write and OrderDoubt.SEVERAL in order.doubts:
            return None  # a model can prepare one ticket after the other
        says_an_order = order.is_exact and order.draft.side is not None and not gate.vetoes
        if not (gate.exposes_write or gate.confirm or says_an_order):
            return None
        open_points = [
            *(f"{name} is missing" for name in order.draft.missing),
            *(doubt.value for doubt in order.doubts),
        ]
        case.reasons.append(f"may be an order, but no exact one ({', '.join(open_points) or 'the gate is not open'})")
        question = confirmation(order.draft, order.doubts, case.language)
        return case.decide(AnswerPath.CONFIRM_ORDER, confirm=True, order=order.draft, text=question)

    async def _to_model(self, case: _Case, run_id: str) -> RouteDecision:
        opinion = await self._opinion(case, run_id) if case.found.abstains else None
        intents = (opinion.intent,) if opinion else self._intents(case)
        writes = case.gate.exposes_write
        foreign = any(mention.is_foreign for mention in case.found.mentions)
        chosen = tools_for(intents, writes, self._registry, case.text, names_foreign=foreign)
        model = choose_model(
            intents[0], self._available, self._today(), preferred=self._preferred, needs_tools=bool(chosen.why)
        )
        case.reasons.append(model.why)
        case.reasons.extend(f"{name}: {why}" for name, why in chosen.why.items())
        more: dict[str, Any] = {}
        if opinion is not None:
            more = {"intent": opinion.intent, "confidence": opinion.confidence, "runner_up": opinion.runner_up,
                    "decided_by": opinion.decided_by}  # fmt: skip
        return case.decide(
            AnswerPath.MODEL,
            abstained=case.found.abstains,
            exposes_write=writes,
            model=model.name,
            fallback_models=model.fallbacks,
            estimated_tokens=self._tokens(case.text, chosen, model),
            **_tools(chosen.tools),
            **more,
        )

    def _intents(self, case: _Case) -> tuple[Intent, ...]:
        found = case.found
        if not found.abstains:
            return (found.intent,)
        case.reasons.append(f"unsure: the reading tools of {found.intent.value} and {found.runner_up.value}")
        return found.intent, found.runner_up

    async def _opinion(self, case: _Case, run_id: str) -> SecondOpinion | None:
        if self._second_stage is None:
            return None
        try:
            opinion = await self._second_stage.decide(case.text, run_id)
        except SecondStageFailed as error:
            case.reasons.append(f"stage 1 was unsure and there is no second opinion: {error}")
            return None
        said = f"second opinion of {opinion.model}: {opinion.intent.value} at {opinion.confidence:.2f}"
        if opinion.confidence < TRUSTED_FROM:
            case.reasons.append(f"{said}, too unsure to follow")
            return None
        case.reasons.append(said)
        return opinion

    def _tokens(self, text: str, chosen: Selection, model: ModelChoice) -> int:
        if model.name == RULES or model.entry is None:
            return 0
        family = family_of(model.entry.provider.value)
        tools = estimate_tools((ToolSchema(**provider_schema(spec)) for spec in chosen.tools), family)
        return estimate_tokens(self._system, family) + tools + estimate_tokens(text, family)


def _tools(tools: ToolSet) -> dict[str, Any]:
    return {"tools": tools.names, "toolset_digest": tools.digest if tools.names else ""}
