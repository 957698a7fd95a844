"""What ``.pre-commit-hooks.yaml`` must say, made from what is read."""

from __future__ import annotations

from flake8_celery_oom import discover


def files_pattern() -> str:
    """The ``files`` of every hook: a regular expression for the names of files that may say something.

    A change of a settings file can make a finding in a Dockerfile, so a hook starts for any file that is read.
    """
    endings = "|".join(sorted(discover.NEVER_READ))
    names = "|".join(discover.REQUIREMENT_NAMES)
    patterns = [
        rf"^(?!.*\.(?:txt|{endings})$)",
        r"requirements/(?:[^/]+/)*[^/]*\.txt$",
        rf"(?:{names})[^/]*\.txt$",
        *discover.READ_ANYWAY,
    ]
    return f"(?i){'|'.join(patterns)}"
