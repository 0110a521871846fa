"""Exact order text: parsed into a draft when every word of it is understood, and never by a guess."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from daybook.contracts.base import Side
from daybook.contracts.orders import OrderKind
from daybook.contracts.routing import OrderDraft
from daybook.routing.order_lexer import FindsNames, Token, tokens_of
from daybook.routing.order_words import Word
from daybook.routing.phrases import plain

LONGEST_ORDER_TEXT: Final = 300
"""Characters of an order; a longer text is more than an order."""
MOST_SHARES: Final = 10_000_000
"""As in ``OrderTicket``."""
_MOST_WON: Final = 10**12
_SIDES: Final = {Word.BUY: Side.BUY, Word.SELL: Side.SELL, Word.CLOSE: Side.SELL, Word.STOP: Side.SELL}


class OrderDoubt(StrEnum):
    """Why a text is not an exact order."""

    NO_SIDE = "NO_SIDE"
    """No word of buying or selling: most likely no order."""
    TOO_LONG = "TOO_LONG"
    OTHER_WORDS = "OTHER_WORDS"
    """More is said than an order; ``OrderReading.unread`` holds it."""
    QUESTION = "QUESTION"
    CONDITION = "CONDITION"
    """Only if something happens: the desk takes no conditional order from a text."""
    STOP = "STOP"
    """A stop-loss with a trigger price, which is no limit price."""
    CHANGE = "CHANGE"
    """Cancels or changes an order."""
    SEVERAL = "SEVERAL"
    CONFLICT = "CONFLICT"
    """Two prices, two numbers of shares, buy and sell at once, market with a price."""
    FOREIGN = "FOREIGN"
    """Of a security that is not listed on the KRX, or in another currency."""
    GROUP = "GROUP"
    """Names a group of companies (LG), not one of its shares."""
    PART = "PART"
    """Half of a position, or a buy of "all": no number of shares."""
    UNCLEAR_NUMBER = "UNCLEAR_NUMBER"
    """A number that may be shares, a price or a sum; zero, a fraction, or beyond all measure."""


@dataclass(frozen=True, slots=True)
class OrderReading:
    """What a text says as an order: all that could be read, and why it is not exact, if so."""

    draft: OrderDraft
    doubts: tuple[OrderDoubt, ...] = ()
    unread: str = ""

    @property
    def is_exact(self) -> bool:
        """Whether every word was understood and nothing contradicts; the draft may still lack something."""
        return not self.doubts

    @property
    def is_complete(self) -> bool:
        """Whether the draft has all a ticket needs."""
        return not self.draft.missing


_NOTHING: Final = OrderDraft(missing=("symbol", "side", "shares"))


def read_order(text: str, names: FindsNames) -> OrderReading:
    """Read a text as one order. Never raises; the time is bounded by ``LONGEST_ORDER_TEXT``.

    A symbol comes only from ``names.find``, which knows names, symbols and nicknames and guesses nothing. Two orders in
    one text, or two readings of it, are a doubt and leave what they disagree on open.
    """
    if len(text) > LONGEST_ORDER_TEXT:
        return OrderReading(_NOTHING, (OrderDoubt.TOO_LONG,))
    normal = plain(text.strip())
    if len(normal) > LONGEST_ORDER_TEXT:  # NFKC may lengthen a text
        return OrderReading(_NOTHING, (OrderDoubt.TOO_LONG,))
    return _Reader(tokens_of(normal, names)).reading()


class _Reader:
    """Gathers what the words of one text say."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._kinds = {token.word for token in tokens}
        self._doubts: dict[OrderDoubt, None] = {}

    def reading(self) -> OrderReading:
        self._look_for_doubts()
        side = self._side()
        symbol, name = self._security()
        shares, limit_price = self._numbers()
        amount = self._one((Word.AMOUNT,), self._money)
        loose = self._one((Word.WON,), self._money)
        if loose is not None and not self._kinds & {Word.CONDITION, Word.STOP}:
            limit_price, amount = self._place(loose, shares, limit_price, amount)
        all_shares = self._all_shares(side, shares, amount)
        if amount is not None and (shares is not None or all_shares):
            self._doubt(OrderDoubt.CONFLICT)
            amount = None
        kind = self._kind(limit_price)
        if kind is OrderKind.MARKET and limit_price is not None:
            self._doubt(OrderDoubt.CONFLICT)
            kind = limit_price = None
        if Word.STOP in self._kinds and (limit_price or loose):
            self._doubt(OrderDoubt.STOP)
            limit_price = kind = None
        if OrderDoubt.CONDITION in self._doubts and kind is OrderKind.LIMIT:
            limit_price = kind = None  # the price of "if it falls below 60,000" is no limit price
        if OrderDoubt.SEVERAL in self._doubts:
            return OrderReading(_NOTHING, tuple(self._doubts), self._unread())
        draft = OrderDraft(
            symbol=symbol, name=name, side=side, shares=shares, amount_krw=amount, all_shares=all_shares,
            kind=kind, limit_price_krw=limit_price,
            missing=_missing(symbol, side, bool(shares or amount or all_shares), kind, limit_price),
        )  # fmt: skip
        return OrderReading(draft, tuple(self._doubts), self._unread())

    def _doubt(self, doubt: OrderDoubt) -> None:
        self._doubts[doubt] = None

    def _of(self, *kinds: Word) -> list[Token]:
        return [token for token in self._tokens if token.word in kinds]

    def _unread(self) -> str:
        return " ".join(token.text for token in self._of(Word.OTHER))[:80]

    def _look_for_doubts(self) -> None:
        simple = {
            Word.CONDITION: OrderDoubt.CONDITION,
            Word.CHANGE: OrderDoubt.CHANGE,
            Word.FOREIGN_MONEY: OrderDoubt.FOREIGN,
            Word.OTHER: OrderDoubt.OTHER_WORDS,
        }
        for word, doubt in simple.items():
            if word in self._kinds:
                self._doubt(doubt)
        if Word.QUESTION in self._kinds and Word.POLITE not in self._kinds:
            self._doubt(OrderDoubt.QUESTION)

    def _side(self) -> Side | None:
        sides = {_SIDES[token.word] for token in self._of(*_SIDES)}
        if len(sides) > 1:
            self._doubt(OrderDoubt.CONFLICT)
        elif not sides:
            self._doubt(OrderDoubt.NO_SIDE)
        return sides.pop() if len(sides) == 1 else None

    def _security(self) -> tuple[str | None, str]:
        named = {
            (token.named.symbol, token.named.name, token.named.is_foreign): token.named
            for token in self._of(Word.NAME)
            if token.named is not None
        }
        symbols = {found.symbol or found.name for found in named.values()}
        is_repeated = len(self._of(Word.NAME)) > 1 and len(self._of(*_SIDES)) > 1
        if len(symbols) > 1 or is_repeated:
            self._doubt(OrderDoubt.SEVERAL)
            return None, ""
        if not named:
            return None, ""
        found = next(iter(named.values()))
        if found.is_foreign or found.symbol is None:
            self._doubt(OrderDoubt.FOREIGN if found.is_foreign else OrderDoubt.GROUP)
            return None, found.name
        return found.symbol, found.name

    def _numbers(self) -> tuple[int | None, int | None]:
        """Return shares and limit price; a number without a unit is given the place its neighbours leave open."""
        shares = self._one((Word.SHARES,), self._count)
        price = self._one((Word.PRICE,), self._money)
        bare = [(place, token) for place, token in enumerate(self._tokens) if token.word is Word.BARE]
        for place, token in bare:
            if price is None and not self._of(Word.PRICE) and self._beside_limit(place):
                price = self._money(token)
            elif shares is None and not self._of(Word.SHARES) and len(bare) == 1 and self._behind_english_verb(place):
                shares = self._count(token)
            else:
                self._doubt(OrderDoubt.UNCLEAR_NUMBER)
        return shares, price

    def _beside_limit(self, place: int) -> bool:
        near = (*self._tokens[max(place - 1, 0) : place], *self._tokens[place + 1 : place + 2])
        return any(token.word is Word.LIMIT for token in near)

    def _behind_english_verb(self, place: int) -> bool:
        """Whether it is the 10 of ``buy 10 samsung`` or ``limit buy for 20 samsung``."""
        before = [token for token in self._tokens[:place] if token.word is not Word.FILLER]
        return bool(before) and before[-1].word in _SIDES and before[-1].text.isascii()

    def _place(
        self, money: int, shares: int | None, price: int | None, amount: int | None
    ) -> tuple[int | None, int | None]:
        """Return limit price and sum: money beside a number of shares is a price, alone it may be a sum."""
        if price is not None or amount is not None:
            self._doubt(OrderDoubt.CONFLICT)
            return None, None
        if shares is not None or Word.LIMIT in self._kinds or self._of(Word.ALL, Word.CLOSE):
            return money, None
        self._doubt(OrderDoubt.UNCLEAR_NUMBER)
        return None, money

    def _one(self, kinds: tuple[Word, ...], value_of: Callable[[Token], int | None]) -> int | None:
        tokens = self._of(*kinds)
        if len(tokens) > 1:  # also when they agree: 10주 매수 10주 매수 may mean 20
            self._doubt(OrderDoubt.CONFLICT)
            return None
        return value_of(tokens[0]) if tokens else None

    def _count(self, token: Token) -> int | None:
        return self._whole(token.number, MOST_SHARES)

    def _money(self, token: Token) -> int | None:
        return self._whole(token.number, _MOST_WON)

    def _whole(self, number: Decimal | None, largest: int) -> int | None:
        if number is None or number != number.to_integral_value() or not 1 <= number <= largest:
            self._doubt(OrderDoubt.UNCLEAR_NUMBER)
            return None
        return int(number)

    def _all_shares(self, side: Side | None, shares: int | None, amount: int | None) -> bool:
        has_number = shares is not None or amount is not None
        if Word.HALF in self._kinds or (Word.ALL in self._kinds and side is Side.BUY):
            self._doubt(OrderDoubt.PART)
            return False
        if Word.ALL in self._kinds and has_number:
            self._doubt(OrderDoubt.CONFLICT)
            return False
        return side is Side.SELL and not has_number and bool(self._kinds & {Word.ALL, Word.CLOSE})

    def _kind(self, limit_price: int | None) -> OrderKind | None:
        is_market, is_limit = Word.MARKET in self._kinds, Word.LIMIT in self._kinds
        if is_market and is_limit:
            self._doubt(OrderDoubt.CONFLICT)
            return None
        if is_market:
            return OrderKind.MARKET
        return OrderKind.LIMIT if is_limit or limit_price is not None else None


def _missing(
    symbol: str | None, side: Side | None, has_size: bool, kind: OrderKind | None, price: int | None
) -> tuple[str, ...]:
    lacks = {
        "symbol": symbol is None,
        "side": side is None,
        "shares": not has_size,
        "limit_price_krw": kind is OrderKind.LIMIT and price is None,
    }
    return tuple(name for name, is_missing in lacks.items() if is_missing)
