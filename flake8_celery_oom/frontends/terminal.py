"""Standard output and standard error: text as it is, coloured lines, progress."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from flake8_celery_oom.formats.text import Line

Color: TypeAlias = Literal["auto", "always", "never"]


def write(text: str) -> None:
    """Print text as it is. Raises OSError when standard output is closed or full."""
    sys.stdout.write(text)
    sys.stdout.flush()


def show(lines: Sequence[Line], color: Color = "auto") -> None:
    """Print lines, in colours where these are wanted."""
    from flake8_celery_oom.formats import text

    if not _is_colored(color):
        write(text.plain(lines))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, force_terminal=True, no_color=False)
    for line in lines:
        console.print(Text.assemble(*line), soft_wrap=True)


def _is_colored(color: Color) -> bool:
    """Whether to print colours; NO_COLOR (no-color.org) and FORCE_COLOR (force-color.org) go before the terminal."""
    if color != "auto":
        return color == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (sys.stdout.isatty() and os.environ.get("TERM") != "dumb")


def complain(message: str) -> None:
    """Say what could not be done, in one line."""
    from flake8_celery_oom.formats.text import printable

    if sys.stderr is not None:
        with suppress(OSError):  # closed or full: the exit status says it
            sys.stderr.write(f"celery-oom: error: {printable(message)}\n")


class Patience:
    """Says on a terminal what is being done, once it takes longer than some seconds."""

    def __init__(self, what: str, seconds: float = 1.0) -> None:
        self._what = what
        self._seconds = seconds

    def __enter__(self) -> Patience:
        from threading import Event, Timer

        self.shown = Event()
        self._status: Any = None
        self._timer = Timer(self._seconds, self._begin)
        self._timer.daemon = True
        if sys.stderr is not None and sys.stderr.isatty():
            self._timer.start()
        return self

    def _begin(self) -> None:
        from rich.console import Console

        self._status = Console(stderr=True).status(self._what)
        self._status.start()
        self.shown.set()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._timer.is_alive():
            self._timer.join()
        if self._status is not None:
            self._status.stop()
