"""One project: reads its files, resolves its workers, runs the rules. Every front end stands on this.

The content of open editors (``overlays``) goes over what is on the disk. Nothing of the project is executed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from flake8_celery_oom import baseline as baselines
from flake8_celery_oom import discover
from flake8_celery_oom.config import DEFAULT_BASELINE, Config
from flake8_celery_oom.core.facts import Fact, Launch, Stage
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.place_index import PlaceIndex
from flake8_celery_oom.core.results import Project
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.value import Unknown
from flake8_celery_oom.core.wishes import RemoveSuppression
from flake8_celery_oom.reliance.asked_files import AskedFiles, Known
from flake8_celery_oom.reliance.unread import is_claimed, problem_of

if TYPE_CHECKING:
    from flake8_celery_oom.changes.scene import Scene
    from flake8_celery_oom.resolve.facts.index import Facts
    from flake8_celery_oom.resolve.linking.prepare import Prepared
    from flake8_celery_oom.resolve.project import KeptProject, Resolved


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts of one run. ``unknown`` counts the values of workers that the files alone don't say."""

    workers: int
    unknown: int
    files: int
    suppressed: int
    baselined: int = 0
    without_worker: int = 0
    """1 where the project uses Celery and no worker was found in it."""
    unread: int = 0
    """Files whose names say that they start or configure something, and that could not be read."""
    unread_folders: int = 0
    unread_submodules: int = 0
    unread_links: int = 0
    """Folders that may not be listed, other projects within this one, and links out of it to files of such a name or to
    folders: none of what lies there was looked at."""


@dataclass(frozen=True, slots=True)
class KeptLook:
    """What a look at a project leaves for the next one."""

    known: Known
    tree: discover.Tree
    exclude: tuple[str, ...]
    prepared: Prepared | None = None
    project: KeptProject | None = None


class Workspace:
    """One project below ``root``; ``paths`` (relative to it) narrow what is reported, never what is read.

    ``only`` are the files that are read where the folder is no project: it is not listed then. With ``tracked_only``
    files that git does not track are not there. ``earlier`` is the same project at another time, of which only the
    texts of ``changed`` may be others by now (None: any file, and which files there are): what was found in files that
    are still the same is not looked for again.
    """

    def __init__(
        self,
        root: Path,
        config: Config,
        overlays: Mapping[str, str] | None = None,
        paths: Sequence[str] = (),
        *,
        only: Sequence[str] | None = None,
        tracked_only: bool = False,
        earlier: KeptLook | None = None,
        changed: Collection[str] | None = None,
    ) -> None:
        self.root = root
        self.config = config
        self.overlays = dict(overlays or {})
        self.paths = tuple(path.strip("/") for path in paths if path not in {"", "."})
        self.tracked_only = tracked_only
        self._only = only
        self._prepared_earlier = earlier.prepared if earlier is not None else None
        self._resolved_earlier = earlier.project if earlier is not None else None
        self.suppressed = self.baselined = 0
        known = earlier.known if earlier is not None else None
        self.contents: AskedFiles = AskedFiles(root, self.overlays, known, changed)
        alike = earlier is not None and changed is not None and earlier.exclude == config.exclude
        self._tree = earlier.tree if earlier is not None and alike else None
        self.unread: list[str] = []
        """Files of a name that may say something which gave no text."""
        self._mentioning: list[str] = []
        self._commented: set[str] = set()
        self._scene: Scene | None = None

    @classmethod
    def root_of(cls, path: Path) -> Path:
        """The project that a path belongs to: the nearest folder with ``.git``, else with a Python project's file."""
        return discover.root_of(path)

    def changed(self, texts: Mapping[str, str], config: Config) -> Workspace:
        """The whole of the same project with other texts of some files, as another configuration looks at it."""
        overlays = {**self.overlays, **texts}
        return Workspace(
            self.root,
            config,
            overlays,
            only=self._only,
            tracked_only=self.tracked_only,
            earlier=self.kept(),
            changed=[*texts],
        )

    def kept(self) -> KeptLook:
        """What another look at the project can start from, as far as this one has come."""
        made = vars(self)
        resolved: Resolved | None = made.get("_resolved")
        project = resolved.kept if resolved is not None else None
        return KeptLook(self.contents.known, self.tree, self.config.exclude, made.get("_prepared"), project)

    # --- reading ----------------------------------------------------------------------------------------------------

    @cached_property
    def files(self) -> tuple[str, ...]:
        """All files of the project, sorted; the baseline is no part of it."""
        own = {DEFAULT_BASELINE, self.config.baseline}
        return tuple(sorted({*self.overlays, *(path for path in self.tree.files if path not in own)}))

    @cached_property
    def tree(self) -> discover.Tree:
        """The files of the project that are on the disk, and what was not looked at there."""
        if self._tree is not None:
            return self._tree
        if self._only is not None:
            return discover.Tree(list(self._only))
        return discover.look_below(self.root, self.config.exclude, tracked_only=self.tracked_only)

    def source(self, path: str) -> SourceText | None:
        """The text of a file, or None when it can't be read."""
        return self.contents.source(path)

    def holds_with(self, texts: Mapping[str, str | None]) -> bool:
        """Whether all that was found here holds with other texts of some files (None: that on the disk).

        The texts are taken over then, as far as they do; where one does not, a new workspace is needed.
        """
        return all(path in self.files and self.contents.replace(path, text) for path, text in texts.items())

    @cached_property
    def facts(self) -> Facts:
        """What every file of the project says."""
        return self._prepared.facts

    @cached_property
    def _prepared(self) -> Prepared:
        from flake8_celery_oom.resolve.linking.prepare import Prepared

        return Prepared.of(self.files, self.source, self.file_facts, self._prepared_earlier)

    @cached_property
    def file_facts(self) -> dict[str, list[Fact]]:
        """What each file says by itself, by path."""
        found: dict[str, list[Fact]] = {}
        for path in self.files:
            if not discover.is_candidate(path):
                continue
            said = self.contents.said(path)
            if said.unread:
                self.unread.append(path)
            if said.silences:
                self._commented.add(path)
            if said.mentions_celery:
                self._mentioning.append(path)
            if said.facts is not None:
                found[path] = said.facts
        for path in self.unread:
            problem = problem_of(self.root, path)
            if problem is not None:
                found[path] = [problem]
        return found

    # --- resolving --------------------------------------------------------------------------------------------------

    @cached_property
    def _resolved(self) -> Resolved:
        from flake8_celery_oom.resolve.project import resolve

        facts = self.facts
        made = resolve(facts, self._mentioning, self.config, self._resolved_earlier)
        self._prepared_earlier = self._resolved_earlier = None
        return made

    @cached_property
    def _project(self) -> Project:
        from flake8_celery_oom.analysis.weights import with_weights

        return with_weights(self._resolved.project, self.config.weights)

    def project(self) -> Project:
        """The resolved project."""
        return self._project

    # --- findings ---------------------------------------------------------------------------------------------------

    @cached_property
    def _kept(self) -> list[Finding]:
        """What no comment silences, whether the baseline holds it or not."""
        from flake8_celery_oom.rules import run_rules
        from flake8_celery_oom.rules.grouping import one_for_each_cause

        found = self._as_configured(run_rules(self._project, self.config))
        kept = self._without_suppressed(found)
        if not self.config.all_places:
            kept = one_for_each_cause(kept)
        return sorted(kept, key=lambda one: (one.at, one.code, one.message))

    @cached_property
    def baseline(self) -> list[baselines.Entry]:
        """What is not reported. Raises ConfigError for a file that is no baseline."""
        return baselines.read(self.root, self.config.baseline)

    @cached_property
    def _findings(self) -> list[Finding]:
        kept = self._kept
        reported = baselines.new(kept, self.baseline)
        self.baselined = sum(self.asks_for(one.at.path) for one in kept) - sum(
            self.asks_for(one.at.path) for one in reported
        )
        return self._with_fixes(reported)

    def _as_configured(self, findings: Sequence[Finding]) -> list[Finding]:
        """The findings with the severities that the user chose, without those that some files are spared."""
        config = self.config
        if config.per_file_ignores:
            from pathspec import PathSpec

            spared = [(PathSpec.from_lines("gitignore", [one]), codes) for one, codes in config.per_file_ignores]
            findings = [
                one
                for one in findings
                if not any(one.code.startswith(codes) and files.match_file(one.at.path) for files, codes in spared)
            ]
        longest_first = sorted(config.severity, key=lambda one: -len(one[0]))
        severities = {
            one.code: next((severity for code, severity in longest_first if one.code.startswith(code)), one.severity)
            for one in findings
        }
        return [replace(one, severity=severities[one.code]) for one in findings]

    def _with_fixes(self, findings: list[Finding]) -> list[Finding]:
        """The findings, each with the fix that fulfils its wish where the files allow one."""
        if not any(finding.wish for finding in findings):
            return findings
        from flake8_celery_oom.changes.lower import lower

        scene = self._scene = self._made_scene(findings)
        return [replace(one, fix=lower(one.wish, scene)) if one.wish is not None else one for one in findings]

    def _made_scene(self, findings: list[Finding]) -> Scene:
        from flake8_celery_oom.changes.scene import Scene, texts_of

        facts = self.facts
        stages = [stage for image in facts.images.values() for stage in image.stages]
        named: list[Launch | Stage] = [*facts.launches, *stages]
        commands = [command for one in named for command in (one.command, one.entrypoint)]
        runs = [run.text for stage in stages for run in stage.runs]
        scripts = [script.text for script in facts.scripts.values()]
        values = [*(one.environment for one in named), *(one.values for one in facts.variables)]
        texts = [text for words in values for text in texts_of(words.values())]
        written = [command for command in commands if command is not None]
        return Scene(self.source, self._project, findings, written, [*runs, *scripts, *texts], self._mentioning)

    def scene(self) -> Scene:
        """What fixes are made from: the texts of the project, its commands, and what is wished for."""
        _ = self._findings
        if self._scene is None:
            self._scene = self._made_scene([])
        return self._scene

    def _without_suppressed(self, found: list[Finding]) -> list[Finding]:
        """The findings that no comment silences, and one for every comment that silences nothing."""
        from flake8_celery_oom.rules import entry, modules, selected
        from flake8_celery_oom.suppress import Suppressions

        config = self.config
        paths = {*self._commented, *self._mentioning, *(finding.at.path for finding in found)}
        texts = ((path, self.source(path)) for path in sorted(paths))
        comments = {
            path: Suppressions.read(text, require_reason=config.require_reason)
            for path, text in texts
            if text is not None and config.inline_ignores
        }
        places = [place for worker in self._project.workers for place in (worker.at, worker.command_at)]
        commands = PlaceIndex((place, place) for place in dict.fromkeys(places))
        kept: list[Finding] = []
        for finding in found:
            own = comments.get(finding.at.path)
            if own is not None and own.covers(finding, commands):
                self.suppressed += self.asks_for(finding.at.path)
            else:
                kept.append(finding)
        ran = selected(self.config)
        if "CO002" in ran:
            rule = entry("CO002").rule
            for own in comments.values():
                for unused in own.unused(ran, modules()):
                    finding = rule.finding(unused.at, unused.message)
                    kept.append(replace(finding, wish=RemoveSuppression(unused.at, "safe")))
        return kept

    def findings(self) -> list[Finding]:
        """What the rules say of the paths asked for, without what is suppressed."""
        return [finding for finding in self._findings if self.asks_for(finding.at.path)]

    def all_findings(self) -> list[Finding]:
        """What the rules say of the whole project, also what the baseline holds; without fixes."""
        return list(self._kept)

    def findings_in(self, path: str) -> list[Finding]:
        """What the rules say of one file."""
        return [finding for finding in self._findings if finding.at.path == path]

    def asks_for(self, path: str) -> bool:
        """Whether a file is one of the paths asked for, or below one."""
        return not self.paths or any(path == wanted or path.startswith(wanted + "/") for wanted in self.paths)

    def summary(self) -> Summary:
        """The counts behind the findings; workers are those that are processes of their own."""
        from flake8_celery_oom.analysis.readings import own_processes

        workers = own_processes([worker for worker in self._project.workers if self.asks_for(worker.at.path)])
        unknown = sum(
            isinstance(value, Unknown)
            for worker in workers
            for value in (
                worker.pool,
                worker.concurrency,
                worker.max_tasks_per_child,
                worker.max_memory_per_child,
                worker.memory_limit,
            )
        )
        files = sum(self.asks_for(path) for path in self.files)
        blind = not self._project.workers and bool(self._project.apps or self._project.launchers)
        unread = sum(map(self.asks_for, {*filter(is_claimed, self.unread), *self.unreported}))
        counts = (len(workers), unknown, files, self.suppressed, self.baselined, int(blind), unread)
        return Summary(*counts, *self.unseen())

    @property
    def unreported(self) -> dict[str, str]:
        """Files that could not be read or not be understood and that no rule speaks of, each with the reason."""
        from flake8_celery_oom.rules import selected

        problems = () if "CO001" in selected(self.config) else self._project.problems
        return {one.at.path: one.message for one in problems}

    def unseen(self) -> tuple[int, int, int]:
        """Folders, submodules and links out of the project that were not looked at, among the paths asked for."""
        asked = [one for one in self.tree.unseen if self.asks_for(one.path)]
        folders = sum(one.kind == "folder" for one in asked)
        submodules = sum(one.kind == "submodule" for one in asked)
        links = [one.path for one in asked if one.kind == "link"]
        return folders, submodules, sum((self.root / path).is_dir() or is_claimed(path) for path in links)
