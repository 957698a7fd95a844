"""What Celery itself knows, by version.

Here: options, settings, pools, names of variables, as tables and pure functions. Not here: anything about a project.
"""
