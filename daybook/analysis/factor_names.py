"""The factors there are, by name; free of numpy, so that schemas can be built anywhere."""

from enum import StrEnum


class Factor(StrEnum):
    """A factor; :mod:`daybook.analysis.factors` says how each is built."""

    MARKET = "market"
    MOMENTUM = "momentum"
    LIQUIDITY = "liquidity"
