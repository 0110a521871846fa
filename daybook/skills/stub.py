"""Python stubs of tools: what a script, or a person who typed wrong arguments, is shown.

Values cross as JSON, so the types of a stub are those of JSON: models become ``TypedDict``, times become ``str``.
"""

import keyword
from collections.abc import Iterable, Mapping
from typing import Any

from daybook.skills.spec import ToolSpec

_SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
_HEADER = "from typing import Any, Literal, TypedDict\n"


def signature_of(spec: ToolSpec) -> str:
    """Return the tool's call as one line, such as ``search_news(keyword: str, days: int = 7) -> list[NewsItem]``."""
    return _signature(spec, {})


def stub_of(spec: ToolSpec) -> str:
    """Return the ``.pyi`` text of one tool: the types of its value, then its signature and description."""
    return stubs_of((spec,))


def stubs_of(specs: Iterable[ToolSpec]) -> str:
    """Return one ``.pyi`` text of several tools; types that share a name but differ are told apart by their skill."""
    classes: dict[str, str] = {}
    functions: list[str] = []
    for spec in sorted(specs, key=lambda entry: entry.name):
        own = _classes(spec, {})
        prefix = "".join(part.title() for part in spec.skill.split(".")[-1].split("_"))
        renamed = {name: prefix + name for name, text in own.items() if classes.get(name, text) != text}
        classes.update(_classes(spec, renamed))
        functions.append(f'async def {_signature(spec, renamed)}:\n    """{spec.description}"""')
    return "\n".join([_HEADER, *classes.values(), *functions]) + "\n"


def _signature(spec: ToolSpec, renamed: Mapping[str, str]) -> str:
    schema = spec.arguments.model_json_schema()
    required = set(schema.get("required", ()))
    parts = []
    for name, entry in schema.get("properties", {}).items():
        text = f"{name}: {_argument_type(entry, schema.get('$defs', {}))}"
        parts.append(text if name in required else f"{text} = {entry.get('default')!r}")
    return f"{spec.name}({', '.join(parts)}) -> {_value_type(_raw_returns(spec), renamed)}"


def _argument_type(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    """Write an argument's type; models are written as plain dicts, since a caller passes JSON."""
    if "$ref" in schema:
        target = definitions[str(schema["$ref"]).rsplit("/", 1)[-1]]
        return "dict[str, Any]" if "properties" in target else _argument_type(target, definitions)
    return _type(schema, lambda entry: _argument_type(entry, definitions))


def _value_type(schema: Mapping[str, Any], renamed: Mapping[str, str]) -> str:
    if "$ref" in schema:
        name = str(schema["$ref"]).rsplit("/", 1)[-1]
        return renamed.get(name, name)
    if "properties" in schema:
        title = _class_name(str(schema.get("title", "Value")))
        return renamed.get(title, title)
    return _type(schema, lambda entry: _value_type(entry, renamed))


def _type(schema: Mapping[str, Any], inner: Any) -> str:
    if "const" in schema:
        return f"Literal[{schema['const']!r}]"
    if "enum" in schema:
        return f"Literal[{', '.join(repr(value) for value in schema['enum'])}]"
    if "anyOf" in schema or "oneOf" in schema:
        return " | ".join(dict.fromkeys(inner(entry) for entry in schema.get("anyOf", schema.get("oneOf", ()))))
    kind = schema.get("type")
    if kind == "array":
        shapes = [schema["items"]] if isinstance(schema.get("items"), dict) else schema.get("prefixItems", ())
        return f"list[{' | '.join(dict.fromkeys(inner(entry) for entry in shapes)) or 'Any'}]"
    if kind == "object":
        values = schema.get("additionalProperties")
        return f"dict[str, {inner(values) if isinstance(values, dict) else 'Any'}]"
    return _SCALARS.get(str(kind), "Any")


def _raw_returns(spec: ToolSpec) -> dict[str, Any]:
    return spec.result.json_schema(mode="serialization")


def _classes(spec: ToolSpec, renamed: Mapping[str, str]) -> dict[str, str]:
    """Return the ``TypedDict`` text of each type of the value, by its (new) name."""
    raw = _raw_returns(spec)
    shapes = dict(raw.get("$defs", {}))
    if "properties" in raw:
        shapes[_class_name(str(raw.get("title", "Value")))] = raw
    return {renamed.get(name, name): _class(renamed.get(name, name), entry, renamed) for name, entry in shapes.items()}


def _class(name: str, schema: Mapping[str, Any], renamed: Mapping[str, str]) -> str:
    if "properties" not in schema:
        return f"{name} = {_type(schema, lambda entry: _value_type(entry, renamed))}"
    fields = {field: _value_type(entry, renamed) for field, entry in schema["properties"].items()}
    if not fields:
        return f"{name} = dict[str, Any]"
    if all(field.isidentifier() and not keyword.iskeyword(field) for field in fields):
        lines = "".join(f"    {field}: {text}\n" for field, text in fields.items())
        return f"class {name}(TypedDict):\n{lines}".rstrip("\n")
    pairs = ", ".join(f"{field!r}: {text!r}" for field, text in fields.items())
    return f"{name} = TypedDict({name!r}, {{{pairs}}})"


def _class_name(title: str) -> str:
    return "".join(character if character.isalnum() else "_" for character in title)
