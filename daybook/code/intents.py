"""The orders a script proposes: read off its result, each one checked, none of them an order yet."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue, ValidationError

from daybook.contracts.code import ScriptIntent
from daybook.llm.fencing import clean_text

MOST_INTENTS = 5
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
    """Return one proposal; the rationale may quote strangers, so it is cleaned and cut to one line."""
    if not isinstance(entry, Mapping):
        raise TypeError("it is not an object")
    known = {name: entry[name] for name in ScriptIntent.model_fields if name in entry}
    for name in ("shares", "limit_price_krw"):
        if isinstance(known.get(name), bool):
            raise TypeError(f"{name} is not a number")
    if isinstance(known.get("rationale"), str):
        known["rationale"] = " ".join(clean_text(str(known["rationale"]), _LONGEST_RATIONALE).split())[:300]
    return ScriptIntent.model_validate(known)
