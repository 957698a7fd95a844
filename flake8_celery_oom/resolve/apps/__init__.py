"""The Celery app of a worker and its settings, from the Python of the project.

Here: finding the app, its configuration objects and which keys take effect. Not here: evaluating Python (`python`).
"""
