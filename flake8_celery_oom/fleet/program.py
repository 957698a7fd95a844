"""Which program a result comes from: its version, and a digest of its own files, which tells development apart."""

from __future__ import annotations

import os
from functools import cache
from hashlib import blake2b

import flake8_celery_oom
from flake8_celery_oom.discover import list_tree


@cache
def program() -> str:
    """``0.2.0 1a2b3c4d5e6f``; the same wherever the same files are installed."""
    folder = os.path.dirname(os.path.abspath(flake8_celery_oom.__file__))
    digest = blake2b(digest_size=6)
    for path in list_tree(folder):
        if path.endswith(".py"):
            with open(os.path.join(folder, path), "rb") as file:
                digest.update(path.encode() + b"\0" + file.read() + b"\0")
    return f"{flake8_celery_oom.__version__} {digest.hexdigest()}"
