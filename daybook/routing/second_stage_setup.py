"""The second stage that the settings ask for."""

from collections.abc import Callable, Mapping
from datetime import date

from daybook.llm.catalogue import Catalogue
from daybook.llm.catalogue_entry import ProviderName
from daybook.llm.errors import LlmError
from daybook.llm.ledger import CallLedger
from daybook.llm.providers import api_key
from daybook.routing.decisions import DecisionsStage
from daybook.routing.second_stage import SecondStage
from daybook.routing.system_one import SystemOneStage
from daybook.settings import LlmSettings


def second_stage_of(
    llm: LlmSettings,
    catalogue: Catalogue,
    ledger: CallLedger,
    environment: Mapping[str, str],
    today: date,
    *,
    redact: Callable[[str], str] | None = None,
) -> SecondStage | None:
    """Return what ``llm.router_model`` names, or None when nothing is named or it cannot be reached.

    A model that the catalogue lists for OpenAI is asked at its decision endpoint, with the key and through the ledger;
    any other name is a decision model of the Ollama server at ``llm.ollama_url``.
    """
    if not llm.router_model:
        return None
    try:
        entry = catalogue.usable(llm.router_model, today)
    except LlmError:
        entry = None
    if entry is not None and entry.provider is ProviderName.OPENAI:
        key = api_key(ProviderName.OPENAI, llm, environment)
        if not key.get_secret_value():
            return None
        return DecisionsStage(key, entry, ledger, base_url=llm.openai_base_url, redact=redact)
    if not llm.ollama_url:
        return None
    return SystemOneStage(llm.ollama_url, llm.router_model, redact=redact)
