"""Catalogues of threats and controls as texts a person edits. Reading the files is done elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import yaml
from pydantic import ValidationError

from daybook.contracts.base import Message
from daybook.contracts.scenario import ControlSpec, ThreatSpec
from daybook.scenario.errors import ScenarioError
from daybook.scenario.threats.rates import level_rates

MAX_CHARACTERS = 1_000_000
_SECTIONS = {"threats", "controls", "remove"}

Spec = TypeVar("Spec", ThreatSpec, ControlSpec)


@dataclass(frozen=True)
class Catalogue:
    """The threats and controls a scenario may take."""

    threats: tuple[ThreatSpec, ...] = ()
    controls: tuple[ControlSpec, ...] = ()


def parse_catalogue(text: str, base: Catalogue | None = None, *, name: str = "catalogue") -> Catalogue:
    """Return the catalogue of a YAML text laid over a base.

    An entry whose id the base has keeps what it does not mention; any other is a new entry and must be complete.
    ``remove`` lists ids to take away. The order is the base's, new entries after it.

    Parameters
    ----------
    text : str
        YAML with ``threats``, ``controls`` and ``remove``, each a list and each optional.
    base : Catalogue, optional
        What the text is laid over; an empty catalogue when None.
    name : str
        What the text is called in errors, such as the file's name.

    Raises
    ------
        ScenarioError: names the field (``threats.T07_account_takeover.direct_loss.mode``) and what is wrong with it.
    """
    base = base or Catalogue()
    content = loaded_mapping(text, name)
    if odd := sorted(str(key) for key in content if key not in _SECTIONS):
        raise ScenarioError(f"{name}.{odd[0]}", "is no section", f"use {', '.join(sorted(_SECTIONS))}")
    removed = _removed(content.get("remove"), base, name)
    threats = _merged("threats", content.get("threats"), base.threats, ThreatSpec, removed)
    controls = _merged("controls", content.get("controls"), base.controls, ControlSpec, removed)
    return checked(Catalogue(threats, controls))


def loaded_mapping(text: str, name: str) -> dict[str, object]:
    """Return the mapping a YAML text holds; an empty text is an empty mapping.

    Raises:
        ScenarioError: for a text that is too long, no YAML, or no mapping.
    """
    if len(text) > MAX_CHARACTERS:
        raise ScenarioError(name, f"is longer than {MAX_CHARACTERS:,} characters", "keep only the entries you change")
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark is not None else ""
        raise ScenarioError(name, f"cannot be read as YAML{where}", "check quotes, colons and indentation") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ScenarioError(name, "must be a mapping of sections", "start with a line such as 'threats:'")
    return {str(key): value for key, value in content.items()}


def overlaid(section: str, entry: Mapping[str, object], old: Spec, spec_type: type[Spec]) -> Spec:
    """Return a spec with the fields an entry names replaced.

    Raises:
        ScenarioError: where the outcome is no valid spec.
    """
    return _validated(section, {**old.model_dump(), **entry}, spec_type)


def checked(catalogue: Catalogue) -> Catalogue:
    """Return the catalogue when every id it refers to is in it.

    Raises:
        ScenarioError: names the entry that refers to a missing threat or control.
    """
    threats = {threat.id for threat in catalogue.threats}
    controls = {control.id for control in catalogue.controls}
    for threat in catalogue.threats:
        for entry in threat.triggers:
            _known(f"threats.{threat.id}.triggers", entry.threat, threats, "threats")
    for control in catalogue.controls:
        for effect in control.effects:
            _known(f"controls.{control.id}.effects", effect.threat, threats, "threats")
        for field, names in (("requires", control.requires), ("excludes", control.excludes)):
            for other in names:
                _known(f"controls.{control.id}.{field}", other, controls, "controls")
    return catalogue


def _known(field: str, name: str, known: set[str], section: str) -> None:
    if name not in known:
        raise ScenarioError(field, f"names {name}, which is not among the {section}", "add it, or take the line away")


def _removed(value: object, base: Catalogue, name: str) -> set[str]:
    if value is None:
        return set()
    if not isinstance(value, list):
        raise ScenarioError(f"{name}.remove", "must be a list of ids")
    known = {threat.id for threat in base.threats} | {control.id for control in base.controls}
    for entry in value:
        if entry not in known:
            raise ScenarioError(f"{name}.remove", f"names {entry}, which is not in the catalogue")
    return {str(entry) for entry in value}


def _merged(
    section: str, value: object, old: tuple[Spec, ...], spec_type: type[Spec], removed: set[str]
) -> tuple[Spec, ...]:
    specs: dict[str, Spec] = {spec.id: spec for spec in old if spec.id not in removed}
    if value is None:
        return tuple(specs.values())
    if not isinstance(value, list):
        raise ScenarioError(section, "must be a list of entries", "begin each with '- id: ...'")
    seen: set[str] = set()
    for number, entry in enumerate(value, start=1):
        if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
            raise ScenarioError(f"{section}[{number}]", "has no id", "begin it with '- id: ...'")
        key = entry["id"]
        if key in seen:
            raise ScenarioError(f"{section}.{key}", "stands there twice", "keep one of the two")
        seen.add(key)
        start: dict[str, object] = specs[key].model_dump() if key in specs else {}
        specs[key] = _validated(section, {**start, **entry}, spec_type)
    return tuple(specs.values())


def _validated(section: str, entry: dict[str, object], spec_type: type[Spec]) -> Spec:
    key = entry.get("id", "?")
    fields = dict(entry)
    rates = fields.get("annual_rate")
    if isinstance(rates, dict):
        fields["annual_rate"] = _ladder(f"{section}.{key}", rates)
    try:
        return spec_type.model_validate(fields)
    except ValidationError as error:
        raise _as_scenario_error(f"{section}.{key}", error, spec_type) from error


def _ladder(field: str, rates: dict[object, object]) -> tuple[float, ...]:
    values = []
    for part in ("at_level_2", "multiplier"):
        number = rates.get(part)
        if not isinstance(number, int | float) or isinstance(number, bool):
            raise ScenarioError(
                f"{field}.annual_rate", f"needs a number {part}", "write six numbers, or at_level_2 and multiplier"
            )
        values.append(float(number))
    if odd := [str(part) for part in rates if part not in ("at_level_2", "multiplier")]:
        raise ScenarioError(f"{field}.annual_rate.{odd[0]}", "is not known", "use at_level_2 and multiplier")
    try:
        return level_rates(*values)
    except ScenarioError as error:
        raise ScenarioError(f"{field}.{error.field}", error.message, error.way_out) from error


def _as_scenario_error(prefix: str, error: ValidationError, spec_type: type[Message]) -> ScenarioError:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    way_out = ""
    if first["type"] == "extra_forbidden":
        message, way_out = "is not a field", f"use {', '.join(spec_type.model_fields)}"
    elif first["type"] == "missing":
        message, way_out = "is missing", "a new entry must be complete"
    return ScenarioError(f"{prefix}.{place}" if place else prefix, message, way_out)
