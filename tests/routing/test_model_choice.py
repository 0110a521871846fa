from datetime import date
from decimal import Decimal

import pytest

from daybook.contracts.routing import Intent
from daybook.llm.catalogue import Catalogue
from daybook.llm.catalogue_entry import CacheRules, ModelEntry, PriceRow, ProviderName, Supports, Tier
from daybook.llm.providers import available_models
from daybook.routing.model_choice import choose_model, model_rules
from daybook.settings import LlmSettings

DAY = date(2026, 11, 22)
OPENAI, ANTHROPIC, GEMINI, OLLAMA = ProviderName
LIGHT, STANDARD, STRONG = Tier.LIGHT, Tier.STANDARD, Tier.STRONG


def model(name: str, provider: ProviderName, tier: Tier, price: str, **more: object) -> ModelEntry:
    row = PriceRow(
        input=Decimal(price), output=Decimal(price) * 5, cache_read=Decimal(0), cache_write=Decimal(0),
        cache_write_long=Decimal(0),
    )  # fmt: skip
    told = {"context_tokens": 100_000, "longest_output_tokens": 8_000, "cache": CacheRules(), **more}
    return ModelEntry.model_validate({"name": name, "provider": provider, "tier": tier, "prices": (row,), **told})


MODELS = (
    model("o-light", OPENAI, LIGHT, "0.1"),
    model("o-strong", OPENAI, STRONG, "2"),
    model("a-light", ANTHROPIC, LIGHT, "0.2"),
    model("a-strong", ANTHROPIC, STRONG, "3"),
    model("g-standard", GEMINI, STANDARD, "0.7"),
)


@pytest.mark.parametrize(
    ("intent", "name"),
    [
        (Intent.GENERAL_QUERY, "o-light"),
        (Intent.NEWS_ANALYSIS, "o-light"),
        (Intent.MARKET_RESEARCH, "g-standard"),
        (Intent.TRADING_EXECUTION, "g-standard"),
        (Intent.STRATEGY_GENERATION, "o-strong"),
    ],
)
def test_model_when_all_tiers_are_there_then_the_cheapest_of_the_intents_tier(intent: Intent, name: str) -> None:
    choice = choose_model(intent, MODELS, DAY)
    assert choice.name == name
    assert "cheapest" in choice.why
    assert "\n" not in choice.why


def test_model_when_chosen_then_fallbacks_are_of_other_providers_first() -> None:
    assert choose_model(Intent.NEWS_ANALYSIS, MODELS, DAY).fallbacks == ("a-light", "g-standard", "o-strong")


def test_model_when_its_tier_is_missing_then_the_next_tier_stands_in_and_it_is_said() -> None:
    choice = choose_model(Intent.STRATEGY_GENERATION, MODELS[:1], DAY)
    assert (choice.name, choice.fallbacks) == ("o-light", ())
    assert "stands in" in choice.why


def test_model_when_one_is_preferred_then_it_comes_first_whatever_its_tier() -> None:
    choice = choose_model(Intent.STRATEGY_GENERATION, MODELS, DAY, preferred=("gone", "a-light"))
    assert choice.name == "a-light"
    assert "preferred" in choice.why


def test_model_when_none_is_available_then_rules_and_what_to_do() -> None:
    choice = choose_model(Intent.NEWS_ANALYSIS, (), DAY)
    assert (choice.name, choice.fallbacks, choice.entry) == ("rules", (), None)
    assert "key" in choice.why


def test_model_when_it_is_retired_or_ends_soon_then_another_is_taken() -> None:
    gone = model("gone", OPENAI, LIGHT, "0.01", shutdown=date(2026, 11, 1))
    soon = model("soon", OPENAI, LIGHT, "0.01", shutdown=date(2026, 12, 1))
    choice = choose_model(Intent.NEWS_ANALYSIS, (gone, soon, *MODELS), DAY)
    assert choice.name == "o-light"
    assert "gone" not in choice.fallbacks
    assert choose_model(Intent.NEWS_ANALYSIS, (gone, soon), DAY).name == "soon"


def test_model_when_tools_are_needed_then_one_that_can_call_them() -> None:
    mute = model("mute", OLLAMA, LIGHT, "0", supports=Supports(tools=False))
    assert choose_model(Intent.NEWS_ANALYSIS, (mute, *MODELS), DAY).name == "o-light"
    assert choose_model(Intent.GENERAL_QUERY, (mute, *MODELS), DAY, needs_tools=False).name == "mute"


@pytest.mark.parametrize("intent", list(Intent))
def test_model_when_chosen_from_the_shipped_catalogue_then_it_is_served(intent: Intent) -> None:
    available = available_models(Catalogue.shipped(), [name.value for name in ProviderName], LlmSettings(), DAY)
    choice = choose_model(intent, available, DAY)
    assert choice.entry is not None
    assert not choice.entry.is_retired(DAY)
    assert choice.entry.tier is model_rules().tiers[intent][0]
    assert len({choice.name, *choice.fallbacks}) == 1 + model_rules().most_fallbacks
