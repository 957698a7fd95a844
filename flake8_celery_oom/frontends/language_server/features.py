"""What the server answers: one function for each request and notification of the protocol."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import attrs
from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcInvalidParams

from flake8_celery_oom import discover
from flake8_celery_oom.formats import html, inventory
from flake8_celery_oom.frontends.language_server import actions, completion, descriptions, diagnostics, navigation
from flake8_celery_oom.frontends.language_server.analysis import Analysed, ProjectAnalysis
from flake8_celery_oom.frontends.language_server.positions import Positions
from flake8_celery_oom.frontends.language_server.server import Server
from flake8_celery_oom.rules import modules

SHOW_WORKERS = "celery-oom.workers"
"""The command that gives the page of a folder's workers; its argument is the folder's address."""
CONFIGURATION = frozenset({"pyproject.toml", ".gitignore"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A file that is asked about: its project as it is now, its path in it, and how findings are told."""

    project: ProjectAnalysis
    path: str
    analysed: Analysed
    style: diagnostics.Style

    @property
    def positions(self) -> Positions:
        """How positions are counted."""
        return self.style.positions

    def offset(self, position: lsp.Position) -> int:
        """The offset of a position in the file."""
        source = self.analysed.source(self.path)
        return self.positions.offset(source, position) if source is not None else 0

    def places(self, locations: Sequence[Any]) -> list[lsp.Location]:
        """Places for the client; those in files that cannot be read are left out."""
        sources = [(at, self.analysed.source(at.path)) for at in locations]
        return [self.positions.place(source, at) for at, source in sources if source is not None]


def initialize(ls: Server, params: lsp.InitializeParams) -> None:
    """Take the options of the client: ``inlayHints`` turns these on."""
    options = params.initialization_options
    ls.inlay_hints = isinstance(options, dict) and options.get("inlayHints") is True


def shutdown(ls: Server, _: None) -> None:
    """The client says goodbye."""
    ls.stop_looking()


async def initialized(ls: Server, _: lsp.InitializedParams) -> None:
    """Look at the projects of the workspace, and ask to be told of files that change outside."""
    for folder in ls.workspace.folders.values():
        _open_folder(ls, folder.uri)
    workspace = ls.client_capabilities.workspace
    watched = workspace.did_change_watched_files if workspace else None
    if watched and watched.dynamic_registration:
        options = lsp.DidChangeWatchedFilesRegistrationOptions([lsp.FileSystemWatcher("**/*")])
        registration = lsp.Registration("watched", lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
        await ls.client_register_capability_async(lsp.RegistrationParams([registration]))


def _open_folder(ls: Server, uri: str) -> None:
    project = ls.folders.open_folder(uri)
    if project is not None:
        ls.schedule(project, 0)


def did_change_folders(ls: Server, params: lsp.DidChangeWorkspaceFoldersParams) -> None:
    """Folders were added to the workspace or taken out of it."""
    for folder in params.event.removed:
        project = ls.folders.open_folder(folder.uri)
        if project is not None:
            ls.forget(project)
        ls.folders.close_folder(folder.uri)
    for folder in params.event.added:
        _open_folder(ls, folder.uri)


def did_open(ls: Server, params: lsp.DidOpenTextDocumentParams) -> None:
    """A file is open: its text counts instead of what is on the disk."""
    _edited(ls, params.text_document.uri, after=0)


def did_change(ls: Server, params: lsp.DidChangeTextDocumentParams) -> None:
    """An open file was edited."""
    _edited(ls, params.text_document.uri)


def _edited(ls: Server, uri: str, after: float | None = None) -> None:
    found = ls.folders.of(uri)
    if found is not None:
        project, path = found
        project.edit(path, ls.workspace.get_text_document(uri).source.removeprefix("\ufeff"))
        ls.schedule(project) if after is None else ls.schedule(project, after)


def did_close(ls: Server, params: lsp.DidCloseTextDocumentParams) -> None:
    """A file is closed: what is on the disk counts."""
    found = ls.folders.of(params.text_document.uri)
    if found is not None:
        found[0].close(found[1])
        ls.schedule(found[0])


def did_save(ls: Server, params: lsp.DidSaveTextDocumentParams) -> None:
    """A file was saved; a configuration counts from now on."""
    _touched(ls, params.text_document.uri)


def did_change_watched_files(ls: Server, params: lsp.DidChangeWatchedFilesParams) -> None:
    """Files were changed outside of the editor."""
    for change in params.changes:
        _touched(ls, change.uri)


def _touched(ls: Server, uri: str) -> None:
    found = ls.folders.of(uri)
    if found is None:
        return
    project, path = found
    if ".git" in Path(path).parts or not (discover.is_candidate(path) or Path(path).name in CONFIGURATION):
        return
    project.touch()
    ls.schedule(project)


async def _asked(ls: Server, uri: str) -> Asked | None:
    found = ls.folders.of(uri)
    if found is None:
        return None
    project, path = found
    analysed = await ls.look(project) or project.last  # what failed leaves what was seen before: it is not clean
    return Asked(project, path, analysed, ls.style(project)) if analysed is not None else None


async def diagnostic(ls: Server, params: lsp.DocumentDiagnosticParams) -> lsp.DocumentDiagnosticReport:
    """The diagnostics of one file, or that they are those of ``previous_result_id``."""
    asked = await _asked(ls, params.text_document.uri)
    items = diagnostics.of_file(asked.analysed, asked.path, asked.style) if asked is not None else []
    result = _result_id(items)
    if result == params.previous_result_id:
        return lsp.RelatedUnchangedDocumentDiagnosticReport(result)
    return lsp.RelatedFullDocumentDiagnosticReport(items, result_id=result)


async def workspace_diagnostic(ls: Server, params: lsp.WorkspaceDiagnosticParams) -> lsp.WorkspaceDiagnosticReport:
    """The diagnostics of every file that has some, and of those that had some."""
    before = {one.uri: one.value for one in params.previous_result_ids}
    made: list[lsp.WorkspaceFullDocumentDiagnosticReport | lsp.WorkspaceUnchangedDocumentDiagnosticReport] = []
    seen: set[str] = set()
    for project in ls.folders.all():
        analysed = await ls.look(project) or project.last
        style = ls.style(project)
        for path in sorted(analysed.findings) if analysed is not None else ():
            items = diagnostics.of_file(analysed, path, style) if analysed is not None else []
            uri, result = style.positions.uri(path), _result_id(items)
            seen.add(uri)
            version = ls.document_version(project, path)
            if before.get(uri) == result:
                made.append(lsp.WorkspaceUnchangedDocumentDiagnosticReport(uri=uri, result_id=result, version=version))
            else:
                made.append(
                    lsp.WorkspaceFullDocumentDiagnosticReport(uri=uri, items=items, version=version, result_id=result)
                )
    gone = [uri for uri in before if uri not in seen]
    made += [lsp.WorkspaceFullDocumentDiagnosticReport(uri=uri, items=[], result_id=_result_id([])) for uri in gone]
    return lsp.WorkspaceDiagnosticReport(made)


async def code_action(ls: Server, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
    """What can be done about the findings of a stretch."""
    asked = await _asked(ls, params.text_document.uri)
    if asked is None:
        return []
    stretch = asked.offset(params.range.start), asked.offset(params.range.end)
    offered = actions.offered(asked.analysed, asked.style, asked.path, stretch, params.context.only)
    if asked.style.client.resolves:
        return offered
    for action in offered:
        await _make_edit(ls, asked, action)
    return [one for one in offered if one.edit is not None or one.command is not None]


async def _make_edit(ls: Server, asked: Asked, action: lsp.CodeAction) -> None:
    if isinstance(action.data, dict):
        versions = ls.versions(asked.project)
        made = await ls.in_thread(actions.edits, asked.analysed, asked.path, action.data)
        if made:
            action.edit = actions.workspace_edit(asked.analysed, asked.style, made, versions)


async def resolve_code_action(ls: Server, action: lsp.CodeAction) -> lsp.CodeAction:
    """Make and prove the edits of an action; an action that cannot be proved is left without edits."""
    data = action.data if isinstance(action.data, dict) else {}
    asked = await _asked(ls, str(data.get("uri", "")))
    if asked is None:
        return action
    await _make_edit(ls, asked, action)
    if action.edit is None:
        ls.tell("celery-oom: this cannot be changed here without changing something else as well")
    return action


async def hover(ls: Server, params: lsp.HoverParams) -> lsp.Hover | None:
    """A worker's values, a setting's readers, and what a rule is about."""
    asked = await _asked(ls, params.text_document.uri)
    if asked is None:
        return None
    found = descriptions.hover(asked.analysed, asked.path, asked.offset(params.position))
    source = asked.analysed.source(asked.path)
    if found is None or source is None:
        return None
    text = lsp.MarkupContent(lsp.MarkupKind.Markdown, found.text)
    return lsp.Hover(text, asked.positions.range(source, found.at))


async def definition(ls: Server, params: lsp.DefinitionParams) -> list[lsp.Location]:
    """From a command to its app and configuration."""
    asked = await _asked(ls, params.text_document.uri)
    if asked is None or asked.analysed.project is None:
        return []
    offset = asked.offset(params.position)
    return asked.places(navigation.definitions(asked.analysed.project, asked.path, offset))


async def references(ls: Server, params: lsp.ReferenceParams) -> list[lsp.Location]:
    """From an app or a setting to the workers that use it."""
    asked = await _asked(ls, params.text_document.uri)
    if asked is None or asked.analysed.project is None:
        return []
    offset = asked.offset(params.position)
    return asked.places(navigation.references(asked.analysed.project, asked.path, offset))


async def complete(ls: Server, params: lsp.CompletionParams) -> lsp.CompletionList:
    """Options of a worker's command, settings of an app."""
    asked = await _asked(ls, params.text_document.uri)
    source = asked.analysed.source(asked.path) if asked is not None else None
    if asked is None or source is None or asked.analysed.project is None:
        return lsp.CompletionList(is_incomplete=False, items=[])
    offset = asked.offset(params.position)
    items = completion.items(asked.analysed.project, source, offset, asked.positions)
    return lsp.CompletionList(is_incomplete=False, items=items)


async def code_lens(ls: Server, params: lsp.CodeLensParams) -> list[lsp.CodeLens]:
    """How many workers run a command."""
    asked = await _asked(ls, params.text_document.uri)
    source = asked.analysed.source(asked.path) if asked is not None else None
    if asked is None or source is None or asked.analysed.project is None:
        return []
    made = []
    for at, workers in descriptions.workers_at(asked.analysed.project, asked.path):
        count = f"{len(workers)} workers start here" if len(workers) > 1 else "1 worker starts here"
        made.append(lsp.CodeLens(asked.positions.range(source, at), lsp.Command(count, "")))
    return made


async def inlay_hint(ls: Server, params: lsp.InlayHintParams) -> list[lsp.InlayHint]:
    """What a command comes to, behind its line; only where the client's options ask for it."""
    asked = await _asked(ls, params.text_document.uri) if ls.inlay_hints else None
    source = asked.analysed.source(asked.path) if asked is not None else None
    if asked is None or source is None or asked.analysed.project is None:
        return []
    made = []
    for at, workers in descriptions.workers_at(asked.analysed.project, asked.path):
        entries = inventory.entries(workers[:1], asked.analysed.project)
        if entries and params.range.start.line <= at.line - 1 <= params.range.end.line:
            end = source.offset(at.line) + len(source.line_text(at.line))
            label = descriptions.in_short(entries[0])
            made.append(lsp.InlayHint(asked.positions.position(source, end), label, padding_left=True))
    return made


async def show_workers(ls: Server, uri: str) -> str:
    """The page with the workers of a folder's project, in HTML."""
    project = ls.folders.open_folder(uri)
    analysed = await ls.look(project) if project is not None else None
    if project is None or analysed is None or analysed.project is None:
        raise JsonRpcInvalidParams(f"{uri} is no project that could be looked at")
    findings = [one for found in analysed.findings.values() for one in found]
    entries = inventory.entries(analysed.project.workers, analysed.project, findings)
    return html.page(entries, project.root.name)


async def show_rule(ls: Server, code: str) -> None:
    """Have the client open a rule's page."""
    uri = ls.pages.uri(code) if code in modules() else None
    if uri is not None:
        await ls.window_show_document_async(lsp.ShowDocumentParams(uri, take_focus=True))


def _result_id(items: Sequence[lsp.Diagnostic]) -> str:
    told = json.dumps([attrs.asdict(item) for item in items], default=str, sort_keys=True)
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:16]


FEATURES: Mapping[str, tuple[Callable[..., Any], Any]] = {
    lsp.INITIALIZE: (initialize, None),
    lsp.INITIALIZED: (initialized, None),
    lsp.SHUTDOWN: (shutdown, None),
    lsp.TEXT_DOCUMENT_DID_OPEN: (did_open, None),
    lsp.TEXT_DOCUMENT_DID_CHANGE: (did_change, None),
    lsp.TEXT_DOCUMENT_DID_CLOSE: (did_close, None),
    lsp.TEXT_DOCUMENT_DID_SAVE: (did_save, None),
    lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES: (did_change_watched_files, None),
    lsp.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: (did_change_folders, None),
    lsp.TEXT_DOCUMENT_DIAGNOSTIC: (
        diagnostic,
        lsp.DiagnosticOptions(inter_file_dependencies=True, workspace_diagnostics=True, identifier="celery-oom"),
    ),
    lsp.WORKSPACE_DIAGNOSTIC: (workspace_diagnostic, None),
    lsp.TEXT_DOCUMENT_CODE_ACTION: (code_action, lsp.CodeActionOptions(list(actions.KINDS), resolve_provider=True)),
    lsp.CODE_ACTION_RESOLVE: (resolve_code_action, None),
    lsp.TEXT_DOCUMENT_HOVER: (hover, None),
    lsp.TEXT_DOCUMENT_DEFINITION: (definition, None),
    lsp.TEXT_DOCUMENT_REFERENCES: (references, None),
    lsp.TEXT_DOCUMENT_COMPLETION: (complete, lsp.CompletionOptions(["-", "_"])),
    lsp.TEXT_DOCUMENT_CODE_LENS: (code_lens, None),
    lsp.TEXT_DOCUMENT_INLAY_HINT: (inlay_hint, None),
}


COMMANDS: Mapping[str, Callable[..., Any]] = {SHOW_WORKERS: show_workers, actions.SHOW_RULE: show_rule}


def make_server() -> Server:
    """A server with all its features."""
    server = Server()
    for command, function in COMMANDS.items():
        server.command(command)(function)
    for name, (function, options) in FEATURES.items():
        server.feature(name, options)(function)
    return server
