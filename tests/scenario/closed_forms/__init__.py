"""Tests of exact price models."""
