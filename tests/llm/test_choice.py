from datetime import date

import pytest

from daybook.contracts.llm import FallbackReason, Purpose
from daybook.llm.catalogue import Catalogue
from daybook.llm.choice import EFFORTS, PURPOSE_TIERS, chosen_models, default_models
from daybook.llm.circuit import FAILURES_IN_A_ROW, PAUSE_S, Circuit
from daybook.llm.errors import ModelRetired, NoKey, UnknownModel
from daybook.llm.fallback_reasons import fallback_line
from daybook.settings import LlmSettings

CATALOGUE = Catalogue.shipped()
DAY = date(2026, 11, 23)


def names(
    model: str = "", *fallbacks: str, providers: tuple[str, ...] = ("openai", "anthropic"), **settings: object
) -> list[str]:
    models = chosen_models(
        model,
        Purpose.NEWS_SCORE,
        fallbacks,
        catalogue=CATALOGUE,
        providers=providers,
        llm=LlmSettings(**settings),
        day=DAY,
    )
    return [entry.name for entry in models]


def test_models_when_one_is_named_then_usable_fallbacks_follow_it_once() -> None:
    chosen = names("gpt-6.1-sol", "nothing", "gpt-4-turbo", "gpt-6.1-sol", "gemini-3.8-flash", "claude-haiku-5-5")
    assert chosen == ["gpt-6.1-sol", "claude-haiku-5-5"]


def test_models_when_none_is_named_then_preferred_ones_and_the_tier_decide() -> None:
    assert names() == ["claude-haiku-5-5"]
    assert names(preferred_models=("gpt-6.1-sol",)) == ["gpt-6.1-sol"]
    assert names(providers=("gemini",)) == ["gemini-3.5-flash-lite"]


def test_models_when_none_can_be_asked_then_the_reason_is_coded() -> None:
    with pytest.raises(UnknownModel):
        names("gpt-9")
    with pytest.raises(ModelRetired):
        names("gpt-4-turbo", "gpt-6-luna")
    with pytest.raises(NoKey, match=r"for gemini-3\.8-flash"):
        names("gemini-3.8-flash")
    with pytest.raises(NoKey, match="purpose news_score"):
        names(providers=())
    assert names("gemini-3.8-flash", "gpt-6-luna") == ["gpt-6-luna"]


def test_default_models_when_tiers_differ_then_the_nearest_comes_first() -> None:
    models = default_models(Purpose.CODE, CATALOGUE, ("openai",), LlmSettings(), DAY)
    tiers = [entry.tier.value for entry in models]
    assert tiers == sorted(tiers, key=["strong", "standard", "light"].index)


def test_purposes_when_listed_then_each_has_a_tier_and_an_effort() -> None:
    assert set(PURPOSE_TIERS) == set(EFFORTS) == set(Purpose)


@pytest.mark.parametrize("reason", FallbackReason)
def test_fallback_line_when_shown_then_it_is_one_line_in_either_language(reason: FallbackReason) -> None:
    assert "규칙 기반" in fallback_line(reason, "ko")
    assert "rules answer" in fallback_line(reason, "en")


def test_circuit_when_failures_are_not_the_providers_then_it_stays_closed() -> None:
    circuit = Circuit()
    for _ in range(FAILURES_IN_A_ROW - 1):
        circuit.failed("openai", FallbackReason.TIMEOUT, 0)
    circuit.failed("openai", FallbackReason.SCHEMA_FAILURES, 0)
    circuit.failed("openai", FallbackReason.RATE_LIMITED, 0)
    assert circuit.pause_left_s("openai", 0) == 0


def test_circuit_when_the_pause_is_over_then_one_more_failure_begins_the_next() -> None:
    circuit = Circuit()
    for _ in range(FAILURES_IN_A_ROW):
        circuit.failed("openai", FallbackReason.PROVIDER_DOWN, 10)
    assert circuit.pause_left_s("openai", 20) == PAUSE_S - 10
    assert circuit.pause_left_s("gemini", 20) == 0
    assert circuit.pause_left_s("openai", 70) == 0
    circuit.failed("openai", FallbackReason.PROVIDER_DOWN, 71)
    assert circuit.pause_left_s("openai", 71) == PAUSE_S
    circuit.answered("openai")
    assert circuit.pause_left_s("openai", 71) == 0
