"""The second opinion on a request the offline router is unsure of: one closed question, never a free text.

Whatever a second stage says, it only chooses among read tools: order tools depend on the two keys of the order gate.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, Protocol

from pydantic import TypeAdapter

from daybook.contracts.base import Message
from daybook.contracts.routing import Intent
from daybook.routing.data_files import read_data
from daybook.routing.errors import RoutingDataError, SecondStageFailed

PATIENCE_S: Final = 2.0
"""A second opinion that takes longer is worth less than a slightly larger tool set at once."""
LONGEST_STATE: Final = 2_000
"""Characters of the request that are sent."""
LARGEST_ANSWER_BYTES: Final = 65_536
QUESTION_NAME: Final = "intent"
_SLACK: Final = 0.05


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """An intent with its probability. ``decided_by``: ollama or decisions; ``model`` as the server names it."""

    intent: Intent
    confidence: float
    runner_up: Intent
    decided_by: str
    model: str


class SecondStage(Protocol):
    """Asks another model for the intent of a request."""

    async def decide(self, text: str, run_id: str) -> SecondOpinion:
        """Return the opinion on ``text``.

        Raises:
            SecondStageFailed: no usable answer came in time; the text says why in one line.
        """
        ...

    async def aclose(self) -> None:
        """Close what it holds open."""
        ...


class Question(Message):
    """What is asked: fixed instructions, and a description of every intent."""

    instructions: str
    criteria: dict[Intent, str]


@cache
def intent_question() -> Question:
    """Return the question.

    Raises:
        RoutingDataError: the data file does not describe every intent.
    """
    question = read_data("second_stage.yaml", TypeAdapter(Question))
    if set(question.criteria) != set(Intent):
        raise RoutingDataError("second_stage.yaml: criteria must describe every intent")
    return question


def opinion_of(choice: object, probabilities: Mapping[str, object], decided_by: str, model: str) -> SecondOpinion:
    """Check a choice and its probabilities, and return the opinion they make.

    Raises:
        SecondStageFailed: a label outside the question, numbers that are no probabilities, or a choice that is not the
            most probable one.
    """
    labels = {intent.value for intent in Intent}
    if not isinstance(choice, str) or choice not in labels:
        raise SecondStageFailed(f"{decided_by} chose {str(choice)[:40]!r}, which was not among the answers")
    shares: dict[Intent, float] = {}
    for label, share in probabilities.items():
        if label not in labels or isinstance(share, bool) or not isinstance(share, int | float):
            raise SecondStageFailed(f"{decided_by} gave a probability of {str(label)[:40]!r} that cannot be used")
        if not math.isfinite(share) or not 0 <= share <= 1:
            raise SecondStageFailed(f"{decided_by} gave {share!r} as a probability")
        shares[Intent(label)] = float(share)
    if not shares or abs(sum(shares.values()) - 1) > _SLACK:
        raise SecondStageFailed(f"{decided_by} gave probabilities that do not add up to one")
    ranked = sorted(Intent, key=lambda intent: -shares.get(intent, 0.0))
    if ranked[0] != choice and shares.get(Intent(choice), 0.0) < shares.get(ranked[0], 0.0):
        raise SecondStageFailed(f"{decided_by} chose {choice}, which is not its most probable answer")
    chosen = Intent(choice)
    runner_up = next(intent for intent in ranked if intent is not chosen)
    return SecondOpinion(chosen, shares[chosen], runner_up, decided_by, model)
