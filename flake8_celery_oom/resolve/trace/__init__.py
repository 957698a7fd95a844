"""From a launch to the celery commands that it ends in.

Here: following one command through scripts, programs and containers. Not here: what the worker then uses
(`workers`).
"""
