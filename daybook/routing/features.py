"""Named signs of what a request wants: each is there or not and has a name a person can read."""

import re
from functools import lru_cache
from importlib.resources import files

import yaml

from daybook.routing.normalise import Normalised
from daybook.routing.spelling import fold_sound

_LENGTHS = ((2, "at_most_two_words"), (4, "at_most_four_words"), (8, "at_most_eight_words"))
_LONG_WORDS = 16

_ORDER_KO = ("buy_order_ko", "sell_order_ko")
_ORDER_EN = ("order_command_en", "order_request_en")
_NOT_AN_ORDER = (
    "asks_whether", "asks_advice_en", "supposes", "asks_meaning", "asks_how", "bypasses_rules", "negates_order",
    "third_party", "strategy_word", "simulation_word", "codes", "market_flow_word", "analyst_word",
    "corporate_deal_word", "why_word", "off_topic", "picks",
)  # fmt: skip
_RESEARCH = (
    "quote_word", "financial_word", "filing_word", "industry_word", "economy_word", "company_word", "analyst_word",
    "market_flow_word", "technical_word",
)  # fmt: skip


@lru_cache(maxsize=1)
def patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return the named patterns in their order in the data file."""
    raw = yaml.safe_load(files("daybook.routing").joinpath("data", "features.yaml").read_text(encoding="utf-8"))
    return tuple((name, re.compile(fold_sound(pattern))) for name, pattern in raw.items())


def signs(normalised: Normalised) -> frozenset[str]:
    """Return the names of the signs that are in the asked text."""
    text = fold_sound(normalised.marked)
    found = {name for name, pattern in patterns() if pattern.search(text)}
    words = len(text.split())
    found.update(name for limit, name in _LENGTHS if words <= limit)
    if words >= _LONG_WORDS:
        found.add("many_words")
    found.add(f"written_in_{normalised.language}")
    found.update(name for name, holds in _together(found).items() if holds)
    return frozenset(found)


def _together(found: set[str]) -> dict[str, bool]:
    """Signs that mean something only together."""
    ordered = bool(found.intersection((*_ORDER_KO, *_ORDER_EN, "puts_order", "changes_order", "stop_order")))
    blocked = bool(found.intersection(_NOT_AN_ORDER))
    asks = bool(found.intersection(("question_mark", "asks_with_ending", "asks_with_word_en", "asks_yes_no_en")))
    how_much = bool(found.intersection(("share_count", "all_or_half", "money_amount")))
    advice = bool(found.intersection(("asks_whether", "asks_advice_en")))
    news = bool(found.intersection(("news_word", "sentiment_word")))
    research = bool(found.intersection(_RESEARCH)) or ("screens" in found and "stock_word" in found)
    strategy = bool(found.intersection(("strategy_word", "portfolio_word", "simulation_word", "optimises", "codes")))
    account = "my_account" in found or "account_question" in found or "account_noun" in found
    trade_word = bool(found.intersection(("buy_word_ko", "sell_word_ko", "buy_word_en", "sell_word_en", "order_word")))
    return {
        "orders_plainly": ordered and not blocked and not news and "asks_meaning" not in found,
        "orders_an_amount": ordered and how_much and not blocked,
        "orders_after_a_look": "after_check_order" in found and not advice and not (strategy and not how_much),
        "orders_and_asks": ordered and asks,
        "blocked_order": ordered and blocked,
        "trade_word_without_order": trade_word and not ordered,
        "why_it_moved": "why_word" in found and "price_move" in found,
        "why_without_move": "why_word" in found and "price_move" not in found,
        "news_and_research": news and research,
        "only_news": news and not research and not strategy,
        "only_research": research and not news and not strategy and not advice,
        "only_strategy": strategy and not news and not advice,
        "strategy_and_meaning": strategy and "asks_meaning" in found,
        "advice_on_security": advice and ("names_security" in found or trade_word),
        "supposes_a_trade": "supposes" in found and (trade_word or "asks_outcome" in found),
        "meaning_without_security": "asks_meaning" in found and "names_security" not in found,
        "meaning_with_security": "asks_meaning" in found and "names_security" in found,
        "how_to_in_app": "asks_how" in found and ("app_word" in found or "order_word" in found or trade_word),
        "how_without_security": "asks_how" in found and "names_security" not in found,
        "reads_account": account and not ordered and not advice,
        "negates_and_news": "negates_order" in found and news,
        "negates_and_strategy": "negates_order" in found and strategy,
        "negates_and_research": "negates_order" in found and research,
        "only_negates": "negates_order" in found and not news and not strategy and not research and not account,
        "third_party_trades": "third_party" in found and (trade_word or "trade_past" in found),
        "quoted_and_summary": "quotes_something" in found and ("summarises" in found or news or "judges_tone" in found),
        "bypass_with_trade": "bypasses_rules" in found and trade_word,
        "name_only": "names_security" in found and "at_most_two_words" in found and not (ordered or news or strategy),
        "off_topic_purchase": "off_topic" in found and trade_word and "names_security" not in found,
        "nothing_known": not (ordered or news or strategy or research or account or advice or "asks_meaning" in found),
        "rule_of_trading": "rule_word" in found and (trade_word or strategy),
        "picks_without_portfolio": "picks" in found and not strategy,
        "makes_strategy": "makes_something" in found and strategy,
        "tax_or_app": bool(found.intersection(("tax_word", "app_word", "hours_word"))) and not ordered,
    }


@lru_cache(maxsize=1)
def sign_names() -> tuple[str, ...]:
    """Return every sign there is, in the fixed order of the head's columns."""
    single = [name for name, _ in patterns()]
    lengths = [name for _, name in _LENGTHS]
    return (*single, *lengths, "many_words", "written_in_ko", "written_in_en", *_together(set()))
