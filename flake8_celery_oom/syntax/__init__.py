"""Parsers that know a notation and nothing of Celery. They are tolerant, and every node knows where it stands."""
