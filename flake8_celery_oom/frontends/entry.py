"""The way into ``celery-oom``: answers from memory where nothing has changed, before anything else is imported."""

from __future__ import annotations

import sys

NOT_REMEMBERED = frozenset({"fix", "plan", "explain", "rules", "-h", "--help", "--version", "--no-cache", "-"})


def main() -> int:
    """Run the command and give its exit status. What goes to a terminal is always made anew."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    words = sys.argv[1:]
    if sys.stdout.isatty() or not NOT_REMEMBERED.isdisjoint(words):
        return _run()
    from flake8_celery_oom.frontends import answer_cache

    return answer_cache.answer(words, _run)


def _run() -> int:
    from flake8_celery_oom.frontends import cli

    return cli.main()
