"""What the user chose: ``[tool.celery-oom]`` in pyproject.toml, options of the command line or of flake8."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Config:
    """The choices of one run.

    ``select`` and ``ignore`` hold codes or beginnings of codes; an empty ``select`` means the rules that are on by
    default. ``concurrency``, ``max_memory_per_child`` (KiB) and ``max_tasks_per_child`` are the numbers that fixes
    write. ``celery_version`` is used where no requirement names one. ``exclude`` holds gitignore patterns.
    """

    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    celery_version: str = ""
    concurrency: int | None = None
    max_memory_per_child: int | None = None
    max_tasks_per_child: int | None = None
