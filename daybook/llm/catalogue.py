"""The model catalogue: what exists, what it costs, what it can, and when it ends. All facts live in the data file."""

import difflib
from collections.abc import Iterable
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Self

import yaml
from pydantic import Field, ValidationError, model_validator

from daybook.contracts.base import Message
from daybook.llm.catalogue_entry import (
    CacheKind,
    CacheRules,
    ModelEntry,
    PriceRow,
    ProviderName,
    Supports,
    Tier,
)
from daybook.llm.errors import CatalogueError, ModelRetired, UnknownModel
from daybook.settings import LlmSettings

__all__ = ["CacheKind", "CacheRules", "Catalogue", "ModelEntry", "PriceRow", "ProviderName", "Supports", "Tier"]

SHUTDOWN_WARNING_DAYS = 30
"""How long before its shutdown a model is warned about."""


class Catalogue(Message):
    """All models, with the day the facts were gathered."""

    as_of: date
    models: tuple[ModelEntry, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [entry.name for entry in self.models]
        doubles = {name for name in names if names.count(name) > 1}
        if doubles:
            raise ValueError(f"listed twice: {', '.join(sorted(doubles))}")
        for entry in self.models:
            if not entry.is_retired(self.as_of) and not any(
                r.since is None and not r.above_tokens for r in entry.prices
            ):
                raise ValueError(f"{entry.name} has no base price and is not retired")
            if entry.replacement and entry.replacement not in names:
                raise ValueError(f"{entry.name} is to be replaced by {entry.replacement}, which is not listed")
        return self

    @classmethod
    def shipped(cls) -> Self:
        """The catalogue that comes with Daybook."""
        return cls._parse(files("daybook.llm").joinpath("data/models.yaml").read_text("utf-8"), "models.yaml")

    @classmethod
    def read(cls, path: Path) -> Self:
        """A catalogue of the user.

        Raises:
            CatalogueError: unreadable, not YAML, or contradicting itself.
        """
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CatalogueError(f"model catalogue {path} cannot be read: {error}") from error
        return cls._parse(text, path.name)

    @classmethod
    def of(cls, llm: LlmSettings) -> Self:
        """The catalogue the settings ask for; local models carry the name the Ollama server has.

        Raises:
            CatalogueError: see ``read``.
        """
        catalogue = cls.read(llm.catalogue) if llm.catalogue else cls.shipped()
        if not llm.ollama_model:
            return catalogue
        named = tuple(
            entry.model_copy(update={"provider_model": llm.ollama_model})
            if entry.provider is ProviderName.OLLAMA and not entry.provider_model
            else entry
            for entry in catalogue.models
        )
        return catalogue.model_copy(update={"models": named})

    @classmethod
    def _parse(cls, text: str, name: str) -> Self:
        try:
            return cls.model_validate(yaml.safe_load(text))
        except yaml.YAMLError as error:
            raise CatalogueError(f"model catalogue {name} is not YAML: {error}") from error
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise CatalogueError(f"model catalogue {name}: {where}: {first['msg']}") from error

    def model(self, name: str) -> ModelEntry:
        """The entry of ``name`` (Daybook's or the provider's).

        Raises:
            UnknownModel: with the nearest names.
        """
        for entry in self.models:
            if name and name in (entry.name, entry.provider_model):
                return entry
        near = difflib.get_close_matches(name, [entry.name for entry in self.models], n=3, cutoff=0.5)
        hint = f"; did you mean {', '.join(near)}?" if near else "; see the model catalogue"
        raise UnknownModel(f"model {name[:60]!r} is not in the catalogue{hint}")

    def usable(self, name: str, day: date) -> ModelEntry:
        """The entry of a model that is served on ``day``.

        Raises:
            UnknownModel: not listed.
            ModelRetired: switched off, with its replacement.
        """
        entry = self.model(name)
        if entry.is_retired(day):
            raise ModelRetired(f"{entry.name} was switched off on {entry.shutdown}{_instead(entry)}")
        return entry

    def of_tier(self, tier: Tier, day: date) -> tuple[ModelEntry, ...]:
        """Models of a tier that are served on ``day``, cheapest input first."""
        served = [entry for entry in self.models if entry.tier is tier and not entry.is_retired(day)]
        return tuple(sorted(served, key=lambda entry: (entry.price(day).input, entry.price(day).output, entry.name)))

    def warnings(self, today: date, used: Iterable[str]) -> tuple[str, ...]:
        """One line for each used model that is unknown, gone, or gone within ``SHUTDOWN_WARNING_DAYS``."""
        lines = []
        for name in dict.fromkeys(used):
            try:
                entry = self.model(name)
            except UnknownModel as error:
                lines.append(error.message)
                continue
            if entry.shutdown is None:
                continue
            if entry.is_retired(today):
                lines.append(f"model {entry.name} was switched off on {entry.shutdown}{_instead(entry)}")
            elif entry.shutdown - today <= timedelta(days=SHUTDOWN_WARNING_DAYS):
                days = (entry.shutdown - today).days
                lines.append(
                    f"model {entry.name} will be switched off on {entry.shutdown}, in {days} days{_instead(entry)}"
                )
        return tuple(lines)


def _instead(entry: ModelEntry) -> str:
    return f"; use {entry.replacement}" if entry.replacement else ""
