"""Which models are asked, in order."""

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal

from daybook.contracts.llm import Purpose
from daybook.llm.catalogue import Catalogue
from daybook.llm.catalogue_entry import ModelEntry, Tier
from daybook.llm.errors import ModelRetired, NoKey, UnknownModel
from daybook.llm.providers import available_models
from daybook.settings import LlmSettings

PURPOSE_TIERS: dict[Purpose, Tier] = {
    Purpose.ASK: Tier.STANDARD,
    Purpose.NEWS_SCORE: Tier.LIGHT,
    Purpose.NEWS_SUMMARY: Tier.LIGHT,
    Purpose.ROUTE: Tier.LIGHT,
    Purpose.TOOL: Tier.STANDARD,
    Purpose.CODE: Tier.STRONG,
    Purpose.EXPLAIN: Tier.LIGHT,
    Purpose.SCENARIO: Tier.STANDARD,
}
"""What a purpose needs when the request names no model."""

EFFORTS: dict[Purpose, str] = {
    Purpose.ASK: "low",
    Purpose.NEWS_SCORE: "none",
    Purpose.NEWS_SUMMARY: "none",
    Purpose.ROUTE: "none",
    Purpose.TOOL: "low",
    Purpose.CODE: "medium",
    Purpose.EXPLAIN: "none",
    Purpose.SCENARIO: "none",
}
"""How much a model may think; thinking is billed as output and is on by default in models of 2026."""

_ORDER = (Tier.LOCAL, Tier.LIGHT, Tier.STANDARD, Tier.STRONG)


def chosen_models(
    model: str,
    purpose: Purpose,
    fallback_models: Sequence[str],
    *,
    catalogue: Catalogue,
    providers: Collection[str],
    llm: LlmSettings,
    day: date,
) -> tuple[ModelEntry, ...]:
    """Return the model to ask and those to ask after it, each served on ``day`` and with a provider at hand.

    An empty ``model`` means the purpose's default: preferred models first, else the nearest tier (of
    two as near the lower one), cheapest first; of
    equals the one that lives longest.
    Fallback models that cannot be asked are left out.

    Raises:
        UnknownModel: the named model is not in the catalogue.
        ModelRetired: it is switched off.
        NoKey: no model of the list has a provider at hand.
    """
    named = (
        [catalogue.usable(model, day)] if model else list(default_models(purpose, catalogue, providers, llm, day)[:1])
    )
    for name in fallback_models:
        try:
            named.append(catalogue.usable(name, day))
        except (UnknownModel, ModelRetired):
            continue
    at_hand = {entry.name: entry for entry in named if entry.provider.value in providers}
    if not at_hand:
        wanted = named[0].name if named else f"purpose {purpose.value}"
        raise NoKey(f"no key is set up for {wanted}; set one under llm, or llm.ollama_url and llm.ollama_model")
    return tuple(at_hand.values())


def default_models(
    purpose: Purpose, catalogue: Catalogue, providers: Collection[str], llm: LlmSettings, day: date
) -> tuple[ModelEntry, ...]:
    """Return the models at hand, best for the purpose first."""
    available = available_models(catalogue, providers, llm, day)
    wanted = _ORDER.index(PURPOSE_TIERS[purpose])

    def rank(entry: ModelEntry) -> tuple[bool, int, int, bool]:
        preferred = [llm.preferred_models.index(n) for n in (entry.name, entry.wire_name) if n in llm.preferred_models]
        distance = _ORDER.index(entry.tier) - wanted
        return (not preferred, min(preferred, default=0), abs(distance), distance > 0)

    def price(entry: ModelEntry) -> tuple[Decimal, Decimal, int, str]:
        row = entry.price(day)
        return row.input, row.output, -(entry.shutdown or date.max).toordinal(), entry.name

    return tuple(sorted(available, key=lambda entry: (*rank(entry), *price(entry))))
