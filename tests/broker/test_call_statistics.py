import httpx
import pytest

from daybook.broker.kis.call_statistics import WINDOW_S, CallStatistics
from daybook.broker.kis.transport import ExchangeFailed, KisTransport
from daybook.contracts.base import Mode
from tests.broker.fake_kis import FakeKis, base_url

PATH = "/oauth2/tokenP"


class Ticking:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_figures_when_calls_are_answered_or_not_then_the_slowest_but_five_percent_is_the_delay() -> None:
    clock = Ticking()
    statistics = CallStatistics(clock)
    for number in range(1, 21):
        began = statistics.now()
        clock.now += number / 10
        statistics.answered(began)
    statistics.failed()
    figures = statistics.figures(token_failures=2)
    assert (figures.calls, figures.errors, figures.token_failures) == (21, 1, 2)
    assert figures.latency_s == pytest.approx(1.9)


def test_figures_when_five_minutes_have_passed_then_nothing_is_left() -> None:
    clock = Ticking()
    statistics = CallStatistics(clock)
    statistics.failed()
    clock.now += WINDOW_S + 1
    figures = statistics.figures()
    assert (figures.calls, figures.errors, figures.latency_s) == (0, 0, None)


def test_transport_when_it_gets_replies_then_a_coded_refusal_is_an_answer_and_a_broken_one_is_not() -> None:
    kis = FakeKis()
    kis.on(
        PATH,
        httpx.Response(200, json={"access_token": "t"}),
        httpx.Response(500, json={"msg_cd": "EGW00201", "rt_cd": "1"}),
        httpx.Response(502, text="<html>"),
        httpx.ConnectError("down"),
    )
    transport = KisTransport(Mode.MOCK, base_url(Mode.MOCK), inner=kis)
    for _ in range(3):
        transport.send("POST", PATH, "", body={})
    with pytest.raises(ExchangeFailed):
        transport.send("POST", PATH, "", body={})
    figures = transport.statistics.figures()
    assert (figures.calls, figures.errors) == (4, 2)
