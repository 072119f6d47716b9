"""The box: what it answers, what it refuses, what cannot get out of it."""
