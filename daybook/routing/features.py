"""Named signs of what a request wants: each is there or not and has a name a person can read."""

import re
from functools import lru_cache
from importlib.resources import files

import yaml

from daybook.routing.focus import last_clause
from daybook.routing.normalise import Normalised
from daybook.routing.spelling import fold_sound

_LENGTHS = (
    (2, "at_most_two_words"),
    (4, "at_most_four_words"),
    (8, "at_most_eight_words"),
)
_LONG_WORDS = 16

_ORDERS = (
    "buy_order_ko", "sell_order_ko", "order_command_en", "order_request_en", "puts_order", "changes_order",
    "stop_order",
)  # fmt: skip
_NEWS = ("news_word", "sentiment_word")
_RESEARCH = (
    "quote_word", "financial_word", "filing_word", "industry_word", "economy_word", "company_word", "analyst_word",
    "market_flow_word", "technical_word", "screens", "calendar_word", "outlook_word",
)  # fmt: skip
_STRATEGY = ("strategy_word", "portfolio_word", "simulation_word", "optimises", "codes")
_ACCOUNT = ("my_account", "account_question", "account_noun")
_NOT_AN_ORDER = (
    "asks_whether", "asks_advice_en", "supposes", "asks_meaning", "asks_how", "bypasses_rules",
    "third_party", "strategy_word", "simulation_word", "codes", "market_flow_word", "analyst_word",
    "corporate_deal_word", "why_word", "off_topic", "picks",
)  # fmt: skip
_ENDS = (
    ("ends_in_news", (*_NEWS, "whats_happening", "why_word")), ("ends_in_research", _RESEARCH),
    ("ends_in_strategy", _STRATEGY), ("ends_in_order", _ORDERS), ("ends_in_account", _ACCOUNT),
    ("ends_in_advice", ("asks_whether", "asks_advice_en")),
)  # fmt: skip
_WHOLE_TEXT = frozenset(
    ("asks_to_do", "ends_in_request", "question_mark", "asks_with_ending", "asks_with_word_ko", "asks_with_word_en",
     "asks_yes_no_en", "wants", "has_decided", "asks_politely", "exclaims", "quotes_something", "reports_speech",
     "bypasses_rules", "negates_order", "negates", "asks_whether", "asks_advice_en", "supposes", "greets", "thanks",
     "after_check_order", "joins_two", "names_security", "has_number")
)  # fmt: skip
"""Signs of how a thing is said, and those that forbid: they count also where the person refuses something."""
_CONTENT = frozenset(name for _, names in _ENDS for name in names)


@lru_cache(maxsize=1)
def patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return the named patterns in their order in the data file."""
    raw = yaml.safe_load(files("daybook.routing").joinpath("data", "features.yaml").read_text(encoding="utf-8"))
    return tuple((name, re.compile(fold_sound(pattern))) for name, pattern in raw.items())


def signs(normalised: Normalised) -> frozenset[str]:
    """Return the names of the signs that are in the asked text."""
    whole, focus = fold_sound(normalised.marked), fold_sound(normalised.focus)
    clause = last_clause(focus)
    found = {name for name, pattern in patterns() if pattern.search(whole if name in _WHOLE_TEXT else focus)}
    if clause != focus:
        found.add("several_clauses")
        last = {name for name, pattern in patterns() if name in _CONTENT and pattern.search(clause)}
    else:
        last = found
    found.update(end for end, names in _ENDS if last.intersection(names))
    if focus != whole:
        found.add("refuses_something")
    words = len(whole.split())
    found.update(name for limit, name in _LENGTHS if words <= limit)
    if words >= _LONG_WORDS:
        found.add("many_words")
    found.add(f"written_in_{normalised.language}")
    found.update(name for name, holds in _together(found).items() if holds)
    return frozenset(found)


def _together(found: set[str]) -> dict[str, bool]:
    """Signs that mean something only together."""
    ordered = bool(found.intersection(_ORDERS))
    blocked = bool(found.intersection(_NOT_AN_ORDER))
    asks = bool(found.intersection(("question_mark", "asks_with_ending", "asks_with_word_en", "asks_yes_no_en")))
    how_much = bool(found.intersection(("share_count", "all_or_half", "money_amount")))
    advice = bool(found.intersection(("asks_whether", "asks_advice_en")))
    news = bool(found.intersection(_NEWS))
    research = bool(found.intersection(_RESEARCH))
    strategy = bool(found.intersection(_STRATEGY))
    others = "third_party" in found
    mine = "my_account" in found
    account = mine or bool(found.intersection(_ACCOUNT) and not others and "market_flow_word" not in found)
    trade_word = bool(found.intersection(("buy_word_ko", "sell_word_ko", "buy_word_en", "sell_word_en", "order_word")))
    thing = bool(found.intersection(("trades_a_thing", "trades_a_thing_ko"))) and "names_security" not in found
    refuses = "negates_order" in found
    return {
        "orders_plainly": ordered and not (blocked or news or refuses or thing),
        "orders_an_amount": ordered and how_much and not (blocked or refuses or thing),
        "orders_after_a_look": "after_check_order" in found and not (advice or (strategy and not how_much)),
        "orders_last": "ends_in_order" in found and "several_clauses" in found and not (blocked or advice),
        "orders_something_else": ordered and refuses and "refuses_something" in found and not blocked,
        "orders_and_asks": ordered and asks,
        "blocked_order": ordered and blocked,
        "trade_word_without_order": trade_word and not ordered,
        "why_it_moved": "why_word" in found and "price_move" in found,
        "explains_move": "price_move" in found and "asks_meaning" in found,
        "why_without_move": "why_word" in found and "price_move" not in found,
        "news_and_research": news and research,
        "only_news": news and not (research or strategy),
        "only_research": research and not (news or strategy or advice or account),
        "only_strategy": strategy and not (news or advice),
        "research_after_news": news and "several_clauses" in found and "ends_in_research" in found
        and "ends_in_news" not in found,
        "strategy_last": "several_clauses" in found and "ends_in_strategy" in found,
        "strategy_and_meaning": strategy and "asks_meaning" in found,
        "advice_on_security": advice and ("names_security" in found or trade_word),
        "supposes_a_trade": "supposes" in found and (trade_word or "asks_outcome" in found or "trade_past" in found),
        "meaning_without_security": "asks_meaning" in found and "names_security" not in found,
        "meaning_with_security": "asks_meaning" in found and "names_security" in found,
        "how_to_in_app": "asks_how" in found and ("app_word" in found or "order_word" in found or trade_word),
        "how_without_security": "asks_how" in found and "names_security" not in found,
        "reads_account": account and not (ordered or advice or "makes_something" in found or "optimises" in found),
        "reads_my_account": mine and not (ordered or advice or "makes_something" in found or "optimises" in found),
        "asks_of_my_portfolio": mine and "portfolio_word" in found
        and not found.intersection(("makes_something", "optimises", "simulation_word", "strategy_word", "codes")),
        "refuses_and_news": refuses and news,
        "refuses_and_strategy": refuses and strategy,
        "refuses_and_research": refuses and research,
        "only_refuses": refuses and not (news or strategy or research or account or ordered),
        "third_party_trades": others and (trade_word or "trade_past" in found) and not news,
        "third_party_holds": others and bool(found.intersection(_ACCOUNT)) and not mine,
        "quoted_and_summary": "quotes_something" in found and ("summarises" in found or news or "judges_tone" in found),
        "bypass_with_trade": "bypasses_rules" in found and trade_word,
        "name_only": "names_security" in found and "at_most_two_words" in found and not (ordered or news or strategy),
        "event_without_trade": "event_word" in found and not (ordered or strategy or advice or "asks_meaning" in found),
        "off_topic_purchase": "off_topic" in found and trade_word and "names_security" not in found,
        "trades_no_security": thing and not (strategy or news),
        "nothing_known": not (
            ordered or news or strategy or research or account or advice or others or "asks_meaning" in found
            or "why_word" in found or "event_word" in found or "supposes" in found
        ),
        "rule_of_trading": "rule_word" in found and (trade_word or strategy),
        "picks_without_portfolio": "picks" in found and not strategy,
        "makes_strategy": "makes_something" in found and strategy,
        "tax_or_app": bool(found.intersection(("tax_word", "app_word", "hours_word"))) and not ordered,
    }  # fmt: skip


@lru_cache(maxsize=1)
def sign_names() -> tuple[str, ...]:
    """Return every sign there is, in the fixed order of the head's columns."""
    single = [name for name, _ in patterns()]
    lengths = [name for _, name in _LENGTHS]
    ends = [end for end, _ in _ENDS]
    return (
        *single, *lengths, "many_words", *ends, "several_clauses", "refuses_something", "written_in_ko",
        "written_in_en", *_together(set()),
    )  # fmt: skip
