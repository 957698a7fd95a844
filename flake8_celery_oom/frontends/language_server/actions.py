"""What an editor can do about findings: mend one, mend all of a file, silence one.

Actions are offered at once and their edits are made when the client asks for one (``codeAction/resolve``), since each
is proved by another look at the changed project. A client that cannot ask gets them with the offer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lsprotocol import types as lsp

from flake8_celery_oom.core.findings import Edit, Finding
from flake8_celery_oom.frontends.language_server import diagnostics, proving
from flake8_celery_oom.frontends.language_server.analysis import Analysed
from flake8_celery_oom.frontends.language_server.client import Client
from flake8_celery_oom.frontends.language_server.diagnostics import Style

FIX_ALL = "source.fixAll.celery-oom"
SHOW_RULE = "celery-oom.showRule"
"""The command that has the client open a rule's page; its argument is the code."""
KINDS = (lsp.CodeActionKind.QuickFix, FIX_ALL)


def offered(
    analysed: Analysed, style: Style, path: str, stretch: tuple[int, int], wanted: Sequence[str] | None
) -> list[lsp.CodeAction]:
    """The actions for a stretch of a file, ``(start, end)``; ``wanted`` are the kinds that the client asks for."""
    uri = style.positions.uri(path)
    found = analysed.findings.get(path, ())
    made: list[lsp.CodeAction] = []
    if _asks_for(lsp.CodeActionKind.QuickFix, wanted):
        shown = dict(zip(found, diagnostics.of_file(analysed, path, style), strict=True))
        here = [one for one in found if one.at.start <= stretch[1] and stretch[0] <= one.at.end]
        for finding in here:
            made.extend(_for_finding(finding, uri, shown[finding]))
        for code in dict.fromkeys(one.code for one in here):
            made.extend(_for_code(analysed, code, uri, [shown[one] for one in here if one.code == code], style.client))
    if _asks_for(FIX_ALL, wanted) and any(map(_is_safe, found)):
        data = {"do": "fix all", "uri": uri}
        made.append(lsp.CodeAction("Fix all that can be fixed safely (celery-oom)", FIX_ALL, data=data))
    return made


def _for_finding(finding: Finding, uri: str, diagnostic: lsp.Diagnostic) -> Iterator[lsp.CodeAction]:
    data = {"uri": uri, "code": finding.code, "start": finding.at.start}
    fix = finding.fix
    if fix is not None and fix.edits:
        unsafe = "" if fix.safety == "safe" else " (unsafe: look at what it changes)"
        yield lsp.CodeAction(
            f"{fix.title}{unsafe}",
            lsp.CodeActionKind.QuickFix,
            [diagnostic],
            is_preferred=True if fix.safety == "safe" else None,  # eglot takes false for preferred
            data={**data, "do": "fix"},
        )
    yield lsp.CodeAction(
        f"Silence {finding.code} here, with a reason",
        lsp.CodeActionKind.QuickFix,
        [diagnostic],
        data={**data, "do": "silence"},
    )


def _for_code(
    analysed: Analysed, code: str, uri: str, shown: list[lsp.Diagnostic], client: Client
) -> Iterator[lsp.CodeAction]:
    """What can be done about a rule: mend all that it says of the project, read its page."""
    everywhere = [one for found in analysed.findings.values() for one in found if one.code == code and _is_safe(one)]
    if len(everywhere) > 1:
        data = {"do": "fix code", "uri": uri, "code": code}
        title = f"Fix every {code} of the project that can be fixed safely"
        yield lsp.CodeAction(title, lsp.CodeActionKind.QuickFix, shown, data=data)
    if client.documents:
        title = f"Open the page of {code}"
        command = lsp.Command(title, SHOW_RULE, arguments=[code])
        yield lsp.CodeAction(title, lsp.CodeActionKind.QuickFix, shown, command=command)


def _is_safe(finding: Finding) -> bool:
    return finding.fix is not None and bool(finding.fix.edits) and finding.fix.safety == "safe"


def edits(analysed: Analysed, path: str, data: Mapping[str, Any]) -> list[Edit]:
    """The edits of an action that was offered; none where it changes more than what is wished for."""
    if data.get("do") == "fix all":
        return proving.fixes_of_file(analysed, path)
    if data.get("do") == "fix code":
        return proving.fixes_of_code(analysed, str(data.get("code")))
    found = analysed.findings.get(path, ())
    finding = next((one for one in found if (one.code, one.at.start) == (data.get("code"), data.get("start"))), None)
    if finding is None:
        return []
    return proving.fix_of(analysed, finding) if data.get("do") == "fix" else proving.silence(analysed, finding)


def workspace_edit(
    analysed: Analysed, style: Style, made: Sequence[Edit], versions: Mapping[str, int | None]
) -> lsp.WorkspaceEdit:
    """The edits by file, each with the version of the open document that was looked at where the client takes that."""
    documents: list[lsp.TextDocumentEdit | lsp.CreateFile | lsp.RenameFile | lsp.DeleteFile] = []
    changes: dict[str, list[lsp.TextEdit]] = {}
    for path in sorted({edit.at.path for edit in made}):
        source = analysed.source(path)
        if source is None:
            continue
        uri = style.positions.uri(path)
        own = sorted((edit for edit in made if edit.at.path == path), key=lambda one: one.at.start)
        changes[uri] = [lsp.TextEdit(style.positions.range(source, edit.at), edit.replacement) for edit in own]
        document = lsp.OptionalVersionedTextDocumentIdentifier(uri, versions.get(path))
        documents.append(lsp.TextDocumentEdit(document, list(changes[uri])))
    return lsp.WorkspaceEdit(document_changes=documents) if style.client.versions else lsp.WorkspaceEdit(changes)


def _asks_for(kind: str, wanted: Sequence[str] | None) -> bool:
    """Whether a kind is one of those asked for, or below one (``source`` asks for ``source.fixAll`` too)."""
    return not wanted or any(kind == one or kind.startswith(f"{one}.") for one in wanted)
