"""A model's buy, hold or sell as one bounded number; its text is data and nothing in it is followed.

A reply must be exactly one JSON object ``{"symbol": ..., "rating": "buy" | "hold" | "sell", "confidence": 0 to 1}``
about the symbol that was asked about, received by the decision's cut-off. Anything else counts as no rating, with a
code. What counts is call (1, 0, -1) times confidence times the rating's own forward rank correlation, which begins at
0 and is shrunk by n / (n + 250); a model with a bad record is ignored, never followed the other way.
"""

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from daybook.contracts.factors import (
    POINTS_PER_EDGE,
    FactorSettings,
    Rating,
    RatingCall,
    RatingCode,
    RatingRecord,
    RatingReply,
)

_VALUES = {RatingCall.BUY: 1.0, RatingCall.HOLD: 0.0, RatingCall.SELL: -1.0}
_FIELDS = frozenset({"symbol", "rating", "confidence"})


def rate(
    replies: Iterable[RatingReply], symbols: Sequence[str], cut_off: datetime, *, as_of: date | None = None
) -> dict[str, Rating]:
    """Return a rating for each of ``symbols``; those not ``USED`` have the value 0.

    ``as_of`` is the date a backtest stands at: a reply of a model whose training ended on that date or later, or is
    not known, would have been told the future.
    """
    by_symbol: dict[str, list[RatingReply]] = {}
    for reply in replies:
        by_symbol.setdefault(reply.symbol, []).append(reply)
    return {symbol: _rating(symbol, by_symbol.get(symbol, []), cut_off, as_of) for symbol in symbols}


def unknown_symbols(replies: Iterable[RatingReply], symbols: Sequence[str]) -> tuple[Rating, ...]:
    """Return a coded row for every reply about a symbol that was not asked about."""
    asked = frozenset(symbols)
    found = Counter(reply.symbol for reply in replies if reply.symbol not in asked)
    return tuple(
        Rating(symbol=symbol, code=RatingCode.UNKNOWN_SYMBOL, text=f"{count} replies about a symbol not ranked")
        for symbol, count in sorted(found.items())
    )


def record_weight(record: RatingRecord, settings: FactorSettings) -> float:
    """Return the shrunk rank correlation of ratings: record x n / (n + 250), at least 0."""
    share = record.outcomes / (record.outcomes + settings.rating_record_size)
    return max(0.0, record.rank_ic) * share


def rating_points(ratings: Mapping[str, Rating], record: RatingRecord, settings: FactorSettings) -> dict[str, float]:
    """Return the points of each used rating, at most half the cap either way: from sell to buy moves the cap."""
    weight, limit = record_weight(record, settings) * POINTS_PER_EDGE, settings.opinion_cap_points / 2
    return {
        symbol: min(limit, max(-limit, weight * rating.value))
        for symbol, rating in ratings.items()
        if rating.code is RatingCode.USED
    }


def _rating(symbol: str, replies: list[RatingReply], cut_off: datetime, as_of: date | None) -> Rating:
    if not replies:
        return Rating(symbol=symbol, code=RatingCode.MISSING, text="no reply")
    in_time = [reply for reply in replies if reply.received_at <= cut_off]
    if not in_time:
        late = min(reply.received_at for reply in replies)
        return Rating(symbol=symbol, code=RatingCode.LATE, text=f"received {late}, the cut-off was {cut_off}")
    read = [_read(reply, as_of) for reply in in_time]
    refused = next((rating for rating in read if rating.code is not RatingCode.USED), None)
    if refused is not None:
        return refused
    if len({rating.value for rating in read}) > 1:
        return Rating(symbol=symbol, code=RatingCode.CONFLICTING, text=f"{len(read)} replies that differ")
    return read[0]


def _read(reply: RatingReply, as_of: date | None) -> Rating:
    def refused(code: RatingCode, text: str) -> Rating:
        return Rating(symbol=reply.symbol, code=code, text=text)

    if as_of is not None and (reply.training_ended is None or reply.training_ended >= as_of):
        return refused(RatingCode.BEFORE_TRAINING_END, f"training ended {reply.training_ended}, asked as of {as_of}")
    try:
        content = json.loads(reply.text, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        return refused(RatingCode.MALFORMED, "not one JSON object")
    if not isinstance(content, dict):
        return refused(RatingCode.MALFORMED, "not one JSON object")
    if further := sorted(content.keys() - _FIELDS):
        return refused(RatingCode.INJECTED, f"{len(further)} fields that were not asked for")
    if missing := sorted(_FIELDS - content.keys()):
        return refused(RatingCode.MALFORMED, f"without {', '.join(missing)}")
    if content["symbol"] != reply.symbol:
        return refused(RatingCode.INJECTED, "about another symbol than was asked")
    call, confidence = content["rating"], content["confidence"]
    if not isinstance(call, str) or call not in set(RatingCall):
        return refused(RatingCode.MALFORMED, "a rating other than buy, hold or sell")
    if isinstance(confidence, bool) or not isinstance(confidence, int | float):
        return refused(RatingCode.MALFORMED, "a confidence that is no number")
    if not (math.isfinite(confidence) and 0 <= confidence <= 1):
        return refused(RatingCode.MALFORMED, "a confidence outside 0 to 1")
    value = _VALUES[RatingCall(call)] * float(confidence)
    return Rating(symbol=reply.symbol, code=RatingCode.USED, value=value, text=f"{call}, confidence {confidence:g}")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("a field is given twice")
    return content
