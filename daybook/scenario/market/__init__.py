"""Market paths: what prices may do until the horizon, fitted to history and simulated from counters."""
