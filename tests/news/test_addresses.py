import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.news.addresses import LONGEST_URL, canonical_url, publisher_of


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("http://www.Example.co.kr/a/1?utm_source=naver&id=3#top", "https://example.co.kr/a/1?id=3"),
        ("https://m.example.co.kr/a/1/?id=3&fbclid=x", "https://example.co.kr/a/1?id=3"),
        ("https://example.com:443/a?b=2&a=1", "https://example.com/a?a=1&b=2"),
        ("https://user:secret@example.com/a", "https://example.com/a"),
        (
            "https://n.news.naver.com/mnews/article/001/0014567890?sid=101",
            "https://n.news.naver.com/article/001/0014567890",
        ),
        (
            "https://dart.fss.or.kr/dsaf001/main.do?rcpNo=20260306000123",
            "https://dart.fss.or.kr/dsaf001/main.do?rcpNo=20260306000123",
        ),
        ("javascript:alert(1)", ""),
        ("data:text/html,<b>", ""),
        ("ftp://example.com/a", ""),
        ("https://localhost/a", ""),
        ("https://[broken", ""),
        ("https://example.com/" + "a" * LONGEST_URL, ""),
        ("", ""),
    ],
)
def test_address_when_made_canonical_then_copies_look_alike_and_others_are_refused(url, canonical):
    assert canonical_url(url) == canonical


@pytest.mark.parametrize(
    ("url", "publisher"),
    [
        ("https://www.hankyung.com/article/1", "hankyung.com"),
        ("https://biz.news.example.co.kr/1", "example.co.kr"),
        ("https://a1.flood.example.com/1", "example.com"),
        ("https://n.news.naver.com/article/015/0001234567", "n.news.naver.com/015"),
        ("nothing", ""),
    ],
)
def test_publisher_when_asked_then_subdomains_count_as_one(url, publisher):
    assert publisher_of(url) == publisher


@given(st.text(max_size=120))
def test_any_text_when_taken_for_an_address_then_it_never_fails_and_is_stable(text):
    once = canonical_url(text)
    assert canonical_url(once) == once


@given(
    st.from_regex(
        r"https?://(www\.|m\.)?[a-z]{1,8}\.(com|co\.kr)/[a-z0-9/]{0,20}(\?[a-z]{1,5}=[a-z0-9]{0,5})?", fullmatch=True
    )
)
def test_web_address_when_made_canonical_then_it_is_https_and_stable(url):
    once = canonical_url(url)
    assert once.startswith("https://")
    assert canonical_url(once) == once
