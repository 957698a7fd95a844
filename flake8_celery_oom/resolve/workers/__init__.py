"""What each worker runs with.

Here: command line, app settings and version put together, each value with its origin. Not here: what follows from it
(`analysis`, `rules`).
"""
