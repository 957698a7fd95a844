"""Findings for people: ``path:line:column: CODE message``, as flake8 prints them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from flake8_celery_oom.core.findings import Severity
    from flake8_celery_oom.formats.report import Place, Report, Reported

Line: TypeAlias = tuple[tuple[str, str], ...]
"""The pieces of one line of output: text and the name of its style."""

View: TypeAlias = Callable[[str], str]
"""What a path of the workspace is called where the reader stands."""

RELATED_SHOWN = 4
_NOUNS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}
_STYLES = {"error": "bold red", "warning": "bold yellow", "info": "bold blue"}

UNREAD = {
    "unread": "file",
    "unread_folders": "folder",
    "unread_submodules": "submodule",
    "unread_links": "outside link",
}
"""The counts of a summary that were not looked at, and what they are called."""


def from_root(path: str) -> str:
    """The view of a reader who stands at the root of the workspace."""
    return path


def printable(text: str) -> str:
    """Text that cannot break a line, change a terminal, or turn the direction of what follows."""
    return "".join(char if char.isprintable() else "?" for char in text)


def finding_lines(found: Sequence[Reported], *, with_related: bool = True, with_details: bool = False) -> list[Line]:
    """One line a finding, and an indented one for each place that belongs to it; on demand each detail and place.

    Places that belong to several findings in a row are said once, behind the last of them.
    """
    lines: list[Line] = []
    for one, following in zip_longest(found, found[1:]):
        head = (f"{one.code} {one.severity}", _STYLES[one.severity])
        lines.append(((_where(one.at), "bold"), (": ", ""), head, (f": {one.message} ", ""), (f"[{one.name}]", "dim")))
        if not with_related:
            continue
        if following is not None and following.related == one.related and not with_details:
            continue
        lines.extend(((f"    {detail}", "dim"),) for detail in one.details if with_details)
        few = with_details or len(one.related) <= RELATED_SHOWN
        shown = one.related if few else one.related[: RELATED_SHOWN - 1]
        lines.extend(((f"    {_where(at)}: {at.message}", "dim"),) for at in shown)
        if len(shown) < len(one.related):
            lines.append(((f"    and {len(one.related) - len(shown)} places more", "dim"),))
    return lines


def summary_line(report: Report) -> Line:
    """What was found, how much was looked at, and how much of it could not be read from the files."""
    summary = report.summary
    text = f"{_found(report)} in {counted(summary.get('files', 0), 'file')}, "
    text += f"{counted(summary.get('workers', 0), 'worker')}, {counted(summary.get('unknown', 0), 'value')} unknown"
    unread = [counted(summary[name], noun) for name, noun in UNREAD.items() if summary.get(name)]
    if unread:
        text += f", {listed(unread)} not read"
    for state in ("suppressed", "baselined"):
        if summary.get(state):
            text += f", {counted(summary[state], 'finding')} {state}"
    return ((text, ""),)


def _found(report: Report) -> str:
    """``3 errors and 1 warning (8 places)``; the places where they are more than the findings."""
    if not report.found:
        return "no findings"
    counts = report.by_severity()
    text = listed([counted(counts[severity], noun) for severity, noun in _NOUNS.items() if counts[severity]])
    places = sum(one.places for one in report.found)
    return f"{text} ({places} places)" if places > len(report.found) else text


def listed(words: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    *some, last = words
    return f"{', '.join(some)} and {last}" if some else last


def advice_lines(report: Report) -> list[Line]:
    """What a look that found no worker means, and the command that helps most now."""
    blind = "Celery is used here, and no worker was found: how it runs is not known"
    lines: list[Line] = [((blind, "bold yellow"),)] if report.summary.get("without_worker") else []
    following = _next(report)
    return [*lines, ((following, "dim"),)] if following else lines


def _next(report: Report) -> str:
    """What mends, else what says why, else what says what is not known."""
    fixes = [one.fix for one in report.found if one.fix is not None and one.fix.edits]
    safe = sum(fix.safety == "safe" for fix in fixes)
    if safe:
        return f"celery-oom fix mends {safe} of them; --diff shows how"
    if fixes:
        return f"celery-oom fix --unsafe-fixes mends {len(fixes)} of them; look first: --diff shows how"
    if report.found:
        return f"celery-oom explain {report.found[0].code} says why and what to do"
    return "celery-oom workers --origins says what is not known, and why" if report.summary.get("unknown") else ""


def statistics_lines(report: Report) -> list[Line]:
    """How often each code was found, with what its rule is called."""
    counts = Counter((one.code, one.severity, one.name) for one in report.found)
    width = len(str(max(counts.values(), default=0)))
    return [_statistic(number, width, *what) for what, number in sorted(counts.items())]


def _statistic(number: int, width: int, code: str, severity: Severity, name: str) -> Line:
    return ((f"{number:{width}}  ", ""), (code, _STYLES[severity]), (f"  {name}", ""))


def plain(lines: Sequence[Line]) -> str:
    """The lines without their styles, each with a line end."""
    return "".join(words_of(line) + "\n" for line in lines)


def words_of(line: Line) -> str:
    """A line without its styles."""
    return "".join(text for text, _ in line)


def counted(number: int, noun: str) -> str:
    """``1 file``, ``2 files``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _where(at: Place) -> str:
    return f"{printable(at.path)}:{at.line}:{at.column}"
