"""The command line, the flake8 plugin and the hooks of pre-commit.

Here: arguments, exit codes, choosing an output format. Not here: any analysis.
"""
