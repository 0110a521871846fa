"""What every symbol is expected to do, less what acting on it costs, in points.

edge = expected excess over the horizon / own volatility over the horizon (Grinold's alpha = IC x volatility x score,
Journal of Portfolio Management 20, 1994, divided by the volatility). What acting costs is taken from the edge towards
0, so a symbol whose expectation is not worth its cost has exactly 50 points: a round trip for a buy, one sale for
leaving. Opinions are added to the edge first; taking costs off moves two edges no further apart, so an opinion can
never move points by more than its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from daybook.advice.arrays import FloatArray
from daybook.contracts.factors import NEUTRAL_POINTS, POINTS_PER_EDGE, POINTS_PER_SCORE, EvidenceCode


@dataclass(frozen=True, slots=True)
class Expectation:
    """What goes into a symbol's points: edge of the factors, its error, costs in units of edge, and doubts."""

    symbol: str
    edge: float
    edge_error: float
    deviation: float
    buy_cost_ratio: float
    sell_cost_ratio: float
    coverage: float
    doubts: tuple[EvidenceCode, ...] = ()


@dataclass(frozen=True, slots=True)
class Assessment:
    """A symbol's points and how they came about: 50 + 500 x edge + news + rating + cost, before the cut."""

    expectation: Expectation
    news_points: float
    rating_points: float
    gross_edge: float
    net_edge: float
    cost_ratio: float
    doubts: tuple[EvidenceCode, ...]

    @property
    def cost_points(self) -> float:
        """What cost, or doubt, takes back towards 50."""
        return POINTS_PER_EDGE * (self.net_edge - self.gross_edge)

    @property
    def points(self) -> float:
        """The points, 0 to 100."""
        return min(100.0, max(0.0, NEUTRAL_POINTS + POINTS_PER_EDGE * self.net_edge))

    @property
    def score(self) -> float:
        """The score of a ``Recommendation``: uncut points from 50, over 20; above 0 is worth buying."""
        return POINTS_PER_EDGE * self.net_edge / POINTS_PER_SCORE

    @property
    def expected_excess_ratio(self) -> float:
        """The expected excess over the horizon, before cost."""
        return self.gross_edge * self.expectation.deviation

    def band(self, deviations: float) -> tuple[float, float]:
        """Return the expectation less and plus so many standard errors."""
        half = deviations * self.expectation.edge_error * self.expectation.deviation
        return self.expected_excess_ratio - half, self.expected_excess_ratio + half


def assess(expectation: Expectation, news: float = 0.0, rating: float = 0.0) -> Assessment:
    """Return the assessment with so many points of news and of a model's rating."""
    gross = expectation.edge + (news + rating) / POINTS_PER_EDGE
    cost_ratio = expectation.buy_cost_ratio if gross > 0 else expectation.sell_cost_ratio
    net = float(np.sign(gross)) * max(0.0, abs(gross) - cost_ratio / expectation.deviation)
    doubts = expectation.doubts
    if doubts:
        net = 0.0
    elif net == 0:
        doubts = (EvidenceCode.BELOW_COST,)
    return Assessment(expectation, news, rating, gross, net, cost_ratio, doubts)


def assess_all(
    expectations: list[Expectation], news: Mapping[str, float], ratings: Mapping[str, float]
) -> list[Assessment]:
    """Return the assessments, best first; equal ones by what they would be without cost, then by symbol."""
    rows = [assess(row, news.get(row.symbol, 0.0), ratings.get(row.symbol, 0.0)) for row in expectations]
    return sorted(rows, key=lambda row: (-row.net_edge, -row.gross_edge, row.expectation.symbol))


def ranks_of(assessments: list[Assessment]) -> dict[str, int]:
    """Return each symbol's place, 1 the best."""
    return {row.expectation.symbol: place for place, row in enumerate(assessments, start=1)}


def driver_points(ranks: FloatArray, weights: FloatArray) -> FloatArray:
    """Return points by symbol and feature; a row's sum is 500 x its edge."""
    return ranks * weights[None, :] * POINTS_PER_EDGE
