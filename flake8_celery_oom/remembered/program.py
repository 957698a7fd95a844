"""Which program is running: what was remembered by another one, or by another version of it, does not count."""

from __future__ import annotations

import hashlib
import os
import sys

from flake8_celery_oom import __version__, discover
from flake8_celery_oom.listing.signature import signature_of


def program_digest() -> str:
    """A digest of the version, the Python, the files of this package, and when each folder of libraries changed."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    installed = [signature_of(path) for path in sys.path if path]
    own = [(path, signature_of(os.path.join(package, path))) for path in discover.list_tree(package)]
    text = repr((__version__, sys.version_info[:3], installed, own))
    return hashlib.blake2b(text.encode("utf-8", "backslashreplace"), digest_size=20).hexdigest()
