from pathlib import Path

import pytest

from daybook.contracts.scenario import Profile, Scenario
from daybook.scenario.errors import ScenarioError
from daybook.scenario.threats.catalogue import preset, preset_names
from daybook.scenario_desk.files import ScenarioFiles

RATES = "[0, 0, 0.1, 0.2, 0.3, 0.4]"


@pytest.fixture
def files(tmp_path: Path) -> ScenarioFiles:
    return ScenarioFiles(tmp_path)


def write(files: ScenarioFiles, text: str, name: str = "mine") -> Scenario:
    path = files.path(name)
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return files.read(name)


@pytest.mark.parametrize("name", preset_names())
def test_new_when_made_from_a_preset_then_it_is_that_preset_under_its_own_name(name: str, files: ScenarioFiles) -> None:
    files.create("mine", name)
    assert files.read("mine") == preset(name).model_copy(update={"name": "mine", "note": preset(name).note})


def test_file_when_empty_then_it_is_the_default_scenario(files: ScenarioFiles) -> None:
    assert write(files, "") == preset("default").model_copy(update={"name": "mine"})


def test_file_when_it_says_only_what_differs_then_the_rest_is_the_presets(files: ScenarioFiles) -> None:
    scenario = write(files, "preset: 2008\nbudget:\n  total_krw: 30000000\nappetite: {profile: aggressive}\n")
    assert scenario.budget == preset("2008").budget.model_copy(update={"total_krw": 30_000_000})
    assert scenario.appetite.profile is Profile.AGGRESSIVE
    assert scenario.threats == preset("2008").threats


def test_file_when_codes_stand_without_quotes_then_none_becomes_an_octal_number(files: ScenarioFiles) -> None:
    assert write(files, "universe: {codes: [000660, 005930, 105560]}").universe.codes == ("000660", "005930", "105560")


def test_file_when_a_threat_is_removed_then_what_refers_to_it_goes_along(files: ScenarioFiles) -> None:
    scenario = write(files, "remove: [T07_account_takeover, T08_api_key_leak]")
    threats = {threat.id for threat in scenario.threats}
    assert "T07_account_takeover" not in threats
    assert all(one.threat in threats for threat in scenario.threats for one in threat.triggers)
    assert all(effect.threat in threats for control in scenario.controls for effect in control.effects)
    assert "C01_mfa_key" not in {control.id for control in scenario.controls}


def test_file_when_it_names_the_only_threats_and_controls_then_no_others_are_there(files: ScenarioFiles) -> None:
    scenario = write(files, "only_threats: [T09_broker_outage]\nonly_controls: [C04_second_broker]")
    assert [threat.id for threat in scenario.threats] == ["T09_broker_outage"]
    assert [control.id for control in scenario.controls] == ["C04_second_broker"]


def test_catalogue_when_a_person_has_one_then_presets_keep_their_story_and_take_the_rest(
    files: ScenarioFiles, tmp_path: Path
) -> None:
    (tmp_path / "catalogue").mkdir()
    (tmp_path / "catalogue" / "threats.yaml").write_text(
        f"threats:\n  - id: T07_account_takeover\n    annual_rate: {RATES}\n    name_en: Mine\n"
    )
    plain, story = write(files, ""), write(files, "preset: account_takeover", "other")
    mine = {threat.id: threat for threat in plain.threats}["T07_account_takeover"]
    told = {threat.id: threat for threat in story.threats}["T07_account_takeover"]
    assert mine.annual_rate == (0, 0, 0.1, 0.2, 0.3, 0.4)
    assert told.name_en == "Mine"
    assert told.annual_rate == {one.id: one for one in preset("account_takeover").threats}[told.id].annual_rate


def test_change_when_fields_are_set_then_comments_and_everything_else_stay(files: ScenarioFiles) -> None:
    path = files.create("mine")
    before = path.read_text().splitlines()
    scenario = files.change("mine", ["budget.total_krw=50000000", "constraints.max_weight=0.2"])
    after = path.read_text().splitlines()
    assert (scenario.budget.total_krw, scenario.constraints.max_weight) == (50_000_000, 0.2)
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert len(changed) == 2
    assert all(old.partition("#")[2] == new.partition("#")[2] for old, new in changed)


@pytest.mark.parametrize(
    ("assignments", "path", "value"),
    [
        (["threats.T07_account_takeover.annual_rate=" + RATES], "T07_account_takeover", (0, 0, 0.1, 0.2, 0.3, 0.4)),
        (
            [f"threats.{name}.annual_rate={RATES}" for name in ("T01_market_crash", "T07_account_takeover")],
            "T07_account_takeover",
            (0, 0, 0.1, 0.2, 0.3, 0.4),
        ),
    ],
)
def test_change_when_a_threat_is_named_by_its_id_then_that_one_changes(
    assignments: list[str], path: str, value: tuple[float, ...], files: ScenarioFiles
) -> None:
    files.create("mine")
    scenario = files.change("mine", assignments)
    assert {threat.id: threat for threat in scenario.threats}[path].annual_rate == value
    assert len(scenario.threats) == 14


def test_change_when_part_of_a_distribution_is_set_then_its_other_parts_stay(files: ScenarioFiles) -> None:
    files.create("mine")
    scenario = files.change("mine", ["threats.T01_market_crash.market_shock.low=-0.3"])
    shock = scenario.threats[0].market_shock
    assert shock is not None
    assert (shock.low, shock.mode, shock.high) == (-0.3, -0.095, -0.083)


def test_change_when_positions_are_set_one_by_one_then_all_are_held(files: ScenarioFiles) -> None:
    files.create("mine")
    scenario = files.change("mine", ["budget.current_positions.005930=10", "budget.current_positions.000660=3"])
    assert scenario.budget.current_positions == {"005930": 10, "000660": 3}


@pytest.mark.parametrize(
    ("assignment", "said"),
    [
        ("budget.total_krw=5", r"^budget\.total_krw: .*100000, not 5"),
        ("budget.total=5", r"^budget\.total: is not a field; did you mean total_krw"),
        ("nope=1", r"^nope: is not a field; did you mean note"),
        ("universe.codes=[삼성, 000660]", r"^universe\.codes\[1\]: '삼성' is no KRX code"),
        ("universe.codes=[005930]", r"^universe\.codes: needs at least 2 entries, not 1"),
        ("universe.codes=[005930, 005930]", r"^universe: codes names 005930 more than once"),
        ("universe.codes=[", r"^universe\.codes: cannot be read as YAML"),
        ("horizon_days=x", r"^horizon_days: .*integer"),
        ("threat_level=9", r"^threat_level: .*5, not 9"),
        ("preset=1999", r"^preset: there is no preset '1999'; use one of default"),
        ("remove=[T99]", r"^remove: names T99, which is not in the catalogue"),
        ("seed.x=1", r"^seed\.x: lies within seed, which is a value"),
        ("budget=3", r"^budget: must be lines"),
        ("just words", r"^--set: 'just words' is no field=value"),
        ("budget.current_positions.999999=3", r"^budget\.current_positions: holds 999999"),
        ("fixed_controls=[C99_x]", r"^fixed_controls: names C99_x"),
        ("threats.T01_market_crash.bogus=1", r"^threats\.T01_market_crash\.bogus: is not a field"),
        ("threats.T01_market_crash.market_shock.low=1", r"^threats\.T01_market_crash\.market_shock: low <= mode"),
        ("threats.T01_market_crash.annual_rate=[5, 4, 3, 2, 1, 0]", r"^threats\.T01_market_crash\.annual_rate: "),
        ("only_controls=[C03_withdrawal_allowlist]", r"^controls\.C03_withdrawal_allowlist\.requires: names C01"),
        ("name=*x", r"^name: cannot be read as YAML"),
    ],
)
def test_change_when_it_would_not_run_then_the_field_is_named_and_the_file_stays(
    assignment: str, said: str, files: ScenarioFiles
) -> None:
    path = files.create("mine")
    before = path.read_bytes()
    with pytest.raises(ScenarioError, match=said):
        files.change("mine", [assignment])
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- a\n- b\n", "must be lines of 'field: value'"),
        ("name: a\nname: b\n", "name stands there twice"),
        ("budget: &x {total_krw: 3000000}\nnote: *x\n", "aliases are not read here"),
        ("name: [\n", "cannot be read as YAML at line"),
        ("threats:\n  - annual_rate: 3\n", r"threats\[1\]: has no id"),
        ("threats: T01_market_crash\n", "threats: must be a list"),
        ("threats: [T99_nothing]\n", r"threats\.T99_nothing: is not in the catalogue"),
        ("x" * 200_001, "longer than 200,000 characters"),
    ],
)
def test_file_when_it_is_malformed_then_one_line_says_where(text: str, said: str, files: ScenarioFiles) -> None:
    with pytest.raises(ScenarioError, match=said) as error:
        write(files, text)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["../escape", "a/b", "", ".hidden", "x" * 61])
def test_name_when_no_file_can_have_it_then_it_is_refused(name: str, files: ScenarioFiles) -> None:
    with pytest.raises(ScenarioError, match="cannot be a scenario's name"):
        files.create(name)
    assert not files.has(name)
