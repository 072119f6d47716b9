"""Simulations that are too long for the suite: their figures stand in docs/statistics.md."""
