"""Simulations too long for the test suite; each prints the figures that the documentation quotes."""
