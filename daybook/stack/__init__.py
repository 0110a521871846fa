"""The desk's processes on one machine: server, exchange, workers; started, watched, restarted, stopped."""
