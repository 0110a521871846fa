"""What a person reads of a scenario run: words that are checked, charts, a page, a PDF, and the diff of two runs."""
