"""An editor for tests: a real client of the protocol that talks to a real server process."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Coroutine, Sequence
from concurrent.futures import TimeoutError as TooLate
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar, Union

from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient
from pygls.protocol import default_converter

T = TypeVar("T")
PATIENCE_SECONDS = 60.0
PULLING = lsp.ClientCapabilities(
    text_document=lsp.TextDocumentClientCapabilities(diagnostic=lsp.DiagnosticClientCapabilities()),
    workspace=lsp.WorkspaceClientCapabilities(
        diagnostics=lsp.DiagnosticWorkspaceClientCapabilities(refresh_support=True),
        did_change_watched_files=lsp.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True),
    ),
    window=lsp.WindowClientCapabilities(work_done_progress=True),
)

MENDING = lsp.ClientCapabilities(
    text_document=lsp.TextDocumentClientCapabilities(
        code_action=lsp.CodeActionClientCapabilities(
            data_support=True, resolve_support=lsp.ClientCodeActionResolveOptions(["edit"])
        )
    ),
    workspace=lsp.WorkspaceClientCapabilities(
        workspace_edit=lsp.WorkspaceEditClientCapabilities(document_changes=True)
    ),
)
"""Asks for the edits of the action that is taken, and takes them for versions of documents."""


def encoding(name: str) -> lsp.ClientCapabilities:
    """A client that counts positions in these units alone."""
    kinds = [lsp.PositionEncodingKind(name)]
    return lsp.ClientCapabilities(general=lsp.GeneralClientCapabilities(position_encodings=kinds))


def converter() -> Any:
    """Reads answers; that of lsprotocol 2025.0.0 takes every code action that has a command for a command."""
    make: Any = default_converter
    made: Any = make()

    def command_or_action(answer: Any, _: object) -> Any:
        return made.structure(answer, lsp.Command if isinstance(answer.get("command"), str) else lsp.CodeAction)

    kinds: Any = Union[lsp.Command, lsp.CodeAction]  # noqa: UP007 - the converter tells it from X | Y
    made.register_structure_hook(kinds, command_or_action)
    return made


class Editor:
    """A client with its own loop in a thread. ``shown`` are the diagnostics that the server published, by path."""

    def __init__(
        self,
        root: Path,
        capabilities: lsp.ClientCapabilities | None = None,
        options: dict[str, Any] | None = None,
        environment: dict[str, str] | None = None,
    ) -> None:
        self.root = root
        self.capabilities = capabilities or MENDING
        self.options = options
        self.environment = {**os.environ, **(environment or {})}
        self.told: list[str] = []
        self.shown: dict[str, list[lsp.Diagnostic]] = {}
        self.versions: dict[str, int | None] = {}
        self.messages: list[str] = []
        self.registered: list[str] = []
        self.progress: list[str] = []
        self.documents: list[str] = []
        self.refreshes = 0
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._open: dict[str, int] = {}
        self.client = LanguageClient("editor", "1", converter_factory=converter)
        self._listen()

    def _listen(self) -> None:
        listen: Any = self.client.feature

        def published(params: lsp.PublishDiagnosticsParams) -> None:
            path = self.path(params.uri)
            with self._changed:
                self.shown[path] = list(params.diagnostics)
                self.versions[path] = params.version
                self.told.append(path)
                self._changed.notify_all()

        def message(params: lsp.ShowMessageParams) -> None:
            with self._changed:
                self.messages.append(params.message)
                self._changed.notify_all()

        def refresh(_: None) -> None:
            with self._changed:
                self.refreshes += 1
                self._changed.notify_all()

        def register(params: lsp.RegistrationParams) -> None:
            self.registered += [one.method for one in params.registrations]

        def create(_: lsp.WorkDoneProgressCreateParams) -> None:
            self.progress.append("created")

        def progress(_: lsp.ProgressParams) -> None:
            self.progress.append("told")

        def show(params: lsp.ShowDocumentParams) -> lsp.ShowDocumentResult:
            self.documents.append(params.uri)
            return lsp.ShowDocumentResult(success=True)

        listen(lsp.WINDOW_SHOW_DOCUMENT)(show)
        listen(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(published)
        listen(lsp.WINDOW_SHOW_MESSAGE)(message)
        listen(lsp.WORKSPACE_DIAGNOSTIC_REFRESH)(refresh)
        listen(lsp.CLIENT_REGISTER_CAPABILITY)(register)
        listen(lsp.WINDOW_WORK_DONE_PROGRESS_CREATE)(create)
        listen(lsp.PROGRESS)(progress)

    def __enter__(self) -> Editor:
        self._thread.start()
        self.ask(self.client.start_io(sys.executable, "-m", "flake8_celery_oom", "lsp", env=self.environment))
        folder = lsp.WorkspaceFolder(self.root.as_uri(), self.root.name)
        parameters = lsp.InitializeParams(
            capabilities=self.capabilities, workspace_folders=[folder], initialization_options=self.options
        )
        self.answer = self.ask(self.client.initialize_async(parameters))
        self._tell(self.client.initialized, lsp.InitializedParams())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.ask(self.client.shutdown_async(None))
        self._tell(self.client.exit, None)
        stop: Any = self.client.stop
        self.ask(stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_SECONDS)
        self._loop.close()

    def ask(self, question: Coroutine[Any, Any, T]) -> T:
        """The answer to a request."""
        try:
            return asyncio.run_coroutine_threadsafe(question, self._loop).result(PATIENCE_SECONDS)
        except TooLate:
            raise AssertionError("the server does not answer") from None

    def _tell(self, send: Any, params: Any) -> None:
        async def told() -> None:
            send(params)

        self.ask(told())

    def uri(self, path: str) -> str:
        return (self.root / path).as_uri()

    def path(self, uri: str) -> str:
        return uri.removeprefix(self.root.as_uri()).lstrip("/")

    def document(self, path: str) -> lsp.TextDocumentIdentifier:
        return lsp.TextDocumentIdentifier(self.uri(path))

    def open(self, path: str, text: str | None = None) -> None:
        content = (self.root / path).read_bytes().decode() if text is None else text
        self._open[path] = 1
        item = lsp.TextDocumentItem(self.uri(path), "plaintext", 1, content)
        self._tell(self.client.text_document_did_open, lsp.DidOpenTextDocumentParams(item))

    def edit(self, path: str, text: str) -> None:
        """The whole text of an open file is another; nothing is saved."""
        self._open[path] += 1
        document = lsp.VersionedTextDocumentIdentifier(self._open[path], self.uri(path))
        change = lsp.TextDocumentContentChangeWholeDocument(text)
        self._tell(self.client.text_document_did_change, lsp.DidChangeTextDocumentParams(document, [change]))

    def close(self, path: str) -> None:
        del self._open[path]
        self._tell(self.client.text_document_did_close, lsp.DidCloseTextDocumentParams(self.document(path)))

    def outside(self, path: str, text: str | None) -> None:
        """Another program writes a file, or deletes it."""
        place = self.root / path
        if text is None:
            place.unlink()
        else:
            place.write_text(text)
        self.tell_changed([path])

    def tell_changed(self, paths: Sequence[str]) -> None:
        """Say that files on the disk are others than before."""
        events = [lsp.FileEvent(self.uri(path), lsp.FileChangeType.Changed) for path in paths]
        parameters = lsp.DidChangeWatchedFilesParams(events)
        self._tell(self.client.workspace_did_change_watched_files, parameters)

    def save(self, path: str) -> None:
        """Say that an open file was written as it is."""
        parameters = lsp.DidSaveTextDocumentParams(self.document(path))
        self._tell(self.client.text_document_did_save, parameters)

    def change_folders(self, added: list[lsp.WorkspaceFolder], removed: list[lsp.WorkspaceFolder]) -> None:
        event = lsp.WorkspaceFoldersChangeEvent(added, removed)
        parameters = lsp.DidChangeWorkspaceFoldersParams(event)
        self._tell(self.client.workspace_did_change_workspace_folders, parameters)

    def codes(self, path: str) -> list[str]:
        return sorted(str(one.code) for one in self.shown.get(path, []))

    def await_codes(self, path: str, codes: list[str]) -> None:
        """Wait until the server has published exactly these for a file."""
        self.await_(lambda: path in self.shown and self.codes(path) == codes, lambda: f"{path}: {self.codes(path)}")

    def await_(self, holds: Any, said: Any = lambda: "") -> None:
        with self._changed:
            assert self._changed.wait_for(holds, PATIENCE_SECONDS), said()

    def actions(self, path: str, line: int, only: list[str] | None = None) -> list[lsp.CodeAction]:
        """What is offered on a line (from 0)."""
        stretch = lsp.Range(lsp.Position(line, 0), lsp.Position(line, 1_000))
        context = lsp.CodeActionContext([], only)
        parameters = lsp.CodeActionParams(self.document(path), stretch, context)
        found = self.ask(self.client.text_document_code_action_async(parameters))
        return [one for one in found or () if isinstance(one, lsp.CodeAction)]

    def applied(self, action: lsp.CodeAction) -> dict[str, str]:
        """The texts of the files on the disk after an action, by path."""
        known = self.capabilities.text_document and self.capabilities.text_document.code_action
        if known and known.resolve_support:
            assert action.edit is None
            action = self.ask(self.client.code_action_resolve_async(action))
        edits = dict(action.edit.changes or {}) if action.edit else {}
        for change in (action.edit.document_changes if action.edit else None) or ():
            assert isinstance(change, lsp.TextDocumentEdit)
            assert change.text_document.version == self._open.get(self.path(change.text_document.uri))
            edits[change.text_document.uri] = [one for one in change.edits if isinstance(one, lsp.TextEdit)]
        texts: dict[str, str] = {}
        for uri, changes in edits.items():
            path = self.path(uri)
            lines = (self.root / path).read_bytes().decode().splitlines(keepends=True)
            for edit in reversed(changes):
                start, end = edit.range.start, edit.range.end
                assert start.character == end.character == 0
                lines[start.line : end.line] = [edit.new_text]
            texts[path] = "".join(lines)
        return texts
