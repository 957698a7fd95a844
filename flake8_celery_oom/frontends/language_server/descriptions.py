"""What an editor shows beside a worker's command and a setting: values with their origins, and what they add up to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import App, Project, Worker
from flake8_celery_oom.formats import inventory
from flake8_celery_oom.formats.inventory import Entry
from flake8_celery_oom.formats.text import printable
from flake8_celery_oom.frontends.language_server.analysis import Analysed
from flake8_celery_oom.masking import masked
from flake8_celery_oom.rules import entry as rule_entry


@dataclass(frozen=True, slots=True)
class Described:
    """A text in Markdown and the place that it is about."""

    at: Location
    text: str


def workers_at(project: Project, path: str) -> list[tuple[Location, tuple[Worker, ...]]]:
    """The commands of a file that workers run, each with these workers; commands without a place of their own too."""
    found: dict[Location, list[Worker]] = {}
    for worker in project.workers:
        for at in {worker.command_at, worker.at}:
            if at.path == path:
                found.setdefault(at, []).append(worker)
    return [(at, tuple(found[at])) for at in sorted(found)]


def hover(analysed: Analysed, path: str, offset: int) -> Described | None:
    """What is to be said of a place: the rules that speak there, a worker's values, or who reads a setting."""
    project = analysed.project
    if project is None:
        return None
    parts: list[Described] = []
    for finding in analysed.findings.get(path, ()):
        if finding.at.start <= offset <= finding.at.end:
            page = rule_entry(finding.code).page
            parts.append(Described(finding.at, f"**{finding.code} {finding.name}**: {_first_paragraph(page)}"))
    for at, workers in workers_at(project, path):
        if at.start <= offset <= at.end:
            for one in inventory.entries(workers, project)[:3]:
                parts.append(Described(at, _table(one)))
            break
    parts.extend(_settings_at(project, path, offset))
    if not parts:
        return None
    return Described(parts[-1].at, "\n\n---\n\n".join(part.text for part in parts))


def _first_paragraph(page: str) -> str:
    """What a rule is about: the text between the severity and the first example of its page."""
    paragraphs = [part for part in page.split("\n\n") if not part.startswith(("#", "Severity:"))]
    return "\n\n".join(paragraphs[:2])


def _table(one: Entry) -> str:
    """A worker's values as a table, with where each is written."""
    lines = [f"**{_plain(one.name)}**: {_plain(one.memory.text)}", "", "| | value | from |", "|---|---|---|"]
    lines += [f"| {origin.name} | {_plain(origin.value)} | {_plain(origin.source)} |" for origin in one.origins]
    return "\n".join(lines)


def _settings_at(project: Project, path: str, offset: int) -> Iterator[Described]:
    for app in project.apps:
        for setting, at in app.written.items():
            if at.path == path and at.start <= offset <= at.end:
                yield Described(at, _readers(project, app, setting))
        for dead in app.dead:
            if dead.at.path == path and dead.at.start <= offset <= dead.at.end:
                right = f"; here it is spelled `{_plain(dead.right)}`" if dead.right else ""
                yield Described(
                    dead.at, f"`{_plain(dead.name)}`: no worker of app `{_plain(app.name)}` reads this{right}"
                )


def _readers(project: Project, app: App, setting: str) -> str:
    readers = [worker for worker in project.workers if worker.app is not None and worker.app.at == app.at]
    told = ", ".join(sorted({_plain(worker.name or str(worker.at)) for worker in readers})[:8])
    count = f"{len(readers)} worker{'s' if len(readers) != 1 else ''}"
    return f"`{setting}` of app `{_plain(app.name)}`: read by {count}" + (f" ({told})" if told else "")


def in_short(one: Entry) -> str:
    """A worker in one line, for the end of its command's line: ``prefork, 1 + 8 processes, 293 MiB of 1 GiB``."""
    return _plain(f"{one.pool}, {one.processes} processes, {one.memory.text}")


def _plain(text: str) -> str:
    return printable(masked(text)).replace("|", "\\|")
