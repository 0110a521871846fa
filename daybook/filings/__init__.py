"""Company filings: the clients of SEC EDGAR and of Korea's DART, and what is computed from their figures."""
