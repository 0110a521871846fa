from daybook.paper.paging import context_fields, page_of

ROWS = ["a", "b", "c", "d", "e"]


def test_page_of_when_rows_fit_then_only_page() -> None:
    page = page_of(ROWS, 5, "", continues=False)
    assert (page.of(ROWS), page.tr_cont, page.next_key) == (ROWS, "D", "")


def test_page_of_when_followed_to_the_end_then_every_row_once() -> None:
    seen: list[str] = []
    marks = []
    key, continues = "", False
    while True:
        page = page_of(ROWS, 2, key.ljust(100), continues=continues)
        seen += page.of(ROWS)
        marks.append(page.tr_cont)
        if not page.has_more:
            break
        key, continues = page.next_key, True
    assert seen == ROWS
    assert marks == ["F", "M", "E"]


def test_page_of_when_a_row_appears_between_pages_then_none_is_repeated() -> None:
    first = page_of(ROWS, 2, "", continues=False)
    grown = ["new", *ROWS]
    assert page_of(grown, 2, first.next_key, continues=True).of(grown) == ["c", "d"]


def test_page_of_when_key_without_tr_cont_then_first_page() -> None:
    assert page_of(ROWS, 2, "b", continues=False).of(ROWS) == ["a", "b"]


def test_page_of_when_key_is_unknown_then_first_page() -> None:
    assert page_of(ROWS, 2, "zz", continues=True).of(ROWS) == ["a", "b"]


def test_context_fields_when_built_then_padded_to_width() -> None:
    fields = context_fields(20, "20260320", "", "")
    assert fields == {"ctx_area_fk": "20260320".ljust(20), "ctx_area_nk": " " * 20}
