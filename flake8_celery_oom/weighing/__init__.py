"""Weighs the worker of an app: starts the real one, with an in-memory broker, and reads what its processes have.

The only part of the program that runs code of the project; nothing but the command ``weigh`` imports it. The worker is
started by :mod:`flake8_celery_oom.weighing.script`, in the Python of the app.
"""
