"""Features of trading: illiquidity, a shock of turnover, and who has been buying."""

import numpy as np

from daybook.advice.arrays import FloatArray
from daybook.advice.features.rolling import window_mean
from daybook.advice.panel import Panel, log_returns

SHORT_SESSIONS = 5
MONTH_SESSIONS = 20
LONG_SESSIONS = 60


def illiquidity(panel: Panel) -> FloatArray:
    """Return Amihud's mean of |return| / turnover over sixty sessions, from twenty on (in logs)."""
    turnover = np.where(panel.turnover_krw > 0, panel.turnover_krw, np.nan)
    ratio = np.abs(log_returns(panel)) / turnover
    mean = window_mean(ratio, LONG_SESSIONS, MONTH_SESSIONS - 1)
    return np.log(np.where(mean > 0, mean, np.nan))


def turnover_shock(panel: Panel) -> FloatArray:
    """Return the log of the latest five sessions' mean turnover over that of sixty, from twenty on."""
    turnover = np.where(panel.turnover_krw >= 0, panel.turnover_krw, np.nan)
    short = window_mean(turnover, SHORT_SESSIONS, SHORT_SESSIONS)
    long = window_mean(turnover, LONG_SESSIONS, MONTH_SESSIONS)
    usable = (short > 0) & (long > 0)
    return np.log(np.where(usable, short / np.where(usable, long, 1.0), np.nan))


def foreign_buying(panel: Panel) -> FloatArray:
    """Return what foreigners bought net in twenty sessions against the turnover of those sessions."""
    return _buying(panel.foreign_net_krw, panel)


def institution_buying(panel: Panel) -> FloatArray:
    """Return what institutions bought net in twenty sessions against the turnover of those sessions."""
    return _buying(panel.institution_net_krw, panel)


def _buying(net_krw: FloatArray | None, panel: Panel) -> FloatArray:
    if net_krw is None:
        return np.full(panel.shape, np.nan)
    turnover = window_mean(panel.turnover_krw, MONTH_SESSIONS, MONTH_SESSIONS // 2)
    net = window_mean(net_krw, MONTH_SESSIONS, MONTH_SESSIONS // 2)
    return np.where(turnover > 0, net / np.where(turnover > 0, turnover, 1.0), np.nan)
