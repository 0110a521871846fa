"""Tests of risk measures."""
