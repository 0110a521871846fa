"""The log of variants tried, and what selection leaves of the best one's Sharpe ratio."""

from dataclasses import dataclass

import numpy as np

from daybook.advice.arrays import FloatArray
from daybook.advice.deflated_sharpe import DeflatedSharpe, deflated_sharpe
from daybook.advice.errors import AdviceError


@dataclass(frozen=True, slots=True)
class TrialLog:
    """Sharpe ratios of a period of every variant tried, whether it was kept or not, with its name."""

    names: tuple[str, ...] = ()
    sharpes: tuple[float, ...] = ()

    def with_trial(self, name: str, period_returns: FloatArray) -> "TrialLog":
        """Return the log with one more variant; the same name and figure is no new trial."""
        ratio = sharpe_of(period_returns)
        if (name, ratio) in zip(self.names, self.sharpes, strict=True):
            return self
        return TrialLog((*self.names, name), (*self.sharpes, ratio))

    @property
    def variance(self) -> float:
        """The variance of the ratios; 0 with one trial."""
        return float(np.var(self.sharpes, ddof=1)) if len(self.sharpes) > 1 else 0.0

    def deflated(self, period_returns: FloatArray) -> DeflatedSharpe:
        """Return what the number of trials leaves of these returns' Sharpe ratio.

        Raises ``AdviceError`` for an empty log: the returns are a trial themselves.
        """
        if not self.sharpes:
            raise AdviceError("the log of trials is empty: log the returns themselves first")
        centred = period_returns - period_returns.mean()
        deviation = float(period_returns.std())
        skew = float((centred**3).mean()) / deviation**3
        kurtosis = float((centred**4).mean()) / deviation**4
        return deflated_sharpe(
            sharpe_of(period_returns), period_returns.size, len(self.sharpes), self.variance, skew, kurtosis
        )


def sharpe_of(period_returns: FloatArray) -> float:
    """Return mean over sample deviation of one period; raises ``AdviceError`` for fewer than two or no spread."""
    deviation = float(period_returns.std(ddof=1)) if period_returns.size > 1 else 0.0
    if not deviation > 0:
        raise AdviceError(f"{period_returns.size} returns without spread have no Sharpe ratio")
    return float(period_returns.mean()) / deviation
