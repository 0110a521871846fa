"""Threat events: their catalogue, their draws at ceiling intensity, what level and controls leave of them."""
