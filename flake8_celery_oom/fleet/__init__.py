"""Thousands of repositories: found, scanned by processes that may die, kept in one file, and read from there.

Here: what INPUT means, the engines, the results. Not here: options and printing (frontends/fleet).
"""
