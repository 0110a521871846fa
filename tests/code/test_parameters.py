import ast

import pytest

from daybook.code.parameters import Kind, open_kinds, read_keys, read_parameters
from daybook.code.periods import periods
from daybook.code.scopes import Names
from daybook.code.task_key import task_key, task_keys
from daybook.routing.securities import Securities

SECURITIES = Securities.shipped()
BOTH = frozenset({Kind.SECURITIES, Kind.PERIOD})
LOOP = "rows = [await search_news(keyword=name, days=inputs['days']) for name in inputs['names']]\nresult = len(rows)"


def key(task: str, kinds: frozenset[Kind] = BOTH) -> str:
    return task_key(task, read_parameters(task, SECURITIES), kinds)


def kinds_of(code: str, task: str) -> frozenset[Kind]:
    tree = ast.parse(code)
    return open_kinds(tree, Names(tree), read_parameters(task, SECURITIES).inputs)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("최근 1주일 뉴스", 7),
        ("일주일 뉴스", 7),
        ("지난주 뉴스", 7),
        ("최근 2주 뉴스", 14),
        ("3주간 추이", 21),
        ("30일 수익률", 30),
        ("최근 20거래일", 20),
        ("3개월 변동성", 90),
        ("한 달 동안", 30),
        ("1년간 낙폭", 365),
        ("over the last week", 7),
        ("one-week news", 7),
        ("the past 3 months", 90),
        ("for 2 years", 730),
        ("10 trading days", 10),
    ],
)
def test_period_when_a_task_names_one_then_its_days_are_read(text: str, days: int) -> None:
    assert [found[2] for found in periods(text)] == [days]


@pytest.mark.parametrize(
    "text",
    [
        "10주 매수",
        "20일 이동평균",
        "60일선 돌파",
        "2025년 실적",
        "20 day moving average",
        "7만원",
        "5위까지",
        "오늘 뉴스",
    ],
)
def test_period_when_a_number_is_something_else_then_it_is_none(text: str) -> None:
    assert periods(text) == ()


def test_parameters_when_a_task_names_securities_and_a_period_then_a_script_gets_them() -> None:
    found = read_parameters("삼성전자, 000660, 애플의 최근 1주일 뉴스 감성을 비교해줘", SECURITIES)
    assert found.inputs == {
        "symbols": ["005930", "000660"],
        "names": ["삼성전자", "SK하이닉스"],
        "tickers": ["AAPL"],
        "days": 7,
    }


def test_parameters_when_two_periods_are_named_then_none_is_guessed() -> None:
    assert "days" not in read_parameters("삼성전자 1개월과 3개월 수익률", SECURITIES).inputs


@pytest.mark.parametrize(
    "task",
    [
        "카카오와 네이버 최근 30일 뉴스 감성 비교",
        "현대차, 기아, 005930의 지난 3개월 뉴스 감성을 비교해 주세요!",
        "Compare the news sentiment of Samsung Electronics, SK hynix and Hyundai Motor over the last week",
        "news sentiment comparison: NAVER and Kakao, past 2 weeks",
        "삼성전자와 카카오 지난 두 달 뉴스 감성을 같이 비교해줘",
    ],
)
def test_key_when_a_task_is_the_same_in_other_words_values_or_language_then_it_is_the_same(task: str) -> None:
    assert key(task) == key("삼성전자, SK하이닉스, 현대차의 최근 1주일 뉴스 감성을 비교해줘")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("삼성전자 뉴스 감성", "삼성전자 뉴스 요약"),
        ("삼성전자 RSI 30 이하", "삼성전자 RSI 20 이하"),
        ("삼성전자 20일 이동평균", "삼성전자 60일 이동평균"),
        ("삼성전자 뉴스", "삼성전자, 카카오 뉴스"),
        ("삼성전자 주가 비교", "삼성전자 주가 비교하지 마"),
        ("compare A-rated bonds", "compare B-rated bonds"),
        ("삼성전자 뉴스 감성 상위 3개", "삼성전자 뉴스 감성 상위 5개"),
    ],
)
def test_key_when_tasks_differ_in_more_than_parameters_then_it_differs(one: str, other: str) -> None:
    assert key(one) != key(other)


def test_key_when_two_groups_play_different_parts_then_their_order_counts() -> None:
    assert key("삼성전자 수익률 대비 카카오, 네이버 변동성") != key("카카오, 네이버 변동성 대비 삼성전자 수익률")
    assert key("return of Samsung Electronics, price of Kakao") != key("price of Samsung Electronics, return of Kakao")


def test_keys_when_asked_for_all_then_there_is_one_for_each_set_of_kinds() -> None:
    task = "삼성전자와 애플 최근 1주일 뉴스"
    keys = task_keys(task, read_parameters(task, SECURITIES))
    assert len(keys) == len(set(keys.values())) == 8


@pytest.mark.parametrize(
    ("code", "kinds"),
    [
        (LOOP, BOTH),
        ("result = [n for n in inputs.get('names', [])]", {Kind.SECURITIES}),
        ("result = inputs.get('days', 7)", {Kind.PERIOD}),
        ("d = inputs['days']\nresult = await search_news(keyword='삼성전자', days=d)", {Kind.PERIOD}),
        ("result = [inputs['names'], {'005930': 1}]", set()),
        ("result = [inputs['symbols'], '삼성전자 뉴스']", set()),
        ("result = inputs['names'][0]", set()),
        ("names = inputs['names']\nresult = names[1]", set()),
        ("a, b = inputs['names']\nresult = a", set()),
        ("names = inputs['names']\nresult = [names[i] for i in range(len(names))]", {Kind.SECURITIES}),
        ("result = [inputs['days'], 7]", set()),
        ("result = round(inputs['days'] * 5 / 7)", {Kind.PERIOD}),
        ("result = [inputs['days'], list(range(30))[:7]]", set()),
        ("names, days = inputs['names'], inputs['days']\nresult = [names, days]", BOTH),
        ("names, days = inputs['names'], 1\nresult = [names[0], days]", set()),
        ("names = inputs.get('names', [])[:10]\nresult = names", {Kind.SECURITIES}),
        ("names = inputs['names'][:10]\nresult = names[-1]", set()),
        ("result = inputs['names'][1:]", set()),
        ("result = dict(inputs)", set()),
        ("result = [k for k in inputs]", set()),
        ("inputs = {'names': ['a']}\nresult = inputs['names']", set()),
        ("result = 1", set()),
    ],
)
def test_open_kinds_when_a_script_reads_its_inputs_then_only_what_it_takes_from_there_alone_is_open(
    code: str, kinds: set[Kind]
) -> None:
    assert kinds_of(code, "삼성전자, SK하이닉스 최근 1주일 뉴스") == kinds


def test_open_kinds_when_one_security_is_named_then_the_first_may_be_picked() -> None:
    assert kinds_of("result = inputs['symbols'][0]", "삼성전자 뉴스") == {Kind.SECURITIES}


def test_keys_when_inputs_are_only_looked_at_then_they_are_followed() -> None:
    tree = ast.parse("x = inputs['a'] if 'a' in inputs else inputs.get('b')")
    assert read_keys(tree, Names(tree)) == {"a", "b"}
