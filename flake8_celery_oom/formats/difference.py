"""How the workers of a project differ between two revisions, for people, as Markdown and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.formats.inventory import Entry
from flake8_celery_oom.formats.markdown import code, escaped
from flake8_celery_oom.formats.text import View, counted, from_root, printable
from flake8_celery_oom.masking import masked

VALUES = ("pool", "processes", "recycling", "limit", "memory")
"""What is compared of a worker, as the inventory shows it."""


@dataclass(frozen=True, slots=True)
class Change:
    """A value of a worker that is not what it was."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Changed:
    """A worker that both revisions have, and what of it differs."""

    worker: Entry
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What a change of a project does to its workers and findings."""

    added: tuple[Entry, ...]
    removed: tuple[Entry, ...]
    changed: tuple[Changed, ...]
    same: int
    new: tuple[Finding, ...]
    ended: tuple[Finding, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs."""
        return not (self.added or self.removed or self.changed or self.new or self.ended)


def difference(
    before: Sequence[Entry], after: Sequence[Entry], new: Sequence[Finding], ended: Sequence[Finding]
) -> Difference:
    """Compare two inventories. A worker is the same one where file and name are, else where the name is."""
    pairs, removed, added = _paired(before, after)
    changed = [Changed(now, changes) for then, now in pairs if (changes := tuple(_changes(then, now)))]
    return Difference(tuple(added), tuple(removed), tuple(changed), len(pairs) - len(changed), tuple(new), tuple(ended))


def _paired(
    before: Sequence[Entry], after: Sequence[Entry]
) -> tuple[list[tuple[Entry, Entry]], list[Entry], list[Entry]]:
    pairs: list[tuple[Entry, Entry]] = []
    left, waiting = list(before), list(after)
    for same in (_same_place, _same_name):
        rest: list[Entry] = []
        for now in waiting:
            then = next((one for one in left if same(one, now)), None)
            if then is None:
                rest.append(now)
            else:
                left.remove(then)
                pairs.append((then, now))
        waiting = rest
    return pairs, left, waiting


def _same_place(one: Entry, other: Entry) -> bool:
    return one.name == other.name and _path(one) == _path(other)


def _same_name(one: Entry, other: Entry) -> bool:
    return one.name == other.name and one.name != "-"


def _path(entry: Entry) -> str:
    return entry.where.rpartition(":")[0]


def _changes(before: Entry, after: Entry) -> Iterator[Change]:
    for name in VALUES:
        then, now = _shown(before, name), _shown(after, name)
        if then != now:
            yield Change(name, then, now)


def _shown(entry: Entry, name: str) -> str:
    return entry.memory.text if name == "memory" else str(getattr(entry, name))


# --- text -------------------------------------------------------------------------------------------------------------


def text(found: Difference, revision: str, view: View = from_root) -> str:
    """One line a worker, one a value that changed, one a finding."""
    return "".join(f"{line}\n" for line in _lines(found, revision, view))


def _lines(found: Difference, revision: str, view: View) -> Iterator[str]:
    if found.is_empty:
        yield f"nothing differs from {revision}: {counted(found.same, 'worker')}"
        return
    for changed in found.changed:
        yield f"~ {changed.worker.name} ({changed.worker.where})"
        yield from (f"    {one.name}: {one.before} -> {one.after}" for one in changed.changes)
    for sign, entries in (("+", found.added), ("-", found.removed)):
        for entry in entries:
            yield f"{sign} {entry.name} ({entry.where})"
            yield f"    {', '.join(f'{name} {_shown(entry, name)}' for name in VALUES)}"
    for title, findings in (("new", found.new), ("ended", found.ended)):
        if findings:
            yield f"{title}: {counted(len(findings), 'finding')}"
            yield from (f"    {_where(one, view)}: {one.code} {_said(one)}" for one in findings)
    if found.same:
        yield f"{counted(found.same, 'worker')} as at {revision}"


def _where(finding: Finding, view: View) -> str:
    return printable(f"{view(finding.at.path)}:{finding.at.line}")


def _said(finding: Finding) -> str:
    return printable(masked(finding.message))


# --- Markdown and JSON ------------------------------------------------------------------------------------------------


def markdown(found: Difference, revision: str, view: View = from_root) -> str:
    """A table of what differs, and lists of the findings that came and went: a comment on a pull request."""
    if found.is_empty:
        return f"The Celery workers are as at {code(revision)}.\n"
    blocks = []
    rows = [row for changed in found.changed for row in _rows(changed)]
    rows += [_row(entry, "added", "", _whole(entry)) for entry in found.added]
    rows += [_row(entry, "removed", _whole(entry), "") for entry in found.removed]
    if rows:
        blocks.append("| worker | value | before | after |\n| --- | --- | --- | --- |\n" + "".join(rows))
    for title, findings in (("New", found.new), ("Ended", found.ended)):
        if findings:
            listed = "".join(f"- {one.code} {code(_where(one, view))} {escaped(_said(one))}\n" for one in findings)
            blocks.append(f"**{title}: {counted(len(findings), 'finding')}**\n\n{listed}")
    return "\n".join(blocks)


def _rows(changed: Changed) -> Iterator[str]:
    for one in changed.changes:
        yield _row(changed.worker, one.name, escaped(one.before), escaped(one.after))


def _row(entry: Entry, name: str, before: str, after: str) -> str:
    return f"| **{escaped(entry.name)}**<br>{code(entry.where)} | {name} | {before} | {after} |\n"


def _whole(entry: Entry) -> str:
    return escaped(", ".join(_shown(entry, name) for name in ("pool", "processes", "memory")))


def document(found: Difference, revision: str, view: View = from_root) -> str:
    """The same as JSON."""
    made: dict[str, Any] = {
        "version": 1,
        "revision": revision,
        "changed": [
            {**_named(one.worker), "changes": {each.name: [each.before, each.after] for each in one.changes}}
            for one in found.changed
        ],
        "added": [_named(one) | {name: _shown(one, name) for name in VALUES} for one in found.added],
        "removed": [_named(one) | {name: _shown(one, name) for name in VALUES} for one in found.removed],
        "same": found.same,
        "new": [_finding(one, view) for one in found.new],
        "ended": [_finding(one, view) for one in found.ended],
    }
    return json.dumps(made, indent=2) + "\n"


def _named(entry: Entry) -> dict[str, str]:
    return {"name": entry.name, "where": entry.where}


def _finding(finding: Finding, view: View) -> dict[str, str]:
    return {"code": finding.code, "where": _where(finding, view), "message": _said(finding)}
