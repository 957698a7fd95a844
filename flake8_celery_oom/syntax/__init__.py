"""Parsers that know a notation and nothing of Celery.

Here: tolerant parsers whose nodes know where they stand. Not here: the meaning of a key or a word.
"""
