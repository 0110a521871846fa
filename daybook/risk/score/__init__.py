"""The risk score, 0 to 100: how likely a 20-day drawdown of 10 % or more is, and which metrics say so; pure.

A price history becomes metrics (:mod:`~daybook.risk.score.metrics`), a metric its percentile in a frozen reference set
(:mod:`~daybook.risk.score.reference`), the weighted percentiles one index, the index a calibrated probability, and the
probability a score through fixed knots (:mod:`~daybook.risk.score.scale`), so that a band means a probability.
:mod:`~daybook.risk.score.asset` and :mod:`~daybook.risk.score.portfolio` are the ways in; fitting and walk-forward
validation are :mod:`~daybook.risk.score.fit` and :mod:`~daybook.risk.score.walk_forward`.
"""
