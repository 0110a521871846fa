"""How many tokens a text has, without a provider's tokenizer.

Two numbers, for two uses: an *estimate* for planning, and a *highest* number for reservations. The estimate is a linear
rule fitted on 458 Korean and English utterances against the o200k, Claude and Gemini vocabularies (error 13-17 % of one
utterance, less on longer texts). The rule has two coefficients because a Hangul syllable costs 3 to 4 times a Latin
letter; characters divided by four would be short by 2.5 times on OpenAI and 4.3 times on Claude.
"""

import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from daybook.llm.port import ProviderRequest, ToolSchema


class TokenFamily(StrEnum):
    """A vocabulary; models of one family count alike."""

    O200K = "o200k"
    CLAUDE = "claude"
    GEMINI = "gemini"
    UNKNOWN = "unknown"
    """A local model: counted like the most expensive family, since nothing is known of it."""


@dataclass(frozen=True, slots=True)
class Coefficients:
    """Tokens per wide character (Hangul syllable) and per other character."""

    wide: float
    other: float


COEFFICIENTS: dict[TokenFamily, Coefficients] = {
    TokenFamily.O200K: Coefficients(wide=0.852, other=0.235),
    TokenFamily.CLAUDE: Coefficients(wide=1.401, other=0.360),
    TokenFamily.GEMINI: Coefficients(wide=0.958, other=0.247),
    TokenFamily.UNKNOWN: Coefficients(wide=1.401, other=0.360),
}
_FAMILIES = {"openai": TokenFamily.O200K, "anthropic": TokenFamily.CLAUDE, "gemini": TokenFamily.GEMINI}

TOKENS_PER_MESSAGE = 4
"""What a provider adds around a message: role and separators."""
TOKENS_PER_TOOL = 8
"""What a provider adds around a tool's name, description and schema."""
_HIGHEST_PER_MESSAGE = 32
_HIGHEST_PER_TOOL = 64
_HIGHEST_PER_REQUEST = 1_024
"""Room for what providers add unseen, such as Anthropic's system text about tools (about 350 tokens)."""

# Measured are Hangul syllables only; other scripts that begin here (jamo, kana, Chinese characters, emoji) are counted
# like them, which is nearer than counting them like Latin letters.
_WIDE = re.compile(r"[ᄀ-ᇿ⺀-\U0010ffff]")


def family_of(provider: str) -> TokenFamily:
    """Return the vocabulary of a provider's models."""
    return _FAMILIES.get(provider, TokenFamily.UNKNOWN)


def estimate_tokens(text: str, family: TokenFamily) -> int:
    """Return about how many tokens ``text`` has."""
    wide = len(_WIDE.findall(text))
    one = COEFFICIENTS[family]
    return math.ceil(one.wide * wide + one.other * (len(text) - wide))


def highest_tokens(text: str) -> int:
    """Return a number of tokens ``text`` cannot exceed in any of the vocabularies.

    They work on UTF-8 bytes, or fall back to them, and a token covers at least one byte.
    """
    return len(text.encode("utf-8", "surrogatepass"))


def compact_json(value: Any) -> str:
    """Return JSON with sorted keys and real characters: escapes would double the tokens of Korean text."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def tool_text(tool: ToolSchema) -> str:
    """Return a tool as the text a provider counts."""
    return compact_json({"description": tool.description, "name": tool.name, "parameters": tool.parameters})


def estimate_tools(tools: Iterable[ToolSchema], family: TokenFamily) -> int:
    """Return about how many tokens the definitions of tools have."""
    return sum(estimate_tokens(tool_text(tool), family) + TOKENS_PER_TOOL for tool in tools)


def estimate_messages(request: ProviderRequest, family: TokenFamily) -> int:
    """Return about how many tokens the messages and the answer's schema have."""
    texts = [*_message_texts(request), *_schema_texts(request)]
    return sum(estimate_tokens(text, family) for text in texts) + TOKENS_PER_MESSAGE * len(request.messages)


def estimate_request(request: ProviderRequest, family: TokenFamily) -> int:
    """Return about how many input tokens a request has."""
    system = estimate_tokens(request.system, family)
    return system + estimate_tools(request.tools, family) + estimate_messages(request, family)


def highest_request(request: ProviderRequest) -> int:
    """Return a number of input tokens the request cannot exceed with any provider."""
    texts = [request.system, *map(tool_text, request.tools), *_message_texts(request), *_schema_texts(request)]
    framing = _HIGHEST_PER_MESSAGE * (len(request.messages) + 1) + _HIGHEST_PER_TOOL * len(request.tools)
    return sum(highest_tokens(text) for text in texts) + framing + _HIGHEST_PER_REQUEST


def _message_texts(request: ProviderRequest) -> list[str]:
    texts = []
    for message in request.messages:
        texts.append(message.text)
        texts += [f"{call.id} {call.name} {compact_json(call.arguments)}" for call in message.tool_calls]
        texts.append(f"{message.tool_call_id} {message.name}".strip())
    return [text for text in texts if text]


def _schema_texts(request: ProviderRequest) -> list[str]:
    return [] if request.answer is None else [compact_json(request.answer.model_json_schema())]
