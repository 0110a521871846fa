"""The JSON schema of a structured answer, without what costs tokens or is refused.

Titles say nothing that the names do not say. Defaults are refused by OpenAI's strict mode; an answer that leaves a
field out is still filled in by the Pydantic model that checks it.
"""

from typing import Any

from pydantic import BaseModel

_DROPPED = frozenset({"title", "default"})
_MAPS_OF_SCHEMAS = frozenset({"properties", "$defs"})


def answer_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The trimmed schema of an answer model."""
    schema: dict[str, Any] = trimmed(model.model_json_schema())
    return schema


def trimmed(schema: Any) -> Any:
    """A schema without titles and defaults; a property that is named so stays."""
    if isinstance(schema, list):
        return [trimmed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: trimmed(part) for name, part in value.items()} if key in _MAPS_OF_SCHEMAS else trimmed(value)
        for key, value in schema.items()
        if key not in _DROPPED
    }
