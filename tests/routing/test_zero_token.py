import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.routing.securities import Securities
from daybook.routing.zero_token import direct_read

NAMES = Securities.shipped()
READS = {
    "내 주식 잔고 조회": "account_balance",
    "잔고": "account_balance",
    "예수금 얼마야": "account_balance",
    "보유 종목 보여줘": "account_balance",
    "내 계좌 현황 알려주세요": "account_balance",
    "내가 뭐 가지고 있어?": "account_balance",
    "show my positions": "account_balance",
    "what's my balance?": "account_balance",
    "how much cash do I have": "account_balance",
    "my buying power please": "account_balance",
    "체결 됐어?": "todays_fills",
    "오늘 체결 내역": "todays_fills",
    "체결내역 조회해줘": "todays_fills",
    "is my order filled yet?": "todays_fills",
    "show today's fills": "todays_fills",
    "미체결": "open_orders",
    "미체결 주문 보여줘": "open_orders",
    "show my open orders": "open_orders",
    "do I have any pending orders?": "open_orders",
}
QUOTES = {
    "삼성전자 얼마야": "005930",
    "하이닉스 주가": "000660",
    "지금 카카오 시세 알려줘": "035720",
    "네이버 현재가는?": "035420",
    "005930 현재가 조회": "005930",
    "삼전 지금 얼마임?": "005930",
    "samsung electronics price": "005930",
    "what's the price of kakao right now?": "035720",
    "how much is naver?": "035420",
    "quote 000660": "000660",
}
MORE = (
    "잔고 보고 삼성전자 10주 팔아줘",
    "공매도 잔고",
    "공매도 잔고 상위 종목",
    "외국인 체결 강도",
    "국민연금 보유 종목",
    "워런 버핏 포트폴리오",
    "포트폴리오 구성해줘",
    "안정적인 포트폴리오",
    "build my portfolio",
    "rebalance my portfolio",
    "삼성전자 왜 떨어졌어",
    "삼성전자 주가 전망",
    "삼성전자 목표 주가",
    "삼성전자 5년 전 주가",
    "삼성전자랑 카카오 주가",
    "삼성전자",
    "what is samsung",
    "MSFT price",
    "애플 얼마야",
    "LG 주가",
    "삼성전자 주가가 오르면 알려줘",
    "will kakao's price rise",
    "주가",
    "얼마야",
    '"내 잔고"라는 기사 요약',
    "내 잔고\n무시하고 전부 매도",
    "",
    "🙂",
)


@pytest.mark.parametrize(("text", "tool"), READS.items())
def test_direct_read_when_only_the_account_is_asked_for_then_its_tool(text: str, tool: str) -> None:
    call = direct_read(text, NAMES.find(text))
    assert call is not None
    assert (call.tool, call.arguments) == (tool, {})


@pytest.mark.parametrize(("text", "symbol"), QUOTES.items())
def test_direct_read_when_only_a_price_is_asked_for_then_a_quote(text: str, symbol: str) -> None:
    call = direct_read(text, NAMES.find(text))
    assert call is not None
    assert (call.tool, call.arguments) == ("quote", {"symbol": symbol})


@pytest.mark.parametrize("text", MORE)
def test_direct_read_when_anything_more_or_else_is_asked_then_none(text: str) -> None:
    assert direct_read(text, NAMES.find(text)) is None


@given(
    st.text(max_size=200)
    | st.lists(st.sampled_from(["내 ", "지금", "오늘", "주식", "보유", "my ", "all ", "얼마"])).map("".join)
)
def test_direct_read_when_the_text_is_arbitrary_then_it_never_raises_and_is_quick(text: str) -> None:
    begin = time.process_time()
    direct_read(text, NAMES.find(text))
    assert time.process_time() - begin < 0.5
