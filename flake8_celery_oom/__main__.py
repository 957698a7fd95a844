"""``python -m flake8_celery_oom`` is ``celery-oom``."""

from __future__ import annotations

import sys

from flake8_celery_oom.frontends.entry import main

if __name__ == "__main__":
    sys.exit(main())
