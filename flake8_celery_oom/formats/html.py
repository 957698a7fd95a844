"""The inventory as one page that needs nothing else: no scripts, no files, light and dark, usable from the keyboard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape

from flake8_celery_oom.analysis.budget import Verdict
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.formats.inventory import Entry, Memory
from flake8_celery_oom.formats.report import SEVERITIES
from flake8_celery_oom.quantity import human_bytes

BAR_WIDTH, BAR_HEIGHT = 240, 14
COLUMNS = ("worker", "pool", "processes", "recycling", "limit", "memory")
VERDICTS: dict[Verdict, str] = {
    "exceeds": "above the limit",
    "tight": "within it only while children share memory",
    "fits": "within the limit",
    "unknown": "without a bound or a limit that is known",
}

STYLE = """\
:root { color-scheme: light dark; --ink: #1c2024; --dim: #5a6169; --page: #ffffff; --line: #d5d9de; --soft: #f3f5f7;
  --main: #1f4f8b; --child: #4f8fd6; --growth: #bcd6f2; --limit: #b3261e; --exceeds: #b3261e; --tight: #8a5a00;
  --fits: #1d6b34; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7eaee; --dim: #a3abb5; --page: #14171a; --line: #3a4149;
  --soft: #1d2226; --main: #9cc4f5; --child: #5b93d3; --growth: #2f4f75; --limit: #ff8a80; --exceeds: #ff8a80;
  --tight: #f0b95b; --fits: #7fd495; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 80rem; padding: 1.5rem; background: var(--page); color: var(--ink);
  font: 1rem/1.45 system-ui, sans-serif; }
h1 { font-size: 1.4rem; margin: 0 0 .25rem; }
p { margin: .25rem 0 1rem; color: var(--dim); }
.legend span { white-space: nowrap; margin-right: 1.2em; }
.legend i { display: inline-block; width: .9em; height: .9em; margin-right: .4em; vertical-align: -.1em; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-weight: 600; }
th, td { padding: .45rem 1rem .45rem 0; vertical-align: top; }
td.short { white-space: nowrap; }
thead th { border-bottom: 2px solid var(--line); }
tbody tr:first-child > * { border-top: 1px solid var(--line); }
tbody tr:last-child > td { padding-top: 0; }
code { font: .875em ui-monospace, monospace; color: var(--dim); overflow-wrap: anywhere; }
.exceeds { color: var(--exceeds); } .tight { color: var(--tight); } .fits { color: var(--fits); }
.verdict { font-weight: 600; }
svg { display: block; width: 100%; max-width: 15rem; height: auto; margin: .2rem 0; }
summary { cursor: pointer; color: var(--dim); width: fit-content; }
summary:focus-visible { outline: 3px solid var(--child); outline-offset: 2px; }
details[open] { background: var(--soft); padding: .5rem .75rem .75rem; border-radius: .4rem; }
details table { width: auto; margin-top: .5rem; }
details th, details td { padding: .15rem 1.25rem .15rem 0; border: 0 !important; font-size: .925rem; }
details td:last-child { color: var(--dim); overflow-wrap: anywhere; }
ul { margin: .5rem 0 0; padding-left: 1.1rem; }
"""


def page(entries: Sequence[Entry], project: str) -> str:
    """The whole page. ``project`` is the name of what was looked at."""
    title = f"Celery workers of {project}" if project else "Celery workers"
    entries = by_risk(entries)
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{cell_text(title)}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{cell_text(title)}</h1>\n{_summary(entries)}"
        f"{_table(entries) if entries else ''}</body>\n</html>\n"
    )


def by_risk(entries: Sequence[Entry]) -> list[Entry]:
    """The containers that are in the greatest danger first; the workers of one container stay together."""
    containers: dict[object, list[Entry]] = {}
    for number, entry in enumerate(entries):
        together = (entry.memory, tuple(sorted((entry.name, *entry.beside))))
        containers.setdefault(together if entry.beside else number, []).append(entry)
    return [entry for found in sorted(containers.values(), key=_risk) for entry in found]


def _risk(container: Sequence[Entry]) -> tuple[int, int]:
    """Where a container stands in the list: by what is certain to happen to it, then by its worst finding."""
    memory = container[0].memory
    severities = [SEVERITIES.index(found.severity) for entry in container for found in entry.findings]
    if memory.verdict == "exceeds":
        rank = 0 if (memory.need.idle or 0) > (memory.limit or 0) else 1
    elif memory.verdict == "fits":
        rank = 6
    else:
        rank = 2 if memory.verdict == "tight" else (3 if memory.limit else 4) if memory.bound == "unbounded" else 5
    return rank, min(severities, default=len(SEVERITIES))


def _summary(entries: Sequence[Entry]) -> str:
    if not entries:
        return "<p>No workers found.</p>\n"
    counts = Counter(entry.memory.verdict or "unknown" for entry in entries)
    parts = [f"{len(entries)} {'worker' if len(entries) == 1 else 'workers'}"]
    parts += [f"{counts[verdict]} {meaning}" for verdict, meaning in VERDICTS.items() if counts[verdict]]
    unknown = sum(entry.unknown for entry in entries)
    if unknown:
        parts.append(f"{unknown} {'value is' if unknown == 1 else 'values are'} not known from the files")
    signs = (
        ("main", "main process"),
        ("child", "idle children"),
        ("growth", "what they may grow to"),
        ("limit", "limit"),
    )
    legend = "".join(f'<span><i style="background: var(--{sign})"></i>{text}</span>' for sign, text in signs)
    return f'<p>{"; ".join(parts)}.</p>\n<p class="legend">{legend}</p>\n'


def _table(entries: Sequence[Entry]) -> str:
    heads = "".join(f'<th scope="col">{column}</th>' for column in COLUMNS)
    bodies = "".join(map(_body, entries))
    return f'<div class="scroll"><table>\n<thead><tr>{heads}</tr></thead>\n{bodies}</table></div>\n'


def _body(entry: Entry) -> str:
    cells = "".join(
        f'<td class="short">{cell_text(cell)}</td>'
        for cell in (entry.pool, entry.processes, entry.recycling, entry.limit)
    )
    beside = f"<br>with {cell_text(', '.join(entry.beside))}" if entry.beside else ""
    memory = f"{bar(entry.memory)}{_verdict(entry.memory)}{beside}" if entry.leads else _counted_with(entry)
    return (
        f'<tbody>\n<tr><th scope="row">{cell_text(entry.name)}<br><code>{cell_text(entry.where)}</code></th>{cells}'
        f"<td>{memory}</td></tr>\n"
        f'<tr><td colspan="{len(COLUMNS)}">{_details(entry)}</td></tr>\n</tbody>\n'
    )


def _counted_with(entry: Entry) -> str:
    """The sum of a container is said once, at the first of its workers."""
    return f"counted with {cell_text(entry.beside[0])}"


def _verdict(memory: Memory) -> str:
    style = f' class="verdict {memory.verdict}"' if memory.verdict in {"exceeds", "tight", "fits"} else ""
    return f"<span{style}>{cell_text(memory.text)}</span>"


def _details(entry: Entry) -> str:
    rows = "".join(
        f'<tr><th scope="row">{cell_text(one.name)}</th>'
        f"<td>{cell_text(one.value)}</td><td>{cell_text(one.source)}</td></tr>"
        for one in entry.origins
    )
    found = "".join(map(_finding, entry.findings))
    listed = f"<ul>{found}</ul>" if found else ""
    return f"{listed}<details><summary>Where each value comes from</summary><table>{rows}</table></details>"


def _finding(finding: Finding) -> str:
    return f"<li><strong>{finding.code}</strong> {cell_text(finding.message)}</li>"


def bar(memory: Memory) -> str:
    """The need against the limit as an inline picture; empty where there is no limit, or no need that can be told."""
    idle, most, limit = memory.need.idle, memory.most, memory.limit
    if idle is None or most is None or not limit:
        return ""
    scale = BAR_WIDTH / max(limit, most)
    stretches = (("main", 0, memory.main or 0), ("child", memory.main or 0, idle), ("growth", idle, most))
    said = f"main process {human_bytes(memory.main or 0)}, with idle children {human_bytes(idle)}"
    said += f", at their peak {human_bytes(most)}" if most > idle else ""
    said += f"; limit {human_bytes(limit)}"
    return (
        f'<svg viewBox="0 0 {BAR_WIDTH} {BAR_HEIGHT}" role="img" aria-label="{cell_text(said)}">'
        f"<title>{cell_text(said)}</title>"
        f'<rect width="{BAR_WIDTH}" height="{BAR_HEIGHT}" fill="var(--soft)"/>'
        f"{''.join(_stretches(stretches, scale))}{_limit_line(limit * scale)}</svg>"
    )


def _stretches(stretches: Sequence[tuple[str, int, int]], scale: float) -> Iterator[str]:
    for name, start, end in stretches:
        if end > start:
            size = f'x="{start * scale:.1f}" width="{(end - start) * scale:.1f}" height="{BAR_HEIGHT}"'
            yield f'<rect {size} fill="var(--{name})"/>'


def _limit_line(at: float) -> str:
    place = min(at, BAR_WIDTH - 2)
    return f'<rect x="{place:.1f}" width="2" height="{BAR_HEIGHT}" fill="var(--limit)"/>'


def cell_text(text: str) -> str:
    """A text as it may stand in a page."""
    return escape(text, quote=True)
