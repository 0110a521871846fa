import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daybook.risk.threat.alert import parse_cyber_alert

_ITEM = "<item><title>{}</title><pubDate>{}</pubDate></item>"
MARCH, APRIL = "Mon, 02 Mar 2026 10:00:00 +0900", "Thu, 02 Apr 2026 10:00:00 +0900"


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ('{"level": "주의"}', 2),
        ('{"level": 3, "title": "x"}', 3),
        ('{"result": {"alertLevel": "심각", "date": "2026-03-01"}}', 4),
        ('[{"level": 1, "date": "2026-03-01"}, {"level": "정상", "date": "2026-02-01"}]', 1),
        ('{"status": "ok", "stage": "attention"}', 1),
        ("level: 경계\nissued_at: 2026-03-01", 3),
        ("- stage: '관심'  # now", 1),
        ("사이버위기 경보 단계: 정상", 0),
        ("현재 사이버위기경보는 '주의' 단계입니다", 2),
        ("사이버위기 경보를 '관심'에서 '주의'로 상향", 2),
        ("사이버위기 경보 주의 → 관심", 1),
        ("사이버위기경보 '주의' 경보 해제", 0),
        ("경계 경보 발령", 3),
        (f"<rss>{_ITEM.format('사이버위기경보 정상 유지', MARCH)}</rss>", 0),
        (
            "<rss>" + _ITEM.format("사이버 위기경보 '관심'으로 하향", MARCH)
            + _ITEM.format("사이버 위기경보 &#39;경계&#39;로 상향", APRIL) + "</rss>",
            3,
        ),
        ("<feed><entry><title><![CDATA[사이버위기 '심각' 단계 발령]]></title></entry></feed>", 4),
    ],
)  # fmt: skip
def test_alert_when_a_feed_says_a_stage_then_it_is_read(text: str, level: int) -> None:
    parsed = parse_cyber_alert(text)
    assert parsed.alert is not None, parsed.problem
    assert parsed.alert.level == level


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "{", "[1, 2]", "{}", '{"level": 7}', '{"level": true}', '{"level": "정상 또는 심각"}',
        '[{"level": 1}, {"level": 4}]', "정상 관심 주의 경계 심각", "<rss></rss>", "<html>404</html>",
        "<rss><item><title>주의해야 할 쇼핑 정보</title></item></rss>", "503 Service Unavailable", "\x00\x01",
    ],
)  # fmt: skip
def test_alert_when_a_feed_says_no_stage_then_unknown_with_a_reason(text: str) -> None:
    parsed = parse_cyber_alert(text)
    assert parsed.alert is None
    assert parsed.problem


def test_alert_when_dated_without_an_offset_then_korean_time() -> None:
    parsed = parse_cyber_alert('{"level": 1, "date": "2026-03-01T09:00:00", "title": "관심\\n\\u0007발령"}')
    assert parsed.alert is not None
    assert parsed.alert.issued_at is not None
    assert parsed.alert.issued_at.isoformat() == "2026-03-01T09:00:00+09:00"
    assert parsed.alert.title == "관심 발령"


@pytest.mark.parametrize(
    "text",
    ["<item" * 40_000, "<" * 200_000, "<item><title>" + "<title>" * 20_000 + "</item>", "심각" + " " * 199_000,
     "[" * 100_000, '{"a":' * 30_000, "<item>심각'</item>" * 10_000, "심각" * 60_000,
     '{"level": 1' + "0" * 5_000 + "}"],
)  # fmt: skip
def test_alert_when_a_feed_is_hostile_then_it_answers_quickly(text: str) -> None:
    started = time.perf_counter()
    parse_cyber_alert(text)
    assert time.perf_counter() - started < 2


@settings(max_examples=200, deadline=None)
@given(
    text=st.text(
        alphabet=st.sampled_from(list("정상관심주의경계심각경보단계발령로 ':→<>item/{}[]\"\n레벨level0123")),
        max_size=200,
    )
)
def test_alert_when_text_is_random_then_it_never_raises(text: str) -> None:
    parsed = parse_cyber_alert(text)
    assert (parsed.alert is None) == bool(parsed.problem)
