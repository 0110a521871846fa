"""Closures of the exchange on weekdays, written down apart from the table under test (2027 provisional)."""

from datetime import date

_CLOSURES = {
    2025: "01-01 01-27 01-28 01-29 01-30 03-03 05-01 05-05 05-06 06-03 06-06 08-15 10-03 10-06 10-07 10-08 10-09 "
    "12-25 12-31",
    2026: "01-01 02-16 02-17 02-18 03-02 05-01 05-05 05-25 06-03 07-17 08-17 09-24 09-25 10-05 10-09 12-25 12-31",
    2027: "01-01 02-08 02-09 03-01 05-03 05-05 05-13 07-19 08-16 09-14 09-15 09-16 10-04 10-11 12-27 12-31",
}

WEEKDAY_CLOSURES = {
    date.fromisoformat(f"{year}-{month_day}") for year, listed in _CLOSURES.items() for month_day in listed.split()
}
