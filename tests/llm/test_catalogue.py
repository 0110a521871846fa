from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from daybook.llm.catalogue import CacheKind, Catalogue, ModelEntry, ProviderName, Tier
from daybook.llm.errors import CatalogueError, ModelRetired, UnknownModel
from daybook.settings import LlmSettings

TODAY = date(2026, 11, 21)
SHIPPED = Catalogue.shipped()


def entry_of(**fields: object) -> dict[str, object]:
    price = {"input": "1", "output": "5", "cache_read": "0.1", "cache_write": "1.25", "cache_write_long": "2"}
    base = {"name": "m", "provider": "openai", "tier": "light", "prices": [price]}
    return {**base, "context_tokens": 1000, "longest_output_tokens": 100, **fields}


def written(path: Path, *entries: dict[str, object]) -> Path:
    file = path / "models.yaml"
    file.write_text(yaml.safe_dump({"as_of": TODAY, "models": list(entries)}), "utf-8")
    return file


def test_shipped_catalogue_when_read_then_every_served_model_has_sane_prices() -> None:
    served = [entry for entry in SHIPPED.models if not entry.is_retired(SHIPPED.as_of)]
    assert {entry.provider for entry in served} == set(ProviderName)
    for entry in served:
        for price in entry.prices:
            assert price.cache_read <= price.input <= price.cache_write <= price.cache_write_long, entry.name
            assert price.input <= price.output, entry.name
        if entry.cache.kind is not CacheKind.NONE:
            assert entry.cache.ttl_s() > 0
            assert entry.cache.minimum_tokens > 0
        assert entry.supports.default_effort in ("", *entry.supports.efforts)


def test_shipped_catalogue_when_asked_for_each_tier_then_the_cheapest_comes_first() -> None:
    for tier in Tier:
        models = SHIPPED.of_tier(tier, TODAY)
        assert models, tier
        prices = [entry.price(TODAY).input for entry in models]
        assert prices == sorted(prices)


def test_entry_when_the_price_changes_on_a_day_then_the_day_decides() -> None:
    flash = SHIPPED.model("gemini-3.8-flash")
    assert flash.price(date(2026, 12, 31)).input == Decimal("0.75")
    assert flash.price(date(2027, 1, 1)).input == Decimal("1.50")


def test_entry_when_the_prompt_is_long_then_the_long_price_holds() -> None:
    luna = SHIPPED.model("gpt-6-luna")
    assert luna.price(TODAY, 272_000).input == Decimal("0.10")
    assert luna.price(TODAY, 272_001).input == Decimal("0.20")


def test_entry_when_an_effort_is_not_accepted_then_the_cheapest_one_is_sent() -> None:
    assert SHIPPED.model("gpt-6-luna").effort("none") == "none"
    assert SHIPPED.model("gpt-6.1-sol").effort("none") == "low"
    assert SHIPPED.model("claude-haiku-4-5").effort("none") == ""
    assert SHIPPED.model("gemini-3.5-flash-lite").effort("none") == "minimal"
    assert SHIPPED.model("gpt-6.1-sol").effort("") == ""


def test_catalogue_when_a_model_is_unknown_then_near_names_are_told() -> None:
    with pytest.raises(UnknownModel, match="gpt-6-luna"):
        SHIPPED.model("gpt6-luna")
    with pytest.raises(UnknownModel):
        SHIPPED.model("")


def test_catalogue_when_a_model_is_retired_then_it_is_not_usable() -> None:
    with pytest.raises(ModelRetired, match=r"2026-10-23; use gpt-6\.1-sol"):
        SHIPPED.usable("gpt-4-turbo", TODAY)
    assert SHIPPED.usable("gpt-4o", date(2027, 1, 13)).name == "gpt-4o"
    with pytest.raises(ModelRetired):
        SHIPPED.usable("gpt-4o", date(2027, 1, 14))
    with pytest.raises(ModelRetired):
        SHIPPED.model("gemini-1.5-flash").price(TODAY)


def test_catalogue_when_used_models_end_soon_then_it_warns_once_each() -> None:
    used = ["gpt-6-luna", "claude-sonnet-4-5", "gpt-4o", "gpt-4-turbo", "claude-sonnet-4-5", "nova"]
    lines = SHIPPED.warnings(TODAY, used)
    assert len(lines) == 3
    assert "claude-sonnet-4-5 will be switched off on 2026-11-30, in 9 days; use claude-sonnet-5-5" in lines[0]
    assert "gpt-4-turbo was switched off" in lines[1]
    assert "nova" in lines[2]
    assert len(SHIPPED.warnings(date(2026, 12, 15), ["gpt-4o"])) == 1
    assert SHIPPED.warnings(date(2026, 12, 14), ["gpt-4o"]) == ()


def test_catalogue_when_settings_name_a_local_model_then_the_local_entry_carries_its_name() -> None:
    catalogue = Catalogue.of(LlmSettings(ollama_model="tiny-ko:1b"))
    assert catalogue.model("local").wire_name == "tiny-ko:1b"
    assert catalogue.model("tiny-ko:1b").name == "local"
    assert catalogue.model("gpt-6-luna").wire_name == "gpt-6-luna"


def test_catalogue_when_settings_give_a_file_then_that_one_is_read(tmp_path: Path) -> None:
    catalogue = Catalogue.of(LlmSettings(catalogue=written(tmp_path, entry_of(name="mine"))))
    assert [entry.name for entry in catalogue.models] == ["mine"]


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ([entry_of(), entry_of()], "listed twice: m"),
        ([entry_of(prices=[])], "m has no base price"),
        ([entry_of(replacement="gone")], "gone"),
        ([entry_of(tier="huge")], "tier"),
        ([entry_of(surprise=1)], "surprise"),
        ([entry_of(cache={"kind": "marked"})], "default_ttl"),
        ([entry_of(cache={"kind": "marked", "default_ttl": "5m"})], "5m has no seconds"),
        ([], "models"),
    ],
)
def test_catalogue_when_a_file_contradicts_itself_then_one_line_says_where(
    tmp_path: Path, entries: list[dict[str, object]], why: str
) -> None:
    with pytest.raises(CatalogueError, match=why) as raised:
        Catalogue.read(written(tmp_path, *entries))
    assert "models.yaml" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_catalogue_when_a_file_is_no_yaml_or_missing_then_it_says_so(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("models: [", "utf-8")
    with pytest.raises(CatalogueError, match="not YAML"):
        Catalogue.read(broken)
    with pytest.raises(CatalogueError, match="cannot be read"):
        Catalogue.read(tmp_path / "missing.yaml")
    broken.write_text("just text", "utf-8")
    with pytest.raises(CatalogueError):
        Catalogue.read(broken)


def test_entry_when_it_has_no_other_name_then_the_wire_name_is_its_own() -> None:
    assert ModelEntry.model_validate(entry_of()).wire_name == "m"
