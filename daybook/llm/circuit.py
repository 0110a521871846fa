"""Leaves a provider alone for a while after it has failed several times in a row."""

from dataclasses import dataclass, field

from daybook.contracts.llm import FallbackReason

FAILURES_IN_A_ROW = 3
PAUSE_S = 60.0
COUNTED = frozenset({FallbackReason.PROVIDER_DOWN, FallbackReason.TIMEOUT, FallbackReason.RATE_LIMITED})
"""Failures that say something about the provider; a bad answer or request says nothing about it."""


@dataclass(slots=True)
class Circuit:
    """Counts failures of providers. After the pause one call is let through; its failure starts the next pause."""

    _failures: dict[str, int] = field(default_factory=dict)
    _closed_until_s: dict[str, float] = field(default_factory=dict)

    def pause_left_s(self, provider: str, now_s: float) -> float:
        """Return how long the provider is still left alone; 0 when it may be asked."""
        return max(self._closed_until_s.get(provider, 0.0) - now_s, 0.0)

    def failed(self, provider: str, reason: FallbackReason, now_s: float) -> None:
        """Note a failure."""
        if reason not in COUNTED:
            self.answered(provider)
            return
        self._failures[provider] = self._failures.get(provider, 0) + 1
        if self._failures[provider] >= FAILURES_IN_A_ROW:
            self._closed_until_s[provider] = now_s + PAUSE_S

    def answered(self, provider: str) -> None:
        """Note that the provider works."""
        self._failures.pop(provider, None)
        self._closed_until_s.pop(provider, None)
