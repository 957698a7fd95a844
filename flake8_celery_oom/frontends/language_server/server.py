"""The server: keeps the projects up to date while files are edited, and answers an editor's questions about them.

Analysis runs in threads; the loop that talks to the client never waits for it. After an edit the server waits as long
as a look takes, at most ``QUIET_SECONDS`` from the first edit that nobody looked at. Then it looks at the project and
reports what belongs to texts that have not changed since.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer

from flake8_celery_oom import __version__
from flake8_celery_oom.frontends.language_server import diagnostics
from flake8_celery_oom.frontends.language_server.analysis import Analysed, ProjectAnalysis
from flake8_celery_oom.frontends.language_server.client import Client
from flake8_celery_oom.frontends.language_server.folders import Folders
from flake8_celery_oom.frontends.language_server.positions import Positions
from flake8_celery_oom.frontends.language_server.rule_pages import RulePages

if TYPE_CHECKING:
    from pygls.server import ServerErrors

QUIET_SECONDS = 0.15
THREADS = 2
T = TypeVar("T")
log = logging.getLogger(__name__)


class Server(LanguageServer):
    """One client's server. ``report`` tells the client what a project is now; the rest are its pieces."""

    def __init__(self) -> None:
        super().__init__("celery-oom", __version__, lsp.TextDocumentSyncKind.Full)
        self.folders = Folders()
        self.pages = RulePages()
        self.inlay_hints = False
        self.is_closing = False
        self._threads = ThreadPoolExecutor(THREADS, "celery-oom")
        self._waiting: dict[int, asyncio.Task[None]] = {}
        self._edited_at: dict[int, float] = {}
        self._took: dict[int, float] = {}
        self._published: dict[int, dict[str, tuple[int | None, list[lsp.Diagnostic]]]] = {}
        self._told: set[str] = set()

    # --- keeping up -------------------------------------------------------------------------------------------------

    def schedule(self, project: ProjectAnalysis, after: float = QUIET_SECONDS) -> None:
        """Look at the project again: later where it changes once more meanwhile, but not for ever."""
        key, loop = id(project), asyncio.get_running_loop()
        waiting = self._waiting.get(key)
        if waiting is not None:
            waiting.cancel()
        due = self._edited_at.setdefault(key, loop.time()) + QUIET_SECONDS
        seconds = min(after, self._took.get(key, 0.0), max(0.0, due - loop.time()))
        self._waiting[key] = loop.create_task(self._after(project, seconds))

    async def _after(self, project: ProjectAnalysis, seconds: float) -> None:
        await asyncio.sleep(seconds)
        key, loop = id(project), asyncio.get_running_loop()
        self._waiting.pop(key, None)
        self._edited_at.pop(key, None)
        start = loop.time()
        analysed = await self.look(project)
        self._took[key] = loop.time() - start
        if analysed is not None and not self.is_closing:
            self.report(project, analysed)

    async def look(self, project: ProjectAnalysis) -> Analysed | None:
        """What the project is now, made in a thread; None where that failed, which is logged."""
        first = project.last is None
        token = await self._begin(project) if first else None
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, project.look)
        except Exception:  # whatever one file brings about, the server lives on
            log.exception("looking at %s failed", project.root)
            self.tell(f"celery-oom could not look at {project.root.name}: its log says why (celery-oom lsp --log FILE)")
            return None
        finally:
            if token is not None:
                self.work_done_progress.end(token, lsp.WorkDoneProgressEnd())

    async def _begin(self, project: ProjectAnalysis) -> str | None:
        window = self.client_capabilities.window
        if window is None or not window.work_done_progress:
            return None
        token = str(uuid4())
        await self.work_done_progress.create_async(token)
        begin = lsp.WorkDoneProgressBegin(f"celery-oom: reading {project.root.name}")
        self.work_done_progress.begin(token, begin)
        return token

    def report_server_error(self, error: Exception, source: ServerErrors) -> None:
        """Log what goes wrong; to tell the client would fail again where it is the client that is gone."""
        log.error("%s", source.__name__, exc_info=error)

    def stop_looking(self) -> None:
        """Forget what is scheduled: the client says goodbye."""
        self.is_closing = True
        for waiting in self._waiting.values():
            waiting.cancel()

    def tell(self, message: str) -> None:
        """Show a message to the user, each once."""
        if message not in self._told:
            self._told.add(message)
            self.window_show_message(lsp.ShowMessageParams(lsp.MessageType.Error, message))

    # --- reporting --------------------------------------------------------------------------------------------------

    @property
    def is_asked(self) -> bool:
        """Whether the client asks for diagnostics itself; to publish them as well would show them twice."""
        document = self.client_capabilities.text_document
        return bool(document and document.diagnostic)

    def report(self, project: ProjectAnalysis, analysed: Analysed) -> None:
        """Give the client the diagnostics of the files whose texts are still those that were looked at."""
        if analysed.trouble:
            self.tell(analysed.trouble)
        workspace = self.client_capabilities.workspace
        if not self.is_asked:
            self._publish(project, analysed)
        elif workspace and workspace.diagnostics and workspace.diagnostics.refresh_support:
            self.workspace_diagnostic_refresh(None)
        if workspace and workspace.code_lens and workspace.code_lens.refresh_support:
            self.workspace_code_lens_refresh(None)
        if self.inlay_hints and workspace and workspace.inlay_hint and workspace.inlay_hint.refresh_support:
            self.workspace_inlay_hint_refresh(None)

    def _publish(self, project: ProjectAnalysis, analysed: Analysed) -> None:
        """Tell what is new: the diagnostics of a file that are others than those last told, or of another version."""
        before = self._published.setdefault(id(project), {})
        style = self.style(project)
        for path in sorted({*analysed.findings, *before}):
            if project.texts.get(path) != analysed.texts.get(path):
                continue  # edited meanwhile: the next look says what holds
            made = diagnostics.of_file(analysed, path, style)
            told = self.document_version(project, path), made
            if before.get(path) == told:
                continue
            self.text_document_publish_diagnostics(
                lsp.PublishDiagnosticsParams(style.positions.uri(path), made, version=told[0])
            )
            before[path] = told
            if not made:
                del before[path]

    def forget(self, project: ProjectAnalysis) -> None:
        """Take back what was published of a project that is closed."""
        positions = self.positions(project)
        for path in self._published.pop(id(project), {}):
            self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(positions.uri(path), []))

    # --- translating ------------------------------------------------------------------------------------------------

    def positions(self, project: ProjectAnalysis) -> Positions:
        """Positions in the units that the client and the server agreed on."""
        return Positions(project.root.as_posix(), str(self.workspace.position_encoding))

    @property
    def client(self) -> Client:
        """What the client can show."""
        return Client.of(self.client_capabilities)

    def style(self, project: ProjectAnalysis) -> diagnostics.Style:
        """How findings of a project are told to this client."""
        return diagnostics.Style(self.positions(project), self.client, self.pages)

    def document_version(self, project: ProjectAnalysis, path: str) -> int | None:
        """The version of an open document; None for a file that is not open."""
        if path not in project.texts:
            return None
        return self.workspace.get_text_document(self.positions(project).uri(path)).version

    def versions(self, project: ProjectAnalysis) -> dict[str, int | None]:
        """The versions of all open documents of a project."""
        return {path: self.document_version(project, path) for path in project.texts}

    async def in_thread(self, function: Callable[..., T], *arguments: Any) -> T:
        """Run something that takes long without keeping the client waiting."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)
