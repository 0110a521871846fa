"""Stage 3: the model of a request, by intent, tier, price and what is available."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Final

from pydantic import Field, TypeAdapter

from daybook.contracts.base import Message
from daybook.contracts.routing import Intent
from daybook.llm.catalogue import SHUTDOWN_WARNING_DAYS
from daybook.llm.catalogue_entry import ModelEntry, Tier
from daybook.routing.data_files import read_data
from daybook.routing.errors import RoutingDataError

RULES: Final = "rules"
"""The name for: no model is available, rules answer."""


class _Size(Message):
    input_tokens: int = Field(ge=1)
    output_tokens: int = Field(ge=1)


class ModelRules(Message):
    """The shape of ``data/model_choice.yaml``."""

    tiers: dict[Intent, tuple[Tier, ...]]
    compared_at: _Size
    most_fallbacks: int = Field(ge=0)


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """The model's name in the catalogue (``rules``: none), those to try after it, and one line why."""

    name: str
    fallbacks: tuple[str, ...]
    why: str
    entry: ModelEntry | None = None


@cache
def model_rules() -> ModelRules:
    """Return the packaged rules; raises ``RoutingDataError`` when they cannot be read or leave a tier out."""
    rules = read_data("model_choice.yaml", TypeAdapter(ModelRules))
    if set(rules.tiers) != set(Intent) or any(set(tiers) != set(Tier) for tiers in rules.tiers.values()):
        raise RoutingDataError("model_choice.yaml: tiers must rank every tier for every intent")
    return rules


def choose_model(
    intent: Intent,
    available: Sequence[ModelEntry],
    day: date,
    *,
    preferred: Sequence[str] = (),
    needs_tools: bool = True,
) -> ModelChoice:
    """Choose among the models that can be called.

    Preferred names come first, in their order; the others by the intent's tiers, then by price. A model that ends
    within a month comes after its peers. Fallbacks are of other providers first: one outage must not take them all.

    Args:
        intent: what the request wants.
        available: models whose provider has a key or an address.
        day: the date in Korea; models that are retired by then are left out.
        preferred: names the user wants first.
        needs_tools: leave out models that cannot call tools.
    """
    served = [entry for entry in available if not entry.is_retired(day) and (entry.supports.tools or not needs_tools)]
    if not served:
        return ModelChoice(RULES, (), "no model is available: set a provider's key, or llm.ollama_url and ollama_model")
    tiers = model_rules().tiers[intent]

    def rank(entry: ModelEntry) -> tuple[int, int, bool, Decimal]:
        wanted = [place for place, name in enumerate(preferred) if name in (entry.name, entry.wire_name)]
        place = min(wanted, default=len(preferred))
        return place, tiers.index(entry.tier), _ends_soon(entry, day), _price(entry, day)

    ranked = sorted(served, key=rank)  # equals keep the order of the catalogue
    best = ranked[0]
    others = [entry for entry in ranked[1:] if entry.provider is not best.provider]
    peers = [entry for entry in ranked[1:] if entry.provider is best.provider]
    fallbacks = tuple(entry.name for entry in _one_of_each(others) + peers)[: model_rules().most_fallbacks]
    return ModelChoice(best.name, fallbacks, _why(best, intent, tiers, day, rank(best)[0] < len(preferred)), best)


def _why(entry: ModelEntry, intent: Intent, tiers: Sequence[Tier], day: date, is_preferred: bool) -> str:
    size = model_rules().compared_at
    cost = f"${_price(entry, day) / 1_000_000:.5f} for {size.input_tokens} tokens in and {size.output_tokens} out"
    if is_preferred:
        return f"{entry.name} is preferred in the settings; {cost}"
    if entry.tier is tiers[0]:
        return f"{entry.name} is the cheapest {entry.tier.value} model available, the tier for {intent.value}; {cost}"
    return f"{entry.name} stands in: no {tiers[0].value} model is available for {intent.value}; {cost}"


def _one_of_each(entries: Sequence[ModelEntry]) -> list[ModelEntry]:
    first: dict[str, ModelEntry] = {}
    for entry in entries:
        first.setdefault(entry.provider.value, entry)
    return list(first.values())


def _price(entry: ModelEntry, day: date) -> Decimal:
    """Price in millionths of a dollar of a request of the compared size."""
    size, row = model_rules().compared_at, entry.price(day, model_rules().compared_at.input_tokens)
    return size.input_tokens * row.input + size.output_tokens * row.output


def _ends_soon(entry: ModelEntry, day: date) -> bool:
    return entry.shutdown is not None and entry.shutdown - day <= timedelta(days=SHUTDOWN_WARNING_DAYS)
