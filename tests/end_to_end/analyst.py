"""A model for tests: it reads the question and the tools it may call, asks for what fits, and answers from results."""

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.llm.stand_ins import Asked, Reply, ToolCall

NAMES = ("삼성전자", "SK하이닉스", "Samsung Electronics", "SK hynix")
_TICKER = re.compile(r"\b[A-Z]{3,5}\b")
_NO_TICKERS = {"SEC", "KRX", "KST", "PER", "SMA"}
_FIGURES_TOLD = 4


def analyst(asked: Asked) -> Reply:
    """Call tools first, then answer."""
    if asked.schema is not None:
        return Reply(json={"scores": [{"number": n, "sentiment": 0.1, "relevance": 0.5} for n in numbered(asked)]})
    told, said = told_results(asked), first_said(asked)
    if asked.allowed and not told:
        calls = tuple(call for call in wanted(said.splitlines()[0], said) if call.name in asked.allowed)
        if calls:
            return Reply(tool_calls=calls)
    return Reply(text=written(said.splitlines()[0], told))


def first_said(asked: Asked) -> str:
    """The text that begins with the person's own words; what comes after it are notes of the desk."""
    return next(message.text for message in asked.messages if message.role == "user")


def numbered(asked: Asked) -> list[int]:
    """The numbers of the fenced texts."""
    return [int(number) for number in re.findall(r"^\[(\d+)\] ", asked.question, flags=re.MULTILINE)]


def told_results(asked: Asked) -> list[str]:
    """The results of tools: messages of their own, or one text when the request carries no tools."""
    _, mark, rest = first_said(asked).partition("Results of the tools:\n")
    return [message.text for message in asked.messages if message.role == "tool"] or ([rest] if mark else [])


def wanted(question: str, everything: str) -> Iterator[ToolCall]:
    """What a sensible model calls for a question."""
    words = question.lower()
    found = re.search(r"KRX codes named: ([\d, ]+)", everything)
    symbols = found[1].split(", ") if found else []
    name = next((name for name in NAMES if name.lower() in words), "")
    if "뉴스" in words or "news" in words:
        days = 7 if "1주일" in words or "week" in words else 1
        yield ToolCall("search_news", {"keyword": name, "days": days})
    for symbol in symbols:
        if "지표" in words or "indicator" in words:
            yield ToolCall("indicators", {"symbol": symbol, "names": ["rsi", "sma"]})
        if "비율" in words or "ratio" in words:
            yield ToolCall("financial_ratios", {"symbol": symbol})
        if "공급" in words or "supply chain" in words:
            yield ToolCall("supply_chain", {"symbol": symbol})
    if "백테스트" in words or "backtest" in words:
        yield ToolCall("backtest_strategy", {"symbols": symbols, "strategy": "sma_cross", "sessions": 245})
    if "공시" in words or "filing" in words:
        tickers = [word for word in _TICKER.findall(question) if word not in _NO_TICKERS]
        yield ToolCall("sec_filings", {"ticker": tickers[0], "forms": ["10-K"]})
    if any(part in words for part in ("하지 마", "팔지 마", "사지 마", "don't", "do not")):
        yield ToolCall("open_orders")


def written(question: str, results: list[str]) -> str:
    """An answer whose figures and titles are those of the results."""
    lines = ["확인한 자료입니다." if re.search("[가-힣]", question) else "This is what the tools say."]
    for result in results:
        lines += [f"- {title}" for title in re.findall(r'"title":"([^"]{1,80})"', result)[:2]]
        if result.lstrip().startswith(("{", "[")):
            lines += [f"- {name}: {value}" for name, value in list(figures(json.loads(result)))[:_FIGURES_TOLD]]
    return "\n".join(lines)


def figures(value: Any, name: str = "") -> Iterator[tuple[str, int | float]]:
    """The numbers of a result with their names."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from figures(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from figures(inner, name)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield name, value
