"""Tests of uncertain numbers."""
