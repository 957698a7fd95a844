"""One page without scripts, for an artifact of a pipeline."""

from __future__ import annotations

from html import escape
from itertools import groupby

from flake8_celery_oom.formats.report import SEVERITIES, Report, Reported
from flake8_celery_oom.formats.text import printable, summary_line, words_of

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#1b1f24;"
    "background:#fff}code{font-family:ui-monospace,monospace}h2{font-size:1rem;margin:1.5rem 0 .3rem}"
    "li{margin:.4rem 0;list-style:none}ul{padding-left:0}li ul{padding-left:1.5rem;color:#57606a}"
    ".error{color:#b42318}.warning{color:#8a5a00}.info{color:#175cd3}"
    "@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}li ul{color:#9aa4ae}"
    ".error{color:#ff7b72}.warning{color:#e3b341}.info{color:#79c0ff}}"
)


def render(report: Report) -> str:
    """The findings by file, the files with the worst of them first."""
    found = sorted(report.found, key=lambda one: one.at.path)
    files = [(path, list(here)) for path, here in groupby(found, key=lambda one: one.at.path)]
    sections = "".join(
        f"<h2><code>{escape(printable(path))}</code></h2>\n<ul>\n{''.join(map(_item, here))}</ul>\n"
        for path, here in sorted(files, key=lambda file: min(SEVERITIES.index(one.severity) for one in file[1]))
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>celery-oom</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>celery-oom</h1>\n"
        f"<p>{escape(words_of(summary_line(report)))}</p>\n{sections}</body>\n</html>\n"
    )


def _item(one: Reported) -> str:
    related = "".join(f"<li>{escape(detail)}</li>" for detail in one.details) + "".join(
        f"<li><code>{escape(printable(at.path))}:{at.line}</code>: {escape(at.message)}</li>" for at in one.related
    )
    inner = f"\n<ul>{related}</ul>\n" if related else ""
    return (
        f'<li><code>{one.at.line}:{one.at.column}</code> <b class="{one.severity}" title="{escape(one.name)}">'
        f"{one.code}</b> {escape(one.message)}{inner}</li>\n"
    )
