"""The orders a script proposes: read off its result, each one checked, none of them an order yet."""

import json
from dataclasses import dataclass

from pydantic import JsonValue, ValidationError

from daybook.contracts.code import ScriptIntent
from daybook.llm.fencing import clean_text

MOST_INTENTS = 3
KEY = "intents"
_LONGEST_RATIONALE = 280


@dataclass(frozen=True)
class ReadIntents:
    """Proposals that can become tickets, and one line for each that cannot."""

    intents: tuple[ScriptIntent, ...] = ()
    complaints: tuple[str, ...] = ()


def read_intents(result: JsonValue) -> ReadIntents:
    """Return the proposals of a result; more than ``MOST_INTENTS`` are cut off, with a complaint."""
    raw = result.get(KEY) if isinstance(result, dict) else None
    if raw is None:
        return ReadIntents()
    if not isinstance(raw, list):
        return ReadIntents(complaints=("intents must be a list of orders",))
    intents: list[ScriptIntent] = []
    complaints: list[str] = []
    for number, entry in enumerate(raw[:MOST_INTENTS], start=1):
        try:
            intents.append(_intent(entry))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"]) or "the entry"
            complaints.append(f"intent {number}: {place}: {first['msg']}")
        except TypeError as error:
            complaints.append(f"intent {number}: {error}")
    if len(raw) > MOST_INTENTS:
        complaints.append(f"{len(raw)} intents were proposed; the first {MOST_INTENTS} are taken")
    return ReadIntents(tuple(intents), tuple(complaints))


def _intent(entry: JsonValue) -> ScriptIntent:
    """Return one proposal, read as strictly as what opens tickets reads it.

    The rationale may quote strangers, so it is cleaned and made one line.
    """
    if not isinstance(entry, dict):
        raise TypeError("it is not an object")
    intent = ScriptIntent.model_validate_json(json.dumps(entry, ensure_ascii=False), strict=True)
    plain = " ".join(clean_text(intent.rationale, _LONGEST_RATIONALE).split())[:300]
    return intent.model_copy(update={"rationale": plain})
