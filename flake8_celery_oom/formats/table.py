"""The inventory as a table of a terminal: one row a worker; on demand also where each value comes from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flake8_celery_oom.formats.bars import BLOCKS, WIDTH, bar, legend
from flake8_celery_oom.formats.inventory import Entry

HEADINGS = ("worker", "where", "pool", "processes", "recycling", "limit", "memory")


def rows(
    entries: Sequence[Entry], signs: tuple[str, ...] = BLOCKS, between: str = " ", width: int = WIDTH
) -> list[tuple[str, ...]]:
    """One row a worker; ``between`` stands between a bar, ``width`` characters wide, and its words."""
    return [_row(entry, bar(entry.memory, signs, width), between) for entry in entries]


def plain(table: Sequence[Sequence[str]], headings: Sequence[str] = HEADINGS, indent: str = "") -> str:
    """The rows under their headings, aligned with blanks."""
    lines = [headings, *table] if headings else list(table)
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "".join(
        f"{indent}{'  '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))}".rstrip() + "\n"
        for line in lines
    )


def notes(entries: Sequence[Entry], signs: tuple[str, ...] = BLOCKS, *, with_origins: bool = False) -> list[str]:
    """What stands below the table: the signs of the bars, and how much is not known."""
    lines = [legend(signs)] if any(bar(entry.memory, signs) for entry in entries) else []
    unknown = sum(entry.unknown for entry in entries)
    if unknown:
        why = "" if with_origins else "; --origins says why"
        lines.append(f"? {unknown} {'value is' if unknown == 1 else 'values are'} not known from the files{why}")
    return lines


def origins(entries: Sequence[Entry]) -> Iterator[str]:
    """For each worker a block of its values, each with where it is written or why it is not known."""
    for entry in entries:
        table = [(one.name, one.value, one.source) for one in entry.origins]
        yield f"{entry.name}  {entry.where}\n{plain(table, (), '    ')}"


def _row(entry: Entry, drawn: str, between: str) -> tuple[str, ...]:
    memory = f"{drawn}{between}{entry.memory.text}" if drawn else entry.memory.text
    if entry.beside:
        memory += f", with {entry.beside[0]}" + (f" and {len(entry.beside) - 1} more" if entry.beside[1:] else "")
    return (entry.name, entry.where, entry.pool, entry.processes, entry.recycling, entry.limit, memory)
