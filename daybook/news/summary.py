"""The summary of an analysis: a model's text when every number in it is known, else a template.

A model gets the facts as the desk computed them and fenced headlines. Its text is refused when it holds a number that
is neither in the facts nor in the headlines, an address, markup, something that looks like a secret, or a call to
trade: then the template says the facts, labelled as rule-based.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from daybook.contracts.base import KST
from daybook.contracts.llm import ChatMessage, CompletionRequest, Purpose, Role
from daybook.contracts.news import Headline, NewsAnalysisInput, SymbolSentiment, ThreatSignal
from daybook.llm.fencing import FENCE_RULE, fence
from daybook.news.ports import Completer
from daybook.news.summary_words import WORDS
from daybook.news.suspicion import is_suspicious
from daybook.news.text import folded, visible

TEMPLATE = "template"
LONGEST_SUMMARY = 1_500
_HEADLINES_TOLD = 12
_SYMBOLS_TOLD = 8
_OUTPUT_TOKENS = 500
_NUMBER = re.compile(r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
_MARKUP = re.compile(r"https?:|www\.|\w\.(?:com|net|io|kr|org)/|!\[|\]\(|<[a-z/!]|`|\{\"|<[A-Z]+_\d+>", re.IGNORECASE)
_CALL_TO_TRADE = re.compile(
    r"(?:매수|매도|청산|손절|익절)\s*(?:를|을)?\s*(?:하세요|하십시오|하라|해야|권고|추천|권장|실행)|지금\s*(?:사|팔)|전량\s*매[수도]"
    r"|\b(?:buy|sell|liquidate|short)\b\W+(?:\w+\W+){0,2}?(?:now|immediately|all|everything)\b"
    r"|\byou should (?:buy|sell)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a summary may tell."""

    analysis: NewsAnalysisInput
    market_sentiment: float
    symbols: tuple[SymbolSentiment, ...]
    threats: tuple[ThreatSignal, ...]
    headlines: tuple[Headline, ...]
    stories: int
    articles: int


@dataclass(frozen=True, slots=True)
class Summary:
    """A summary, who wrote it, and what it cost; ``problem`` says why it is not a model's."""

    text: str
    by: str
    cost_micro_krw: int = 0
    problem: str = ""


async def summarise(facts: Facts, completer: Completer | None) -> Summary:
    """Return the summary by a model, or by the template when there is no model or its text cannot be trusted."""
    if completer is None or not facts.headlines:
        return Summary(template(facts), TEMPLATE)
    told = [line for line in facts.headlines if not is_suspicious(line.title)][:_HEADLINES_TOLD]
    numbers = _facts_json(facts)
    completion = await completer.complete(
        CompletionRequest(
            purpose=Purpose.NEWS_SUMMARY,
            run_id=facts.analysis.run_id,
            model="",
            system=WORDS[facts.analysis.language]["task"] + " " + FENCE_RULE,
            messages=(
                ChatMessage(
                    role=Role.USER, text=f"FACTS {numbers}\n" + fence([line.title for line in told], "headlines")
                ),
            ),
            max_output_tokens=_OUTPUT_TOKENS,
            holds_untrusted=True,
        )
    )
    cost = completion.cost_micro_krw
    if completion.fallback is not None:
        return Summary(template(facts), TEMPLATE, cost, f"no model summary: {completion.fallback.value}")
    text = visible(completion.text)
    refusal = why_refused(text, numbers, [line.title for line in told])
    if refusal or completion.tool_calls:
        return Summary(template(facts), TEMPLATE, cost, f"a model's summary was refused: {refusal or 'a tool call'}")
    return Summary(text, completion.model or "model", cost)


def why_refused(text: str, facts: str, headlines: Sequence[str]) -> str:
    """Return why a model's text may not be shown; "" when it may."""
    if not text:
        return "it is empty"
    if len(text) > LONGEST_SUMMARY:
        return "it is too long"
    if _MARKUP.search(text):
        return "it holds an address or markup"
    if _CALL_TO_TRADE.search(folded(text)) or is_suspicious(text):
        return "it gives instructions"
    known = _numbers(facts) | {number for line in headlines for number in _numbers(line)}
    unknown = sorted(_numbers(text) - known)
    return f"number {unknown[0]} is not known" if unknown else ""


def template(facts: Facts) -> str:
    """Return the summary by rules, in the language of the analysis, labelled so."""
    words = WORDS[facts.analysis.language]
    if not facts.stories:
        return f"{words['label']} {words['nothing'].format(days=facts.analysis.days)}"
    parts = [
        words["label"],
        words["market"].format(
            tone=_tone(facts.market_sentiment, words),
            score=facts.market_sentiment,
            stories=facts.stories,
            articles=facts.articles,
            days=facts.analysis.days,
        ),
    ]
    told = [row for row in facts.symbols if row.stories][:_SYMBOLS_TOLD]
    if told:
        rows = ", ".join(
            words["symbol"].format(
                name=row.name or row.symbol, tone=_tone(row.sentiment, words), score=row.sentiment, stories=row.stories
            )
            for row in told
        )
        parts.append(words["symbols"].format(rows=rows))
    if facts.threats:
        rows = ", ".join(f"{words[signal.kind.value]} {signal.severity:.2f}" for signal in facts.threats)
        parts.append(words["threats"].format(rows=rows))
    return " ".join(parts)


def _tone(sentiment: float, words: dict[str, str]) -> str:
    return words["good"] if sentiment > 0.1 else words["bad"] if sentiment < -0.1 else words["mixed"]


def _facts_json(facts: Facts) -> str:
    value = {
        "as_of": facts.analysis.as_of.astimezone(KST).strftime("%Y-%m-%d %H:%M KST"),
        "days": facts.analysis.days,
        "stories": facts.stories,
        "articles": facts.articles,
        "market_sentiment": round(facts.market_sentiment, 2),
        "symbols": [
            {"name": row.name or row.symbol, "sentiment": round(row.sentiment, 2), "stories": row.stories}
            for row in facts.symbols[:_SYMBOLS_TOLD]
        ],
        "warnings": [{"kind": signal.kind.value, "severity": signal.severity} for signal in facts.threats],
    }
    return json.dumps(value, ensure_ascii=False)


def _numbers(text: str) -> set[str]:
    """Return the numbers of a text, without separators of thousands, trailing zeros and signs."""
    return {_plain(number) for number in _NUMBER.findall(folded(text))}


def _plain(number: str) -> str:
    digits = number.replace(",", "")
    whole, _, decimals = digits.partition(".")
    decimals = decimals.rstrip("0")
    return f"{whole.lstrip('0') or '0'}{'.' + decimals if decimals else ''}"
