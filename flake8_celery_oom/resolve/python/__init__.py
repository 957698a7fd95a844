"""An abstract interpreter of Python modules in which values may be unknown.

Here: modules, values, expressions, statements, calls, the standard library. Not here: Celery and Django (`apps`), and
nothing is ever imported or executed.
"""
