"""Asterisk as we run it: a private copy where the machine has none, and its whole configuration from Settings."""
