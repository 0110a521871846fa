"""The packaged threats, controls, universe and presets: data files; a person's own catalogue is laid over them."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from pydantic import Field, ValidationError

from daybook.contracts.base import Message, Symbol
from daybook.contracts.scenario import ControlSpec, Scenario, ThreatSpec
from daybook.scenario.errors import ScenarioError
from daybook.scenario.threats.parse import Catalogue, loaded_mapping, overlaid, parse_catalogue

__all__ = [
    "Catalogue",
    "PresetTitle",
    "UniverseStock",
    "default_catalogue",
    "default_controls",
    "default_scenario",
    "default_threats",
    "default_universe",
    "parse_catalogue",
    "preset",
    "preset_names",
    "preset_title",
]

_DATA = "daybook.scenario.data"
_PRESETS = ("default", "loss_cap", "2008", "2020-03", "2024-08", "holding_breach", "broker_outage", "account_takeover")


class UniverseStock(Message):
    """One stock of the default universe."""

    code: Symbol
    name_ko: str
    name_en: str
    sector: str
    sector_en: str
    market: str


class _UniverseFile(Message):
    as_of: date
    stocks: tuple[UniverseStock, ...] = Field(min_length=2)


@dataclass(frozen=True)
class PresetTitle:
    """What a preset is called and tells, in both languages."""

    name: str
    title_ko: str
    title_en: str
    note_ko: str
    note_en: str


@cache
def default_catalogue() -> Catalogue:
    """Return the packaged threats and controls."""
    threats = parse_catalogue(_text("threats.yaml"), name="threats.yaml")
    return parse_catalogue(_text("controls.yaml"), threats, name="controls.yaml")


def default_threats() -> tuple[ThreatSpec, ...]:
    """Return the fourteen packaged threats, T01 to T14."""
    return default_catalogue().threats


def default_controls() -> tuple[ControlSpec, ...]:
    """Return the ten packaged controls, C01 to C10."""
    return default_catalogue().controls


@cache
def default_universe() -> tuple[UniverseStock, ...]:
    """Return the twenty stocks of a default scenario."""
    return _UniverseFile.model_validate(loaded_mapping(_text("universe.yaml"), "universe.yaml")).stocks


def preset_names() -> tuple[str, ...]:
    """Return the ids of the packaged scenarios, the default first."""
    return _PRESETS


def preset_title(name: str) -> PresetTitle:
    """Return what a preset is called.

    Raises:
        ScenarioError: for a name that is not among :func:`preset_names`.
    """
    content = _preset_content(name)
    return PresetTitle(name, *(str(content[key]) for key in ("title_ko", "title_en", "note_ko", "note_en")))


@cache
def preset(name: str) -> Scenario:
    """Return a packaged scenario: the default one with the story's level, threats and settings put in.

    Raises:
        ScenarioError: for a name that is not among :func:`preset_names`.
    """
    content = _preset_content(name)
    title = preset_title(name)
    catalogue = default_catalogue()
    threats = {threat.id: threat for threat in catalogue.threats}
    for entry in _entries(content, "threats"):
        key = str(entry["id"])
        threats[key] = overlaid("threats", entry, threats[key], ThreatSpec)
    settings = content.get("scenario") or {}
    if not isinstance(settings, dict):
        raise ScenarioError(f"presets.{name}.scenario", "must be a mapping")
    fields: dict[str, object] = {
        "name": title.title_ko,
        "note": f"{title.note_ko} {title.note_en}",
        "universe": {"codes": tuple(stock.code for stock in default_universe())},
        "threats": tuple(threats.values()),
        "controls": catalogue.controls,
    }
    try:
        return Scenario.model_validate({**fields, **settings})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise ScenarioError(
            f"presets.{name}." + ".".join(str(part) for part in first["loc"]), str(first["msg"])
        ) from error


def default_scenario() -> Scenario:
    """Return the scenario a person starts from: 100 million won, 20 stocks, every threat and control, level 2."""
    return preset("default")


def _entries(content: dict[str, object], section: str) -> list[dict[str, object]]:
    value = content.get(section) or []
    if not isinstance(value, list):
        raise ScenarioError(section, "must be a list of entries")
    return [dict(entry) for entry in value]


def _preset_content(name: str) -> dict[str, object]:
    if name not in _PRESETS:
        raise ScenarioError("preset", f"there is no preset {name!r}", f"use one of {', '.join(_PRESETS)}")
    own = loaded_mapping(_text(f"presets/{name}.yaml"), f"presets/{name}.yaml")
    if name == "default":
        return own
    shared = loaded_mapping(_text("presets/default.yaml"), "presets/default.yaml").get("scenario")
    settings = own.get("scenario") or {}
    if not isinstance(shared, dict) or not isinstance(settings, dict):
        raise ScenarioError(f"presets.{name}.scenario", "must be a mapping")
    return {**own, "scenario": {**shared, **settings}}


def _text(path: str) -> str:
    return files(_DATA).joinpath(*path.split("/")).read_text(encoding="utf-8")
