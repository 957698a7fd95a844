"""A fleet as Markdown: for a ticket, a wiki or a message."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from flake8_celery_oom.fleet.output.words import counted, headline, looked_at, trends
from flake8_celery_oom.fleet.overview import NO_TEAM, Change, Overview
from flake8_celery_oom.fleet.risks import BY_KEY, RISKS, Item
from flake8_celery_oom.formats.markdown import code, escaped

MOST_REPOSITORIES = 30
MOST_CHANGES = 50


def summary(found: Overview, title: str, compared: Change | None = None) -> str:
    """The tables of the page without its details."""
    blocks = [f"# {escaped(title)}\n", f"{headline(found)}\n", f"{looked_at(found)}\n"]
    blocks += [_risks(found, compared), _teams(found), _help(found), _repositories(found)]
    if found.not_looked_at:
        lines = [f"- {escaped(one.repository)}: {escaped(one.reason)}" for one in found.not_looked_at]
        blocks.append("## Not looked at\n\n" + "".join(f"{line}\n" for line in _few(lines, MOST_REPOSITORIES)))
    if compared is not None:
        blocks.append(difference(compared))
    return "\n".join(block for block in blocks if block)


def _few(lines: Sequence[str], most: int) -> Iterator[str]:
    yield from lines[:most]
    if len(lines) > most:
        yield f"- and {len(lines) - most} more"


def _table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    listed = [list(map(str, row)) for row in rows]
    names = list(heads)
    if not listed:
        return ""
    lines = [names, ["---"] * len(names), *listed]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _risks(found: Overview, compared: Change | None) -> str:
    trend = trends(compared)
    rows: list[list[object]] = []
    for risk in RISKS:
        own = found.by_risk()[risk.key]
        if own or risk.key in trend:
            row: list[object] = [risk.title, len(own), len({item.repository for item in own})]
            rows.append([*row, trend[risk.key].text if risk.key in trend else ""] if compared is not None else row)
    return _table(["danger", "places", "repositories"] + (["since"] if compared is not None else []), rows)


def _teams(found: Overview) -> str:
    teams = found.by_team()
    if not [team for team, _ in teams if team != NO_TEAM]:
        return ""
    shown = [risk for risk in RISKS if any(counts[risk.key] for _, counts in teams)]
    rows = [[escaped(team), *(counts[risk.key] or "" for risk in shown)] for team, counts in teams]
    return _table(["team", *(risk.title for risk in shown)], rows)


def _help(found: Overview) -> str:
    rows = [
        [f"{one.code} {one.name}", one.repositories, one.places, one.safe or "", one.unsafe or ""] for one in found.help
    ]
    return _table(["change", "repositories", "places", "safe fixes", "unsafe fixes"], rows)


def _repositories(found: Overview) -> str:
    rows = []
    for danger in found.dangers[:MOST_REPOSITORIES]:
        first = danger.items[0]
        kind = f" ({first.kind})" if first.kind else ""
        worst = f"{escaped(first.subject)} {escaped(first.text)} {code(f'{first.path}:{first.line}')}{kind}"
        rows.append([escaped(danger.repository), len(danger.items), worst])
    return _table(["repository", "dangers", "the worst"], rows)


def difference(compared: Change) -> str:
    """What got worse and what was mended between two results."""
    blocks = []
    for title, changed in (("Worse", compared.worse), ("Mended", compared.mended)):
        lines = [_line(item) for item in changed]
        listed = "".join(f"{line}\n" for line in _few(lines, MOST_CHANGES))
        blocks.append(f"**{title}: {counted(len(changed), 'place')}**\n" + (f"\n{listed}" if listed else ""))
    for title, names in (
        ("new", compared.new_repositories),
        ("gone", compared.gone),
        ("looked at before and not now", compared.lost),
    ):
        if names:
            shown = ", ".join(map(escaped, names[:MOST_REPOSITORIES]))
            more = f" and {len(names) - MOST_REPOSITORIES} more" if len(names) > MOST_REPOSITORIES else ""
            blocks.append(f"{counted(len(names), 'repository')} {title}: {shown}{more}\n")
    return "\n".join(blocks)


def _line(item: Item) -> str:
    place = code(f"{item.repository}/{item.path}:{item.line}")
    return f"- {BY_KEY[item.risk].title}: {escaped(item.subject)} {escaped(item.text)} {place}"
