from collections.abc import Callable
from typing import Annotated, Any, Protocol

import pytest
from pydantic import BaseModel, Field

from daybook.contracts.layers import Effect, Layer
from daybook.skills.errors import DeclarationError
from daybook.skills.result import Sourced
from daybook.skills.skill import Cost, Skill
from tests.skills import sample as samples
from tests.skills.sample import sample


class Source(Protocol):
    """Somewhere."""


class Tree(BaseModel):
    children: list["Tree"] = []


def skill(layer: Layer = Layer.PIPELINE) -> Skill:
    return Skill("market_data.news", "News", layer=layer)


def test_tool_when_declared_then_the_function_stays_callable_as_it_was() -> None:
    assert samples.prepare_something(3, samples.Side.BUY) == "buy 3"


def test_tool_when_declared_then_its_spec_tells_everything() -> None:
    spec = sample.spec("find_articles")
    assert (spec.group, spec.skill, spec.layer, spec.effect) == (
        "market_data",
        "market_data.sample",
        Layer.PIPELINE,
        Effect.READ,
    )
    assert spec.description == "Search articles by keyword, newest first."
    assert (spec.cost, spec.timeout_s, spec.is_untrusted) == (Cost.MEDIUM, 5, True)
    assert spec.keywords == ("뉴스", "news", "기사")
    assert spec.injected == {"archive": samples.Archive}
    assert spec.takes_context == "context"
    assert list(spec.parameters["properties"]) == ["keyword", "days"]


def test_tool_when_it_names_its_own_layer_and_effect_then_they_win_over_the_skill() -> None:
    spec = sample.spec("prepare_something")
    assert (spec.layer, spec.effect) == (Layer.TRADING, Effect.PREPARE)


def no_docstring() -> int:
    return 1


def no_return():  # type: ignore[no-untyped-def]
    """Say something."""


def vague() -> Any:
    """Say something."""


def bare_sourced() -> Sourced:  # type: ignore[type-arg]
    """Say something."""
    return Sourced(1)


def keywords(**more: int) -> int:
    """Say something."""
    return 1


def positional(*more: int) -> int:
    """Say something."""
    return 1


def unannotated(symbol) -> int:  # type: ignore[no-untyped-def]
    """Say something."""
    return 1


def underscored(_symbol: str) -> int:
    """Say something."""
    return 1


def injected_value(*, limit: Annotated[int, Field(gt=1)]) -> int:
    """Say something."""
    return 1


def injected_union(*, source: Source | None) -> int:
    """Say something."""
    return 1


def field_default(days: int = Field(default=7)) -> int:
    """Say something."""
    return days


def endless(tree: Tree) -> int:
    """Say something."""
    return 1


def unresolved(value: "Nowhere") -> int:  # type: ignore[name-defined]  # noqa: F821
    """Say something."""
    return 1


def no_schema(value: Callable[[], int]) -> int:
    """Say something."""
    return 1


def CamelCase() -> int:
    """Say something."""
    return 1


def a_name_that_is_much_longer_than_any_provider_of_models() -> int:
    """Say something."""
    return 1


def long_winded() -> int:
    """Say something that goes on and on, for so long that it costs more tokens than all the tools around it together, and yet it tells a model nothing that the name does not."""  # noqa: E501
    return 1


@pytest.mark.parametrize(
    ("function", "rule"),
    [
        (no_docstring, "a docstring is required"),
        (no_return, "a return type is required"),
        (vague, "must say what the value is"),
        (bare_sourced, "say what is sourced"),
        (keywords, r"\*more hides arguments"),
        (positional, r"\*more hides arguments"),
        (unannotated, "parameter symbol needs an annotation"),
        (underscored, "must not begin with an underscore"),
        (injected_value, "injected parameter limit"),
        (injected_union, "injected parameter source"),
        (field_default, "give days its Field in Annotated"),
        (endless, "refers to itself"),
        (unresolved, "cannot be resolved at import"),
        (no_schema, "no_schema: "),
        (CamelCase, "a tool's name must match"),
        (a_name_that_is_much_longer_than_any_provider_of_models, "a tool's name must match"),
        (long_winded, "longer than 160"),
    ],
)
def test_tool_when_the_declaration_breaks_a_rule_then_the_error_names_function_and_rule(
    function: Callable[..., Any], rule: str
) -> None:
    with pytest.raises(DeclarationError, match=rule) as caught:
        skill().tool()(function)
    assert str(caught.value).startswith(f"market_data.news.{function.__name__}")


@pytest.mark.parametrize("effect", [Effect.RECORD, Effect.PREPARE])
@pytest.mark.parametrize("layer", [Layer.PIPELINE, Layer.SANDBOX])
def test_tool_when_it_changes_something_outside_the_trading_layer_then_it_is_refused(
    effect: Effect, layer: Layer
) -> None:
    with pytest.raises(DeclarationError, match="belongs on the trading layer"):
        skill(layer).tool(effect=effect)(samples.echo)


def test_tool_when_it_would_order_then_it_is_refused_on_every_layer() -> None:
    with pytest.raises(DeclarationError, match="never places an order"):
        skill(Layer.TRADING).tool(effect=Effect.ORDER)(samples.echo)


def test_tool_when_it_is_on_the_control_layer_then_it_is_refused() -> None:
    with pytest.raises(DeclarationError, match="workflows only"):
        skill(Layer.CONTROL).tool()(samples.echo)


@pytest.mark.parametrize("timeout_s", [0.0, -1.0, 1_000.0])
def test_tool_when_its_time_is_impossible_then_it_is_refused(timeout_s: float) -> None:
    with pytest.raises(DeclarationError, match="timeout_s"):
        skill().tool(timeout_s=timeout_s)(samples.echo)


def test_tool_when_declared_twice_then_it_is_refused() -> None:
    news = skill()
    news.tool()(samples.echo)
    with pytest.raises(DeclarationError, match="declared twice"):
        news.tool()(samples.echo)


@pytest.mark.parametrize("name", ["news", "weather.news", "market_data.News", "market_data."])
def test_skill_when_its_name_is_not_of_a_group_then_it_is_refused(name: str) -> None:
    with pytest.raises(DeclarationError, match=r"must be named group\.skill"):
        Skill(name, "x", layer=Layer.PIPELINE)


def declared(**changes: Any) -> str:
    news = skill(Layer.TRADING)
    news.tool(**changes)(samples.echo)
    return news.spec("echo").digest


def test_digest_when_what_callers_rely_on_changes_then_it_changes() -> None:
    def other(value: int) -> int:
        """Return what is given."""
        return value

    other.__name__ = "echo"
    news = skill(Layer.TRADING)
    news.tool()(other)
    digests = {
        declared(),
        declared(effect=Effect.PREPARE),
        declared(layer=Layer.PIPELINE),
        declared(untrusted=True),
        news.spec("echo").digest,
    }
    assert len(digests) == 5
    assert declared() == declared(timeout_s=3, cost=Cost.HIGH, keywords=("x",))
