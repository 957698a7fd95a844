"""Findings as diagnostics of an editor."""

from __future__ import annotations

from lsprotocol import types as lsp

from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.formats.text import printable
from flake8_celery_oom.frontends.language_server.analysis import Analysed
from flake8_celery_oom.frontends.language_server.positions import Positions
from flake8_celery_oom.masking import masked

SOURCE = "celery-oom"
_SEVERITIES = {
    "error": lsp.DiagnosticSeverity.Error,
    "warning": lsp.DiagnosticSeverity.Warning,
    "info": lsp.DiagnosticSeverity.Information,
}
_UNNECESSARY = frozenset({"CO002", "CO106", "CO206"})
"""Rules about names and comments that nothing reads."""


def of_file(analysed: Analysed, path: str, positions: Positions) -> list[lsp.Diagnostic]:
    """The diagnostics of one file; none where it cannot be read."""
    source = analysed.source(path)
    if source is None:
        return []
    return [
        lsp.Diagnostic(
            range=positions.range(source, finding.at),
            message=printable(masked(finding.message)),
            severity=_SEVERITIES[finding.severity],
            code=finding.code,
            source=SOURCE,
            tags=[lsp.DiagnosticTag.Unnecessary] if finding.code in _UNNECESSARY else None,
            related_information=_related(finding, analysed, positions) or None,
            data={"code": finding.code, "start": finding.at.start},
        )
        for finding in analysed.findings.get(path, ())
    ]


def _related(finding: Finding, analysed: Analysed, positions: Positions) -> list[lsp.DiagnosticRelatedInformation]:
    made: list[lsp.DiagnosticRelatedInformation] = []
    for related in finding.related:
        source = analysed.source(related.at.path)
        if source is not None:
            place = positions.place(source, related.at)
            made.append(lsp.DiagnosticRelatedInformation(place, printable(masked(related.message))))
    return made
