"""What a risk score must be, whatever the portfolio (RS-01)."""

import itertools
import math

import numpy as np

from daybook.contracts.scores import RiskMetric, RiskScore, ScoreKind
from daybook.risk.score.model import MetricValues, score_values
from daybook.risk.score.portfolio import score_portfolio
from daybook.risk.score.reference_file import shipped_reference
from tests.scenario.cases_book import Judged

_DRAWS = 60


def _draw(generator: np.random.Generator, kind: ScoreKind) -> dict[RiskMetric, float | None]:
    """Return metrics anywhere between far below and far above what the reference set knows."""
    metrics = shipped_reference().weights(kind)
    return {metric: float(np.exp(generator.normal(-2.0, 2.5))) for metric in metrics}


def _scored(values: dict[RiskMetric, float | None], kind: ScoreKind) -> RiskScore:
    return score_values("any", kind, MetricValues(values), shipped_reference())


def _all_scores() -> list[RiskScore]:
    generator = np.random.default_rng(3)
    scores = [_scored(_draw(generator, kind), kind) for kind in ScoreKind for _ in range(_DRAWS)]
    for held in (1, 2, 7):
        steps = generator.normal(0.0, 0.03, (400, held))
        closes = 10_000 * np.exp(np.cumsum(steps, axis=0))
        scores.append(score_portfolio("random", closes, generator.uniform(1e5, 1e7, held).tolist(), cash_krw=1e6))
    return scores


def in_range() -> Judged:
    scores = [score.score for score in _all_scores()]
    return Judged(min(scores) >= 0 and max(scores) <= 100, f"{min(scores)} to {max(scores)}")


def adds_up() -> Judged:
    gaps = [abs(sum(row.points for row in score.contributions) - score.score) for score in _all_scores()]
    return Judged(max(gaps) <= 0.01, f"largest gap {max(gaps):.2e}")


def monotone() -> Judged:
    generator = np.random.default_rng(4)
    for kind, _ in itertools.product(ScoreKind, range(4)):
        values = _draw(generator, kind)
        for metric in values:
            grid = np.concatenate(([0.0], np.geomspace(1e-5, 1e3, 14)))
            scores = [_scored({**values, metric: float(at)}, kind).score for at in grid]
            if any(later < earlier - 1e-9 for earlier, later in itertools.pairwise(scores)):
                return Judged(False, f"{metric} of a {kind} lowers the score as it grows")
    return Judged(True, "no metric lowers the score as it grows")


def missing_lowers_confidence() -> Judged:
    generator = np.random.default_rng(5)
    for kind, _ in itertools.product(ScoreKind, range(8)):
        values = _draw(generator, kind)
        whole = _scored(values, kind)
        for metric in values:
            for gone in (None, math.nan):
                score = _scored({**values, metric: gone}, kind)
                if score.score < whole.score - 1e-9 or score.confidence >= whole.confidence:
                    return Judged(False, f"without {metric}: {score.score} from {whole.score}, {score.confidence}")
    return Judged(True, "a missing metric lowered confidence alone")


CHECKS = [
    (r"missing", missing_lowers_confidence),
    (r"sum|contribution", adds_up),
    (r"non-decreasing|monoton", monotone),
    (r"0\s*<=\s*score", in_range),
]
