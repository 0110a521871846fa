"""Which tools answer a question when no model can choose: a few fixed plans by intent."""

import re
from collections.abc import Callable

from pydantic import JsonValue

from daybook.contracts.ask import AskInput
from daybook.contracts.llm import ModelToolCall
from daybook.contracts.routing import Intent, RouteDecision

MOST_SYMBOLS = 3
_DEFAULT_DAYS = 7
_PERIODS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], int]], ...] = (
    (re.compile(r"(\d{1,3})\s*(?:일|days?\b)"), lambda found: int(found[1])),
    (re.compile(r"(\d{1,2})\s*(?:주일|주간|주|weeks?\b)"), lambda found: 7 * int(found[1])),
    (re.compile(r"(\d{1,2})\s*(?:개월|달|months?\b)"), lambda found: 30 * int(found[1])),
    (re.compile(r"일주일|한\s*주|지난\s*주|이번\s*주|\bweek\b"), lambda _: 7),
    (re.compile(r"한\s*달|\bmonth\b"), lambda _: 30),
    (re.compile(r"오늘|금일|\btoday\b"), lambda _: 1),
    (re.compile(r"어제|\byesterday\b"), lambda _: 2),
)
_TICKER = re.compile(r"(?<![\w-])[A-Z]{2,5}(?:[.-][A-Z])?(?![\w-])")
_NO_TICKER = frozenset({"AI", "CEO", "EDGAR", "EPS", "ETF", "FY", "IPO", "IR", "KRX", "PBR", "PER", "ROE", "SEC", "US"})
_FORM = re.compile(r"\b(?:10-?K|10-?Q|8-?K|20-?F|6-?K)\b", re.IGNORECASE)


def tickers_of(text: str) -> tuple[str, ...]:
    """Return what is written like a U.S. ticker, in order and each once."""
    return tuple(dict.fromkeys(word for word in _TICKER.findall(text) if word not in _NO_TICKER))


def forms_of(text: str) -> tuple[str, ...]:
    """Return the SEC forms a question names, as the SEC writes them."""
    found = (form.upper().replace("-", "") for form in _FORM.findall(text))
    return tuple(dict.fromkeys(f"{form[:-1]}-{form[-1]}" for form in found))


def days_of(text: str) -> int:
    """Return the days a question speaks of, 1 to 30; a week when it names none."""
    for pattern, days in _PERIODS:
        found = pattern.search(text.lower())
        if found:
            return min(30, max(1, days(found)))
    return _DEFAULT_DAYS


def plan_by_rules(ask: AskInput, route: RouteDecision, name_of: Callable[[str], str]) -> tuple[ModelToolCall, ...]:
    """Return the calls that answer a question without a model; only tools of the route, never one that prepares orders.

    Args:
        ask: the question.
        route: its route.
        name_of: the name of a symbol, for searches.
    """
    symbols = route.symbols[:MOST_SYMBOLS]
    wanted: list[tuple[str, dict[str, JsonValue]]] = []
    if route.intent is Intent.NEWS_ANALYSIS:
        keywords = [name_of(symbol) for symbol in symbols] or [
            "증시" if route.language == "ko" else "Korea stock market"
        ]
        days = days_of(ask.question)
        wanted += [("search_news", {"keyword": keyword, "days": days}) for keyword in keywords]
    elif route.intent is Intent.MARKET_RESEARCH:
        wanted += _research(ask.question, symbols, route.tools)
    elif route.intent is Intent.STRATEGY_GENERATION and symbols:
        wanted += [("backtest_strategy", {"symbols": list(symbols), "strategy": "sma_cross"})]
    elif route.intent is Intent.TRADING_EXECUTION:
        wanted += [("account_balance", {})]
    allowed = [(name, arguments) for name, arguments in wanted if name in route.tools]
    return tuple(
        ModelToolCall(id=f"rule-{number}", name=name, arguments=arguments)
        for number, (name, arguments) in enumerate(allowed, start=1)
    )


def _research(
    question: str, symbols: tuple[str, ...], tools: tuple[str, ...]
) -> list[tuple[str, dict[str, JsonValue]]]:
    """A tool that a question has to name is what the question is about; without one, price, trend and figures."""
    if "supply_chain" in tools and symbols:
        return [("supply_chain", {"symbol": symbol}) for symbol in symbols]
    tickers = tickers_of(question)[:MOST_SYMBOLS]
    if "sec_filings" in tools and tickers and not symbols:
        given: dict[str, JsonValue] = {"forms": list(forms)} if (forms := forms_of(question)) else {}
        return [("sec_filings", {"ticker": ticker, **given}) for ticker in tickers]
    if not symbols:
        return [("market_overview", {})]
    names = ("quote", "indicators", "financial_ratios")
    return [(name, {"symbol": symbol}) for name in names for symbol in symbols]
