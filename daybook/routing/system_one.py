"""The second stage on an Ollama server: ``POST /v1/systemone`` with a decision model.

Protocol: the types of the official Ollama client 0.6.3, server 0.35 or later: ``{model, state, questions}`` gives
``{model, answers: {name: {type, choice, probabilities, confidence}}, usage}``. ``confidence`` says how peaked the
answer is and is no probability, so it is not used. A server or model without the protocol answers 404 or 501.
"""

from collections.abc import Callable
from typing import Any

import httpx

from daybook.llm.redaction import Redactor
from daybook.routing.decision_http import post_json
from daybook.routing.errors import SecondStageFailed
from daybook.routing.second_stage import (
    LONGEST_STATE,
    PATIENCE_S,
    QUESTION_NAME,
    SecondOpinion,
    intent_question,
    opinion_of,
)

_WHO = "ollama"


class SystemOneStage:
    """Asks a decision model of an Ollama server. Holds one HTTP client; close it with ``aclose``.

    Args:
        url: ``http://host:port`` of the server.
        model: a decision model the server has.
        patience_s: seconds for the whole exchange.
        redact: takes personal data out of the text before it is sent.
    """

    def __init__(
        self, url: str, model: str, *, patience_s: float = PATIENCE_S, redact: Callable[[str], str] | None = None
    ) -> None:
        self._client = httpx.AsyncClient(base_url=url, timeout=patience_s, trust_env=False)
        self._model = model
        self._patience_s = patience_s
        self._redact = redact or Redactor().redact

    async def decide(self, text: str, run_id: str) -> SecondOpinion:
        """Return the model's opinion; see ``SecondStage.decide``."""
        answer = await post_json(
            self._client, "/v1/systemone", self._request(text), who=_WHO, patience_s=self._patience_s
        )
        answers = answer.get("answers")
        given = answers.get(QUESTION_NAME) if isinstance(answers, dict) else None
        if not isinstance(given, dict) or given.get("type") != "choice":
            raise SecondStageFailed(f"{_WHO} did not answer the question")
        probabilities = given.get("probabilities")
        if not isinstance(probabilities, dict):
            raise SecondStageFailed(f"{_WHO} gave no probabilities")
        return opinion_of(given.get("choice"), probabilities, _WHO, str(answer.get("model", self._model))[:80])

    async def aclose(self) -> None:
        """Close the HTTP client."""
        await self._client.aclose()

    def _request(self, text: str) -> dict[str, Any]:
        question = intent_question()
        return {
            "model": self._model,
            "state": {"message": self._redact(text[:LONGEST_STATE])},
            "questions": {
                QUESTION_NAME: {
                    "type": "choice",
                    "instructions": question.instructions,
                    "criteria": {intent.value: text for intent, text in question.criteria.items()},
                }
            },
        }
