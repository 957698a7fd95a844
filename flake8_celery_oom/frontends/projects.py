"""The projects that the paths of a command line ask for, and what could not be looked at."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from flake8_celery_oom.config import DEFAULT_BASELINE, Config, ConfigError, read_config, selectors
from flake8_celery_oom.frontends.targets import Target, TooWideError, target_of
from flake8_celery_oom.frontends.terminal import Patience, complain
from flake8_celery_oom.reliance.unread import why_unread

if TYPE_CHECKING:
    from flake8_celery_oom.formats.text import View
    from flake8_celery_oom.remembered.looks import LastLook
    from flake8_celery_oom.workspace import Workspace

STDIN = "<stdin>"
"""What standard input is called, as a file of the project: the path ``-``."""


@dataclass(slots=True)
class _Wanted:
    """A project to look at: the paths in it that were asked for, with what they were called; none: all of it."""

    root: Path
    alone: bool
    paths: dict[str, str] = field(default_factory=dict)
    overlays: Mapping[str, str] = field(default_factory=dict)


class Projects:
    """The workspaces that a command line asks for; what cannot be looked at is said and left out."""

    def __init__(self, options: argparse.Namespace, *, with_baseline: bool = True) -> None:
        self._options = options
        self._with_baseline = with_baseline
        self.failed = False
        self.done = 0
        self.summary: Counter[str] = Counter(workers=0, unknown=0, files=0, suppressed=0, baselined=0)

    def workspaces(self) -> Iterator[tuple[Workspace, View]]:
        """Each with what its paths are called in the folder where the command runs."""
        from flake8_celery_oom.workspace import Workspace

        tracked_only = getattr(self._options, "tracked_only", False)
        for wanted in self._wanted():
            only = list(wanted.paths) if wanted.alone else None
            paths = () if "." in wanted.paths else tuple(wanted.paths)
            try:
                self._recover(wanted.root)
                config = self._config(wanted)
                last = self._last_look(wanted, config)
                with Patience(f"reading {wanted.root}"):
                    workspace = Workspace(
                        wanted.root,
                        config,
                        wanted.overlays,
                        paths,
                        only=only,
                        tracked_only=tracked_only,
                        earlier=last.kept if last is not None else None,
                        changed=last.changed if last is not None else None,
                    )
                    workspace.project()
                if self._with_baseline:
                    _ = workspace.baseline
                self._say_what_is_not_read(wanted, workspace)
                yield workspace, view_of(wanted.root)
                self.done += 1
                if last is not None:
                    last.keep(workspace)
            except ConfigError as error:
                self.fail(str(error))
            except OSError as error:
                self.fail(f"{error.filename or wanted.root}: {error.strerror or error}")

    def _last_look(self, wanted: _Wanted, config: Config) -> LastLook | None:
        """What is remembered of a whole project, where that is wished for."""
        options = self._options
        remembers = getattr(options, "remember", False) and not getattr(options, "no_cache", True)
        if wanted.alone or wanted.overlays or not remembers:
            return None
        from flake8_celery_oom.remembered.looks import LastLook

        return LastLook(wanted.root, config, tracked_only=getattr(options, "tracked_only", False))

    def _recover(self, root: Path) -> None:
        """Finish or undo what a killed ``celery-oom fix`` has left, before files are fixed again."""
        if getattr(self._options, "command", "") != "fix" or self._options.diff:
            return
        from flake8_celery_oom.changes.writing import WriteError, recover

        try:
            for path in recover(root):
                complain(f"{path}: was changed after a fix that was killed: look whether its other files fit it")
        except WriteError as error:
            self.fail(str(error))

    @staticmethod
    def baseline_of(workspace: Workspace) -> str:
        """The baseline's file, relative to the root."""
        return workspace.config.baseline or DEFAULT_BASELINE

    def count(self, workspace: Workspace) -> None:
        """Add what the workspace has looked at to the summary."""
        self.summary.update(asdict(workspace.summary()))

    def fail(self, message: str) -> None:
        """Say that something could not be looked at; the exit status will be 2."""
        complain(message)
        self.failed = True

    def _say_what_is_not_read(self, wanted: _Wanted, workspace: Workspace) -> None:
        """A path that was named and of which nothing is read must not look clean."""
        files = set(workspace.files)
        for path, given in wanted.paths.items():
            if path == STDIN:
                self._judge_stdin(wanted.overlays[STDIN])
            elif path not in files and not any(path == "." or one.startswith(f"{path}/") for one in files):
                kind = "no file in it is" if (wanted.root / path).is_dir() else "is not"
                self.fail(f"{given}: {kind} looked at: ignored by git or by exclude, or a link")
            elif path in workspace.unread:
                self.fail(f"{given}: {why_unread(wanted.root, path)}")
            elif path in workspace.unreported:
                self.fail(f"{given}: {workspace.unreported[path]}")

    def _judge_stdin(self, text: str) -> None:
        from flake8_celery_oom.sources.kinds import HEAD, kinds_of

        if not text.strip():
            self.fail("standard input is empty, so nothing was looked at")
        elif "celery" in text.lower() and not kinds_of(STDIN, text[:HEAD]):
            self.fail("standard input names celery and is neither a manifest of Kubernetes nor a compose file")

    def _wanted(self) -> list[_Wanted]:
        found: dict[tuple[Path, bool], _Wanted] = {}
        given_paths = list(dict.fromkeys(self._options.paths or ["."]))
        for given in given_paths:
            target = self._target(given) if given != "-" else None
            if target is not None:
                wanted = found.setdefault((target.root, target.alone), _Wanted(target.root, target.alone))
                wanted.paths[target.path] = given
        if "-" in given_paths and (found or not self.failed):
            text = sys.stdin.buffer.read().decode("utf-8", "surrogateescape").removeprefix("\ufeff")
            if not found:
                root = target_of(Path.cwd() / STDIN).root
                found[root, False] = _Wanted(root, alone=False)
            first = next(iter(found.values()))
            first.paths[STDIN] = "standard input"
            first.overlays = {STDIN: text}
        return list(found.values())

    def _target(self, given: str) -> Target | None:
        reason = _unusable(Path(given))
        if reason:
            self.fail(f"{given}: {reason}")
            return None
        try:
            return target_of(given)
        except TooWideError as error:
            self.fail(str(error))
            return None

    def _config(self, wanted: _Wanted) -> Config:
        from flake8_celery_oom import rules

        options = self._options
        file = Path(options.config) if getattr(options, "config", None) else None
        config = read_config(wanted.root, file) if file or not wanted.alone else Config()
        if getattr(options, "select", None) is not None:
            config = replace(config, select=selectors(options.select, "--select"))
        if getattr(options, "extend_select", None) is not None:
            more = selectors(options.extend_select, "--extend-select")
            config = replace(config, extend_select=(*config.extend_select, *more))
        if getattr(options, "ignore", None) is not None:
            config = replace(config, ignore=selectors(options.ignore, "--ignore"))
        if getattr(options, "all_places", False):
            config = replace(config, all_places=True)
        if getattr(options, "no_baseline", False):
            config = replace(config, baseline="")
        rules.check_config(config)
        return config


def _unusable(path: Path) -> str:
    """Why a path of the command line cannot be looked at; empty when it can."""
    try:
        if path.is_dir():
            with os.scandir(path):
                return ""
        if not path.exists():
            return "no such file or folder"
        if not path.is_file():
            return "is neither a file nor a folder"
        with path.open("rb"):
            return ""
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    except ValueError:
        return "no such file or folder"


def view_of(root: Path) -> View:
    """What paths below ``root`` are called in the current folder."""
    here = Path.cwd()

    @cache
    def view(path: str) -> str:
        if path == STDIN:
            return path
        try:
            return Path(os.path.relpath(root / path, here)).as_posix()
        except ValueError:  # another drive
            return (root / path).as_posix()

    return view
