"""Time zones from memory: read while files can be opened, served when they cannot."""

import io
import zoneinfo
from typing import Any
from zoneinfo import _common, _tzpath


def keep_time_zones() -> int:
    """Read every zone and let zoneinfo take them from here; how many there are.

    Both of Python's implementations, the one in C and the plain one pandas asks for, fall back to this one function
    when the system's files are not there.
    """
    from_package = _common.load_tzdata
    kept: dict[str, bytes] = {}
    for name in zoneinfo.available_timezones():
        path = _tzpath.find_tzfile(name)
        try:
            with open(path, "rb") if path else from_package(name) as file:
                kept[name] = file.read()
        except (OSError, zoneinfo.ZoneInfoNotFoundError):
            continue

    def load_tzdata(key: str) -> io.BytesIO:
        try:
            return io.BytesIO(kept[key])
        except (KeyError, TypeError):
            raise zoneinfo.ZoneInfoNotFoundError(f"No time zone found with key {key}") from None

    common: Any = _common
    public: Any = zoneinfo
    common.load_tzdata = load_tzdata
    public.available_timezones = lambda: set(kept)
    return len(kept)
