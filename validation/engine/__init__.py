"""Runs a plan: over arrays in this process, or in a killable child that streams its results."""
