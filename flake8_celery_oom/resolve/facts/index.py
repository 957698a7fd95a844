"""The facts of all files of a project, ordered so that resolve can ask for them."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from flake8_celery_oom.core.facts import (
    Build,
    DefaultMemoryLimit,
    Fact,
    Image,
    Launch,
    NotationFact,
    Problem,
    Requirement,
    Script,
    Variables,
)
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.storing import NOT_STORED
from flake8_celery_oom.resolve.facts.built_images import builds_by_name
from flake8_celery_oom.resolve.facts.entry_points import EntryPoint, console_scripts
from flake8_celery_oom.resolve.facts.reads import RecordedReads
from flake8_celery_oom.resolve.module_finder import ModuleFinder
from flake8_celery_oom.syntax.placed_files import PlacedFile, as_target
from flake8_celery_oom.syntax.terraform_config_maps import TerraformConfigMap

_SAID = (
    *("files", "launches", "images", "scripts", "requirements", "problems"),
    *("variables", "default_limits", "notation_facts"),
)


@dataclass
class Facts:
    """What every file says. ``files`` are all paths of the project; ``read`` gives the text of one, or None."""

    files: tuple[str, ...]
    read: RecordedReads = field(metadata=NOT_STORED)
    launches: list[Launch] = field(default_factory=list)
    images: dict[str, Image] = field(default_factory=dict)
    scripts: dict[str, Script] = field(default_factory=dict)
    requirements: list[Requirement] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    variables: list[Variables] = field(default_factory=list)
    default_limits: list[DefaultMemoryLimit] = field(default_factory=list)
    notation_facts: list[NotationFact] = field(default_factory=list)

    @classmethod
    def of(
        cls, files: tuple[str, ...], read: Callable[[str], SourceText | None], found: Mapping[str, Iterable[Fact]]
    ) -> Facts:
        """The index of what was found in the files of these paths, whatever the order of ``found``."""
        made = cls(files, RecordedReads(read))
        for path in sorted(found):
            made.add(found[path])
        return made

    def reading(self, read: Callable[[str], SourceText | None]) -> Facts:
        """The same facts beside texts of which some are others."""
        return replace(self, read=RecordedReads(read))

    def said_alike(self, other: Facts) -> bool:
        """Whether all files say the same; texts aside."""
        return all(getattr(self, name) == getattr(other, name) for name in _SAID)

    def copy(self) -> Facts:
        """The same facts in lists of their own."""
        return replace(
            self,
            launches=[*self.launches],
            images=dict(self.images),
            scripts=dict(self.scripts),
            requirements=[*self.requirements],
            problems=[*self.problems],
            variables=[*self.variables],
            default_limits=[*self.default_limits],
            notation_facts=[*self.notation_facts],
        )

    def add(self, facts: Iterable[Fact]) -> None:
        """Take in the facts of one file."""
        for fact in facts:
            match fact:
                case Launch():
                    self.launches.append(fact)
                case Image():
                    self.images[fact.path] = fact
                case Script():
                    self._add_script(fact)
                case Requirement():
                    self.requirements.append(fact)
                case Problem():
                    self.problems.append(fact)
                case Variables():
                    self.variables.append(fact)
                case DefaultMemoryLimit():
                    self.default_limits.append(fact)
                case NotationFact():
                    self.notation_facts.append(fact)

    def _add_script(self, script: Script) -> None:
        """Scripts of ConfigMaps may share a name: each environment has its own."""
        if script.path in self.scripts:
            script = replace(script, path=f"{script.path} of {script.text.source.path}")
        self.scripts[script.path] = script

    @cached_property
    def config_map_scripts(self) -> dict[str, list[Script]]:
        """The scripts that ConfigMaps hold, by ``configmap:NAME/KEY``."""
        found: dict[str, list[Script]] = defaultdict(list)
        for path, script in self.scripts.items():
            if path.startswith("configmap:"):
                found[path.partition(" of ")[0]].append(script)
        return dict(found)

    @cached_property
    def config_map_files(self) -> dict[str, tuple[str, ...]]:
        """The files of the project that ConfigMaps made by Terraform hold, by ``configmap:NAME/KEY``."""
        found: dict[str, tuple[str, ...]] = {}
        for fact in self.notation_facts:
            if isinstance(fact, TerraformConfigMap):
                files = (path for one in fact.files for path in self._files_meant(one))
                found[f"configmap:{fact.name}/{fact.key}"] = tuple(files)
        return found

    def _files_meant(self, path: str) -> list[str]:
        """The file at a path, or the only one that ends so where the beginning is not known."""
        if not path.startswith("*/"):
            return [path] if path in self.file_set else []
        ends = self.ending_with(path[2:], at_least=path.count("/"))
        return ends if len(ends) == 1 else []

    @cached_property
    def file_set(self) -> frozenset[str]:
        """All paths, for quick questions."""
        return frozenset(self.files)

    @cached_property
    def modules(self) -> ModuleFinder:
        """The Python modules of the project, by name."""
        return ModuleFinder(self.files)

    @cached_property
    def folders(self) -> frozenset[str]:
        """All folders that hold a file; the root is the empty text."""
        found: set[str] = {""}
        for path in self.files:
            folder = posixpath.dirname(path)
            while folder and folder not in found:
                found.add(folder)
                folder = posixpath.dirname(folder)
        return frozenset(found)

    @cached_property
    def _by_folder(self) -> dict[str, list[str]]:
        folders: dict[str, list[str]] = defaultdict(list)
        for path in self.files:
            folders[posixpath.dirname(path)].append(path)
        return dict(folders)

    def files_in(self, folder: str) -> list[str]:
        """The files that stand right in a folder."""
        return self._by_folder.get(folder, [])

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        names: dict[str, list[str]] = defaultdict(list)
        for path in self.files:
            names[posixpath.basename(path)].append(path)
        return dict(names)

    def ending_with(self, path: str, at_least: int = 1) -> list[str]:
        """The files that share the most last parts with ``path``, ``at_least`` so many; the name is one."""
        parts = [part for part in path.split("/") if part not in {"", ".", ".."}]
        if not parts:
            return []
        candidates = self._by_name.get(parts[-1], [])
        best: list[str] = []
        best_length = at_least - 1
        for candidate in candidates:
            length = _shared_ending(parts, candidate.split("/"))
            if length > best_length:
                best, best_length = [candidate], length
            elif length == best_length and best:
                best.append(candidate)
        return best

    @cached_property
    def tasks(self) -> dict[tuple[str, str], list[Launch]]:
        """Launches by kind and name: the targets of ``make``, the scripts of package.json..."""
        found: dict[tuple[str, str], list[Launch]] = defaultdict(list)
        for launch in self.launches:
            found[launch.kind, launch.name].append(launch)
        return dict(found)

    def launches_in(self, path: str) -> Iterator[Launch]:
        """The launches that one file declares."""
        return iter(self._launches_by_path.get(path, ()))

    @cached_property
    def _launches_by_path(self) -> dict[str, list[Launch]]:
        found: dict[str, list[Launch]] = defaultdict(list)
        for launch in self.launches:
            found[launch.at.path].append(launch)
        return dict(found)

    @cached_property
    def console_scripts(self) -> dict[str, list[EntryPoint]]:
        """The programs that packages of the project install, by name."""
        return console_scripts(self.files, self.read)

    @cached_property
    def builds_by_name(self) -> dict[str, set[Build]]:
        """How commands of the project build images, by the names they give them."""
        return builds_by_name(self.launches, self.scripts, self.images, self.notation_facts)

    def placed_at(self, target: str, near: str) -> str | None:
        """The file of the project that a task of Ansible puts at a path, for a command in the file ``near``.

        ``target`` is written with its variables. Of several files that of the same role is meant.
        """
        found = self._placed.get(as_target(target), [])
        if len(set(found)) > 1:
            role = near.partition("/templates/")[0]
            found = [path for path in found if path.startswith(f"{role}/")]
        return found[0] if len(set(found)) == 1 else None

    @cached_property
    def _placed(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for fact in self.notation_facts:
            if isinstance(fact, PlacedFile) and fact.source in self.file_set:
                found[fact.target].append(fact.source)
        return dict(found)

    def variables_of(self, kind: str, name: str) -> Variables | None:
        """The file of variables, or the ConfigMap, of this name."""
        for variables in self.variables:
            if variables.kind == kind and name in (variables.name, variables.path):
                return variables
        return None


def _shared_ending(left: list[str], right: list[str]) -> int:
    length = 0
    for one, other in zip(reversed(left), reversed(right), strict=False):
        if one != other:
            break
        length += 1
    return length
