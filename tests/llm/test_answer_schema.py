from pydantic import BaseModel, Field

from daybook.llm.answer_schema import answer_schema


class Inner(BaseModel):
    """What it is."""

    title: str
    default: int = 3


class Outer(BaseModel):
    inner: Inner
    many: list[Inner] = Field(default_factory=list, max_length=2)
    maybe: float | None = None


def test_answer_schema_when_made_then_titles_and_defaults_are_gone_but_properties_named_so_stay() -> None:
    schema = answer_schema(Outer)
    inner = schema["$defs"]["Inner"]
    assert set(inner["properties"]) == {"title", "default"}
    assert inner["properties"]["default"] == {"type": "integer"}
    assert inner["description"] == "What it is."
    assert schema["properties"]["many"] == {"items": {"$ref": "#/$defs/Inner"}, "maxItems": 2, "type": "array"}
    assert schema["properties"]["maybe"] == {"anyOf": [{"type": "number"}, {"type": "null"}]}
    assert "title" not in schema
    assert schema["required"] == ["inner"]
