"""Threat scenarios: one budget split over stocks, hedges, cash and protection, simulated and optimised."""
