"""JSON schemas for the eyes of a model: derived from types, trimmed for tokens, the same in every process."""

import copy
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter

from daybook.skills.errors import DeclarationError
from daybook.skills.spec import ToolSpec

_NOISE = frozenset({"title", "default", "examples", "additionalProperties"})
_CHARACTERS_PER_TOKEN = 4


def parameters_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return the trimmed schema of a tool's arguments, references inlined.

    Raises:
        DeclarationError: when the arguments hold a type that refers to itself.
    """
    raw = model.model_json_schema()
    trimmed = _trim(raw, raw.get("$defs", {}), ())
    return {"type": "object", "properties": {}} | trimmed


def returns_schema(adapter: TypeAdapter[Any]) -> dict[str, Any]:
    """Return the schema of a tool's value; shared types stay in ``$defs`` under their names."""
    schema: dict[str, Any] = _without_titles(adapter.json_schema(mode="serialization"))
    for definition in (schema, *schema.get("$defs", {}).values()):
        definition.pop("description", None)
    return schema


def _trim(schema: Mapping[str, Any], definitions: Mapping[str, Any], inside: tuple[str, ...]) -> dict[str, Any]:
    if "$ref" in schema:
        name = str(schema["$ref"]).rsplit("/", 1)[-1]
        if name in inside:
            raise DeclarationError(f"argument type {name} refers to itself; a model cannot fill it in")
        target = _trim(definitions[name], definitions, (*inside, name))
        target.pop("description", None)  # the docstring of a class speaks to programmers
        return target | {key: value for key, value in schema.items() if key == "description"}
    trimmed: dict[str, Any] = {}
    for key, value in schema.items():
        if key in _NOISE and not (key == "additionalProperties" and isinstance(value, dict)):
            continue
        if key == "$defs":
            continue
        if key == "properties":
            trimmed[key] = {name: _trim(entry, definitions, inside) for name, entry in value.items()}
        elif key in {"anyOf", "oneOf", "allOf", "prefixItems"}:
            trimmed[key] = [_trim(entry, definitions, inside) for entry in value]
        elif key in {"items", "additionalProperties"} and isinstance(value, dict):
            trimmed[key] = _trim(value, definitions, inside)
        else:
            trimmed[key] = value
    return _without_null(trimmed)


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Drop ``null`` from an optional argument: leaving the argument out says the same in fewer tokens."""
    choices = schema.get("anyOf")
    if not choices or {"type": "null"} not in choices:
        return schema
    rest = [choice for choice in choices if choice != {"type": "null"}]
    others = {key: value for key, value in schema.items() if key != "anyOf"}
    return rest[0] | others if len(rest) == 1 else others | {"anyOf": rest}


def _without_titles(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_without_titles(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    kept: dict[str, Any] = {}
    for key, value in schema.items():
        if key in {"properties", "$defs"}:
            kept[key] = {name: _without_titles(entry) for name, entry in value.items()}
        elif key == "title" and isinstance(value, str):
            continue
        else:
            kept[key] = value if key in {"default", "const", "enum"} else _without_titles(value)
    return kept


def canonical_json(value: object) -> str:
    """Return compact JSON with sorted keys: the same text for the same value in every process."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sha256_of(value: object) -> str:
    """Return the SHA-256 of a value's canonical JSON, in hex."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def provider_schema(spec: ToolSpec) -> dict[str, Any]:
    """Return name, description and parameters of a tool, with keys in one fixed order."""
    return {
        "name": spec.name,
        "description": spec.description,
        "parameters": copy.deepcopy(dict(spec.parameters)),
    }


def openai_tool(spec: ToolSpec) -> dict[str, Any]:
    """Return the tool as the Responses API of OpenAI takes it."""
    return {"type": "function", **provider_schema(spec), "strict": False}


def anthropic_tool(spec: ToolSpec) -> dict[str, Any]:
    """Return the tool as the Messages API of Anthropic takes it."""
    shape = provider_schema(spec)
    return {"name": shape["name"], "description": shape["description"], "input_schema": shape["parameters"]}


def gemini_tool(spec: ToolSpec) -> dict[str, Any]:
    """Return the tool as one ``functionDeclarations`` entry of the Gemini API."""
    shape = provider_schema(spec)
    return {"name": shape["name"], "description": shape["description"], "parametersJsonSchema": shape["parameters"]}


def estimated_tokens(spec: ToolSpec) -> int:
    """Estimate the input tokens one declaration costs, at four characters a token (English JSON)."""
    return -(-len(canonical_json(provider_schema(spec))) // _CHARACTERS_PER_TOKEN)
