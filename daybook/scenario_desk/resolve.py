"""A scenario file and a person's catalogue made into the whole scenario: preset, then catalogue, then the file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import ValidationError

from daybook.contracts.scenario import ControlSpec, Pert, Profile, Scenario, ThreatSpec
from daybook.scenario.errors import ScenarioError
from daybook.scenario.threats.catalogue import default_threats, preset, preset_names
from daybook.scenario.threats.parse import Catalogue, checked, parse_catalogue
from daybook.scenario_desk.problems import scenario_error, unknown_field
from daybook.scenario_desk.yaml_text import read_mapping

DEFAULT_PRESET = "default"
OWN_FIELDS = ("preset", "remove", "only_threats", "only_controls")
"""Fields of a file beside those of a scenario."""
_SECTIONS = ("universe", "budget", "constraints", "appetite")


@dataclass(frozen=True)
class Packaged:
    """What a file starts from: a preset over a person's catalogue."""

    preset: str
    scenario: Scenario
    catalogue: Catalogue


def packaged(name: str, catalogue: Catalogue) -> Packaged:
    """Return a preset with a person's catalogue of threats and controls; what the preset's story changes stays.

    Raises:
        ScenarioError: for a name that is no preset.
    """
    story = preset(name)
    plain = {threat.id: threat for threat in default_threats()}
    threats = []
    for threat in catalogue.threats:
        told = next((entry for entry in story.threats if entry.id == threat.id), None)
        start = plain.get(threat.id)
        if told is not None and start is not None:
            changed = {
                field: getattr(told, field)
                for field in ThreatSpec.model_fields
                if getattr(told, field) != getattr(start, field)
            }
            threats.append(threat.model_copy(update=changed))
        else:
            threats.append(threat)
    known = {threat.id for threat in threats}
    kept = tuple(
        threat.model_copy(update={"triggers": tuple(one for one in threat.triggers if one.threat in known)})
        for threat in threats
    )
    scenario = story.model_copy(update={"threats": kept, "controls": catalogue.controls})
    return Packaged(name, scenario, Catalogue(kept, catalogue.controls))


def scenario_of(text: str, catalogue: Catalogue, *, name: str) -> Scenario:
    """Return the scenario a file's text describes; ``name`` is the file's.

    Raises:
        ScenarioError: names the field that is wrong, and the way out.
    """
    content = read_mapping(text, name)
    fields = list(Scenario.model_fields)
    for key in content:
        if key not in fields and key not in OWN_FIELDS:
            raise unknown_field(key, [*OWN_FIELDS, *fields])
    start = packaged(_preset_name(content.get("preset")), catalogue)
    whole: dict[str, Any] = {field: getattr(start.scenario, field) for field in Scenario.model_fields}
    whole["name"] = name
    whole |= {key: value for key, value in content.items() if key in fields and value is not None}
    for section in _SECTIONS:
        given = content.get(section)
        if given is None:
            whole[section] = getattr(start.scenario, section)
        elif isinstance(given, dict):
            before = getattr(start.scenario, section).model_dump(exclude_unset=section == "universe")
            whole[section] = {**before, **{str(key): value for key, value in given.items()}}
        else:
            raise ScenarioError(section, f"must be lines of 'field: value', not {given!r}"[:120], "indent its fields")
    _accept_english(whole)
    _codes_as_texts(whole)
    found = checked(_without(_laid_over(start.catalogue, content), content))
    whole["threats"], whole["controls"] = found.threats, found.controls
    try:
        return Scenario.model_validate(whole)
    except ValidationError as error:
        raise scenario_error(error, whole) from error


def _preset_name(given: Any) -> str:
    name = DEFAULT_PRESET if given is None else str(given)
    if name not in preset_names():
        raise ScenarioError("preset", f"there is no preset {name!r}", f"use one of {', '.join(preset_names())}")
    return name


def _accept_english(whole: dict[str, Any]) -> None:
    """Take neutral, stable and so on for the Korean names of profiles."""
    appetite = whole["appetite"]
    if isinstance(appetite, dict) and isinstance(appetite.get("profile"), str):
        english = {profile.name.lower(): profile for profile in Profile}
        written = appetite["profile"].strip()
        appetite["profile"] = english.get(written.lower(), written)


def _laid_over(base: Catalogue, content: Mapping[str, Any]) -> Catalogue:
    """Return a catalogue with a file's entries laid over it; a bare id asks for an entry as it is."""
    entries: dict[str, list[dict[str, Any]]] = {}
    for section, known in (("threats", base.threats), ("controls", base.controls)):
        value = content.get(section)
        if value is None:
            continue
        if not isinstance(value, list):
            raise ScenarioError(
                section, "must be a list", "begin each entry with '- id: ...', or write the id of one alone"
            )
        names = [spec.id for spec in known]
        for entry in value:
            if isinstance(entry, str) and entry not in names:
                raise ScenarioError(
                    f"{section}.{entry}",
                    "is not in the catalogue",
                    f"use one of {', '.join(names)}, or write it in full",
                )
        before = {spec.id: spec for spec in known}
        entries[section] = [
            _completed(entry, before.get(str(entry.get("id")))) if isinstance(entry, dict) else entry
            for entry in value
            if not isinstance(entry, str)
        ]
    return parse_catalogue(yaml.safe_dump(entries, allow_unicode=True), base) if entries else base


def _codes_as_texts(whole: dict[str, Any]) -> None:
    """Make texts of KRX codes written without quotes; one without a leading zero was read as a number."""
    for section, field in (("universe", "codes"), ("constraints", "hedge_codes"), ("constraints", "forbidden_codes")):
        within = whole[section]
        if isinstance(within, dict) and isinstance(within.get(field), list):
            within[field] = [_code(entry) for entry in within[field]]
    budget = whole["budget"]
    if isinstance(budget, dict) and isinstance(budget.get("current_positions"), dict):
        held = budget["current_positions"]
        budget["current_positions"] = {_code(code): shares for code, shares in held.items()}


def _code(written: Any) -> Any:
    return str(written) if isinstance(written, int) and not isinstance(written, bool) else written


def _completed(entry: dict[Any, Any], old: ThreatSpec | ControlSpec | None) -> dict[Any, Any]:
    """Return an entry with the parts of a distribution it leaves out; low and high alone are a lognormal loss."""
    whole = dict(entry)
    for field, value in entry.items():
        before = getattr(old, str(field), None)
        is_lognormal = field == "direct_loss" and isinstance(value, dict) and {"low", "high"} == set(value)
        if isinstance(before, Pert) and isinstance(value, dict) and "kind" not in value and not is_lognormal:
            whole[field] = {**before.model_dump(), **value}
    return whole


def _without(catalogue: Catalogue, content: Mapping[str, Any]) -> Catalogue:
    """Return what ``remove``, ``only_threats`` and ``only_controls`` leave, with what refers to the rest."""
    threats = [threat.id for threat in catalogue.threats]
    controls = [control.id for control in catalogue.controls]
    removed = set(_ids("remove", content.get("remove"), [*threats, *controls]))
    for field, known in (("only_threats", threats), ("only_controls", controls)):
        kept = content.get(field)
        if kept is not None:
            removed |= set(known) - set(_ids(field, kept, known))
    gone = {threat for threat in threats if threat in removed}
    left_threats = tuple(
        threat.model_copy(update={"triggers": tuple(one for one in threat.triggers if one.threat not in gone)})
        for threat in catalogue.threats
        if threat.id not in gone
    )
    left_controls = []
    for control in catalogue.controls:
        effects = tuple(effect for effect in control.effects if effect.threat not in gone)
        if control.id not in removed and effects:
            left_controls.append(control.model_copy(update={"effects": effects}))
    names = {control.id for control in left_controls}
    return Catalogue(
        left_threats,
        tuple(
            control.model_copy(update={"excludes": tuple(one for one in control.excludes if one in names)})
            for control in left_controls
        ),
    )


def _ids(field: str, value: Any, known: Iterable[str]) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise ScenarioError(field, "must be a list of ids", "write it as [T01_market_crash, ...]")
    names = list(known)
    for entry in value:
        if entry not in names:
            raise ScenarioError(
                field, f"names {entry}, which is not in the catalogue", f"use some of {', '.join(names)}"
            )
    return [str(entry) for entry in value]
