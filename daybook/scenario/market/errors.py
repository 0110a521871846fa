"""What can be wrong with market data and with a request to simulate it.

``MarketDataError`` is a ``ScenarioError``: it names the field, the code where there is one, and the way out.
"""

from enum import StrEnum

from daybook.scenario.errors import ScenarioError


class MarketDataCode(StrEnum):
    """Why market data cannot be used."""

    NO_STOCKS = "no_stocks"
    UNKNOWN_STOCK = "unknown_stock"
    UNKNOWN_HEDGE = "unknown_hedge"
    NO_PRICE = "no_price"
    BAD_PRICE = "bad_price"
    BAD_INDEX = "bad_index"
    TOO_FEW_SESSIONS = "too_few_sessions"
    BAD_ORDER = "bad_order"
    BAD_SHAPE = "bad_shape"
    BAD_PARAMETER = "bad_parameter"
    NO_HISTORY = "no_history"


class MarketDataError(ScenarioError):
    """Market data or parameters a simulation cannot be made from.

    Parameters
    ----------
    reason : MarketDataCode
        What kind of fault it is.
    field, message, way_out : str
        See ``ScenarioError``.
    """

    def __init__(self, reason: MarketDataCode, field: str, message: str, way_out: str = "") -> None:
        self.reason = reason
        super().__init__(field, message, way_out)

    def __reduce__(self) -> tuple[type["MarketDataError"], tuple[MarketDataCode, str, str, str]]:  # type: ignore[override]
        """Survive pickling, as across worker processes."""
        return type(self), (self.reason, self.field, self.message, self.way_out)
