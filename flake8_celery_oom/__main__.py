"""``python -m flake8_celery_oom`` is ``celery-oom``.

``python -m`` puts the working directory first on the path of modules. That may be a project that nobody has read yet,
and nothing of it is to be imported: the entry goes before anything else is imported, as with ``python -P``.
"""

import sys

if __name__ == "__main__":
    if not getattr(sys.flags, "safe_path", False):
        del sys.path[0]

    from flake8_celery_oom.frontends.entry import main

    sys.exit(main())
