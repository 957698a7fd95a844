"""Findings and workers as text: pure functions."""
