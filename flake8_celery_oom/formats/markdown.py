"""The inventory as Markdown: for a comment on a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from flake8_celery_oom.formats.inventory import Entry

HEADINGS = ("worker", "pool", "processes", "recycling", "limit", "memory", "findings")
LONGEST = 60_000
"""Characters: hosts of pull requests refuse comments of more than about 65,000."""
_ACTIVE = re.compile(r"([\\`*_\[\]<>|~&])")
MARKS = {"exceeds": "❌ ", "tight": "⚠️ ", "fits": "✅ "}


def comment(entries: Sequence[Entry], *, with_origins: bool = False, longest: int = LONGEST) -> str:
    """A table of the workers, and below it what was found; rows that would make it too long are counted instead."""
    if not entries:
        return "No Celery workers found.\n"
    lines = [_cells(HEADINGS), _cells(["---"] * len(HEADINGS))]
    lines += [_row(entry) for entry in entries]
    blocks = ["".join(lines)] if sum(map(len, lines)) <= longest else [_shortened(lines, longest)]
    blocks += _details(entries, with_origins=with_origins)
    kept: list[str] = []
    length = 0
    for block in blocks:
        length += len(block) + 1
        if length > longest and kept:
            kept.append(
                "_More is said by `celery-oom workers` and `celery-oom check`; this comment would be too long._\n"
            )
            break
        kept.append(block)
    return "\n".join(kept)


def _shortened(lines: Sequence[str], longest: int) -> str:
    kept, length = list(lines[:2]), sum(map(len, lines[:2])) + 100
    for line in lines[2:]:
        length += len(line)
        if length > longest:
            break
        kept.append(line)
    left = len(lines) - len(kept)
    return "".join(kept) + f"\n_and {left} {'worker' if left == 1 else 'workers'} more_\n"


def _row(entry: Entry) -> str:
    memory = MARKS.get(entry.memory.verdict or "", "") + escaped(entry.memory.text)
    if entry.beside:
        memory += f"<br>with {escaped(', '.join(entry.beside))}"
    codes = ", ".join(dict.fromkeys(finding.code for finding in entry.findings))
    name = f"**{escaped(entry.name)}**<br>{code(entry.where)}"
    cells = (entry.pool, entry.processes, entry.recycling, entry.limit)
    return _cells([name, *map(escaped, cells), memory, codes])


def _cells(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def _details(entries: Sequence[Entry], *, with_origins: bool) -> Iterator[str]:
    seen = dict.fromkeys(finding for entry in entries for finding in entry.findings)
    if seen:
        yield "".join(f"- **{one.code}** {escaped(one.message)}\n" for one in seen)
    if not with_origins:
        return
    for entry in entries:
        rows = "".join(_cells([one.name, escaped(one.value), escaped(one.source)]) for one in entry.origins)
        head = f"<details><summary>{escaped(entry.name)} {escaped(entry.where)}</summary>\n\n"
        yield f"{head}| | value | where |\n| --- | --- | --- |\n{rows}\n</details>\n"


def escaped(text: str) -> str:
    """Text that Markdown shows as it is, on one line of a table."""
    return _ACTIVE.sub(r"\\\1", " ".join(text.split())).replace("\\<", "&lt;").replace("\\>", "&gt;")


def code(text: str) -> str:
    """Text as code, also when it holds backticks; a pipe would end the cell."""
    fence = "`" * (max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
    padded = f" {text} " if text.startswith("`") or text.endswith("`") else text
    return f"{fence}{padded}{fence}".replace("|", "\\|")
