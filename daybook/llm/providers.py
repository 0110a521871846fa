"""Which providers the settings allow, and which models that makes available."""

from collections.abc import Collection, Mapping
from datetime import date

from pydantic import SecretStr

from daybook.llm.catalogue import Catalogue
from daybook.llm.catalogue_entry import ModelEntry, ProviderName, Supports
from daybook.llm.port import ModelProvider
from daybook.llm.retrying import RetryPolicy
from daybook.settings import LlmSettings

KEY_VARIABLES = {
    ProviderName.OPENAI: ("OPENAI_API_KEY",),
    ProviderName.ANTHROPIC: ("ANTHROPIC_API_KEY",),
    ProviderName.GEMINI: ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
}
"""The providers' usual variables, looked at when the settings have no key."""


def api_key(provider: ProviderName, llm: LlmSettings, environment: Mapping[str, str]) -> SecretStr:
    """The key of a provider: from the settings, else from its usual variables; empty: there is none."""
    configured = {
        ProviderName.OPENAI: llm.openai_api_key,
        ProviderName.ANTHROPIC: llm.anthropic_api_key,
        ProviderName.GEMINI: llm.gemini_api_key,
    }.get(provider, SecretStr(""))
    candidates = [
        configured.get_secret_value(),
        *(environment.get(name, "") for name in KEY_VARIABLES.get(provider, ())),
    ]
    return SecretStr(next((value.strip() for value in candidates if value.strip()), ""))


def build_providers(
    llm: LlmSettings,
    environment: Mapping[str, str],
    catalogue: Catalogue | None = None,
    retry: RetryPolicy | None = None,
) -> dict[str, ModelProvider]:
    """An adapter for every provider that has a key (Ollama: an address), by the catalogue's name of the provider.

    An SDK is imported only when its provider is used: the four together take seconds to load.

    Raises:
        CatalogueError: no catalogue was given and the settings' one cannot be read.
    """
    catalogue = catalogue or Catalogue.of(llm)
    supports = {entry.wire_name: entry.supports for entry in catalogue.models}
    built: dict[str, ModelProvider] = {}
    for provider in ProviderName:
        if provider is ProviderName.OLLAMA:
            if llm.ollama_url:
                built[provider.value] = _ollama(llm, catalogue, retry)
            continue
        key = api_key(provider, llm, environment)
        if key.get_secret_value():
            built[provider.value] = _with_key(provider, key, llm, supports, retry)
    return built


def available_models(
    catalogue: Catalogue,
    providers: Collection[str],
    llm: LlmSettings,
    day: date,
) -> tuple[ModelEntry, ...]:
    """Models that can be called on ``day``: the preferred ones in the settings' order, then the catalogue's order.

    Names among the preferred ones that are unknown or retired are left out here; ``Catalogue.warnings`` speaks of them.
    """
    usable = [
        entry
        for entry in catalogue.models
        if entry.provider.value in providers
        and not entry.is_retired(day)
        and (entry.provider is not ProviderName.OLLAMA or llm.ollama_model)
    ]
    ranks = {name: rank for rank, name in reversed(list(enumerate(llm.preferred_models)))}
    last = len(ranks)

    def rank(entry: ModelEntry) -> int:
        return min(ranks.get(entry.name, last), ranks.get(entry.wire_name, last))

    return tuple(sorted(usable, key=rank))


def _with_key(
    provider: ProviderName,
    key: SecretStr,
    llm: LlmSettings,
    supports: Mapping[str, Supports],
    retry: RetryPolicy | None,
) -> ModelProvider:
    if provider is ProviderName.OPENAI:
        from daybook.llm.openai_adapter import OpenAiProvider

        return OpenAiProvider(key, base_url=llm.openai_base_url, supports=supports, retry=retry)
    if provider is ProviderName.ANTHROPIC:
        from daybook.llm.anthropic_adapter import AnthropicProvider

        return AnthropicProvider(key, base_url=llm.anthropic_base_url, supports=supports, retry=retry)
    from daybook.llm.gemini_adapter import GeminiProvider

    return GeminiProvider(key, base_url=llm.gemini_base_url, retry=retry)


def _ollama(llm: LlmSettings, catalogue: Catalogue, retry: RetryPolicy | None) -> ModelProvider:
    from daybook.llm.ollama_adapter import DEFAULT_CONTEXT_TOKENS, OllamaProvider

    local = [entry.context_tokens for entry in catalogue.models if entry.provider is ProviderName.OLLAMA]
    context_tokens = local[0] if local else DEFAULT_CONTEXT_TOKENS
    return OllamaProvider(llm.ollama_url, context_tokens=context_tokens, retry=retry)
