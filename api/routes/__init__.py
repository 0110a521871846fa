"""Endpoints, one file per idea."""
