import json
import subprocess
import sys
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field, TypeAdapter, create_model

from daybook.contracts.base import Side, Symbol
from daybook.skills.registry import registry
from daybook.skills.schema import (
    anthropic_tool,
    canonical_json,
    estimated_tokens,
    gemini_tool,
    openai_tool,
    parameters_schema,
    provider_schema,
    returns_schema,
)
from tests.skills.sample import Article, sample

WANTED = {
    "type": "object",
    "properties": {
        "keyword": {"description": "search word", "maxLength": 60, "minLength": 1, "type": "string"},
        "days": {"maximum": 30, "minimum": 1, "type": "integer"},
    },
    "required": ["keyword"],
}


class Leg(BaseModel):
    """Words for programmers."""

    side: Side
    title: str = Field(default="x", description="what it is")
    default: int = 3


def parameters(**fields: Any) -> dict[str, Any]:
    return parameters_schema(create_model("tool", **fields))


def test_parameters_when_trimmed_then_no_titles_defaults_or_refusals_of_extras_are_left() -> None:
    assert sample.spec("find_articles").parameters == WANTED


def test_parameters_when_a_field_is_called_title_or_default_then_it_is_kept() -> None:
    leg = parameters(leg=(Leg, ...))["properties"]["leg"]
    assert set(leg["properties"]) == {"side", "title", "default"}
    assert leg["properties"]["title"] == {"type": "string", "description": "what it is"}


def test_parameters_when_types_are_shared_then_references_are_inlined_without_their_docstrings() -> None:
    schema = parameters(legs=(list[Leg], ...), side=(Annotated[Side, Field(description="which way")], Side.BUY))
    assert "$" not in canonical_json(schema)
    assert "programmers" not in canonical_json(schema)
    assert schema["properties"]["legs"]["items"]["properties"]["side"] == {"enum": ["buy", "sell"], "type": "string"}
    assert schema["properties"]["side"]["description"] == "which way"


def test_parameters_when_an_argument_is_optional_then_null_is_left_out() -> None:
    schema = parameters(symbol=(Symbol | None, None), count=(int | str | None, None))["properties"]
    assert schema["symbol"]["type"] == "string"
    assert schema["count"] == {"anyOf": [{"type": "integer"}, {"type": "string"}]}


def test_parameters_when_there_are_none_then_the_schema_is_an_empty_object() -> None:
    assert parameters() == {"type": "object", "properties": {}}


def test_returns_when_models_are_nested_then_their_names_stay_and_titles_go() -> None:
    schema = returns_schema(TypeAdapter(list[Article]))
    assert schema["items"] == {"$ref": "#/$defs/Article"}
    assert set(schema["$defs"]["Article"]["properties"]) == {"title", "published_at", "score"}


def test_provider_shapes_when_made_then_each_is_that_of_its_provider() -> None:
    spec = sample.spec("find_articles")
    text = "Search articles by keyword, newest first."
    assert openai_tool(spec) == {
        "type": "function",
        "name": "find_articles",
        "description": text,
        "parameters": WANTED,
        "strict": False,
    }
    assert anthropic_tool(spec) == {"name": "find_articles", "description": text, "input_schema": WANTED}
    assert gemini_tool(spec) == {"name": "find_articles", "description": text, "parametersJsonSchema": WANTED}


def test_provider_schema_when_changed_by_its_reader_then_the_spec_is_not() -> None:
    spec = sample.spec("find_articles")
    provider_schema(spec)["parameters"]["properties"].clear()
    assert spec.parameters == WANTED


@pytest.mark.parametrize("spec", registry().tools, ids=lambda spec: spec.name)
def test_schema_when_of_any_tool_then_it_is_small_and_speaks_english_ascii(spec: Any) -> None:
    assert estimated_tokens(spec) <= 320
    assert json.dumps(provider_schema(spec)).isascii()
    assert "\\u" not in json.dumps(provider_schema(spec))


def test_digest_when_computed_in_another_process_then_it_is_the_same() -> None:
    code = "from daybook.skills.registry import registry; print(registry().tools.digest)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == registry().tools.digest
