"""What pydantic finds wrong with a scenario, as one line that names the field and the way out."""

import difflib
import re
from typing import Any

from pydantic import BaseModel, ValidationError

from daybook.contracts.scenario import Scenario
from daybook.scenario.errors import ScenarioError

_FIRST_WORD = re.compile(r"([a-z_]+(?:[.\[][^ ]*)?) (.+)", re.DOTALL)
_KINDS = {"pert", "lognormal90"}
_LONGEST_VALUE = 60


def scenario_error(error: ValidationError, content: dict[str, Any]) -> ScenarioError:
    """Return the first thing wrong with ``content``, which was to become a scenario."""
    first = error.errors(include_url=False)[0]
    field = _field(first["loc"], content)
    message = str(first["msg"]).removeprefix("Value error, ")
    kind = first["type"]
    if kind == "extra_forbidden":
        return unknown_field(field, _names(first["loc"][:-1]))
    if kind == "missing":
        return ScenarioError(field, "is missing", "write it, or take its entry away")
    if kind == "value_error":
        if not field and (found := _FIRST_WORD.fullmatch(message)):
            field, message = found.group(1), found.group(2)
        message, _, way_out = message.partition("; ")
        return ScenarioError(field or "scenario", message, way_out)
    value = first.get("input")
    if kind == "string_pattern_mismatch" and _is_code(first["loc"]):
        return ScenarioError(field, f"{value!r} is no KRX code", 'write one in quotes, as in "005930"')
    if kind in ("too_short", "too_long"):
        limits = first["ctx"]
        words = f"at least {limits['min_length']}" if kind == "too_short" else f"at most {limits['max_length']}"
        return ScenarioError(field, f"needs {words} entries, not {limits['actual_length']}", "add or take away some")
    shown = f", not {value!r}" if isinstance(value, str | int | float) and len(repr(value)) <= _LONGEST_VALUE else ""
    return ScenarioError(field or "scenario", f"{message[:1].lower()}{message[1:]}{shown}", "correct it")


def _is_code(loc: tuple[int | str, ...]) -> bool:
    return any(step in ("codes", "hedge_codes", "forbidden_codes", "current_positions", "listed") for step in loc)


def unknown_field(field: str, known: list[str]) -> ScenarioError:
    """Return the refusal of a field that does not exist."""
    near = difflib.get_close_matches(field.rpartition(".")[2], known, 1)
    way_out = f"did you mean {near[0]}?" if near else f"use one of {', '.join(known)}" if known else "take it away"
    return ScenarioError(field, "is not a field", way_out)


def _field(loc: tuple[int | str, ...], content: dict[str, Any]) -> str:
    """Return a place as a path, entries of threats and controls by their id."""
    parts: list[str] = []
    for place, step in enumerate(loc):
        if isinstance(step, int) and place == 1 and loc[0] in ("threats", "controls"):
            entry = list(content.get(str(loc[0]), ()))[step]
            name = entry.get("id") if isinstance(entry, dict) else getattr(entry, "id", None)
            parts.append(str(name or step + 1))
        elif isinstance(step, int):
            parts[-1] += f"[{step + 1}]"
        elif step not in _KINDS:
            parts.append(str(step))
    return ".".join(parts)


def _names(loc: tuple[int | str, ...]) -> list[str]:
    """Return the fields a mapping at a place may have, as far as they are known."""
    model: Any = Scenario
    for step in loc:
        if isinstance(step, int):
            continue
        info = model.model_fields.get(step) if isinstance(model, type) and issubclass(model, BaseModel) else None
        if info is None:
            return []
        model = _model_in(info.annotation)
    return list(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []


def _model_in(annotation: Any) -> Any:
    """Return the model an annotation holds, directly or within a tuple."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = [inner for part in getattr(annotation, "__args__", ()) if (inner := _model_in(part)) is not None]
    return found[0] if len(found) == 1 else None
