"""The flake8 plugin ``CO``: findings in Python files and, in the same run, in infra files.

Importing this module and running it over a tree without Celery loads no parser: the workspace is imported and its
index built when the first file needs it, once a process. Worker processes share nothing, so a result never depends
on which of them looked at a file.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from flake8_celery_oom.frontends import flake8_infra
from flake8_celery_oom.frontends.flake8_options import add_options, checked_options, may_report

if TYPE_CHECKING:
    import ast

    from flake8_celery_oom.config import Config
    from flake8_celery_oom.frontends.targets import Target
    from flake8_celery_oom.workspace import Workspace

_PYTHON_SUFFIXES = (".py", ".pyi", ".pyw", ".ipynb")
_WORDS = ("elery", "ELERY", "worker_", "WORKER_", "acks_late", "per_child", "result_expires", "\nDEBUG")
"""A Python file with none of these holds nothing that a rule points at."""
STDIN = "stdin"
"""What flake8 calls standard input that nobody named: Python, then."""


class Plugin:
    """What flake8 makes for each Python file, and where it hands over its options."""

    session: Session | None = None
    usage_error: Callable[[str], object] = staticmethod(sys.exit)

    def __init__(self, tree: ast.AST, filename: str = "stdin", lines: Sequence[str] = ()) -> None:
        del tree  # its name in the signature is what makes flake8 call this for Python files
        self._filename = filename
        self._lines = lines

    @classmethod
    def add_options(cls, parser: Any) -> None:
        """Tell flake8 the options of this plugin; all of them may stand in its configuration file."""
        cls.usage_error = staticmethod(parser.parser.error)
        add_options(parser)

    @classmethod
    def parse_options(cls, options: Any) -> None:
        """Start a run. flake8 calls this once a run, and again in each worker process that is not forked.

        What means nothing, in options or in ``[tool.celery-oom]``, ends flake8 with its usage error before any file.
        """
        from flake8_celery_oom.config import ConfigError

        try:
            cls.session = session = Session(options)
        except ConfigError as error:
            cls._end_with_usage(str(error))
        wanted = options.celery_oom_infra == "yes"
        flake8_infra.use(session if wanted and session.reports else None)
        if wanted and session.reports and not flake8_infra.install():
            flake8_infra.use(None)
            session.notice = UNKNOWN_FLAKE8
            _say_once(UNKNOWN_FLAKE8)
        if not session.reports and session.is_configured:
            _say_once("no CO code is selected, so nothing is reported: add CO to select or extend-select")

    @classmethod
    def _end_with_usage(cls, message: str) -> NoReturn:
        cls.usage_error(message)
        raise SystemExit(2)

    def run(self) -> Iterator[tuple[int, int, str, type[Plugin]]]:
        """Line (from 1), column (from 0, in characters) and ``CODE message`` of each finding."""
        if self.session is None:
            return
        if self.session.notice and self._filename == self.session.first_python_file:
            yield 1, 0, f"CO001 {self.session.notice}", Plugin
        if not mentions_celery(self._lines):
            return
        for line, column, text in self.session.results(self._filename, self._lines):
            yield line, column, text, Plugin


def mentions_celery(lines: Sequence[str]) -> bool:
    """Whether a Python file can hold anything of interest."""
    text = "".join(lines)
    return any(word in text for word in _WORDS)


UNKNOWN_FLAKE8 = (
    "only Python files were checked: this version of flake8 is not known well enough to check other files with it;"
    " run 'celery-oom check' for them"
)


class Session:
    """One run of flake8 in one process: its options, and the workspaces it has opened."""

    def __init__(self, options: Any) -> None:
        """Raises ConfigError for an option, or a table of a project that was asked for, that means nothing."""
        self._options = options
        self._extend_select, self._celery_version = checked_options(options)
        self._targets: dict[str, Target | None] = {}
        self._opened: dict[tuple[Target, str | None], _Opened] = {}
        self._more: set[tuple[Target, str]] = set()
        self.reports = may_report(options)
        self.notice = ""
        """What keeps the run from being whole; it is said at the first Python file."""
        configs = [self._config(target) for target in map(self._target_of, self._arguments()) if target is not None]
        self.is_configured = any(configs) or bool(self._extend_select or self._celery_version)

    # --- what is infra ------------------------------------------------------------------------------------------------

    def has_more(self, paths: Sequence[str]) -> bool:
        """Whether a file below the arguments that flake8 would not look at by itself has a finding."""
        for folder in [path for path in paths or ["."] if Path(path).is_dir()]:
            target = self._target_of(folder)
            if target is None:
                continue
            try:
                opened = self._open(target)
                if opened.speaks_of_celery:
                    self._more.update((_whole(target), one.at.path) for one in opened.workspace.findings())
            except Exception as error:
                self.notice = _failure(folder, error)
                _say_once(self.notice)
        return bool(self._more)

    def is_one_more(self, filename: str) -> bool:
        """Whether a file that flake8 would not look at by itself has a finding."""
        place = self._place(filename)
        return place is not None and place in self._more

    def is_infra(self, filename: str, lines: Sequence[str]) -> bool:
        """Whether a file is one of ours and not Python; a file with a line ``#!...python`` that was asked for is."""
        if not self.asked_for(filename):
            return True
        if filename.endswith(_PYTHON_SUFFIXES) or (filename == STDIN and self._is_stdin(filename)):
            return False
        if lines and lines[0].startswith("#!") and "python" in lines[0]:
            return False
        return self._is_claimed(filename, lines)

    def asked_for(self, filename: str) -> bool:
        """Whether flake8 would check the file without this plugin."""
        patterns = self._options.filename
        return not patterns or self._is_named(filename) or any(fnmatch(filename, pattern) for pattern in patterns)

    def _is_claimed(self, filename: str, lines: Sequence[str]) -> bool:
        from flake8_celery_oom.sources.kinds import HEAD, kinds_of

        place = self._place(filename)
        path = place[1] if place is not None else Path(filename).name
        return any(kind.KIND != "python" for kind in kinds_of(path, "".join(lines[:200])[:HEAD]))

    @cached_property
    def first_python_file(self) -> str:
        """The first of the files that flake8 will look at by itself, by name; empty when that can't be told."""
        try:
            from flake8.discover_files import expand_paths  # type: ignore[import-untyped]

            options = self._options
            found = expand_paths(
                paths=self._arguments(),
                stdin_display_name=options.stdin_display_name,
                filename_patterns=options.filename,
                exclude=(*options.exclude, *options.extend_exclude),
            )
            names = [options.stdin_display_name if name == "-" else name for name in found]
        except (ImportError, AttributeError, TypeError):
            return ""
        return min((name for name in names if name.endswith(_PYTHON_SUFFIXES) or name == STDIN), default="")

    # --- results ------------------------------------------------------------------------------------------------------

    def results(self, filename: str, lines: Sequence[str]) -> list[tuple[int, int, str]]:
        """Line (from 1, inside the file), column (from 0, in characters) and ``CODE message`` of each finding.

        Whatever goes wrong is a finding, too: an error would end flake8 with nothing of what its other plugins found.
        """
        if not self.reports or not lines:
            return []
        try:
            return list(self._results(filename, lines))
        except Exception as error:
            logging.getLogger("flake8.celery_oom").critical("while checking %s", filename, exc_info=True)
            return [(1, 0, f"CO001 {_failure(filename, error)}")]

    def _results(self, filename: str, lines: Sequence[str]) -> Iterator[tuple[int, int, str]]:
        place = self._place(filename)
        if place is None:
            return
        target, path = place
        opened = self._open(target, path, lines if target.alone or self._is_stdin(filename) else None)
        if not opened.speaks_of_celery:
            return
        for finding in opened.workspace.findings_in(path):
            line = min(max(finding.at.line, 1), len(lines))
            column = min(max(finding.at.column - 1, 0), len(lines[line - 1].rstrip("\r\n")))
            yield line, column, f"{finding.code} {_one_line(finding.message)}"

    # --- projects -----------------------------------------------------------------------------------------------------

    def _arguments(self) -> Sequence[str]:
        """The paths of the command line; standard input under the name that it was given."""
        options = self._options
        stdin = options.stdin_display_name or STDIN
        return [stdin if path == "-" else path for path in options.filenames or ["."]]

    def _target_of(self, path: str) -> Target | None:
        """The project of a path; None for a folder that holds more than one."""
        if path not in self._targets:
            from flake8_celery_oom.frontends.targets import TooWideError, target_of

            try:
                self._targets[path] = target_of(path)
            except TooWideError:
                self._targets[path] = None  # each file below is looked at alone
        return self._targets[path]

    @cached_property
    def _folders(self) -> list[tuple[str, str]]:
        """The arguments that are folders, the deepest first: as absolute path, and as they were given."""
        folders = {os.path.abspath(path): path for path in self._arguments() if Path(path).is_dir()}  # noqa: PTH100
        return sorted(folders.items(), key=lambda one: -len(one[0]))

    def _place(self, filename: str) -> tuple[Target, str] | None:
        """The project that a file is looked at in, and its path there: the project of the argument that led to it.

        None for a file that no argument led to.
        """
        if self._is_named(filename):
            target = self._target_of(filename)
            if target is None:
                return None
            return _whole(target), f"{target.path}.py" if filename == STDIN else target.path
        path = os.path.abspath(filename)  # noqa: PTH100 - links stay: they are how the user sees the tree
        for folder, given in self._folders:
            below = path.removeprefix(folder.rstrip(os.sep) + os.sep)
            if below != path:
                target = self._target_of(given)
                if target is None:
                    return self._alone(path)
                inside = below.replace(os.sep, "/")
                return _whole(target), inside if target.path == "." else f"{target.path}/{inside}"
        return None

    @staticmethod
    def _alone(path: str) -> tuple[Target, str]:
        from flake8_celery_oom.frontends.targets import Target

        folder, name = os.path.split(path)
        return Target(Path(folder), ".", alone=True), name

    def _open(self, target: Target, path: str = "", lines: Sequence[str] | None = None) -> _Opened:
        from flake8_celery_oom.workspace import Workspace

        whole = _whole(target)
        key = (whole, path if lines is not None or target.alone else None)
        if key not in self._opened:
            overlays = {path: "".join(lines)} if lines is not None else None
            only = [path] if target.alone else None
            tracked = self._options.celery_oom_tracked_only == "yes"
            config = self._full_config(target)
            self._opened[key] = _Opened(Workspace(target.root, config, overlays, only=only, tracked_only=tracked))
        return self._opened[key]

    def _full_config(self, target: Target) -> Config:
        from dataclasses import replace

        from flake8_celery_oom.config import Config

        config = self._config(target) or Config()
        return replace(
            config,
            extend_select=config.extend_select + self._extend_select,
            celery_version=self._celery_version or config.celery_version,
        )

    @staticmethod
    def _config(target: Target) -> Config | None:
        """What the project's own file says; None when it says nothing."""
        from flake8_celery_oom.config import Config, read_config

        if target.alone:
            return None
        config = read_config(target.root)
        if config == Config():
            return None
        from flake8_celery_oom.rules import check_config

        check_config(config)
        return config

    def _is_named(self, filename: str) -> bool:
        return self._is_stdin(filename) or filename in (self._options.filenames or ())

    def _is_stdin(self, filename: str) -> bool:
        return "-" in (self._options.filenames or ()) and filename == (self._options.stdin_display_name or STDIN)


def _whole(target: Target) -> Target:
    """The whole project of a target."""
    from dataclasses import replace

    return target if target.path == "." else replace(target, path=".")


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


def _failure(where: str, error: Exception) -> str:
    what = _one_line(f"{type(error).__name__}: {error}")
    return f"celery-oom could not check {where} ({what}): a mistake in celery-oom, please report it"


def _one_line(message: str) -> str:
    """A message that any terminal and any parser of flake8's output takes: one line, no undecodable bytes."""
    text = message.encode("utf-8", "replace").decode("utf-8")
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


_said: set[str] = set()


def _say_once(message: str) -> None:
    """Say something on standard error, in the first process only."""
    from multiprocessing import parent_process

    if message in _said or parent_process() is not None:
        return
    _said.add(message)
    sys.stderr.write(f"flake8-celery-oom: {message}\n")
