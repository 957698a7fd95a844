"""A fleet as one page that needs nothing else: no scripts, no files, light and dark, usable from the keyboard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from flake8_celery_oom.fleet.output.words import TrendOf, counted, headline, looked_at, trends
from flake8_celery_oom.fleet.overview import NO_TEAM, Change, Danger, Overview
from flake8_celery_oom.fleet.risks import BY_KEY, RISKS, Item, RiskKey
from flake8_celery_oom.formats.html import STYLE as WORKERS_STYLE
from flake8_celery_oom.formats.html import cell_text as _text

MOST_REPOSITORIES = 300
MOST_ITEMS = 40
MOST_TEAMS = 100
MOST_LISTED = 200
"""What a page shows at most; the csv format has all."""
SUREST: tuple[RiskKey, ...] = ("idle-over", "over", "cpus", "tight", "unbounded")
BAR_WIDTH, BAR_HEIGHT = 160, 12

STYLE = """\
h2 { font-size: 1.15rem; margin: 2rem 0 .25rem; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
table.plain tbody > tr > * { border-top: 1px solid var(--line); }
table.plain tbody tr:last-child > td { padding-top: .45rem; }
.worse { color: var(--exceeds); } .better { color: var(--fits); }
.dim { color: var(--dim); } .trend { white-space: nowrap; }
section > details { margin: .25rem 0; }
summary .counts { color: var(--dim); font-weight: 400; }
summary strong { color: var(--ink); }
details ul { overflow-wrap: anywhere; }
"""


def page(found: Overview, title: str, compared: Change | None = None) -> str:
    """The whole page; ``compared`` is the change since an earlier result."""
    sections = [
        _not_looked_at(found),
        _risks(found, compared),
        _teams(found),
        _help(found),
        _repositories(found),
        _changes(compared),
    ]
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{_text(title)}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>\n{WORKERS_STYLE}{STYLE}</style>\n</head>\n<body>\n<h1>{_text(title)}</h1>\n"
        f"<p>{_text(headline(found))}</p>\n<p>{_text(looked_at(found))}</p>\n{''.join(sections)}</body>\n</html>\n"
    )


def _section(title: str, body: str, note: str = "") -> str:
    said = f"<p>{_text(note)}</p>\n" if note else ""
    return f"<section>\n<h2>{_text(title)}</h2>\n{said}{body}</section>\n"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: frozenset[int]) -> str:
    """``rows`` hold HTML; the columns in ``numbers`` are set as numbers."""

    def cell(tag: str, number: int, text: str, more: str = "") -> str:
        style = ' class="number"' if number in numbers else ""
        return f"<{tag}{more}{style}>{text}</{tag}>"

    head = "".join(cell("th", number, _text(text), ' scope="col"') for number, text in enumerate(heads))
    body = "".join(
        "<tr>" + "".join(cell("td", number, text) for number, text in enumerate(row)) + "</tr>\n" for row in rows
    )
    made = f"<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody>"
    return f'<div class="scroll"><table class="plain">\n{made}</table></div>\n'


# --- what is wrong ----------------------------------------------------------------------------------------------------


def _risks(found: Overview, compared: Change | None) -> str:
    groups = found.by_risk()
    most = max((len(own) for own in groups.values()), default=0)
    trend = trends(compared)
    rows = []
    for risk in RISKS:
        own = groups[risk.key]
        if not own and not trend.get(risk.key):
            continue
        repositories = len({item.repository for item in own})
        cells = [f"<strong>{_text(risk.title)}</strong><br><span class='dim'>{_text(risk.meaning)}</span>"]
        cells += [str(len(own)), str(repositories), _bar(len(own), most, risk.title)]
        rows.append([*cells, _trend(trend.get(risk.key))] if compared is not None else cells)
    heads = ["danger, the surest loss first", "places", "repositories", ""] + (
        ["since"] if compared is not None else []
    )
    if not rows:
        return _section("What endangers the workers", "<p>Nothing was found.</p>\n")
    return _section("What endangers the workers", _table(heads, rows, frozenset({1, 2})))


def _bar(number: int, most: int, title: str) -> str:
    if not number:
        return ""
    width = max(1.0, number * BAR_WIDTH / most)
    return (
        f'<svg viewBox="0 0 {BAR_WIDTH} {BAR_HEIGHT}" role="img" aria-label="{_text(title)}: {number}">'
        f'<rect width="{width:.1f}" height="{BAR_HEIGHT}" fill="var(--child)"/></svg>'
    )


def _trend(trend: TrendOf | None) -> str:
    if trend is None:
        return ""
    style = "worse" if trend.after > trend.before else "better" if trend.after < trend.before else "dim"
    return f'<span class="trend {style}">{_text(trend.text)}</span>'


def _teams(found: Overview) -> str:
    teams = found.by_team()
    if not [team for team, _ in teams if team != NO_TEAM]:
        return ""
    shown = [risk for risk in RISKS if any(counts[risk.key] for _, counts in teams)]
    rows = [
        [f"<strong>{_text(team)}</strong>", *(str(counts[risk.key] or "") for risk in shown)]
        for team, counts in teams[:MOST_TEAMS]
    ]
    heads = ["team", *(risk.title for risk in shown)]
    note = f"and {len(teams) - MOST_TEAMS} teams more" if len(teams) > MOST_TEAMS else ""
    return _section("By team", _table(heads, rows, frozenset(range(1, len(heads)))), note)


def _help(found: Overview) -> str:
    rows = []
    for one in found.help:
        fixes = [f"{number} {kind}" for number, kind in ((one.safe, "safe"), (one.unsafe, "unsafe")) if number]
        option = "" if one.safe else " --unsafe-fixes"
        command = f"celery-oom fleet fix FILE --select {one.code}{option} --patches DIR" if fixes else ""
        rows.append([
            f"<strong>{_text(one.code)}</strong> {_text(one.name)}",
            str(one.repositories),
            str(one.places),
            _text(", ".join(fixes)),
            f"<code>{_text(command)}</code>" if command else "",
        ])  # fmt: skip
    if not rows:
        return ""
    heads = ["change", "repositories", "places", "fixes", ""]
    return _section("What would help most", _table(heads, rows, frozenset({1, 2})))


def _repositories(found: Overview) -> str:
    if not found.dangers:
        return ""
    shown = found.dangers[:MOST_REPOSITORIES]
    left = len(found.dangers) - len(shown)
    note = f"the {len(shown)} in the greatest danger; the csv format has {left} more" if left else ""
    return _section("Repositories", "".join(map(_repository, shown)), note)


def _repository(danger: Danger) -> str:
    counts = "; ".join(f"{BY_KEY[risk].title}: {number}" for risk, number in danger.counts.items())
    style = "exceeds" if danger.items[0].risk in SUREST[:2] else "tight" if danger.items[0].risk in SUREST else ""
    name = f'<strong class="{style}">' if style else "<strong>"
    body = "".join(map(_item, danger.items[:MOST_ITEMS]))
    left = len(danger.items) - MOST_ITEMS
    more = f"<li>and {left} more</li>" if left > 0 else ""
    return (
        f"<details><summary>{name}{_text(danger.repository)}</strong> "
        f'<span class="counts">{_text(counts)}</span></summary><ul>{body}{more}</ul></details>\n'
    )


def _item(item: Item) -> str:
    teams = f' <span class="dim">{_text(", ".join(item.teams))}</span>' if item.teams else ""
    fix = f' <span class="dim">Fix ({_text(item.fix_safety or "")}): {_text(item.fix)}.</span>' if item.fix else ""
    kind = f" ({_text(item.kind)})" if item.kind else ""
    place = f"<code>{_text(item.path)}:{item.line}</code>{kind}"
    return f"<li><strong>{_text(item.subject)}</strong> {_text(item.text)} {place}{fix}{teams}</li>"


# --- what is not known ------------------------------------------------------------------------------------------------


def _not_looked_at(found: Overview) -> str:
    parts = []
    if found.not_looked_at:
        listed = ((one.repository, f"{one.result}: {one.reason}") for one in found.not_looked_at)
        title = f"{counted(len(found.not_looked_at), 'repository')} could not be looked at"
        parts.append(_listed(title, listed))
    if found.blind:
        title = f"{counted(len(found.blind), 'repository')} with Celery in which no worker was found"
        parts.append(_listed(title, ((name, "") for name in found.blind)))
    if found.unconfigured:
        title = f"{counted(len(found.unconfigured), 'repository')} whose own configuration does not count"
        parts.append(_listed(title, found.unconfigured))
    return _section("What is not known", "".join(parts)) if parts else ""


def _listed(title: str, pairs: Iterable[tuple[str, str]]) -> str:
    return f"<details><summary>{_text(title)}</summary><ul>{''.join(_few(list(pairs)))}</ul></details>\n"


def _few(pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
    for name, said in pairs[:MOST_LISTED]:
        yield f"<li><strong>{_text(name)}</strong> {_text(said)}</li>"
    if len(pairs) > MOST_LISTED:
        yield f"<li>and {len(pairs) - MOST_LISTED} more</li>"


def _changes(compared: Change | None) -> str:
    if compared is None:
        return ""
    parts = []
    for title, changed in (("got worse", compared.worse), ("mended", compared.mended)):
        pairs = [(item.repository, f"{BY_KEY[item.risk].title}: {item.subject} {item.text}") for item in changed]
        parts.append(_listed(f"{counted(len(changed), 'place')} {title}", pairs))
    for title, names in (
        ("new", compared.new_repositories),
        ("gone", compared.gone),
        ("looked at before and not now", compared.lost),
    ):
        if names:
            parts.append(_listed(f"{counted(len(names), 'repository')} {title}", ((name, "") for name in names)))
    return _section("Since the earlier result", "".join(parts))
