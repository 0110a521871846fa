"""Uncertain numbers: magnitudes, counts a year, yearly losses, rates learnt from counts, the worth of protection."""
