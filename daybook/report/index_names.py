"""Names of the indices a desk may be compared with."""

_NAMES = {"0001": "KOSPI", "1001": "KOSDAQ", "2001": "KOSPI200"}


def index_name(code: str) -> str:
    """Return an index's name, or its code where it has none here (codes as in the broker's index quotes)."""
    return _NAMES.get(code, code)
