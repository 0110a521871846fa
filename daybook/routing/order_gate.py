"""The two-key gate before order tools: a request must look like an order to the head *and* say so in words.

Keys: a high probability that a trade is wanted, and order words in the person's own text. Vetoes: quoted text, attempts
to get around the rules, suppositions, other people's trades, definitions, how-to, questions, negation, rules of a
strategy, news. A request that may be an order but lacks a key is put to the person (``confirm``). Exposing a write tool
here only means a ticket may be prepared: a person still confirms every order.
"""

import re
from dataclasses import dataclass

from daybook.contracts.routing import Intent
from daybook.routing.classifier import Classification
from daybook.routing.features import patterns
from daybook.routing.normalise import clean
from daybook.routing.spelling import fold_sound

TRADE_AT_LEAST = 0.7
"""Calibrated probability of the trading intent below which no write tool is exposed."""
ORDER_AT_LEAST = 0.7
"""The same of "asks for an order"."""
ASK_AT_LEAST = 0.1
"""Probability of an order from which the person is asked."""
ASK_WITHOUT_WORDS_AT_LEAST = 0.35
"""The same where no order word stands in the text."""
ASK_WITH_WORDS_AT_LEAST = 0.5
"""Probability of the trading intent from which order words alone are enough to ask."""
ASK_DESPITE_ADVICE_AT_LEAST = 0.5
"""Probability of an order from which even a request that sounds like asking for advice is asked about."""
LONGEST_VETO_SCAN = 120_000
"""Characters in which attempts to get around the rules are looked for: a whole request, however long."""

_EVIDENCE = {
    "buy_order_ko": "a Korean order to buy",
    "sell_order_ko": "a Korean order to sell",
    "order_command_en": "an English command to trade",
    "order_request_en": "an English request to trade",
    "puts_order": "an order is to be placed",
    "changes_order": "an order is to be changed or cancelled",
    "stop_order": "a stop is to be set",
    "orders_after_a_look": "an order after a look",
    "goes_live": "something is to trade for real",
}
_SUPPORT = {
    "share_count": "a number of shares",
    "all_or_half": "all or half of a position",
    "order_price": "a price or kind of order",
}
_HARD_VETOES = {
    "bypasses_rules": "tries to get around the rules",
    "asks_whether": "asks whether to trade",
    "asks_advice_en": "asks for advice",
    "supposes": "supposes a trade",
    "asks_meaning": "asks what something means",
    "asks_how": "asks how it is done",
    "negates_order": "says not to trade",
    "third_party_trades": "speaks of what others trade",
    "off_topic_purchase": "buys something that is no security",
    "codes": "asks for code",
}
_SOFT_VETOES = {
    "reports_speech": "repeats what someone said",
    "strategy_word": "speaks of a strategy",
    "simulation_word": "speaks of a test",
    "rule_of_trading": "states a rule, not an order",
    "market_flow_word": "speaks of market flows",
    "analyst_word": "speaks of analysts",
    "corporate_deal_word": "speaks of corporate deals",
    "news_word": "speaks of news",
    "sentiment_word": "speaks of opinions",
    "why_word": "asks why",
    "picks": "asks for a pick",
    "tax_word": "speaks of tax",
    "app_word": "speaks of the app",
    "trades_no_security": "trades something that is no known security",
    "addresses_machine": "speaks to a machine",
    "order_after_colon": "the order stands after a colon",
}
_TRADE_SIGNS = frozenset(("buy_word_ko", "sell_word_ko", "buy_word_en", "sell_word_en", "order_word"))


@dataclass(frozen=True)
class OrderGate:
    """What the gate says and why."""

    exposes_write: bool
    confirm: bool
    evidence: tuple[str, ...]
    vetoes: tuple[str, ...]


def judge_order(text: str, classification: Classification) -> OrderGate:
    """Return whether ``text`` may reach order tools, or the person is asked whether an order is meant."""
    found = classification.signs
    trade = classification.probabilities[Intent.TRADING_EXECUTION]
    order = classification.order_probability
    evidence = [label for sign, label in _EVIDENCE.items() if sign in found]
    support = [label for sign, label in _SUPPORT.items() if sign in found]
    hard = [label for sign, label in _HARD_VETOES.items() if sign in found]
    if "bypasses_rules" not in found and tries_to_bypass(text):
        hard.append(_HARD_VETOES["bypasses_rules"])
    if classification.normalised.quoted and not evidence:
        hard.append("the words are quoted")
    if found & {"thanks", "greets"} and "at_most_four_words" in found and not evidence:
        hard.append("small talk")
    refused = _HARD_VETOES["negates_order"] in hard and "refuses_something" in found and bool(evidence)
    if refused:
        hard.remove(_HARD_VETOES["negates_order"])
    if order >= ASK_DESPITE_ADVICE_AT_LEAST and _HARD_VETOES["asks_whether"] in hard:
        hard.remove(_HARD_VETOES["asks_whether"])
    soft = [label for sign, label in _SOFT_VETOES.items() if sign in found]
    if "asks_whether" in found:
        soft.append(_HARD_VETOES["asks_whether"])
    if refused:
        soft.append("refuses one thing and orders another")
    if classification.normalised.quoted and evidence:
        soft.append("part of it is quoted")
    if _asks(found):
        soft.append("asks a question")
    if not (_TRADE_SIGNS & found) and "changes_order" not in found:
        soft.append("no trade word")
    exposes = trade >= TRADE_AT_LEAST and order >= ORDER_AT_LEAST and bool(evidence) and not hard and not soft
    words = bool(evidence or support or found & _TRADE_SIGNS)
    may_be = (
        (words and order >= ASK_AT_LEAST)
        or order >= ASK_WITHOUT_WORDS_AT_LEAST
        or (trade >= ASK_WITH_WORDS_AT_LEAST and bool(evidence or found & _TRADE_SIGNS))
        or "goes_live" in found
    )
    confirm = not exposes and not hard and may_be and not (_reads(found) and order < TRADE_AT_LEAST)
    return OrderGate(exposes, confirm, (*evidence, *support), tuple(dict.fromkeys((*hard, *soft))))


def tries_to_bypass(text: str) -> bool:
    """Tell whether the text, quotations and tail included, tries to get around the desk's rules."""
    return _bypass().search(fold_sound(clean(text[:LONGEST_VETO_SCAN])).lower()) is not None


def _asks(found: frozenset[str]) -> bool:
    question = found & {
        "question_mark",
        "asks_with_ending",
        "asks_with_word_en",
        "asks_yes_no_en",
    }
    return bool(question) and not found & {"asks_politely", "order_request_en"}


def _reads(found: frozenset[str]) -> bool:
    return bool(found & {"reads_account", "reads_my_account"}) and not found & set(_EVIDENCE)


def _bypass() -> re.Pattern[str]:
    return dict(patterns())["bypasses_rules"]
