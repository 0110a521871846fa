import subprocess
import sys
from datetime import date

import pytest

from daybook.llm.catalogue import Catalogue, ProviderName
from daybook.llm.errors import CatalogueError
from daybook.llm.providers import api_key, available_models, build_providers
from daybook.settings import LlmSettings

TODAY = date(2026, 11, 21)
ALL = ("openai", "anthropic", "gemini", "ollama")


async def built(llm: LlmSettings, environment: dict[str, str]) -> list[str]:
    providers = build_providers(llm, environment)
    assert all(provider.name == name for name, provider in providers.items())
    for provider in providers.values():
        await provider.close()
    return list(providers)


async def test_providers_when_no_key_is_set_then_there_are_none() -> None:
    assert await built(LlmSettings(), {"PATH": "/bin", "OPENAI_API_KEY": "  "}) == []


async def test_providers_when_keys_come_from_the_usual_variables_then_they_are_used() -> None:
    keys = {"OPENAI_API_KEY": "a", "ANTHROPIC_API_KEY": "b", "GOOGLE_API_KEY": "c"}
    assert await built(LlmSettings(ollama_url="http://127.0.0.1:9"), keys) == [
        "openai",
        "anthropic",
        "gemini",
        "ollama",
    ]


def test_api_key_when_settings_and_environment_have_one_then_the_settings_win() -> None:
    llm = LlmSettings.model_validate({"gemini_api_key": "mine"})
    both = {"GEMINI_API_KEY": "first", "GOOGLE_API_KEY": "second"}
    assert api_key(ProviderName.GEMINI, llm, both).get_secret_value() == "mine"
    assert api_key(ProviderName.GEMINI, LlmSettings(), both).get_secret_value() == "first"
    assert api_key(ProviderName.OLLAMA, llm, both).get_secret_value() == ""


@pytest.mark.parametrize(
    ("name", "variable"),
    [("openai", "OPENAI_API_KEY"), ("anthropic", "ANTHROPIC_API_KEY"), ("google.genai", "GEMINI_API_KEY")],
)
def test_providers_when_one_key_is_set_then_only_its_sdk_is_imported(name: str, variable: str) -> None:
    program = (
        "import sys\n"
        "from daybook.llm.providers import build_providers\n"
        "from daybook.settings import LlmSettings\n"
        "sdks = {'openai', 'anthropic', 'google.genai', 'ollama'}\n"
        "assert not sdks & set(sys.modules), 'imported before use'\n"
        f"build_providers(LlmSettings(), {{{variable!r}: 'k'}})\n"
        "print(','.join(sorted(sdks & set(sys.modules))))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == name


def test_available_models_when_providers_are_known_then_only_theirs_and_no_retired_ones() -> None:
    models = available_models(Catalogue.shipped(), {"openai"}, LlmSettings(), TODAY)
    assert {entry.provider for entry in models} == {ProviderName.OPENAI}
    names = [entry.name for entry in models]
    assert "gpt-4o" in names
    assert "gpt-4-turbo" not in names
    later = available_models(Catalogue.shipped(), {"openai"}, LlmSettings(), date(2027, 1, 14))
    assert "gpt-4o" not in [entry.name for entry in later]


def test_available_models_when_some_are_preferred_then_they_come_first_in_that_order() -> None:
    llm = LlmSettings(preferred_models=("gemini-4-argon", "unknown", "tiny-ko:1b"), ollama_model="tiny-ko:1b")
    models = available_models(Catalogue.of(llm), ALL, llm, TODAY)
    assert [entry.name for entry in models[:3]] == ["gemini-4-argon", "local", "gpt-6-luna"]


def test_available_models_when_no_local_model_is_named_then_local_is_left_out() -> None:
    models = available_models(Catalogue.shipped(), ALL, LlmSettings(ollama_url="http://127.0.0.1:9"), TODAY)
    assert ProviderName.OLLAMA not in {entry.provider for entry in models}


def test_providers_when_the_catalogue_cannot_be_read_then_it_says_so() -> None:
    with pytest.raises(CatalogueError):
        build_providers(LlmSettings.model_validate({"catalogue": "missing.yaml"}), {})
