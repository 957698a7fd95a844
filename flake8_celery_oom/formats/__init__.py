"""Findings and workers as text.

Here: pure functions, one module a format, and the rows of the inventory. Not here: reading files, options, printing.
"""
