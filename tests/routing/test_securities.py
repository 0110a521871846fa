import pytest

from daybook.routing.securities import LONGEST_SCAN, Securities, Security


@pytest.fixture(scope="module")
def lexicon() -> Securities:
    return Securities.shipped()


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("삼전 10주 사줘", ("005930",)),
        ("하닉이랑 현차 어때", ("000660", "005380")),
        ("LG 전자 다 던져", ("066570",)),
        ("SK 하이닉스 뉴스", ("000660",)),
        ("오늘삼성전자왜떨어짐", ("005930",)),
        ("005930 사줘", ("005930",)),
        ("KODEX 코스닥 150 매수", ("229200",)),
        ("삼성전자우 말고 삼성전자", ("005935", "005930")),
        ("LG에너지솔루션과 삼성SDI", ("373220", "006400")),
        ("samsung electronics chart", ("005930",)),
    ],
)
def test_find_when_a_listed_name_is_written_then_its_code_is_read(
    lexicon: Securities, text: str, symbols: tuple[str, ...]
) -> None:
    assert tuple(mention.symbol for mention in lexicon.find(text)) == symbols


@pytest.mark.parametrize(
    "text",
    [
        "한화로 얼마야",
        "기아 대책 후원",
        "카카오톡이 안 열려",
        "100000원에 사",
        "목표 대상 설명",
        "테스트 돌려줘",
        "하이브리드 자동차",
        "what is delta",
        "buy now",
        "should I sell it all",
        "what's the target price",
        "네이버에서 검색해줘",
        "메타버스가 뭐야",
    ],
)
def test_find_when_a_name_is_another_word_then_nothing_is_found(lexicon: Securities, text: str) -> None:
    assert lexicon.find(text) == ()


@pytest.mark.parametrize(
    ("text", "ticker"),
    [
        ("TSLA사줘", "TSLA"),
        ("tesla's news", "TSLA"),
        ("limit buy for 20 KO at 58", "KO"),
        ("debt of AT&T", "T"),
        ("테슬라 팔아", "TSLA"),
        ("sell 3 aplle", "AAPL"),
    ],
)
def test_find_when_a_foreign_name_is_written_then_it_has_no_code(lexicon: Securities, text: str, ticker: str) -> None:
    (mention,) = lexicon.find(text)
    assert mention.is_foreign
    assert mention.symbol is None
    assert mention.ticker == ticker


def test_find_when_only_a_group_is_named_then_no_security_is_guessed(lexicon: Securities) -> None:
    (mention,) = lexicon.find("LG 팔아")
    assert (mention.name, mention.symbol, mention.is_foreign) == ("LG", None, False)


def test_find_when_a_name_is_found_then_its_place_is_exact(lexicon: Securities) -> None:
    text = "내일 카카오뱅크를 사줘"
    (mention,) = lexicon.find(text)
    assert text[mention.start : mention.end] == "카카오뱅크"


def test_find_when_the_text_is_huge_then_only_its_head_is_scanned(lexicon: Securities) -> None:
    text = "가 " * LONGEST_SCAN + "삼성전자"
    assert lexicon.find(text) == ()


def test_extended_when_a_symbol_is_new_then_it_is_found_and_the_shipped_one_is_unchanged(lexicon: Securities) -> None:
    more = lexicon.extended([Security("099999", "가나다머티리얼즈", market="KOSDAQ")])
    assert more.find("가나다머티리얼즈 사줘")[0].symbol == "099999"
    assert lexicon.find("가나다머티리얼즈 사줘") == ()
    assert len(more) == len(lexicon) + 1


def test_extended_when_a_symbol_is_known_then_its_nicknames_stay(lexicon: Securities) -> None:
    more = lexicon.extended([Security("005930", "삼성전자보통주")])
    assert {more.find(text)[0].symbol for text in ("삼전 팔아", "삼성전자보통주 팔아")} == {"005930"}
    assert len(more) == len(lexicon)


def test_search_when_a_prefix_is_given_then_exact_comes_first(lexicon: Securities) -> None:
    found = lexicon.search("카카오", limit=4)
    assert found[0].symbol == "035720"
    assert len(found) == 4
    assert lexicon.search("  ") == ()


def test_lexicon_when_shipped_then_codes_are_unique_and_well_formed(lexicon: Securities) -> None:
    symbols = [security.symbol for security in lexicon.search("0", limit=10_000) if security.symbol]
    assert len(symbols) == len(set(symbols))
    assert len(symbols) > 200
    assert all(len(symbol) == 6 for symbol in symbols)
    assert lexicon.by_symbol("035720") is lexicon.by_name("카카오")
