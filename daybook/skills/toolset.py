"""An unchanging set of tools with a digest: the key of prompts, tool lists and scripts made for it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from itertools import pairwise

from daybook.contracts.layers import Layer
from daybook.skills.errors import DeclarationError, UnknownTool
from daybook.skills.schema import sha256_of
from daybook.skills.spec import ToolSpec


@dataclass(frozen=True)
class ToolSet:
    """Tools, sorted by name; build it with ``ToolSet.of``."""

    tools: tuple[ToolSpec, ...] = ()

    @classmethod
    def of(cls, tools: Iterable[ToolSpec]) -> "ToolSet":
        """Return the set of these tools, in any order given.

        Raises:
            DeclarationError: when two tools share a name.
        """
        ordered = sorted(tools, key=lambda spec: spec.name)
        for one, other in pairwise(ordered):
            if one.name == other.name:
                raise DeclarationError(f"tool {one.name} is declared by {one.skill} and by {other.skill}")
        return cls(tuple(ordered))

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the digests of the tools; the order they were given in does not matter."""
        return sha256_of([[spec.name, spec.digest] for spec in self.tools])

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the tools, sorted."""
        return tuple(spec.name for spec in self.tools)

    @cached_property
    def _by_name(self) -> dict[str, ToolSpec]:
        return {spec.name: spec for spec in self.tools}

    def __iter__(self) -> Iterator[ToolSpec]:
        return iter(self.tools)

    def __len__(self) -> int:
        return len(self.tools)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def get(self, name: str) -> ToolSpec:
        """Return one tool; raises ``UnknownTool`` with the names near it."""
        spec = self._by_name.get(name)
        if spec is None:
            raise UnknownTool(name, self.near(name))
        return spec

    def near(self, name: str) -> tuple[str, ...]:
        """Return up to three names that look like ``name``, best first."""
        return tuple(get_close_matches(name[:64].lower(), self.names, n=3, cutoff=0.5))

    def select(self, names: Iterable[str]) -> "ToolSet":
        """Return the set of the named tools; raises ``UnknownTool`` for a name it does not have."""
        return ToolSet.of(self.get(name) for name in dict.fromkeys(names))

    def by_skill(self, skill: str) -> "ToolSet":
        """Return the tools of one skill (``group.skill``)."""
        return ToolSet(tuple(spec for spec in self.tools if spec.skill == skill))

    def by_group(self, group: str) -> "ToolSet":
        """Return the tools of one group."""
        return ToolSet(tuple(spec for spec in self.tools if spec.group == group))

    def by_layer(self, layer: Layer) -> "ToolSet":
        """Return the tools of one layer."""
        return ToolSet(tuple(spec for spec in self.tools if spec.layer is layer))

    def union(self, other: "ToolSet") -> "ToolSet":
        """Return the tools of both sets."""
        return ToolSet.of({spec.name: spec for spec in (*self.tools, *other.tools)}.values())
