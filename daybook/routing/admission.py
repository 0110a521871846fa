"""Which texts are routed at all."""

from daybook.contracts.routing import LONGEST_QUESTION
from daybook.routing.errors import RefusalCode, RoutingRefused


def admit(text: str) -> str:
    """Return ``text`` without surrounding space and broken characters.

    Raises:
        RoutingRefused: nothing can be made of it: empty, over ``LONGEST_QUESTION``, or without a letter or digit.
    """
    if len(text) > LONGEST_QUESTION:
        raise RoutingRefused(
            RefusalCode.TOO_LONG,
            f"the question has {len(text):,} characters; ask in at most {LONGEST_QUESTION:,}",
        )
    stripped = text.encode("utf-8", "replace").decode("utf-8").strip()
    if not stripped:
        raise RoutingRefused(RefusalCode.EMPTY, 'the question is empty; ask something, e.g. "삼성전자 얼마야"')
    if not any(sign.isalnum() for sign in stripped):
        raise RoutingRefused(RefusalCode.NO_WORDS, "the question has no words; ask in Korean or English")
    return stripped
