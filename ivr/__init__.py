"""Mitan 14545's telephone: the pure flow engine, its channels, and the composition of the whole house."""
