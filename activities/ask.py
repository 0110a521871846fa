"""Activities of the pipeline layer for questions: route, model turns, the answer."""

from activities.serving import serves
from daybook.ask.desk import AskDesk
from daybook.contracts.ask import AskAnswer, AskInput, ComposeAnswer, RoutedQuestion, Turn, TurnRequest
from daybook.contracts.calls import COMPOSE_ANSWER, ROUTE_QUESTION, TAKE_TURN


class AskActivities:
    """The part of the pipeline layer's room that answers questions."""

    def __init__(self, desk: AskDesk) -> None:
        self._desk = desk

    @serves(ROUTE_QUESTION)
    async def route_question(self, ask: AskInput) -> RoutedQuestion:
        """Route a question, or refuse it with a reason."""
        return await self._desk.route(ask)

    @serves(TAKE_TURN)
    async def take_turn(self, request: TurnRequest) -> Turn:
        """Ask the model for calls or the answer."""
        return await self._desk.take_turn(request)

    @serves(COMPOSE_ANSWER)
    def compose_answer(self, request: ComposeAnswer) -> AskAnswer:
        """Compose the answer and keep it."""
        return self._desk.compose(request)
