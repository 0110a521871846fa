"""Tests of the engine of scenarios."""
