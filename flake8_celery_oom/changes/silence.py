"""A comment that silences one finding, on a line of its own above it, for a person to give the reason."""

from __future__ import annotations

from flake8_celery_oom.core.findings import Edit, Finding
from flake8_celery_oom.core.source import SourceText

REASON = "reason: "


def comment_above(finding: Finding, source: SourceText) -> Edit:
    """The edit that puts the comment there.

    It may land inside of something where a comment is none (a folded scalar, a string): the caller looks at the
    changed project and drops it then.
    """
    line = source.line_text(finding.at.line)
    indent = line[: len(line) - len(line.lstrip())]
    start = source.offset(finding.at.line)
    end = "\r\n" if "\r\n" in source.text else "\n"
    opener = ";" if source.path.endswith(".ini") else "#"
    text = f"{indent}{opener} celery-oom: ignore[{finding.code}] {REASON}{end}"
    return Edit(source.location(start, start), text)
