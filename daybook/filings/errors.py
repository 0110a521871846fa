"""Errors of the filing clients.

FilingError
|- FilingConfigurationError   key or User-Agent is missing or refused; retrying cannot help
|- FilingNotFound             the source answered: there is no such company, filing or figure
|- FilingRequestError         the source refuses the request's values
|- FilingUnavailable          no usable answer now; asking later may help
   |- FilingLimited           refused by a rate or daily limit
   |- FilingUnreadable        an answer that is not what the source documents
"""

from enum import StrEnum


class FilingCode(StrEnum):
    """Why a filing source gave nothing."""

    USER_AGENT_MISSING = "USER_AGENT_MISSING"
    USER_AGENT_REFUSED = "USER_AGENT_REFUSED"
    KEY_MISSING = "KEY_MISSING"
    KEY_UNKNOWN = "KEY_UNKNOWN"
    KEY_SUSPENDED = "KEY_SUSPENDED"
    KEY_EXPIRED = "KEY_EXPIRED"
    ADDRESS_NOT_ALLOWED = "ADDRESS_NOT_ALLOWED"
    UNKNOWN_COMPANY = "UNKNOWN_COMPANY"
    NO_DATA = "NO_DATA"
    BAD_REQUEST = "BAD_REQUEST"
    TOO_FAST = "TOO_FAST"
    DAILY_LIMIT = "DAILY_LIMIT"
    MAINTENANCE = "MAINTENANCE"
    SERVER_ERROR = "SERVER_ERROR"
    UNREACHABLE = "UNREACHABLE"
    UNREADABLE = "UNREADABLE"


class FilingError(Exception):
    """Base of all errors of this room; ``code`` names the reason, the text says in one line what to do."""

    def __init__(self, code: FilingCode, message: str) -> None:
        super().__init__(message)
        self.code = code


class FilingConfigurationError(FilingError):
    """Key or User-Agent is missing or refused; retrying cannot help."""


class FilingNotFound(FilingError):
    """The source answered: there is no such company, filing or figure."""


class FilingRequestError(FilingError):
    """The source refuses the request's values."""


class FilingUnavailable(FilingError):
    """No usable answer now; asking later may help."""


class FilingLimited(FilingUnavailable):
    """Refused by a rate limit or a daily limit."""


class FilingUnreadable(FilingUnavailable):
    """An answer that is not what the source documents."""
