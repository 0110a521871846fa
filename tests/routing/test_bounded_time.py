"""A text of any shape must be classified in bounded time: a pattern that backtracks would freeze the worker."""

import time

import pytest

from daybook.routing.classifier import IntentClassifier
from daybook.routing.order_gate import judge_order

REPEATED = (
    "1,",
    "1 ",
    "1.",
    "1만",
    "천",
    "일이",
    "₩1",
    "가 ",
    "buy ",
    "삼성전자 ",
    "10주 ",
    '"',
    "(",
    "ㅋ",
    "a",
    "1억2천",
    "%",
    "-",
)


@pytest.mark.parametrize("part", REPEATED)
def test_text_when_it_repeats_one_thing_then_it_is_judged_in_bounded_time(part: str) -> None:
    classifier = IntentClassifier.shipped()
    text = (part * 4_000)[:4_000]
    begun = time.process_time()
    judge_order(text, classifier.classify(text))
    assert time.process_time() - begun < 1.5
