"""Finds Celery workers that will be killed for running out of memory, from the files of a project."""

__version__ = "0.1.0"
