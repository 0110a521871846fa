"""The shipped library: tested scripts for common tasks, used when no model can be asked, and labelled so."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml
from pydantic import Field, JsonValue, TypeAdapter, ValidationError

from daybook.code.errors import LibraryError
from daybook.code.wording import stands_in
from daybook.contracts.base import Message
from daybook.contracts.routing import Intent


class LibraryScript(Message):
    """The shape of a file of ``library/``.

    Args:
        name: unique, the file's name.
        title: what it does, by language.
        intents: of the router; the script fits best to a task of one of them.
        words: at least one of them must be in the task, in lower case.
        fewest_symbols: securities the task must name.
        inputs: what ``inputs`` holds unless the task or the person says otherwise.
        code: the script.
    """

    name: str
    title: dict[str, str]
    intents: tuple[Intent, ...]
    words: tuple[str, ...] = Field(min_length=1)
    fewest_symbols: int = Field(default=0, ge=0)
    inputs: dict[str, JsonValue] = Field(default_factory=dict)
    code: str


@dataclass(frozen=True)
class Fit:
    """A library script that fits a task, and the words that speak for it."""

    script: LibraryScript
    words: tuple[str, ...]


@cache
def library() -> tuple[LibraryScript, ...]:
    """Return the library, by name; raises ``LibraryError`` when a file of it cannot be read."""
    folder = files("daybook.code").joinpath("library")
    scripts = []
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        if not file.name.endswith(".yaml"):
            continue
        try:
            raw = yaml.safe_load(file.read_text("utf-8"))
            script = TypeAdapter(LibraryScript).validate_python({**raw, "name": file.name.removesuffix(".yaml")})
        except (yaml.YAMLError, ValidationError, TypeError) as error:
            raise LibraryError(f"{file.name} of the script library cannot be used: {error}") from error
        scripts.append(script)
    return tuple(scripts)


def fitting(task: str, intent: Intent | None, inputs: Mapping[str, JsonValue]) -> Fit | None:
    """Return the library script that fits a task best, or None.

    Most words first, then the router's intent, then the name; a script that needs more securities than are named does
    not fit.
    """
    text = task.lower()
    symbols = inputs.get("symbols")
    count = len(symbols) if isinstance(symbols, list) else 0
    ranked = []
    for script in library():
        words = tuple(word for word in script.words if stands_in(word, text))
        if words and count >= script.fewest_symbols:
            ranked.append((-len(words), intent not in script.intents, script.name, Fit(script, words)))
    return min(ranked, key=lambda one: one[:3])[3] if ranked else None
