"""What prices say: indicators, charts, backtests, statistics."""
