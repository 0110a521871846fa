"""Measures of risk: tails, their closed forms, who contributes what, tests of a VaR, concentration and liquidity.

Losses are positive everywhere; a confidence level ``alpha`` of 0.95 means the worst 5 %. Numeric code: workflows do
not import it.
"""
