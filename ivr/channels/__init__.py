"""Thin doors: each turns a telephone's, browser's or terminal's words into events and a Turn into sound or text."""
