"""Reports: a day, or a row of days, as Markdown and charts, read from the ledger only."""
