"""Scenarios in the world: their files, the prices they run on, their runs and where these are kept."""
