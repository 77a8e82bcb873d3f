"""Measurements: each a ratio to a twin run beside it in the same minutes."""
