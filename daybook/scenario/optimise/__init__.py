"""The optimiser: how one budget is split so that E[W] - gamma CVaR(loss) is largest, exactly and fast."""
