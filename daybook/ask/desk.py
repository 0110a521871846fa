"""The asking desk: routes a question, takes model turns, and composes the answer that is kept and shown."""

from collections.abc import Callable, Sequence

from daybook.ask.grounding import ungrounded_numbers
from daybook.ask.ports import AnswerBook, Completer, Routes
from daybook.ask.prompt import SYSTEM, turn_request
from daybook.ask.rendering import render_value
from daybook.ask.rule_plan import plan_by_rules
from daybook.ask.wording import draft_refusal, fallback_label, no_ticket, no_tool_answer, pick, ticket_text
from daybook.contracts.ask import (
    AnswerKind,
    AskAnswer,
    AskInput,
    ComposeAnswer,
    Refusal,
    RoutedQuestion,
    ToolExchange,
    Turn,
    TurnRequest,
)
from daybook.contracts.drafts import PREPARE_ORDER, TicketDraft
from daybook.contracts.llm import Completion, FallbackReason
from daybook.contracts.routing import LONGEST_QUESTION, AnswerPath, Intent, RouteDecision
from daybook.contracts.tools import SourceRef, ToolStatus
from daybook.routing.errors import RoutingRefused
from daybook.skills.policy import policy_row
from daybook.skills.registry import Registry

RULES = "rules"
"""The router's word for: no model is available."""
_SHOWN_OF_A_REFUSED_QUESTION = 200
_NOT_SHOWN = {"check", "drafted_at", "lower_limit_krw", "upper_limit_krw"}
"""Fields of a draft that say nothing to the person who asked for it."""


class AskDesk:
    """Everything of a question but its tool calls, which the workflow makes on the tools' own layers."""

    def __init__(
        self,
        routes: Routes,
        registry: Registry,
        completer: Completer,
        book: AnswerBook,
        name_of: Callable[[str, str], str],
        check_model: Callable[[str], str],
    ) -> None:
        """Compose the desk.

        Args:
            routes: the router.
            registry: all skills.
            completer: the models.
            book: where answers are kept.
            name_of: the name of a symbol in a language.
            check_model: says in one line why a model of that name cannot be asked; empty when it can.
        """
        self._routes = routes
        self._registry = registry
        self._completer = completer
        self._book = book
        self._name_of = name_of
        self._check_model = check_model

    async def route(self, ask: AskInput) -> RoutedQuestion:
        """Return the route with the policy rows of its tools, or why the question is refused."""
        if len(ask.question) > LONGEST_QUESTION:
            text = f"the question has {len(ask.question):,} characters; ask in at most {LONGEST_QUESTION:,}"
            return RoutedQuestion(refusal=Refusal(code="QUESTION_TOO_LONG", text=text))
        if ask.model and (complaint := self._check_model(ask.model)):
            return RoutedQuestion(refusal=Refusal(code="UNKNOWN_MODEL", text=complaint))
        try:
            route = await self._routes.route(ask.question, ask.run_id)
        except RoutingRefused as error:
            return RoutedQuestion(refusal=Refusal(code="CANNOT_ROUTE", text=str(error)))
        names = dict.fromkeys((*route.tools, *((route.direct.tool,) if route.direct else ())))
        if route.path is AnswerPath.ORDER_TICKET:
            names[PREPARE_ORDER] = None
        rows = tuple(policy_row(self._registry.get(name)) for name in names)
        return RoutedQuestion(route=route, tools=rows)

    async def take_turn(self, request: TurnRequest) -> Turn:
        """Ask the model for its next calls or its answer; without a model, plan the first calls by rules."""
        route = request.routed.route
        if route is None:
            return Turn(completion=_no_model(FallbackReason.BAD_REQUEST, "the question was not routed"))
        if (request.ask.model or route.model) == RULES:
            completion = _no_model(FallbackReason.NO_KEY, "no model is configured; set a key, as .env.example says")
        else:
            completion = await self._completer.complete(
                turn_request(request.ask, request.routed, request.exchanges, final=request.final),
                fallback_models=() if request.ask.model else route.fallback_models,
                run_budget_krw=request.ask.budget_krw,
            )
        if completion.fallback is None:
            return Turn(completion=completion, calls=() if request.final else completion.tool_calls)
        planned = (
            () if request.exchanges else plan_by_rules(request.ask, route, lambda symbol: self._name_of(symbol, "ko"))
        )
        return Turn(completion=completion, calls=planned)

    def compose(self, request: ComposeAnswer) -> AskAnswer:
        """Compose the answer and keep it; composing again keeps the same."""
        kind, text, problems = self._answer(request)
        route, completions = request.routed.route, request.completions
        answer = AskAnswer(
            run_id=request.ask.run_id,
            kind=kind,
            text=text,
            route=route,
            tickets=request.tickets,
            sources=_sources(request.exchanges),
            charts=_charts(request.exchanges),
            tool_calls=len(request.exchanges),
            model_calls=sum(1 for completion in completions if completion.attempts),
            input_tokens=sum(completion.usage.input_tokens for completion in completions),
            cached_tokens=sum(completion.usage.cached_tokens for completion in completions),
            output_tokens=sum(completion.usage.output_tokens for completion in completions),
            cost_micro_krw=sum(completion.cost_micro_krw for completion in completions),
            models=tuple(dict.fromkeys(entry.model for entry in completions if entry.model and entry.attempts)),
            problems=problems,
            answered_at=request.answered_at,
        )
        self._book.save(_kept(request.ask), answer)
        return answer

    def _answer(self, request: ComposeAnswer) -> tuple[AnswerKind, str, tuple[str, ...]]:
        refusal, route = request.routed.refusal, request.routed.route
        if refusal is not None or route is None:
            return AnswerKind.REFUSED, refusal.text if refusal else "the question was not routed", ()
        language = route.language
        problems = [
            f"{exchange.call.name}: {exchange.reply.message or exchange.reply.status.value}"
            for exchange in request.exchanges
            if exchange.reply.status is not ToolStatus.OK
        ]
        if request.tickets:
            texts = [ticket_text(card, language) for card in request.tickets]
            return AnswerKind.TICKET, "\n\n".join(texts), tuple(problems)
        if route.path in (AnswerPath.TEMPLATE, AnswerPath.GLOSSARY):
            return AnswerKind.TEMPLATE, route.text, ()
        if route.path is AnswerPath.CONFIRM_ORDER:
            return AnswerKind.CONFIRM, route.text, ()
        body = self._rendered(request.exchanges, language)
        if route.path is AnswerPath.ORDER_TICKET:
            text = self._draft_text(request.exchanges, language) or no_ticket(_reasons(request.exchanges), language)
            return AnswerKind.DRAFT, text, tuple(problems)
        if route.path is AnswerPath.DIRECT_TOOL:
            text = body or no_tool_answer(_reasons(request.exchanges), language)
            return AnswerKind.DIRECT, text, tuple(problems)
        last = request.completions[-1] if request.completions else _no_model(FallbackReason.BAD_REQUEST, "")
        problems += [f"model: {entry.message}" for entry in request.completions if entry.fallback and entry.message]
        if last.fallback is None and last.text.strip():
            text, unfounded = _checked(last.text.strip(), request, route)
            return AnswerKind.MODEL, text, (*problems, *unfounded)
        label = fallback_label(last.fallback or FallbackReason.SCHEMA_FAILURES, language)
        nothing = pick(
            language,
            "이 질문에 규칙만으로 답할 수 있는 자료가 없습니다. 종목명을 넣어 다시 묻거나 모델 키를 설정해 주세요.",
            "Rules alone have nothing for this question; name a stock, or configure a model.",
        )
        if route.intent is Intent.TRADING_EXECUTION:
            label = f"{label}\n{pick(language, '아무것도 주문하지 않았습니다.', 'Nothing has been ordered.')}"
        return AnswerKind.FALLBACK, f"{label}\n{body or nothing}", tuple(problems)

    def _rendered(self, exchanges: Sequence[ToolExchange], language: str) -> str:
        blocks = []
        for exchange in exchanges:
            if exchange.reply.status is ToolStatus.OK:
                value = render_value(exchange.reply.value, language, self._name_of)
                blocks.append(value or pick(language, "자료가 없습니다.", "There is nothing."))
        return "\n\n".join(blocks)

    def _draft_text(self, exchanges: Sequence[ToolExchange], language: str) -> str:
        """Say what stands against the drafts, and show them."""
        texts = []
        for exchange in exchanges:
            if exchange.reply.status is ToolStatus.OK and exchange.call.name == PREPARE_ORDER:
                draft = TicketDraft.model_validate(exchange.reply.value)
                shown = draft.model_dump(mode="json", exclude=_NOT_SHOWN)
                texts.append(
                    f"{draft_refusal(draft.check.denials, language)}\n{render_value(shown, language, self._name_of)}"
                )
        return "\n\n".join(texts)


def _kept(ask: AskInput) -> AskInput:
    if len(ask.question) <= LONGEST_QUESTION:
        return ask
    return ask.model_copy(update={"question": ask.question[:_SHOWN_OF_A_REFUSED_QUESTION] + " [cut here]"})


def _checked(text: str, request: ComposeAnswer, route: RouteDecision) -> tuple[str, tuple[str, ...]]:
    """Report the numbers of a model's answer that no tool gave."""
    facts = [exchange.reply.value for exchange in request.exchanges]
    asked = [request.ask.question, request.ask.asked_at.isoformat(), list(route.symbols)]
    calls = [dict(exchange.call.arguments) for exchange in request.exchanges]
    unknown = ungrounded_numbers(text, [*facts, *asked, *calls])
    if not unknown:
        return text, ()
    listed = ", ".join(unknown[:8])
    warning = pick(
        route.language,
        f"※ 도구 결과에서 확인되지 않은 수치: {listed}",
        f"Note: not found in the tools' results: {listed}",
    )
    return f"{text}\n\n{warning}", (f"numbers without a source: {listed}",)


def _reasons(exchanges: Sequence[ToolExchange]) -> list[str]:
    """Return why tools gave nothing, without their names."""
    return [
        exchange.reply.message or exchange.reply.status.value
        for exchange in exchanges
        if exchange.reply.status is not ToolStatus.OK
    ]


def _sources(exchanges: Sequence[ToolExchange]) -> tuple[SourceRef, ...]:
    seen: dict[tuple[str, str, str], SourceRef] = {}
    for exchange in exchanges:
        for source in exchange.reply.sources:
            seen.setdefault((source.name, source.url, source.title), source)
    return tuple(seen.values())[:20]


def _charts(exchanges: Sequence[ToolExchange]) -> tuple[str, ...]:
    found = []
    for exchange in exchanges:
        value = exchange.reply.value
        path = value.get("path") if isinstance(value, dict) else None
        if isinstance(path, str) and path.endswith(".png"):
            found.append(path)
    return tuple(found)


def _no_model(reason: FallbackReason, message: str) -> Completion:
    return Completion(fallback=reason, message=message)


__all__ = ["RULES", "SYSTEM", "AskDesk"]
