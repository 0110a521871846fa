"""Analysis of daily prices: indicators, levels, returns, risk, regressions. Pure: arrays in, numbers out.

Sessions without a trade are left out, prices are floats of won, and nothing is adjusted for splits or dividends:
what comes in is what is analysed.
"""
