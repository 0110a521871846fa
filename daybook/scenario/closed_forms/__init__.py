"""Exact moments, quantiles and prices of the price models, against which simulations are held."""
