"""Recommendations and what a tick makes of them: ranking, sizing, exits, entries; pure.

Messages are in :mod:`daybook.contracts.advice`, settings in :mod:`daybook.contracts.limits`.
"""
