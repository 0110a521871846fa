"""Advice, risk scores and the outcome journal on what the desk has stored; the arithmetic is in the pure rooms."""
