"""What goes wrong with a measure.

MeasureError (ValueError)
└── raised with the name of the argument that is at fault and what it must be
"""


class MeasureError(ValueError):
    """An argument no measure can be taken of; the message names it and says what it must be."""


def check_alpha(alpha: float) -> None:
    """Raise :class:`MeasureError` unless a confidence level lies strictly within 0 and 1."""
    if not 0 < alpha < 1:
        raise MeasureError(f"alpha must lie between 0 and 1 (0.95: the worst 5 %), not {alpha:g}")
