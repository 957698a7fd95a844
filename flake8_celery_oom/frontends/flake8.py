"""The flake8 plugin ``CO``: findings in Python files and, in the same run, in infra files.

Importing this module and running it over a tree without Celery loads no parser: the workspace is imported and its
index built when the first file needs it, once a process. Worker processes share nothing, so a result never depends
on which of them looked at a file.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatch, translate
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flake8_celery_oom.frontends import flake8_infra

if TYPE_CHECKING:
    import ast

    from flake8_celery_oom.config import Config
    from flake8_celery_oom.workspace import Workspace

DISPLAY_NAME = "flake8-celery-oom[CO]"
_PYTHON_SUFFIXES = (".py", ".pyi", ".pyw", ".ipynb")
_WORDS = ("elery", "ELERY", "worker_", "WORKER_", "acks_late", "per_child", "result_expires", "\nDEBUG")
"""A Python file with none of these holds nothing that a rule points at."""
NOWHERE = Path(os.devnull)
"""The root of a file that lies in no project: it is looked at alone."""
_WHOLE_CODE = re.compile(r"CO\d{3}")


class Plugin:
    """What flake8 makes for each Python file, and where it hands over its options."""

    session: Session | None = None

    def __init__(self, tree: ast.AST, filename: str = "stdin", lines: Sequence[str] = ()) -> None:
        del tree  # its name in the signature is what makes flake8 call this for Python files
        self._filename = filename
        self._lines = lines

    @classmethod
    def add_options(cls, parser: Any) -> None:
        """Tell flake8 the options of this plugin; all of them may stand in its configuration file."""
        parser.add_option(
            "--celery-oom-infra",
            default="yes",
            choices=("yes", "no"),
            metavar="yes|no",
            parse_from_config=True,
            help="Also check Dockerfiles, compose files, manifests, Procfiles, scripts... (default: yes)",
        )
        parser.add_option(
            "--celery-oom-extend-select",
            default="",
            metavar="codes",
            comma_separated_list=True,
            parse_from_config=True,
            help="Codes of rules that are off by default, to be checked too",
        )
        parser.add_option(
            "--celery-oom-version",
            default="",
            metavar="version",
            parse_from_config=True,
            help="The Celery version where no requirement names one (5.4.0, or >=5.2,<6)",
        )

    @classmethod
    def parse_options(cls, options: Any) -> None:
        """Start a run. flake8 calls this once a run, and again in each worker process that is not forked."""
        cls.session = session = Session(options)
        wanted = options.celery_oom_infra == "yes"
        flake8_infra.use(session if wanted else None)
        if wanted and not flake8_infra.install():
            flake8_infra.use(None)
            _warn_once()
        elif wanted and session.reports and options.filename:
            options.filename = [*options.filename, *_name_patterns()]

    def run(self) -> Iterator[tuple[int, int, str, type[Plugin]]]:
        """Line (from 1), column (from 0, in characters) and ``CODE message`` of each finding."""
        if self.session is None or not mentions_celery(self._lines):
            return
        for line, column, text in self.session.results(self._filename, self._lines):
            yield line, column, text, Plugin


def mentions_celery(lines: Sequence[str]) -> bool:
    """Whether a Python file can hold anything of interest."""
    text = "".join(lines)
    return any(word in text for word in _WORDS)


class Session:
    """One run of flake8 in one process: its options, and the workspaces it has opened."""

    def __init__(self, options: Any) -> None:
        """Raises flake8's ExecutionError for an option that means nothing."""
        self._options = options
        self._python_patterns = list(options.filename)
        self._extend_select, self._celery_version = _checked_options(options)
        self._home: Path | None = None
        self._opened: dict[tuple[Path, str | None], _Opened] = {}
        self._infra_names: re.Pattern[str] | None = None
        self.reports = _may_report(options)

    # --- what is infra ------------------------------------------------------------------------------------------------

    def is_infra(self, filename: str, lines: Sequence[str]) -> bool:
        """Whether a file is one of ours and not Python; a file with a line ``#!...python`` that was asked for is."""
        if filename.endswith(_PYTHON_SUFFIXES):
            return False
        asked_for = self.asked_for(filename)
        if asked_for and lines and lines[0].startswith("#!") and "python" in lines[0]:
            return False
        if self._is_infra_name(filename):
            return True
        return asked_for and bool(lines) and self._is_claimed(filename, lines)

    def asked_for(self, filename: str) -> bool:
        """Whether flake8 would check the file without this plugin."""
        return (
            self._is_named(filename)
            or not self._python_patterns
            or any(fnmatch(filename, pattern) for pattern in self._python_patterns)
        )

    def _is_infra_name(self, filename: str) -> bool:
        if self._infra_names is None:
            self._infra_names = re.compile("|".join(translate(pattern) for pattern in _name_patterns()))
        return self._infra_names.match("/" + filename.replace(os.sep, "/")) is not None

    def _is_claimed(self, filename: str, lines: Sequence[str]) -> bool:
        with _failures_named(filename):
            root, path = self._place(filename)
            return self._open(root, path, filename, lines).workspace.claims(path, "".join(lines[:200])[:4096])

    # --- results ------------------------------------------------------------------------------------------------------

    def results(self, filename: str, lines: Sequence[str]) -> list[tuple[int, int, str]]:
        """Line (from 1, inside the file), column (from 0, in characters) and ``CODE message`` of each finding.

        Raises flake8's PluginExecutionFailed, which names the file, for whatever goes wrong.
        """
        if not self.reports or not lines:
            return []
        with _failures_named(filename):
            return list(self._results(filename, lines))

    def _results(self, filename: str, lines: Sequence[str]) -> Iterator[tuple[int, int, str]]:
        root, path = self._place(filename)
        opened = self._open(root, path, filename, lines)
        if not opened.speaks_of_celery:
            return
        for finding in opened.workspace.findings_in(path):
            line = min(max(finding.at.line, 1), len(lines))
            column = min(max(finding.at.column - 1, 0), len(lines[line - 1].rstrip("\r\n")))
            yield line, column, f"{finding.code} {_one_line(finding.message)}"

    def _place(self, filename: str) -> tuple[Path, str]:
        """The root of the workspace that a file belongs to, and the file's path in it."""
        named = self._is_named(filename)
        if filename == "stdin" and self._is_stdin(filename):
            filename = "stdin.py"
        path = Path(os.path.abspath(filename))  # noqa: PTH100 - links stay: they are how the user sees the tree
        root = self._root(path, named=named)
        if named and _is_too_wide(root):
            return NOWHERE, path.name
        if not path.is_relative_to(root):
            path = path.parent.resolve() / path.name
        return root, path.relative_to(root).as_posix()

    def _root(self, path: Path, *, named: bool) -> Path:
        """The project of the working directory for all that lies in it; for a file elsewhere the file's own.

        An editor may run flake8 in any folder: a file that was named also leaves a folder that is no project.
        """
        from flake8_celery_oom.workspace import Workspace

        if self._home is None:
            self._home = Workspace.root_of(Path.cwd())
        home, parent = self._home, path.parent.resolve()
        if not parent.is_relative_to(home):
            return Workspace.root_of(parent)
        if not named or _is_project(home):
            return home
        own = Workspace.root_of(parent)
        return own if _is_project(own) or _is_too_wide(home) else home

    def _open(self, root: Path, path: str, filename: str, lines: Sequence[str]) -> _Opened:
        from flake8_celery_oom.workspace import Workspace

        overlaid = root is NOWHERE or self._is_stdin(filename)
        key = (root, path if overlaid else None)
        if key not in self._opened:
            overlays = {path: "".join(lines)} if overlaid else None
            self._opened[key] = _Opened(Workspace(root, self._config(root), overlays))
        return self._opened[key]

    def _config(self, root: Path) -> Config:
        from dataclasses import replace

        from flake8_celery_oom.config import read_config

        config = read_config(root)
        return replace(
            config,
            extend_select=config.extend_select + self._extend_select,
            celery_version=self._celery_version or config.celery_version,
        )

    def _is_named(self, filename: str) -> bool:
        return self._is_stdin(filename) or filename in (self._options.filenames or ())

    def _is_stdin(self, filename: str) -> bool:
        return "-" in (self._options.filenames or ()) and filename == (self._options.stdin_display_name or "stdin")


class _Opened:
    """A workspace that stays unread when no file of it holds the word celery."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    @cached_property
    def speaks_of_celery(self) -> bool:
        """Whether any file does; the search ends with the first."""
        from flake8_celery_oom import discover

        workspace = self.workspace
        overlays = (text.encode("utf-8", "replace") for text in workspace.overlays.values())
        return any(map(discover.mentions_celery, overlays)) or any(
            discover.mentions_celery(discover.read_bytes(workspace.root, path) or b"")
            for path in workspace.files
            if discover.is_candidate(path)
        )


@contextmanager
def _failures_named(filename: str) -> Iterator[None]:
    """Turns whatever goes wrong into the error that flake8 prints with the file's name."""
    try:
        yield
    except Exception as error:
        from flake8.exceptions import PluginExecutionFailed  # type: ignore[import-untyped]

        logging.getLogger("flake8.celery_oom").critical("while checking %s", filename, exc_info=True)
        raise PluginExecutionFailed(filename, DISPLAY_NAME, error) from error


def _is_project(folder: Path) -> bool:
    from flake8_celery_oom.discover import ROOT_MARKS

    return not _is_too_wide(folder) and any((folder / mark).exists() for mark in ROOT_MARKS)


def _is_too_wide(folder: Path) -> bool:
    """Whether a folder holds more than a project: the file system, the user's home."""
    return folder in {Path(folder.anchor), Path(os.path.expanduser("~")).resolve()}  # noqa: PTH111 - never raises


def _name_patterns() -> list[str]:
    """The names of infra files as flake8 wants them: it matches patterns against whole paths."""
    from flake8_celery_oom.discover import INFRA_PATTERNS

    patterns: dict[str, None] = {}
    for pattern in INFRA_PATTERNS:
        patterns[pattern if pattern.startswith("*") else f"*/{pattern}"] = None
        if "/" in pattern:
            patterns[pattern.removeprefix("*/")] = None  # "flake8 deploy" starts its paths with the folder's name
    return list(patterns)


def _checked_options(options: Any) -> tuple[tuple[str, ...], str]:
    """The codes that are switched on and the specifier of Celery's version.

    A whole code in flake8's own ``--select`` or ``--extend-select`` switches a rule on too.
    """
    named = [code for code in [*(options.select or ()), *(options.extend_select or ())] if _WHOLE_CODE.fullmatch(code)]
    if not options.celery_oom_extend_select and not options.celery_oom_version:
        return tuple(named), ""
    from flake8.exceptions import ExecutionError

    from flake8_celery_oom.config import ConfigError, selectors, version_specifier

    try:
        own = selectors(",".join(options.celery_oom_extend_select), "--celery-oom-extend-select")
        version = version_specifier(options.celery_oom_version, "--celery-oom-version")
    except ConfigError as error:
        raise ExecutionError(str(error)) from error
    return (*named, *own), version


def _may_report(options: Any) -> bool:
    """Whether flake8 would show any code of ours: ``--select=E,F`` turns all of them off."""
    if options.select is None:
        return True
    chosen = [*options.select, *(options.extend_select or ())]
    return any(code.startswith("CO") or "CO".startswith(code) for code in chosen)


def _one_line(message: str) -> str:
    """A message that any terminal and any parser of flake8's output takes: one line, no undecodable bytes."""
    text = message.encode("utf-8", "replace").decode("utf-8")
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


_warned = False


def _warn_once() -> None:
    """Say that infra files are left out, in the first process only."""
    global _warned
    from multiprocessing import parent_process

    if _warned or parent_process() is not None:
        return
    _warned = True
    sys.stderr.write(
        "flake8-celery-oom: this version of flake8 is not known well enough to check anything but Python files with"
        " it; run 'celery-oom check' for the others\n"
    )
