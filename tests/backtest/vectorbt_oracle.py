"""vectorbt doing what the engine does: run as a program on an .npz of arrays, it writes one of its orders.

    python vectorbt_oracle.py INPUT.npz OUTPUT.npz

The engine's signals of row t fill at the open of t + 1, so vectorbt gets them a row later and the opens as prices.
Its fees are shares of the value: the commission on entry rows, commission plus tax on exit rows (a row that has both
trades nothing). An order the exchange would not fill has no signal.
"""

import sys

import numpy as np


def portfolio(arrays):
    """Return the vectorbt portfolio of the arrays; one account of its own for each column."""
    import pandas as pd
    import vectorbt as vbt

    def frame(name):
        return pd.DataFrame(arrays[name])

    return vbt.Portfolio.from_signals(
        close=frame("close"),
        entries=frame("entries"),
        exits=frame("exits"),
        price=frame("open"),
        fees=frame("fees"),
        size=float(arrays["size"]),
        size_type=str(arrays["size_type"]),
        init_cash=float(arrays["initial_cash"]),
        size_granularity=1,
        direction="longonly",
        accumulate=False,
        freq="1D",
    )


def inputs(prices, entries, exits, settings, size, size_type):
    """Return the arrays vectorbt needs, rules of the exchange applied by the exchange's own functions.

    Every symbol must trade on every session, opens must be on the grid, and unfilled exits must lapse.
    """
    from daybook.backtest.costs import TAX_STEPS
    from daybook.krx.limits import daily_limits

    later = [np.zeros_like(entries), np.zeros_like(exits)]
    for target, source in zip(later, (entries & ~exits, exits & ~entries), strict=True):
        target[1:] = source[:-1]
    limits = {base: daily_limits(base) for base in np.unique(prices.close).tolist()}
    for signals, is_locked in (
        (later[0], lambda price, base: price >= limits[base].upper_krw),
        (later[1], lambda price, base: price <= limits[base].lower_krw),
    ):
        for row, column in np.argwhere(signals).tolist():
            if is_locked(int(prices.open[row, column]), int(prices.close[row - 1, column])):
                signals[row, column] = False
    commission = float(settings.fees.commission_rate)
    tax = settings.fees.sell_tax_steps(prices.days, prices.symbols) / TAX_STEPS
    return {
        "open": prices.open.astype(float),
        "close": prices.close.astype(float),
        "entries": later[0],
        "exits": later[1],
        "fees": np.where(later[1], commission + tax, commission),
        "size": size,
        "size_type": size_type,
        "initial_cash": settings.initial_cash_krw,
    }


def outputs(portfolio):
    """Return orders by symbol and session, cash and value of a portfolio."""
    records = portfolio.orders.records
    records = records.sort_values(["col", "idx"])
    return {
        "session": records["idx"].to_numpy(),
        "symbol": records["col"].to_numpy(),
        "is_buy": records["side"].to_numpy() == 0,
        "shares": records["size"].to_numpy(),
        "price": records["price"].to_numpy(),
        "fees": records["fees"].to_numpy(),
        "cash": portfolio.cash().to_numpy(),
        "value": portfolio.value().to_numpy(),
    }


if __name__ == "__main__":
    with np.load(sys.argv[1]) as given:
        found = outputs(portfolio(dict(given)))
    np.savez(sys.argv[2], **found)
