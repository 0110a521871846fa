"""Where settings come from: the configuration file, ``.env`` and the environment, each with one clear complaint."""

import json
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_origin

from dotenv.parser import parse_stream
from pydantic import BaseModel

from daybook.settings_names import (
    ENV_DELIMITER,
    SettingPath,
    annotation_of,
    entry_of,
    env_name,
    env_path,
    is_known,
    meant,
    section_of,
    unknown_keys,
)

DEFAULT_FILE = "daybook.toml"
CONFIG_VARIABLE = "DAYBOOK_CONFIG"
ENV_FILE_ENCODING = "utf-8-sig"
_PLAIN_ITEM = re.compile(r"[\w.-]+")
_HOME_LINE = re.compile(r"""^\s*home\s*=\s*["']([^"'\n]+)["']""", re.MULTILINE)


class ConfigurationError(Exception):
    """The configuration cannot be used; the message is one line that names the place and what to do."""


@dataclass(frozen=True)
class Sources:
    """What was found, before any value is checked. Names of variables are in capitals."""

    file: Path
    table: Mapping[str, Any] = field(default_factory=dict)
    env_file: Path | None = None
    env_file_values: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)

    def place_of(self, path: SettingPath) -> str:
        """Return where the value of a setting comes from, in words; the bare name when nothing says it."""
        name = ".".join(path)
        for place, values in (("the environment", self.environment), (str(self.env_file), self.env_file_values)):
            for length in range(len(path), 0, -1):
                variable = env_name(path[:length])
                if variable in values and _holds(_from_json(values[variable]), path[length:]):
                    return f"{variable} in {place}" if length == len(path) else f"{name} of {variable} in {place}"
        return f"{name} in {self.file}" if _holds(self.table, path) else name


def config_file() -> Path:
    """Return the configuration file's path, whether or not it is there.

    Raises:
        ConfigurationError: when the file named by ``DAYBOOK_CONFIG`` is not there, or is no file.
    """
    named = os.environ.get(CONFIG_VARIABLE)
    path = Path(named or DEFAULT_FILE)
    try:
        if path.exists() and not path.is_file():
            raise ConfigurationError(f"{path} is not a file; put the configuration into a TOML file of that name")
        if named and not path.exists():
            raise ConfigurationError(f"DAYBOOK_CONFIG names {path}, which does not exist; correct it or unset it")
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from None
    return path


def read_sources(model: type[BaseModel], env_file: Path | None) -> Sources:
    """Read all sources and hold their names against ``model``.

    Raises:
        ConfigurationError: naming the first name that is not known, or the place that cannot be read.
    """
    file = config_file()
    sources = Sources(
        file=file,
        table=_read_toml(file) if file.exists() else {},
        env_file=env_file,
        env_file_values=_ours(_read_env_file(env_file)) if env_file is not None and env_file.exists() else {},
        environment=_ours(os.environ),
    )
    for path in unknown_keys(sources.table, model):
        likely = meant(path, model)
        raise ConfigurationError(_unknown(".".join(path), str(file), ".".join(likely)))
    _check_variables(sources.env_file_values, str(env_file), model)
    _check_variables(sources.environment, "the environment", model)
    return sources


def _check_variables(values: Mapping[str, str], place: str, model: type[BaseModel]) -> None:
    for variable, text in values.items():
        path = env_path(variable) or ()
        if not is_known(path, model):
            likely = meant(path, model)
            raise ConfigurationError(_unknown(variable, place, env_name(likely) if likely else ""))
        if text:
            _check_json(variable, text, place, path, model)


def _check_json(variable: str, text: str, place: str, path: SettingPath, model: type[BaseModel]) -> None:
    """Hold a variable that stands for a whole section, a table or a list against what it must hold."""
    annotation, value = annotation_of(path, model), _from_json(text)
    if get_origin(annotation) in (tuple, list):
        if not isinstance(value, list):
            items = [item.strip() for item in text.strip("[]").split(",")]
            plain = all(_PLAIN_ITEM.fullmatch(item) for item in items)
            example = json.dumps(items if plain else ["...", "..."])
            raise ConfigurationError(f"{variable} in {place} is not a JSON list; write it as {example}")
        return
    section = section_of(annotation) or entry_of(annotation)
    if section is None:
        return
    if not isinstance(value, dict):
        raise ConfigurationError(
            f"{variable} in {place} is not a JSON object; set single values as {variable}{ENV_DELIMITER}NAME=value"
        )
    tables = [(path, value)] if section_of(annotation) else [((*path, name), inner) for name, inner in value.items()]
    for above, table in tables:
        for inner in unknown_keys(table, section, above) if isinstance(table, dict) else ():
            raise ConfigurationError(_unknown(f"{'.'.join(inner)} of {variable}", place, ".".join(meant(inner, model))))


def _unknown(name: str, place: str, likely: str) -> str:
    advice = f"did you mean {likely}?" if likely else "remove it; .env.example and mdfiles/operations.md list the names"
    return f"{name} in {place} is not a setting; {advice}"


def _ours(values: Mapping[str, str | None]) -> dict[str, str]:
    return {name.upper(): value or "" for name, value in values.items() if env_path(name) is not None}


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f'{path} is not TOML: {error}; text needs quotes, as in mode = "paper"') from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path} is not a text file in UTF-8; save it as UTF-8") from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from None


def _read_env_file(path: Path) -> dict[str, str | None]:
    try:
        if not path.is_file():
            raise ConfigurationError(
                f"{path} is not a file; put NAME=value lines into a file of that name, or remove it"
            )
        with path.open(encoding=ENV_FILE_ENCODING) as lines:
            bindings = list(parse_stream(lines))
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path} is not a text file in UTF-8; save it as UTF-8") from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from None
    for binding in bindings:
        if binding.error:
            raise ConfigurationError(f"{path}, line {binding.original.line}, cannot be read; write NAME=value")
        if binding.key and binding.value is None and env_path(binding.key) is not None:
            raise ConfigurationError(f"{binding.key} in {path} has no value; write {binding.key}=value")
    return {binding.key: binding.value for binding in bindings if binding.key}


def _from_json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _holds(value: Any, path: SettingPath) -> bool:
    for part in path:
        if not isinstance(value, Mapping) or part not in value:
            return False
        value = value[part]
    return True


def home_despite_errors(default: Path) -> Path:
    """Return the desk's home as far as it can be known from sources that cannot be used as a whole."""
    variable = env_name(("home",))
    readers: tuple[Callable[[], str], ...] = (
        lambda: _ours(os.environ).get(variable, ""),
        lambda: _ours(_lenient_env_file(Path(".env"))).get(variable, ""),
        _home_in_file,
    )
    for read in readers:
        try:
            found = read()
        except ConfigurationError:
            continue
        if found.strip():
            return Path(found).expanduser()
    return default


def _home_in_file() -> str:
    path = config_file()
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    found = _HOME_LINE.search(text)
    return found[1] if found else ""


def _lenient_env_file(path: Path) -> dict[str, str | None]:
    try:
        with path.open(encoding=ENV_FILE_ENCODING, errors="replace") as lines:
            return {binding.key: binding.value for binding in parse_stream(lines) if binding.key}
    except OSError:
        return {}
