"""Findings as diagnostics of an editor."""

from __future__ import annotations

from dataclasses import dataclass

from lsprotocol import types as lsp

from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.formats.text import printable
from flake8_celery_oom.frontends.language_server.analysis import Analysed
from flake8_celery_oom.frontends.language_server.client import Client
from flake8_celery_oom.frontends.language_server.positions import Positions
from flake8_celery_oom.frontends.language_server.rule_pages import RulePages
from flake8_celery_oom.masking import masked

SOURCE = "celery-oom"
_SEVERITIES = {
    "error": lsp.DiagnosticSeverity.Error,
    "warning": lsp.DiagnosticSeverity.Warning,
    "info": lsp.DiagnosticSeverity.Information,
}
_UNNECESSARY = frozenset({"CO002", "CO106", "CO206"})
"""Rules about names and comments that nothing reads."""


@dataclass(frozen=True, slots=True)
class Style:
    """How findings are told: the units of positions, what the client knows, and where the pages of rules are."""

    positions: Positions
    client: Client
    pages: RulePages


def of_file(analysed: Analysed, path: str, style: Style) -> list[lsp.Diagnostic]:
    """The diagnostics of one file; none where it cannot be read."""
    source = analysed.source(path)
    if source is None:
        return []
    positions, client = style.positions, style.client
    return [
        lsp.Diagnostic(
            range=positions.range(source, finding.at),
            message=printable(masked(finding.message)),
            severity=_SEVERITIES[finding.severity],
            code=finding.code,
            source=SOURCE,
            code_description=_page(finding.code, style) if client.pages else None,
            tags=[lsp.DiagnosticTag.Unnecessary] if client.tags and finding.code in _UNNECESSARY else None,
            related_information=(_related(finding, analysed, positions) or None) if client.related else None,
            data={"code": finding.code, "start": finding.at.start},
        )
        for finding in analysed.findings.get(path, ())
    ]


def _page(code: str, style: Style) -> lsp.CodeDescription | None:
    uri = style.pages.uri(code)
    return lsp.CodeDescription(uri) if uri is not None else None


def _related(finding: Finding, analysed: Analysed, positions: Positions) -> list[lsp.DiagnosticRelatedInformation]:
    made: list[lsp.DiagnosticRelatedInformation] = []
    for related in finding.related:
        source = analysed.source(related.at.path)
        if source is not None:
            place = positions.place(source, related.at)
            made.append(lsp.DiagnosticRelatedInformation(place, printable(masked(related.message))))
    return made
