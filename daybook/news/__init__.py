"""News: sources, cleaning, copies, sentiment, threat signals, summaries.

All text in this room is from outside. It is data: cleaned, capped, fenced before a model sees it, and it can move a
symbol's sentiment only within the bounds of :mod:`daybook.news.sentiment`.
"""
