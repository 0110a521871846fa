"""The routing room's errors; every message is one line that says what to do.

RoutingError
|- RoutingRefused       a text nothing can be made of: empty, too long, without a word; ``.code`` says which
|- RoutingDataError     a data file of this room cannot be used
|- SecondStageFailed    the second opinion did not come; the union of read groups is used instead
"""

from enum import StrEnum


class RefusalCode(StrEnum):
    """Why a text is not routed."""

    EMPTY = "EMPTY"
    TOO_LONG = "TOO_LONG"
    NO_WORDS = "NO_WORDS"


class RoutingError(Exception):
    """Base of all routing errors."""


class RoutingRefused(RoutingError):
    """Nothing can be made of this text."""

    def __init__(self, code: RefusalCode, message: str) -> None:
        self.code = code
        super().__init__(message)


class RoutingDataError(RoutingError):
    """A data file of this room cannot be used; the text says which entry and why."""


class SecondStageFailed(RoutingError):
    """The second opinion did not come. ``may_have_worked``: the server had the request and may bill it."""

    def __init__(self, message: str, *, may_have_worked: bool = False) -> None:
        self.may_have_worked = may_have_worked
        super().__init__(message)
