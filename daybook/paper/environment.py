"""The two environments of the KIS service, which differ in codes, page sizes and what they serve."""

from enum import StrEnum


class Environment(StrEnum):
    """Which KIS environment a listener plays."""

    REAL = "real"
    MOCK = "mock"

    @property
    def requests_per_second(self) -> int:
        """Calls a second and app key that KIS allows since 2026-04-20."""
        return 18 if self is Environment.REAL else 1
