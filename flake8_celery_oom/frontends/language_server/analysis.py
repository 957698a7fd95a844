"""One project in an editor: its files with the unsaved texts over them, and what the rules say of them now."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from flake8_celery_oom import rules
from flake8_celery_oom.config import Config, ConfigError, read_config
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.results import Project
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.workspace import Workspace

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Analysed:
    """What one look at the project gave. ``trouble`` is why there is none: a configuration that cannot be read.

    ``texts`` are the unsaved texts that were looked at, by path.
    """

    workspace: Workspace
    findings: Mapping[str, tuple[Finding, ...]]
    texts: Mapping[str, str]
    trouble: str = ""

    @property
    def project(self) -> Project | None:
        """The resolved project; None where it could not be looked at."""
        return None if self.trouble else self.workspace.project()

    def source(self, path: str) -> SourceText | None:
        """The text of a file as it was looked at."""
        return self.workspace.source(path)


@dataclass
class ProjectAnalysis:
    """The project below ``root``. Edits come from the server's thread; :meth:`look` may run in another."""

    root: Path
    only: tuple[str, ...] | None = None
    """The files that are read where the folder is no project: it is not listed then."""
    texts: dict[str, str] = field(default_factory=dict)
    generation: int = 0
    """Counts the changes; a look is up to date while this has not moved."""
    touched: int = 0
    """Counts the changes on the disk, of which nobody says what they are."""
    _looked: tuple[int, Analysed] | None = None
    _touched: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def edit(self, path: str, text: str) -> None:
        """An open file has this text; half of a UTF-16 pair, which no file can hold, counts as U+FFFD."""
        text = _LONE_SURROGATE.sub("\ufffd", text)
        if self.texts.get(path) != text:
            self.texts[path] = text
            self.generation += 1

    def close(self, path: str) -> None:
        """What counts of a file is on the disk again."""
        if self.texts.pop(path, None) is not None:
            self.generation += 1

    def touch(self) -> None:
        """Something on the disk is another."""
        self.generation += 1
        self.touched += 1

    @property
    def is_current(self) -> bool:
        """Whether nothing has changed since the last look."""
        return self._looked is not None and self._looked[0] == self.generation

    @property
    def last(self) -> Analysed | None:
        """The last look, however old."""
        return self._looked[1] if self._looked is not None else None

    def look(self) -> Analysed:
        """What the project is now; one look at a time."""
        with self._lock:
            generation, touched, texts = self.generation, self.touched, dict(self.texts)
            if self._looked is not None and self._looked[0] == generation:
                return self._looked[1]
            changed = self._changed(texts) if touched == self._touched else None
            made = self._same(texts, changed) if changed is not None else None
            made = made or self._look(texts, changed)
            self._looked, self._touched = (generation, made), touched
            return made

    def _changed(self, texts: Mapping[str, str]) -> list[str] | None:
        """The files whose texts are others than at the last look; None where nothing of that can be taken over."""
        last = self.last
        if last is None or last.trouble:
            return None
        return [path for path in {*texts, *last.texts} if texts.get(path) != last.texts.get(path)]

    def _same(self, texts: Mapping[str, str], changed: list[str]) -> Analysed | None:
        """The last look with other texts, where they change nothing of what it found."""
        last = self.last
        holds = last is not None and last.workspace.holds_with({path: texts.get(path) for path in changed})
        return replace(last, texts=texts) if last is not None and holds else None

    def _look(self, texts: Mapping[str, str], changed: list[str] | None) -> Analysed:
        earlier = self.last.workspace.kept() if self.last is not None else None
        try:
            config = read_config(self.root) if self.only is None else Config()
            rules.check_config(config)
            workspace = Workspace(self.root, config, texts, only=self.only, earlier=earlier, changed=changed)
            found: dict[str, tuple[Finding, ...]] = {}
            for finding in workspace.findings():
                found[finding.at.path] = (*found.get(finding.at.path, ()), finding)
            return Analysed(workspace, found, texts)
        except ConfigError as error:
            return Analysed(Workspace(self.root, Config(), texts, only=self.only), {}, texts, str(error))
