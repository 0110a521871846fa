"""What a sandbox says about itself: its tier, what protects the host, and what is missing."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class SandboxReport:
    """The outcome of the probe. Tier 0 means that code is refused; ``refusal`` then says why."""

    engine: str
    tier: int
    protects: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    refusal: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    self_test: dict[str, str] = field(default_factory=dict)
    preloaded: tuple[str, ...] = ()

    @property
    def runs_code(self) -> bool:
        """Whether scripts are run here at all."""
        return self.tier > 0

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)
