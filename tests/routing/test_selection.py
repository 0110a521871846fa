import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.contracts.layers import Effect
from daybook.contracts.routing import Intent
from daybook.routing.selection import selection_rules, tools_for
from daybook.skills.registry import Registry, registry

NEWS, RESEARCH, TRADING = Intent.NEWS_ANALYSIS, Intent.MARKET_RESEARCH, Intent.TRADING_EXECUTION
STRATEGY, GENERAL = Intent.STRATEGY_GENERATION, Intent.GENERAL_QUERY
MOST = selection_rules().most_tools


def names(*intents: Intent, text: str = "", writes: bool = False, foreign: bool = False) -> set[str]:
    return set(tools_for(intents, writes, registry(), text, names_foreign=foreign).tools.names)


@pytest.mark.parametrize(
    ("intent", "text", "wanted", "unwanted"),
    [
        (NEWS, "카카오 뉴스 요약해줘", {"search_news", "latest_news"}, {"financial_statements", "account_balance"}),
        (NEWS, "네이버 기사랑 실적 같이 알려줘", {"search_news", "financial_statements"}, {"prepare_order"}),
        (RESEARCH, "삼성전자 PER이 얼마야", {"quote", "financial_ratios"}, {"todays_fills"}),
        (RESEARCH, "이번 주 금통위 일정", {"market_events"}, {"prepare_order"}),
        (RESEARCH, "거래대금 순위", {"rankings"}, {"account_balance"}),
        (TRADING, "내 잔고랑 손실 한도", {"account_balance", "limits_used"}, {"prepare_order", "search_news"}),
        (GENERAL, "오늘 휴장이야?", {"trading_sessions", "holidays"}, {"quote", "account_balance"}),
    ],
)
def test_tools_when_the_words_ask_for_more_then_they_join(
    intent: Intent, text: str, wanted: set[str], unwanted: set[str]
) -> None:
    chosen = names(intent, text=text)
    assert wanted <= chosen
    assert not unwanted & chosen
    assert len(chosen) <= MOST


@pytest.mark.parametrize("intent", list(Intent))
def test_tools_when_the_gate_is_closed_then_none_prepares_an_order(intent: Intent) -> None:
    text = "카카오 5주 매수 주문 buy order sell 매도 시장가 전량"
    chosen = tools_for((intent,), False, registry(), text).tools
    assert all(spec.effect is Effect.READ for spec in chosen)


@given(st.sets(st.sampled_from(list(Intent)), min_size=1, max_size=2), st.text(max_size=200))
def test_tools_when_the_text_is_arbitrary_then_only_reads_and_never_many(intents: set[Intent], text: str) -> None:
    ordered = sorted(intents)
    chosen = tools_for(ordered, False, registry(), text)
    assert all(spec.effect is Effect.READ for spec in chosen.tools)
    assert len(chosen.tools) <= MOST + 2
    assert set(chosen.why) == set(chosen.tools.names)
    again = tools_for(ordered, False, registry(), text)
    assert (again.tools.digest, again.why) == (chosen.tools.digest, chosen.why)


def test_tools_when_the_gate_is_open_then_the_order_tools_and_the_reads_they_need() -> None:
    chosen = names(TRADING, text="삼전이랑 하닉 10주씩 사줘", writes=True)
    assert {"prepare_order", "quote", "account_balance", "check_order"} <= chosen


def test_tools_when_the_order_is_finished_then_the_order_tools_alone() -> None:
    assert tools_for((TRADING,), True, registry(), needs_reads=False).tools.names == ("prepare_order",)


def test_tools_when_two_intents_are_likely_then_the_reads_of_both() -> None:
    both = names(NEWS, RESEARCH, text="코스피 왜 내렸어")
    assert {"search_news", "quote"} <= both


@pytest.mark.parametrize(
    ("text", "is_asked"),
    [
        ("클로드한테 이 전략 의견 물어봐줘", True),
        ("ask gemini about kakao", True),
        ("latest quarterly earnings of Google", False),
        ("클로드가 뭐야", False),
    ],
)
def test_tools_when_another_model_is_named_then_it_joins_only_if_it_is_to_be_asked(text: str, is_asked: bool) -> None:
    asked = {name for name in names(RESEARCH, text=text) if name.startswith("ask_")}
    assert bool(asked) is is_asked


def test_tools_when_a_foreign_company_is_named_then_its_filings_can_be_read() -> None:
    assert "sec_company_facts" in names(RESEARCH, text="TSLA earnings", foreign=True)
    assert "sec_company_facts" not in names(RESEARCH, text="삼성전자 실적")


def test_tools_when_the_registry_lacks_them_then_the_rest_is_chosen() -> None:
    only_news = Registry(tuple(skill for skill in registry().skills if skill.name == "market_data.news"))
    assert set(tools_for((NEWS,), True, only_news, "뉴스").tools.names) == {"search_news", "latest_news"}


def test_rules_when_read_then_every_tool_and_skill_they_name_exists() -> None:
    rules, known = selection_rules(), registry()
    skills = {skill.name for skill in known.skills}
    named = {skill for entry in rules.intents.values() for skill in entry.skills}
    assert named | set(rules.writes) | set(rules.other_models.skills) <= skills
    tools = {tool for entry in rules.intents.values() for tool in (*entry.first, *entry.usual)}
    assert tools | set(rules.reads_for_writes) | set(rules.for_foreign) <= set(known.tools.names)
    assert set(rules.intents) == set(Intent)
