"""The table of special days: parsed from ``holidays.yaml``, or from an operator's own text of the same form."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Self

import yaml
from pydantic import ConfigDict, Field, model_validator

from daybook.contracts.base import Message
from daybook.contracts.session import DayKind


class HolidayTableError(ValueError):
    """A table of special days cannot be used; the text says which entry and why."""


class SpecialDay(Message):
    """One day that differs from an ordinary weekday, or is explicitly confirmed to be one.

    ``overrides`` says why the entry wins over a calendar library that disagrees; empty means it does not.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    day: date
    kind: DayKind = Field(strict=False)
    name: str = Field(min_length=1)
    overrides: str = ""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.kind is DayKind.DISAGREED:
            raise ValueError(f"{self.day}: a table entry decides; it cannot be 'disagreed'")
        if self.day.weekday() >= 5:
            raise ValueError(f"{self.day} is at a weekend, which is closed anyway")
        return self


class _TableFile(Message):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    first_day: date
    last_day: date
    provisional_from: date
    days: list[SpecialDay]


@dataclass(frozen=True, slots=True)
class HolidayTable:
    """Special days by date, known for ``first_day`` to ``last_day``, both included."""

    first_day: date
    last_day: date
    provisional_from: date
    special_days: Mapping[date, SpecialDay]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the table a YAML text describes; raises ``HolidayTableError`` for one that cannot be used."""
        try:
            content = _TableFile.model_validate(yaml.safe_load(text))
        except (yaml.YAMLError, ValueError) as error:
            raise HolidayTableError(f"the table of special days cannot be read: {error}") from error
        if content.first_day > content.last_day:
            raise HolidayTableError(f"the table ends on {content.last_day}, before it begins on {content.first_day}")
        special_days: dict[date, SpecialDay] = {}
        for entry in content.days:
            if entry.day in special_days:
                raise HolidayTableError(f"{entry.day} is listed twice")
            if not content.first_day <= entry.day <= content.last_day:
                raise HolidayTableError(f"{entry.day} is outside {content.first_day} to {content.last_day}")
            special_days[entry.day] = entry
        return cls(
            first_day=content.first_day,
            last_day=content.last_day,
            provisional_from=content.provisional_from,
            special_days=MappingProxyType(special_days),
        )

    def covers(self, day: date) -> bool:
        """Return whether the table decides about a date."""
        return self.first_day <= day <= self.last_day

    def override_for(self, day: date) -> SpecialDay | None:
        """Return the date's entry if it is meant to win over a library that disagrees."""
        entry = self.special_days.get(day)
        return entry if entry is not None and entry.overrides else None


@cache
def packaged_table() -> HolidayTable:
    """Return the table that ships with the package; read once."""
    return HolidayTable.parse(files("daybook.krx").joinpath("holidays.yaml").read_text(encoding="utf-8"))
