"""Worker commands that Python programs build (skeleton: the signatures are final)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flake8_celery_oom.model import Fact

if TYPE_CHECKING:
    from flake8_celery_oom.text import SourceText

KIND = "python"


def claims(path: str, head: str) -> bool:
    """Whether the file is a Python program: by its name, or by its ``#!`` line."""
    first = head.split("\n", 1)[0]
    name = path.rsplit("/", 1)[-1]
    return name.endswith((".py", ".pyw", ".pyi")) or ("." not in name and first.startswith("#!") and "python" in first)


def read(source: SourceText) -> list[Fact]:
    """The commands that the program runs and that may start a Celery worker.

    Each is a ``Launch`` of kind "python". ``name`` is the entry: "worker_main", "start", "Worker" (words are those of
    a ``worker`` command with the keywords as options), "main" (``celery.__main__.main`` with ``sys.argv``),
    "call_command" (words as after ``manage.py``), or "subprocess" (any program, as a shell or the system runs it).
    """
    raise NotImplementedError
