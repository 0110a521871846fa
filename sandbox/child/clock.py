"""A clock that stands still until the script sleeps, under every name Python gives to the time."""

import ctypes
import datetime as dt
import gc
import os
import time
import timeit
from collections.abc import Callable
from typing import Any

MICROSECOND_NS = 1_000
# Every reading moves the steady clocks by one microsecond; the time of day shows whole milliseconds of that, so a
# script sees one instant, and a loop that waits for the time to pass still ends.
DAY_RESOLUTION_NS = 1_000_000
SECOND_NS = 1_000_000_000
KOREA_MINUTES = 540
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class VirtualClock:
    """Time as the script sees it: it begins at ``start`` and passes when the script sleeps."""

    def __init__(self) -> None:
        self._zone = dt.UTC
        self._start_ns = 0
        self._slept_ns = 0
        self._readings = 0

    def start(self, now: dt.datetime) -> None:
        """Stand at this aware instant; the script's local zone becomes its offset.

        Raises:
            ValueError: It has no offset.
        """
        offset = now.utcoffset()
        if offset is None:
            raise ValueError("now has no offset")
        self._zone = dt.timezone(offset)
        difference = now - EPOCH
        self._start_ns = (difference.days * 86_400 + difference.seconds) * SECOND_NS + difference.microseconds * 1_000
        self._slept_ns = self._readings = 0
        zone_text = posix_zone(offset)
        if os.environ.get("TZ") != zone_text:
            os.environ["TZ"] = zone_text
            time.tzset()

    @property
    def zone(self) -> dt.timezone:
        """The script's local zone."""
        return self._zone

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start, without reading the clock."""
        return self._slept_ns / SECOND_NS

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._slept_ns += max(0, int(seconds * SECOND_NS))

    def steady_ns(self) -> int:
        """Nanoseconds since the start; every reading moves it."""
        self._readings += 1
        return self._slept_ns + self._readings * MICROSECOND_NS

    def day_ns(self) -> int:
        """Nanoseconds since 1970."""
        self._readings += 1
        ticked = self._readings * MICROSECOND_NS // DAY_RESOLUTION_NS * DAY_RESOLUTION_NS
        return self._start_ns + self._slept_ns + ticked

    def sleep(self, seconds: float) -> None:
        """time.sleep: passes at once."""
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        self.advance(seconds)

    def install(self) -> None:
        """Put this clock behind the time and datetime modules of this process, for good."""
        _install_time(self)
        _install_datetime(self)


def posix_zone(offset: dt.timedelta) -> str:
    """An offset as a POSIX time zone, which needs no file (its sign is the other way round)."""
    minutes = int(offset.total_seconds()) // 60
    sign, size = ("-", minutes) if minutes >= 0 else ("+", -minutes)
    if minutes == KOREA_MINUTES:
        return "KST-9:00"
    return f"<{'+' if minutes >= 0 else '-'}{size // 60:02d}{size % 60:02d}>{sign}{size // 60}:{size % 60:02d}"


def _install_time(clock: VirtualClock) -> None:
    module: Any = time
    steady_s: Callable[[], float] = lambda: clock.steady_ns() / SECOND_NS  # noqa: E731
    module.time = lambda: clock.day_ns() / SECOND_NS
    module.time_ns = clock.day_ns
    for name in ("monotonic", "perf_counter", "process_time", "thread_time"):
        setattr(module, name, steady_s)
        setattr(module, f"{name}_ns", clock.steady_ns)
    timeit.default_timer = module.perf_counter
    module.sleep = clock.sleep
    day_clocks = {time.CLOCK_REALTIME, getattr(time, "CLOCK_TAI", time.CLOCK_REALTIME)}
    module.clock_gettime_ns = lambda which: clock.day_ns() if which in day_clocks else clock.steady_ns()
    module.clock_gettime = lambda which: module.clock_gettime_ns(which) / SECOND_NS
    for name in ("localtime", "gmtime", "ctime"):
        setattr(module, name, _with_default(getattr(time, name), module.time))
    format_time, local = time.strftime, module.localtime
    module.strftime = lambda form, *when: format_time(form, *(when or (local(),)))
    render = time.asctime
    module.asctime = lambda *when: render(*(when or (local(),)))


def _with_default(convert: Callable[[float], Any], now: Callable[[], float]) -> Callable[..., Any]:
    return lambda seconds=None: convert(now() if seconds is None else seconds)


def _install_datetime(clock: VirtualClock) -> None:
    """Replace two methods of the C type itself, so that every holder of the type sees them and it stays the type."""

    def instant() -> dt.datetime:
        return EPOCH + dt.timedelta(microseconds=clock.day_ns() // 1_000)

    def now(cls: type[dt.datetime], tz: dt.tzinfo | None = None) -> dt.datetime:
        moment = instant().astimezone(clock.zone if tz is None else tz)
        return _of_type(cls, moment.replace(tzinfo=None) if tz is None else moment)

    def utcnow(cls: type[dt.datetime]) -> dt.datetime:
        return _of_type(cls, instant().replace(tzinfo=None))

    namespace = gc.get_referents(dt.datetime.__dict__)[0]
    namespace["now"] = classmethod(now)
    namespace["utcnow"] = classmethod(utcnow)
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(dt.datetime))


def _of_type(cls: type[dt.datetime], moment: dt.datetime) -> dt.datetime:
    if cls is dt.datetime:
        return moment
    return cls.fromtimestamp(moment.timestamp(), moment.tzinfo) if moment.tzinfo else cls(*moment.timetuple()[:6])
