"""The names of settings: which are known, and what a misspelt one was probably meant to be.

A name is a path of parts, ``("limits", "max_names")``: ``limits.max_names`` in a file, ``DAYBOOK_LIMITS__MAX_NAMES`` in
the environment.
"""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel

SettingPath = tuple[str, ...]

ENV_PREFIX = "DAYBOOK_"
ENV_DELIMITER = "__"
OTHER_VARIABLES = frozenset(
    {
        "CONFIG",
        "SHARED_DATA",
        "SIMULATION_CASES",
        "KIS_SAMPLES",
        "CLIENTS_VENV",
        "TRADING_DATABASE_URL",
        "SANDBOX_SOCKET",
        "SECRETS_FOLDER",
    }
)
"""``DAYBOOK_...`` variables that are no settings: the configuration file, what tests read, a layer's own secret."""
OTHER_PREFIXES = ("TEST_",)
"""Beginnings of further ones: tests."""

_NEAR_SIBLING = 0.6
_NEAR_ANYWHERE = 0.8


def env_name(path: SettingPath) -> str:
    """Return the environment variable of a setting."""
    return ENV_PREFIX + ENV_DELIMITER.join(path).upper()


def env_path(variable: str) -> SettingPath | None:
    """Return the path a variable names, in any case; None for a variable that is no business of the settings."""
    name = variable.upper()
    if not name.startswith(ENV_PREFIX):
        return None
    name = name.removeprefix(ENV_PREFIX)
    if name in OTHER_VARIABLES or name.startswith(OTHER_PREFIXES):
        return None
    return tuple(name.lower().split(ENV_DELIMITER))


def section_of(annotation: Any) -> type[BaseModel] | None:
    """Return the section a field holds, None for a plain value."""
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def entry_of(annotation: Any) -> type[BaseModel] | None:
    """Return the section that each entry of a table of sections holds, None for any other field."""
    arguments = get_args(annotation)
    return section_of(arguments[1]) if get_origin(annotation) is dict and len(arguments) == 2 else None


def annotation_of(path: SettingPath, model: type[BaseModel]) -> Any:
    """Return the type of the setting or section that ``path`` names; None when there is no such name."""
    if not path or path[0] not in model.model_fields:
        return None
    annotation = model.model_fields[path[0]].annotation
    section, entry = section_of(annotation), entry_of(annotation)
    if len(path) == 1:
        return annotation
    if section is not None:
        return annotation_of(path[1:], section)
    if entry is not None:
        return entry if len(path) == 2 else annotation_of(path[2:], entry)
    return None


def is_known(path: SettingPath, model: type[BaseModel]) -> bool:
    """Whether ``path`` names a setting or a section of ``model``."""
    return annotation_of(path, model) is not None


def unknown_keys(table: Mapping[str, Any], model: type[BaseModel], above: SettingPath = ()) -> Iterator[SettingPath]:
    """Yield the path of each key of ``table`` that is no setting of ``model``; values are not looked at."""
    for key, value in table.items():
        path = (*above, key)
        field = model.model_fields.get(key)
        if field is None:
            yield path
        elif isinstance(value, Mapping):
            section, entry = section_of(field.annotation), entry_of(field.annotation)
            if section is not None:
                yield from unknown_keys(value, section, path)
            elif entry is not None:
                for name, inner in value.items():
                    if isinstance(inner, Mapping):
                        yield from unknown_keys(inner, entry, (*path, name))


def setting_paths(model: type[BaseModel], above: SettingPath = ()) -> Iterator[SettingPath]:
    """Yield the path of every setting and section, entries of tables left out."""
    for name, field in model.model_fields.items():
        yield (*above, name)
        section = section_of(field.annotation)
        if section is not None:
            yield from setting_paths(section, (*above, name))


def meant(path: SettingPath, model: type[BaseModel]) -> SettingPath:
    """Return the setting an unknown name was probably meant to be, an empty path when nothing is near."""
    paths = list(setting_paths(model))
    wanted = tuple(part.lower() for part in path)
    joined = {"_".join(known): known for known in reversed(paths)}
    if "_".join(wanted) in joined:
        return joined["_".join(wanted)]
    elsewhere = [known for known in paths if known[-1] == wanted[-1] and len(known) > 1]
    if elsewhere:
        return elsewhere[0]
    owner = section_of(annotation_of(wanted[:-1], model)) if wanted[:-1] else model
    siblings = {name: (*wanted[:-1], name) for name in (owner.model_fields if owner else ())}
    for names, cutoff in ((siblings, _NEAR_SIBLING), (joined, _NEAR_ANYWHERE)):
        near = difflib.get_close_matches(wanted[-1] if names is siblings else "_".join(wanted), names, 1, cutoff)
        if near:
            return names[near[0]]
    return _in_a_misspelt_section(wanted, paths)


def _in_a_misspelt_section(wanted: SettingPath, paths: list[SettingPath]) -> SettingPath:
    leaves = {known[-1]: known for known in paths if len(known) > 1}
    near = difflib.get_close_matches(wanted[-1], leaves, 1, _NEAR_ANYWHERE)
    return leaves[near[0]] if near else ()
