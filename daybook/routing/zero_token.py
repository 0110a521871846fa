"""Reads a text can ask for so plainly that no model is needed: the account, today's fills, open orders, one quote.

Only a text that is exactly such a question is answered here; one word more, and it goes on to a model.
"""

import re
from collections.abc import Sequence
from typing import Final

from daybook.contracts.routing import DirectCall, Intent
from daybook.routing.phrases import asks_or_quotes, phrase
from daybook.routing.securities import Mention
from daybook.routing.zero_token_words import ACCOUNT_FORMS, NAMED, QUOTE_FORMS

ACCOUNT_BALANCE: Final = "account_balance"
TODAYS_FILLS: Final = "todays_fills"
OPEN_ORDERS: Final = "open_orders"
QUOTE: Final = "quote"
DIRECT_TOOLS: Final = {
    ACCOUNT_BALANCE: Intent.TRADING_EXECUTION,
    TODAYS_FILLS: Intent.TRADING_EXECUTION,
    OPEN_ORDERS: Intent.TRADING_EXECUTION,
    QUOTE: Intent.MARKET_RESEARCH,
}
"""The tools called directly, with the intent of asking for them."""
_ACCOUNT_READS: Final = tuple(
    (tool, re.compile(form)) for tool in (OPEN_ORDERS, TODAYS_FILLS, ACCOUNT_BALANCE) for form in ACCOUNT_FORMS[tool]
)
_QUOTES: Final = tuple(re.compile(form) for form in QUOTE_FORMS)


def direct_read(text: str, mentions: Sequence[Mention]) -> DirectCall | None:
    """Return the one read tool call a text asks for, or None when it asks for anything else or more.

    Args:
        text: the request.
        mentions: the securities found in exactly this text; a quote needs one listed on the KRX, an account read none.
    """
    if asks_or_quotes(text.strip()):
        return None
    if not mentions:
        asked = phrase(text)
        tool = next((tool for tool, form in _ACCOUNT_READS if asked and form.fullmatch(asked)), None)
        return DirectCall(tool=tool) if tool else None
    if len(mentions) > 1 or mentions[0].symbol is None:
        return None
    named = mentions[0]
    asked = phrase(f"{text[: named.start]}{NAMED}{text[named.end :]}")
    if any(form.fullmatch(asked) for form in _QUOTES):
        return DirectCall(tool=QUOTE, arguments={"symbol": named.symbol})
    return None
