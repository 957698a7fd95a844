"""Compose projects: which files make one, what its services are when all are put together, what each service launches.

Notation alone: nothing here knows Celery. The rules of merging stand in :mod:`flake8_celery_oom.syntax.compose_merge`.
"""
