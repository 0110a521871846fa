"""All skills of the desk, named one by one."""

from dataclasses import dataclass
from functools import cache, cached_property

from daybook.skills.errors import DeclarationError
from daybook.skills.fundamental.financials import financials
from daybook.skills.fundamental.sec import sec
from daybook.skills.fundamental.value_chain import value_chain
from daybook.skills.intelligence.claude import claude
from daybook.skills.intelligence.gemini import gemini
from daybook.skills.intelligence.gpt4o import gpt4o
from daybook.skills.intelligence.local_llm import local_llm
from daybook.skills.market_data.calendar import calendar
from daybook.skills.market_data.news import news
from daybook.skills.market_data.search import search
from daybook.skills.skill import Skill
from daybook.skills.spec import GROUPS, ToolSpec
from daybook.skills.technical.backtest import backtest
from daybook.skills.technical.chart import chart
from daybook.skills.technical.statistics import statistics
from daybook.skills.toolset import ToolSet
from daybook.skills.trading.kis import kis
from daybook.skills.trading.order import order
from daybook.skills.trading.risk import risk

SKILLS: tuple[Skill, ...] = (
    news,
    search,
    calendar,
    sec,
    financials,
    value_chain,
    chart,
    backtest,
    statistics,
    kis,
    order,
    risk,
    claude,
    gemini,
    gpt4o,
    local_llm,
)


@dataclass(frozen=True)
class Registry:
    """Skills and their tools.

    Args:
        skills: each with a name of its own; tool names are unique over all of them.

    Raises:
        DeclarationError: when a skill or a tool name is used twice.
    """

    skills: tuple[Skill, ...]

    def __post_init__(self) -> None:
        names = [skill.name for skill in self.skills]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise DeclarationError(f"skills are registered twice: {', '.join(twice)}")
        ToolSet.of(spec for skill in self.skills for spec in skill.tools)
        assert self.tools is not None

    @cached_property
    def tools(self) -> ToolSet:
        """Every tool."""
        return ToolSet.of(spec for skill in self.skills for spec in skill.tools)

    def get(self, name: str) -> ToolSpec:
        """Return one tool; raises ``UnknownTool`` with the names near it."""
        return self.tools.get(name)

    def by_group(self) -> dict[str, tuple[Skill, ...]]:
        """Return the skills by group, in the order groups are shown."""
        return {group: tuple(skill for skill in self.skills if skill.group == group) for group in GROUPS}


@cache
def registry() -> Registry:
    """Return the registry of all skills; the same object each time."""
    return Registry(SKILLS)
