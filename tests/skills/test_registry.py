import subprocess
import sys

import pytest

from daybook.contracts.layers import Effect, Layer
from daybook.skills.errors import DeclarationError
from daybook.skills.registry import Registry, registry
from daybook.skills.skill import Skill
from daybook.skills.spec import GROUPS
from tests.skills.sample import echo, sample

HEAVY = (
    "numpy",
    "pandas",
    "scipy",
    "matplotlib",
    "talib",
    "sqlalchemy",
    "httpx",
    "temporalio",
    "fastapi",
    "openai",
    "anthropic",
    "google.genai",
    "ollama",
    "daybook.broker",
    "daybook.execution",
    "daybook.storage",
    "daybook.settings",
    "daybook.llm.providers",
)


def test_registry_when_imported_then_no_heavy_library_and_no_layer_comes_with_it() -> None:
    code = "import sys, daybook.skills.policy, daybook.skills.toolbox; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    loaded = set(done.stdout.split())
    assert "daybook.skills.registry" in loaded
    assert [name for name in HEAVY if name in loaded] == []


def test_registry_when_asked_twice_then_it_is_the_same() -> None:
    assert registry() is registry()


def test_registry_when_complete_then_every_skill_has_tools_and_a_module_of_its_name() -> None:
    for skill in registry().skills:
        assert skill.tools, skill.name
        for spec in skill.tools:
            assert spec.function.__module__ == f"daybook.skills.{skill.name}"


def test_registry_when_complete_then_only_trading_changes_anything_and_nothing_orders() -> None:
    changing = [spec for spec in registry().tools if spec.effect is not Effect.READ]
    assert all(spec.layer is Layer.TRADING and spec.effect is not Effect.ORDER for spec in changing)


def test_registry_when_grouped_then_every_skill_is_in_one_group_in_order() -> None:
    groups = registry().by_group()
    assert tuple(groups) == GROUPS
    assert sum(len(skills) for skills in groups.values()) == len(registry().skills)


def test_registry_when_two_skills_declare_one_name_then_it_is_refused() -> None:
    other = Skill("market_data.other", "x", layer=Layer.PIPELINE)
    other.tool()(echo)
    with pytest.raises(DeclarationError, match=r"tool echo is declared by market_data\.\w+ and by market_data\.\w+"):
        Registry((sample, other))


def test_registry_when_a_skill_is_there_twice_then_it_is_refused() -> None:
    with pytest.raises(DeclarationError, match=r"registered twice: market_data\.sample"):
        Registry((sample, sample))
