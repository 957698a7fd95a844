"""``celery-oom cache``: where remembered answers lie, how much they hold, and their removal."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable
from pathlib import Path

from flake8_celery_oom.frontends.refusal import RefusedError
from flake8_celery_oom.remembered.folder import folder, kept

ACTIONS = ("where", "size", "clean")


def add_options(command: argparse.ArgumentParser) -> None:
    """The options of the command."""
    command.add_argument(
        "action",
        nargs="?",
        choices=ACTIONS,
        default="size",
        help="where: print the folder; size: count what is in it; clean: remove it (default: size)",
    )


def run(options: argparse.Namespace, write: Callable[[str], None]) -> int:
    """Do what is asked and give the exit status."""
    place = folder()
    if not place:
        raise RefusedError("nothing is remembered here: the user's cache folder cannot be used")
    if options.action == "where":
        write(f"{place}\n")
        return 0
    files = kept(place)
    if options.action == "clean":
        for entry in files:
            with contextlib.suppress(FileNotFoundError):
                Path(entry.path).unlink()
    size = sum(entry.stat(follow_symlinks=False).st_size for entry in files) if options.action == "size" else 0
    removed = "removed" if options.action == "clean" else f"{size / 1e6:.1f} MB"
    write(f"{place}: {len(files)} {'file' if len(files) == 1 else 'files'}, {removed}\n")
    return 0
