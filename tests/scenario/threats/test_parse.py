import pytest

from daybook.scenario.errors import ScenarioError
from daybook.scenario.threats.catalogue import default_catalogue
from daybook.scenario.threats.parse import Catalogue, parse_catalogue

COMPLETE = """
threats:
  - id: T20_my_threat
    name_ko: 내 위협
    name_en: My threat
    category: account
    annual_rate: {at_level_2: 1, multiplier: 2}
    direct_loss: {low: 100000, high: 1000000}
    evidence: {kind: expert, source: mine, as_of: 2026-02-01}
"""


def test_catalogue_when_an_entry_has_a_known_id_then_only_the_named_fields_change() -> None:
    base = default_catalogue()
    changed = parse_catalogue("threats: [{id: T07_account_takeover, permanent_fraction: 0.5}]", base)
    old, new = base.threats[6], changed.threats[6]
    assert new == old.model_copy(update={"permanent_fraction": 0.5})
    assert changed.threats[:6] == base.threats[:6]
    assert changed.controls == base.controls


def test_catalogue_when_an_entry_is_new_then_it_comes_last_with_its_ladder_of_rates() -> None:
    changed = parse_catalogue(COMPLETE, default_catalogue())
    assert changed.threats[-1].annual_rate == (0.25, 0.5, 1, 2, 4, 8)
    assert len(changed.threats) == 15


def test_catalogue_when_an_entry_is_removed_with_what_names_it_then_both_are_gone() -> None:
    text = "remove: [T12_bad_quotes, C04_second_broker, C05_kill_switch, C09_order_limits, C10_recovery_drill]"
    changed = parse_catalogue(text, default_catalogue())
    assert len(changed.threats) == 13
    assert len(changed.controls) == 6


def test_catalogue_when_the_text_is_empty_then_it_is_the_base() -> None:
    assert parse_catalogue("", default_catalogue()) == default_catalogue()
    assert parse_catalogue("# nothing") == Catalogue()


@pytest.mark.parametrize(
    ("text", "field", "says"),
    [
        (
            "threats: [{id: T07_account_takeover, permanent_fraction: 2}]",
            "T07_account_takeover.permanent",
            "less than or",
        ),
        ("threats: [{id: T01_market_crash, market_shock: {low: -0.1, mode: -0.2, high: 0}}]", "market_shock", "low <="),
        ("threats: [{id: T01_market_crash, market_shok: 1}]", "market_shok", "is not a field; use id, name_ko"),
        ("threats: [{id: T20_new, name_ko: 새것}]", "T20_new.name_en", "is missing; a new entry must be complete"),
        ("threats: [{id: T01_market_crash, annual_rate: [1, 2, 3]}]", "annual_rate", "at least 6"),
        ("threats: [{id: T01_market_crash, annual_rate: [3, 2, 1, 1, 1, 1]}]", "annual_rate", "must not fall"),
        ("threats: [{id: T01_market_crash, annual_rate: {at_level_2: 1}}]", "annual_rate", "needs a number multiplier"),
        (
            "threats: [{id: T01_market_crash, annual_rate: {at_level_2: 1, multiplier: 0.5}}]",
            "threats.T01_market_crash.annual_rate.multiplier",
            "within 1 and 10",
        ),
        (
            "threats: [{id: T01_market_crash, annual_rate: {at_level_2: 1, multiplier: 2, level: 3}}]",
            "annual_rate.level",
            "is not known",
        ),
        ("threats: [{name_ko: 이름}]", "threats[1]", "has no id"),
        ("threats: [{id: T01_market_crash}, {id: T01_market_crash}]", "T01_market_crash", "twice"),
        ("threats: 3", "threats", "must be a list"),
        ("remove: T01_market_crash", "mine.yaml.remove", "must be a list of ids"),
        ("remove: [T99_nothing]", "mine.yaml.remove", "T99_nothing, which is not in the catalogue"),
        ("remove: [T12_bad_quotes]", "controls.C04_second_broker.effects", "T12_bad_quotes, which is not among"),
        ("remove: [C01_mfa_key]", "controls.C03_withdrawal_allowlist.requires", "C01_mfa_key"),
        ("budget: 3", "mine.yaml.budget", "is no section; use controls, remove, threats"),
        ("threats: [", "mine.yaml", "cannot be read as YAML at line"),
        ("- 1", "mine.yaml", "must be a mapping"),
        ("x" * 1_000_001, "mine.yaml", "is longer than"),
        ("threats: [{id: T01_market_crash, name_ko: !!python/object:os.system x}]", "mine.yaml", "cannot be read"),
    ],
)
def test_catalogue_when_the_text_is_wrong_then_the_error_names_the_field(text: str, field: str, says: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse_catalogue(text, default_catalogue(), name="mine.yaml")
    assert field in caught.value.field
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
