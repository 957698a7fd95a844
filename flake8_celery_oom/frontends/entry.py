"""The way into ``celery-oom``: answers from memory where nothing has changed, before anything else is imported."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence

_OTHER_COMMANDS = frozenset(
    {
        *("fix", "plan", "weigh", "why", "diff", "explain", "rules", "baseline", "init", "completion", "cache", "help"),
        *("lsp", "version", "fleet"),
    }
)
NEVER_REMEMBERED = _OTHER_COMMANDS | {"-h", "--help", "--version", "--traceback", "-"}


def main() -> int:
    """Run the command and give its exit status. What goes to a terminal is always made anew."""
    if sys.stdout is None:  # closed by whoever started us
        from flake8_celery_oom.frontends import cli

        return cli.output_failed(OSError(errno.EBADF, os.strerror(errno.EBADF)))
    for stream in (one for one in (sys.stdout, sys.stderr) if one is not None):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    words = sys.argv[1:]
    if sys.stdout.isatty() or not _is_remembered(words):
        return _run()
    from flake8_celery_oom.frontends import answer_cache

    try:
        return answer_cache.answer(words, _run)
    except OSError as error:
        from flake8_celery_oom.frontends import cli

        return cli.output_failed(error)
    except Exception as error:
        from flake8_celery_oom.frontends import cli

        return cli.broken(error, with_traceback=cli.TRACEBACK in words)


def _is_remembered(words: Sequence[str]) -> bool:
    """Whether the command only prints, and what it prints follows from the files of the project.

    No file is named to ``--output-file``, or to a format (``sarif=FILE``); none of ``--no-cache``, ``--new-from``.
    """
    writes = any(word.startswith(("--o", "--n")) or word.count("=") > word.startswith("--") for word in words)
    return not writes and NEVER_REMEMBERED.isdisjoint(words)


def _run() -> int:
    from flake8_celery_oom.frontends import cli

    return cli.main(remember=True)
