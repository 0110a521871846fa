"""What DART's status codes mean. DART answers HTTP 200 always; the ``status`` in the body decides.

Source: the Open DART developers' guide, message table (the same for every service).
"""

import re
from collections.abc import Callable

from daybook.filings.errors import (
    FilingCode,
    FilingConfigurationError,
    FilingError,
    FilingLimited,
    FilingNotFound,
    FilingRequestError,
    FilingUnavailable,
    FilingUnreadable,
)

DART_KEY_VARIABLE = "DAYBOOK_NEWS__DART_API_KEY"
OK = "000"

_XML_STATUS = re.compile(rb"<status>\s*(\d{3})\s*</status>")
_FOREIGN = "status {status} is not one DART documents"
_ERRORS: dict[str, tuple[Callable[[FilingCode, str], FilingError], FilingCode, str]] = {
    "010": (
        FilingConfigurationError,
        FilingCode.KEY_UNKNOWN,
        f"DART does not know the key; correct {DART_KEY_VARIABLE}",
    ),
    "011": (FilingConfigurationError, FilingCode.KEY_SUSPENDED, "the DART key is suspended; see opendart.fss.or.kr"),
    "012": (
        FilingConfigurationError,
        FilingCode.ADDRESS_NOT_ALLOWED,
        "DART does not allow this machine's address for the key; register it at opendart.fss.or.kr",
    ),
    "901": (FilingConfigurationError, FilingCode.KEY_EXPIRED, "the DART key's owner data has expired; renew the key"),
    "013": (FilingNotFound, FilingCode.NO_DATA, "DART has no data for this"),
    "014": (FilingNotFound, FilingCode.NO_DATA, "DART has no such file"),
    "020": (FilingLimited, FilingCode.DAILY_LIMIT, "DART's request limit is reached; ask again tomorrow"),
    "021": (FilingRequestError, FilingCode.BAD_REQUEST, "DART takes at most 100 companies at once"),
    "100": (FilingRequestError, FilingCode.BAD_REQUEST, "DART refuses a value of the request"),
    "101": (FilingRequestError, FilingCode.BAD_REQUEST, "DART refuses this kind of access"),
    "800": (FilingUnavailable, FilingCode.MAINTENANCE, "DART is under maintenance; ask again later"),
    "900": (FilingUnavailable, FilingCode.SERVER_ERROR, "DART reports an undefined error; ask again later"),
}


def raise_for_status(status: str) -> None:
    """Raise the error a DART status stands for; nothing for ``000``."""
    if status == OK:
        return
    known = _ERRORS.get(status)
    if known is None:
        shown = status if status.isdigit() and len(status) == 3 else "?"
        raise FilingUnreadable(FilingCode.UNREADABLE, f"DART's {_FOREIGN.format(status=shown)}")
    kind, code, text = known
    raise kind(code, text)


def raise_for_xml(content: bytes) -> None:
    """Raise the error of an XML answer that came in place of a ZIP."""
    found = _XML_STATUS.search(content[:4_000])
    if found is not None:
        raise_for_status(found.group(1).decode())
    raise FilingUnreadable(FilingCode.UNREADABLE, "DART sent neither a ZIP nor a status")
