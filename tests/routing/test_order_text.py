import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daybook.contracts.base import Side
from daybook.contracts.orders import OrderKind
from daybook.contracts.routing import OrderDraft
from daybook.routing.order_text import OrderDoubt, OrderReading, read_order
from daybook.routing.securities import Securities

BUY, SELL = Side.BUY, Side.SELL
LIMIT, MARKET = OrderKind.LIMIT, OrderKind.MARKET
NAMES = Securities.shipped()


def read(text: str) -> OrderReading:
    return read_order(text, NAMES)


def draft(symbol: str, side: Side, shares: int | None = None, **more: object) -> OrderDraft:
    security = NAMES.by_symbol(symbol)
    assert security is not None
    given = {"symbol": symbol, "name": security.name, "side": side, "shares": shares, **more}
    return OrderDraft.model_validate(given)


KAKAO, SAMSUNG, NAVER, KIA = "035720", "005930", "035420", "000270"
EXACT = {
    "카카오 5주 매수해줘": draft(KAKAO, BUY, 5),
    "카카오5주매수": draft(KAKAO, BUY, 5),
    "카카오 5주 사줄래?": draft(KAKAO, BUY, 5),
    "카카오 5주 사고 싶어": draft(KAKAO, BUY, 5),
    "기아를 네 주 사주세요": draft(KIA, BUY, 4),
    "하닉 3주 담아줘": draft("000660", BUY, 3),
    "005930 10주 시장가로 매수": draft(SAMSUNG, BUY, 10, kind=MARKET),
    "삼성전자 7만원에 열 주 사줘": draft(SAMSUNG, BUY, 10, kind=LIMIT, limit_price_krw=70_000),
    "삼성전자 스무 주 시장가 매도": draft(SAMSUNG, SELL, 20, kind=MARKET),
    "삼성전자우 10주 71,500원 매수": draft("005935", BUY, 10, kind=LIMIT, limit_price_krw=71_500),
    "삼성전자 7만 1천원 10주 매수 부탁드려요": draft(SAMSUNG, BUY, 10, kind=LIMIT, limit_price_krw=71_000),
    "삼성전자 칠만천오백원에 다섯주 사주세요": draft(SAMSUNG, BUY, 5, kind=LIMIT, limit_price_krw=71_500),
    "７만원에 삼성전자 １０주 매수": draft(SAMSUNG, BUY, 10, kind=LIMIT, limit_price_krw=70_000),
    "네이버 20만원에 10주 지정가로 사줘": draft(NAVER, BUY, 10, kind=LIMIT, limit_price_krw=200_000),
    "지정가 71500 카카오 5주 매수": draft(KAKAO, BUY, 5, kind=LIMIT, limit_price_krw=71_500),
    "카카오 10주 주당 5만원에 사줘": draft(KAKAO, BUY, 10, kind=LIMIT, limit_price_krw=50_000),
    "보유한 삼성전자 전부 매도해": draft(SAMSUNG, SELL, all_shares=True),
    "카카오 다 던져버려": draft(KAKAO, SELL, all_shares=True),
    "카카오 청산해줘": draft(KAKAO, SELL, all_shares=True),
    "카카오 백만원어치 사줘": draft(KAKAO, BUY, amount_krw=1_000_000),
    "카카오 50만원 어치 매수": draft(KAKAO, BUY, amount_krw=500_000),
    "현대차 sell 10 shares": draft("005380", SELL, 10),
    "buy ten shares of samsung at 70k": draft(SAMSUNG, BUY, 10, kind=LIMIT, limit_price_krw=70_000),
    "Buy 3 shares of SK hynix at ₩1,000,000": draft("000660", BUY, 3, kind=LIMIT, limit_price_krw=1_000_000),
    "limit buy for 20 samsung electronics at 71,500": draft(SAMSUNG, BUY, 20, kind=LIMIT, limit_price_krw=71_500),
    "sell twenty-five shares of naver at market": draft(NAVER, SELL, 25, kind=MARKET),
    "could you buy 10 shares of kakao?": draft(KAKAO, BUY, 10),
    "sell all my kakao": draft(KAKAO, SELL, all_shares=True),
    "get me out of kakao": draft(KAKAO, SELL, all_shares=True),
    "buy kakao worth 1m won": draft(KAKAO, BUY, amount_krw=1_000_000),
    "buy 1m won worth of kakao": draft(KAKAO, BUY, amount_krw=1_000_000),
    "buy kakao for 700,000 won": draft(KAKAO, BUY, amount_krw=700_000),
}
DOUBTFUL = {
    "삼성전자 살까?": OrderDoubt.NO_SIDE,
    "삼성전자 10주 매수?": OrderDoubt.QUESTION,
    "카카오 5주 매수하지마": OrderDoubt.OTHER_WORDS,
    "don't buy 5 kakao": OrderDoubt.OTHER_WORDS,
    "삼성전자 매수가 7만원": OrderDoubt.OTHER_WORDS,
    "삼성전자 10주 매수해도 될까": OrderDoubt.OTHER_WORDS,
    "뉴스 보고 카카오 2주 매수": OrderDoubt.OTHER_WORDS,
    '"카카오 5주 매수"라는 기사': OrderDoubt.OTHER_WORDS,
    "카카오 5주\u200b 매수": OrderDoubt.OTHER_WORDS,
    "삼성전자 6만원 깨지면 10주 매도": OrderDoubt.CONDITION,
    "sell 10 kakao if it falls below 40,000": OrderDoubt.CONDITION,
    "삼성전자 6만원에 10주 손절": OrderDoubt.STOP,
    "방금 주문 취소해줘": OrderDoubt.CHANGE,
    "cancel that order": OrderDoubt.CHANGE,
    "삼성전자 10주 사고 카카오 5주 팔아줘": OrderDoubt.SEVERAL,
    "buy 5 kakao and 3 naver": OrderDoubt.SEVERAL,
    "카카오 5주 매수하고 매도해": OrderDoubt.OTHER_WORDS,
    "카카오 매수 5주 매도": OrderDoubt.CONFLICT,
    "카카오 5주 5주 매수": OrderDoubt.CONFLICT,
    "카카오 5주 매수 카카오 5주 매수": OrderDoubt.SEVERAL,
    "카카오 5주 매수 ㄱㄱ ㅋㅋ": OrderDoubt.OTHER_WORDS,
    "삼성전자 10주 100주 매수": OrderDoubt.CONFLICT,
    "카카오 5주 5만원에 시장가 매수": OrderDoubt.CONFLICT,
    "카카오 5주 5만원에 6만원에 매수": OrderDoubt.CONFLICT,
    "카카오 5주 시장가 지정가 매수": OrderDoubt.CONFLICT,
    "카카오 5주 백만원어치 매수": OrderDoubt.CONFLICT,
    "buy 10 samsung for 700,000 won": OrderDoubt.CONFLICT,
    "AAPL 3주 매수": OrderDoubt.FOREIGN,
    "buy 5 kakao at $50": OrderDoubt.FOREIGN,
    "카카오 300달러어치 매수": OrderDoubt.FOREIGN,
    "LG 10주 매수": OrderDoubt.GROUP,
    "카카오 0주 매수": OrderDoubt.UNCLEAR_NUMBER,
    "카카오 1.5주 매수": OrderDoubt.UNCLEAR_NUMBER,
    "카카오 99999999999주 매수": OrderDoubt.UNCLEAR_NUMBER,
    "카카오 10 매수": OrderDoubt.UNCLEAR_NUMBER,
    "카카오 절반 매도": OrderDoubt.PART,
    "카카오 전부 매수": OrderDoubt.PART,
    "카카오 5주 전부 매도": OrderDoubt.CONFLICT,
    "카카오 50만원 매수": OrderDoubt.UNCLEAR_NUMBER,
    "20만 카카오 10주 매수": OrderDoubt.UNCLEAR_NUMBER,
}
LACKING = {
    "5주 매수": ("symbol",),
    "카카오 매수해줘": ("shares",),
    "카카오 5주": ("side",),
    "close my position": ("symbol",),
    "포지션 전부 정리해": ("symbol",),
    "카카오 5주 지정가 매수": ("limit_price_krw",),
    "없는회사 5주 매수": ("symbol",),
    "삼성전지 5주 매수": ("symbol",),
    "": ("symbol", "side", "shares"),
}


@pytest.mark.parametrize(("text", "expected"), EXACT.items())
def test_order_when_every_word_is_understood_then_it_is_exact_and_complete(text: str, expected: OrderDraft) -> None:
    found = read(text)
    assert (found.draft, found.doubts) == (expected, ())
    assert found.is_exact
    assert found.is_complete


@pytest.mark.parametrize(("text", "doubt"), DOUBTFUL.items())
def test_order_when_anything_is_doubtful_then_it_is_not_exact_and_says_why(text: str, doubt: OrderDoubt) -> None:
    found = read(text)
    assert doubt in found.doubts
    assert not found.is_exact


@pytest.mark.parametrize(("text", "missing"), LACKING.items())
def test_order_when_something_is_left_open_then_it_is_named(text: str, missing: tuple[str, ...]) -> None:
    assert read(text).draft.missing == missing


def test_order_when_numbers_contradict_then_none_of_them_is_taken() -> None:
    assert read("삼성전자 10주 100주 매수").draft.shares is None
    assert read("카카오 5주 5만원에 6만원에 매수").draft.limit_price_krw is None
    assert read("삼성전자 6만원 깨지면 10주 매도").draft.limit_price_krw is None
    several = read("삼성전자 10주 사고 카카오 5주 팔아줘").draft
    assert (several.symbol, several.side, several.shares) == (None, None, None)


def test_order_when_a_name_is_misspelt_beyond_the_known_ways_then_no_symbol_is_guessed() -> None:
    for text in ("삼성전지 5주 매수", "buy 5 shares of samsnug", "카카옥 5주 매수", "에코프로비엠엠 5주 매수"):
        found = read(text)
        assert found.draft.symbol is None or not found.is_exact


_SYMBOLS = st.sampled_from(["005930", "000660", "035720", "035420", "005380", "373220", "068270", "000270"])
_PRICES = st.integers(min_value=1, max_value=10**8)


@given(
    _SYMBOLS, st.sampled_from(list(Side)), st.integers(1, 10_000_000), st.none() | _PRICES, st.booleans(), st.booleans()
)
def test_order_when_rendered_from_a_draft_then_the_same_draft_is_read(
    symbol: str, side: Side, shares: int, price: int | None, is_market: bool, is_korean: bool
) -> None:
    kind = LIMIT if price is not None else MARKET if is_market else None
    expected = draft(symbol, side, shares, kind=kind, limit_price_krw=price)
    name = expected.name
    if is_korean:
        how = f"{price:,}원에" if price is not None else "시장가로" if is_market else ""
        text = f"{name} {shares:,}주 {how} {'매수' if side is BUY else '매도'}해줘"
    else:
        how = f"at {price:,} won" if price is not None else "at market" if is_market else ""
        text = f"{side.value} {shares} shares of {name} {how}"
    found = read(text)
    assert found.is_exact, (text, found)
    assert found.draft == expected


@given(_SYMBOLS, st.integers(1, 9_999))
def test_order_when_a_sum_is_rendered_then_the_same_sum_is_read(symbol: str, tens_of_thousands: int) -> None:
    expected = draft(symbol, BUY, amount_krw=tens_of_thousands * 10_000)
    assert read(f"{expected.name} {tens_of_thousands}만원어치 매수").draft == expected


_PIECES = st.sampled_from(
    [
        *("삼성전자", "카카오", "매수", "매도", "해줘", "10주", "7만원", "에", "시장가", "전부", "열 주", "백만원어치"),
        *("buy", "sell", "shares", "at", "70k", "all", "of", "if", "한", "만", "천", "₩", "$", "1", "0"),
        *(" ", "  ", "?", ".", ",", "\n"),
    ]
)


@given(st.lists(_PIECES, max_size=60).map("".join) | st.text(max_size=400))
def test_order_when_the_text_is_arbitrary_then_it_never_raises_and_exact_means_understood(text: str) -> None:
    found = read(text)
    if found.is_exact and found.is_complete:
        assert found.draft.symbol is not None
        assert found.draft.side is not None
        sizes = [found.draft.shares, found.draft.amount_krw, found.draft.all_shares or None]
        assert sum(size is not None for size in sizes) == 1
        assert not found.unread


@settings(deadline=None, max_examples=10)
@given(st.sampled_from(["가", "삼성전자 10주 매수 ", "1,", "천", "만 ", "one ", "( ", "\u200b", "열", "매수", " "]))
def test_order_when_the_text_has_a_hundred_thousand_characters_then_it_is_answered_at_once(piece: str) -> None:
    begin = time.process_time()
    for length in (300, 100_000):
        found = read((piece * length)[:length])
        assert not found.is_exact or not found.is_complete
    assert time.process_time() - begin < 1.0
