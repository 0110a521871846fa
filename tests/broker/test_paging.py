import httpx
import pytest

from daybook.broker.kis.paging import MAX_PAGES, pages
from daybook.broker.kis.wire import BALANCE, HOLIDAYS, PRICE
from daybook.broker.port import BrokerUnavailable
from tests.broker.fake_kis import Rig, ok

TR = "TTTC8434R"
FIRST = "87654321^01^N^".ljust(100)


def page(tr_cont: str | None, next_text: str) -> httpx.Response:
    return ok(tr_cont=tr_cont, ctx_area_fk100=FIRST, ctx_area_nk100=next_text.ljust(100), output1=[])


@pytest.mark.parametrize("last", [page("D", ""), page("E", "x"), page("", ""), page("M", "^^"), page(None, "")])
def test_pages_when_more_follow_then_the_texts_come_back_as_they_came(last: httpx.Response) -> None:
    rig = Rig()
    rig.kis.on(TR, page("F", "a"), page("M", "b"), last)
    assert len(list(pages(rig.gateway, BALANCE, {"CANO": "1"}))) == 3
    sent = [(request.headers["tr_cont"], request.url.params["CTX_AREA_NK100"]) for request in rig.kis.requests(TR)]
    assert sent == [("", ""), ("N", "a".ljust(100)), ("N", "b".ljust(100))]
    assert rig.kis.requests(TR)[1].url.params["CTX_AREA_FK100"] == FIRST


@pytest.mark.parametrize(
    "broken",
    [
        [page("F", "")],
        [page("M", "a"), page("M", "a")],
        [page("F", "a"), page("M", "b"), page("M", "a")],
        [page(None, "a")],
    ],
)
def test_pages_when_the_continuation_is_blank_repeated_or_dropped_then_the_list_is_not_whole(
    broken: list[httpx.Response],
) -> None:
    rig = Rig()
    rig.kis.on(TR, *broken)
    with pytest.raises(BrokerUnavailable) as caught:
        list(pages(rig.gateway, BALANCE, {}))
    assert caught.value.code == "PAGING"


def test_pages_when_they_never_end_then_a_limit_does() -> None:
    rig = Rig()
    rig.kis.on(TR, *(page("M", f"n{number}") for number in range(MAX_PAGES + 5)))
    with pytest.raises(BrokerUnavailable):
        list(pages(rig.gateway, BALANCE, {}))
    assert len(rig.kis.requests(TR)) == MAX_PAGES


def test_pages_when_the_service_uses_bare_keys_then_they_are_used() -> None:
    rig = Rig()
    rig.kis.on("CTCA0903R", ok(tr_cont="M", ctx_area_nk="20270101", ctx_area_fk="x"), ok(tr_cont="D"))
    list(pages(rig.gateway, HOLIDAYS, {}))
    assert rig.kis.requests("CTCA0903R")[1].url.params["CTX_AREA_NK"] == "20270101"


def test_pages_when_the_service_has_none_then_it_is_a_programming_error() -> None:
    with pytest.raises(ValueError):
        next(pages(Rig().gateway, PRICE, {}))
