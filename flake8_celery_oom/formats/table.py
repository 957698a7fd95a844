"""The inventory as a table of a terminal: one row a worker; on demand also where each value comes from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from flake8_celery_oom.formats.bars import BLOCKS, NARROW, WIDTH, bar, legend
from flake8_celery_oom.formats.inventory import Entry

COLUMNS = 80
HEADINGS = ("worker", "where", "pool", "processes", "recycling", "limit", "memory")


def rows(
    entries: Sequence[Entry], signs: tuple[str, ...] = BLOCKS, between: str = " ", width: int = WIDTH
) -> list[tuple[str, ...]]:
    """One row a worker; ``between`` stands between a bar, ``width`` characters wide, and its words."""
    return [_row(entry, bar(entry.memory, signs, width) if entry.leads else "", between) for entry in entries]


def plain(table: Sequence[Sequence[str]], headings: Sequence[str] = HEADINGS, indent: str = "") -> str:
    """The rows under their headings, aligned with blanks."""
    lines = [headings, *table] if headings else list(table)
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "".join(
        f"{indent}{'  '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))}".rstrip() + "\n"
        for line in lines
    )


def fitting(entries: Sequence[Entry], signs: tuple[str, ...] = BLOCKS, columns: int = COLUMNS) -> str:
    """The table where it is not wider than ``columns``; else some lines for each worker."""
    text = plain(rows(entries, signs))
    if max(map(len, text.splitlines())) <= columns:
        return text
    return "".join(f"{line}\n" for entry in entries for line in _block(entry, signs, columns))


def _block(entry: Entry, signs: tuple[str, ...], columns: int) -> Iterator[str]:
    """The worker and its place, what it runs, and what it needs; a long path loses its beginning."""
    room = max(columns - len(entry.name) - 2, 20)
    where = entry.where if len(entry.where) <= room else f"...{entry.where[3 - room :]}"
    yield f"{entry.name}  {where}"
    recycling = "never recycled" if entry.recycling == "never" else f"recycling {entry.recycling}"
    yield f"    {entry.pool}, {entry.processes} processes, {recycling}"
    drawn = bar(entry.memory, signs, NARROW) if entry.leads else ""
    limit = (
        ""
        if entry.memory.limit or not entry.leads
        else ", no limit"
        if entry.limit == "none"
        else f", limit {entry.limit}"
    )
    needs = f"{f'{drawn} ' if drawn else ''}{_memory(entry)}{limit}"
    yield from wrap(
        needs,
        columns,
        initial_indent=" " * 4,
        subsequent_indent=" " * 6,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _memory(entry: Entry) -> str:
    """What is needed, in words; a container with several workers says it once, at the first of them."""
    if not entry.leads:
        return f"counted with {entry.beside[0]}"
    more = f" and {len(entry.beside) - 1} more" if entry.beside[1:] else ""
    return f"{entry.memory.text}, with {entry.beside[0]}{more}" if entry.beside else entry.memory.text


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
    memory = f"{drawn}{between}{_memory(entry)}" if drawn else _memory(entry)
    return (entry.name, entry.where, entry.pool, entry.processes, entry.recycling, entry.limit, memory)
