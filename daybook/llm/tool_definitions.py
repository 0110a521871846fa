"""Tools as models see them, made once and kept for a while: the same set is the same text in every request."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from daybook.llm.port import ToolSchema
from daybook.llm.tokens import TokenFamily, estimate_tools, tool_text
from daybook.skills.schema import provider_schema
from daybook.skills.toolset import ToolSet

KEPT_SETS = 128
"""Sets kept at once; the least used goes first."""


@dataclass(frozen=True)
class DefinedTools:
    """Tool schemas sorted by name, so that a set has one order only."""

    schemas: tuple[ToolSchema, ...] = ()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names, sorted."""
        return tuple(schema.name for schema in self.schemas)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the definitions' text."""
        return hashlib.sha256("\n".join(map(tool_text, self.schemas)).encode()).hexdigest()

    def tokens(self, family: TokenFamily) -> int:
        """About how many tokens the definitions have."""
        known = self._tokens.get(family)
        if known is None:
            known = self._tokens[family] = estimate_tools(self.schemas, family)
        return known

    @cached_property
    def _tokens(self) -> dict[TokenFamily, int]:
        return {}


class ToolDefinitions:
    """Definitions by tool set.

    Args:
        tools: every tool of the desk.
        ttl_s: how long definitions are kept; they only change with the program, so this bounds memory, not staleness.
        monotonic_s: gives seconds.
    """

    def __init__(
        self, tools: ToolSet, *, ttl_s: float = 3_600, monotonic_s: Callable[[], float] = time.monotonic
    ) -> None:
        self.tools = tools
        self._ttl_s = ttl_s
        self._monotonic_s = monotonic_s
        self._kept: OrderedDict[str, tuple[float, DefinedTools]] = OrderedDict()

    def of(self, names: Iterable[str]) -> DefinedTools:
        """Return the definitions of the named tools; raises ``UnknownTool``."""
        return self.of_set(self.tools.select(names))

    def of_set(self, tools: ToolSet) -> DefinedTools:
        """Return the definitions of a set."""
        now_s = self._monotonic_s()
        kept = self._kept.get(tools.digest)
        if kept is not None and now_s - kept[0] < self._ttl_s:
            self._kept.move_to_end(tools.digest)
            return kept[1]
        made = DefinedTools(tuple(ToolSchema(**provider_schema(spec)) for spec in tools))
        self._kept[tools.digest] = (now_s, made)
        self._kept.move_to_end(tools.digest)
        while len(self._kept) > KEPT_SETS:
            self._kept.popitem(last=False)
        return made
