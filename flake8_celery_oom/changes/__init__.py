"""Turns what a rule wants changed into edits of text.

Here: finding the place, the notation and the replacement, and the proof that a fix does what it says. Not here:
deciding what should change (`rules`).
"""
