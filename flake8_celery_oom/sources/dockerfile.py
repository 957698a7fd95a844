"""Dockerfiles and Containerfiles: what each stage of an image runs, sets, copies and installs."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from flake8_celery_oom.core.facts import WRITTEN, Argv, Command, Copy, Fact, Image, Problem, Script, ShellText, Stage
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.sources.shell import interpreter_of_first_line
from flake8_celery_oom.syntax import requirement
from flake8_celery_oom.syntax.dockerfile import Heredoc, Instruction, heredoc_name, parse, words
from flake8_celery_oom.syntax.dockerfile_words import (
    Lookup,
    arguments,
    assignments,
    exec_form,
    exec_words,
    expand,
)

KIND = "dockerfile"
TITLE = "Dockerfiles"
NAMES = ("Dockerfile*", "*.Dockerfile", "*.dockerfile", "Containerfile*")
MOST_STAGES = 1_000
"""Stages of one Dockerfile that are read."""

_TEMPLATE_ENDS = (".j2", ".jinja", ".jinja2", ".tmpl", ".tpl", ".template", ".in", ".erb", ".mustache")
_NAME = re.compile(r"(?:docker|container)file(?:[._-].+)?\Z|.+[._-](?:docker|container)file\Z")
_OTHER_ENDS = (".dockerignore", ".md", ".rst", ".html", ".json", ".lock", ".yml", ".yaml", ".bak", ".orig", ".swp")
_PREAMBLE = re.compile(r"\s*(?:#[^\n]*\n\s*|\{[%#{][^\n]*\n\s*|arg\s[^\n]*\n\s*)*from\s", re.IGNORECASE)
_PLAIN = re.compile(
    r"(?:[ \t]*(?:#[^\n]*|\r?)\n|ARG\s[^\n]*\n)*"
    r"FROM[ \t]+(?:--platform=\S+[ \t]+)?[\w./:@${}-]+(?:[ \t]+(?:AS|as)[ \t]+\S+)?[ \t]*\r?\n"
    r"(?s:.*?)^(?:RUN|CMD|ENTRYPOINT|COPY|WORKDIR)[ \t]",
    re.MULTILINE,
)
"""How a Dockerfile begins that only ``docker build -f`` names: ``docker/worker`` without any ending."""
_IN_STAGES = frozenset(
    {"ADD", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "ONBUILD", "RUN", "SHELL", "USER"}
    | {"VOLUME", "WORKDIR"}
)
_SHELLS = re.compile(r"#!\s*\S*\b(?:env\s+)?(?:ba|da|a|z|k)?sh\b")


def claims(path: str, head: str) -> bool:
    """Dockerfile, Containerfile, Dockerfile.worker, worker.dockerfile, Dockerfile-dev, Dockerfile.j2 and the like.

    A file without an ending counts when it begins with ``FROM image`` and has instructions.
    """
    name = posixpath.basename(path).lower()
    if name in {"dockerfile", "containerfile"}:
        return True
    for end in _TEMPLATE_ENDS:
        name = name.removesuffix(end)
    if "." not in name and _NAME.match(name) is None:
        return _PLAIN.match(head) is not None
    if _NAME.match(name) is None or name.endswith(_OTHER_ENDS):
        return False
    return name in {"dockerfile", "containerfile"} or _PREAMBLE.match(head) is not None


def read(source: SourceText) -> list[Fact]:
    """The image of a Dockerfile, and the requirements that its RUN instructions install."""
    reader = _Reader()
    facts: list[Fact] = []
    for instruction in parse(source):
        if instruction.keyword == "FROM" and reader.full:
            facts.append(Problem(instruction.at, f"is the stage after {MOST_STAGES} others: not read"))
            break
        reader.take(instruction)
    stages = reader.finished()
    if not stages:
        return []
    facts.append(Image(source.path, stages))
    facts += reader.scripts
    for stage in stages:
        for run in stage.runs:
            facts += requirement.from_install_command(run.text)
    return facts


@dataclass
class _StageDraft:
    """A stage while it is read. ``env`` and ``args`` start with what the stage it builds on holds."""

    name: str | None
    base: str
    at: Location
    env: dict[str, Word] = field(default_factory=dict)
    args: dict[str, Word] = field(default_factory=dict)
    workdir: str | None = None
    own_workdir: bool = False
    own_env: dict[str, Word] = field(default_factory=dict)
    own_args: dict[str, Word] = field(default_factory=dict)
    entrypoint: Command | None = None
    command: Command | None = None
    copies: list[Copy] = field(default_factory=list)
    runs: list[ShellText] = field(default_factory=list)
    health_check: Command | None = None
    scripts: list[Script] = field(default_factory=list)
    on_build: list[Instruction] = field(default_factory=list)
    """What ONBUILD leaves to the next stage that builds on this one."""

    def lookup(self, name: str) -> Word | None:
        """A variable while the stage is built: what ENV sets wins over ARG."""
        if name in self.env:
            return self.env[name]
        return _as_build_argument(name, self.args[name]) if name in self.args else None

    def finished(self) -> Stage:
        return Stage(
            self.name,
            self.base,
            self.at,
            entrypoint=self.entrypoint,
            command=self.command,
            environment=self.own_env,
            arguments=self.own_args,
            workdir=self.workdir if self.own_workdir else None,
            copies=tuple(self.copies),
            runs=tuple(self.runs),
            health_check=self.health_check,
        )


class _Reader:
    def __init__(self) -> None:
        self._global_args: dict[str, Word] = {}
        self._stages: list[_StageDraft] = []
        self._by_name: dict[str, _StageDraft] = {}

    @property
    def full(self) -> bool:
        """Whether no further stage is read."""
        return len(self._stages) >= MOST_STAGES

    def finished(self) -> tuple[Stage, ...]:
        return tuple(stage.finished() for stage in self._stages)

    @property
    def scripts(self) -> list[Script]:
        """What here-documents put into the image."""
        return [script for stage in self._stages for script in stage.scripts]

    def take(self, instruction: Instruction) -> None:
        keyword = instruction.keyword
        if keyword == "FROM":
            self._from(instruction)
        elif not self._stages and keyword == "ARG":
            _take_arguments(instruction, self._global_args, {}, self._global_lookup)
        elif keyword == "ARG":
            stage = self._stages[-1]
            _take_arguments(instruction, stage.own_args, self._global_args, stage.lookup)
            stage.args.update(stage.own_args)
        elif keyword == "ONBUILD" and self._stages:
            left = instruction.nested()
            if left is not None and left.keyword not in {"FROM", "ONBUILD"}:
                self._stages[-1].on_build.append(left)
        elif keyword in _IN_STAGES:
            if not self._stages:
                self._stages.append(_StageDraft(None, "", instruction.at))
            _take(self._stages[-1], instruction)

    def _global_lookup(self, name: str) -> Word | None:
        word = self._global_args.get(name)
        return None if word is None else _as_build_argument(name, word)

    def _from(self, instruction: Instruction) -> None:
        found = list(words(instruction.value, instruction.escape))
        base = _shown(expand(found[0], instruction.escape, self._global_lookup)) if found else ""
        named = len(found) > 2 and found[1].text.lower() == "as"
        draft = _StageDraft(found[2].text.lower() if named else None, base, instruction.at)
        parent = self._stage(base)
        if parent is not None:
            draft.env, draft.args, draft.workdir = dict(parent.env), dict(parent.args), parent.workdir
        self._stages.append(draft)
        for left in parent.on_build if parent is not None else ():
            self.take(left)
        if draft.name:
            self._by_name[draft.name] = draft

    def _stage(self, name: str) -> _StageDraft | None:
        found = self._by_name.get(name.lower())
        if found is None and name.isdecimal() and int(name[:9]) < len(self._stages):
            return self._stages[int(name[:9])]
        return found


def _take(stage: _StageDraft, instruction: Instruction) -> None:
    match instruction.keyword:
        case "ENV":
            found = assignments(instruction.value, instruction.escape)
            values = {name: expand(raw, instruction.escape, stage.lookup) for name, raw in found}
            stage.env.update(values)
            stage.own_env.update(values)
        case "WORKDIR" if instruction.value.text:
            path = _shown(expand(instruction.value, instruction.escape, stage.lookup))
            stage.workdir = posixpath.normpath(_below(stage.workdir or "", path))
            stage.own_workdir = True
        case "ENTRYPOINT":
            stage.entrypoint = _command(instruction.value)
        case "CMD":
            stage.command = _command(instruction.value)
        case "HEALTHCHECK":
            stage.health_check = _health_check(instruction)
        case "RUN":
            stage.runs += _run(instruction)
        case "COPY" | "ADD":
            stage.copies += _copy(instruction, stage)
        case _:
            pass


def _take_arguments(
    instruction: Instruction, into: dict[str, Word], inherited: Mapping[str, Word], lookup: Lookup
) -> None:
    for name, raw in arguments(instruction.value, instruction.escape):
        if raw is not None:
            into[name] = expand(raw, instruction.escape, lookup)
        else:
            into[name] = inherited.get(name) or Word((Hole(f"${name}", at=instruction.at),), instruction.at)


def _as_build_argument(name: str, word: Word) -> Word:
    """A build argument can be given another value by whoever builds: what is written is only its default."""
    return Word((Hole(f"${{{name}}}", default=word.default_text, at=word.at),), word.at)


def _shown(word: Word) -> str:
    text = word.default_text
    return word.shown if text is None else text


def _command(value: MappedText) -> Command | None:
    if not value.text:
        return None
    found = exec_words(value)
    if found is None:
        return ShellText(value, value.location())
    return Argv(found, value.location(), "json")


def _health_check(instruction: Instruction) -> Command | None:
    """The command behind ``HEALTHCHECK CMD``; one without words for ``HEALTHCHECK NONE``."""
    if instruction.value.text.strip().upper() == "NONE":
        return Argv((), instruction.at)
    inner = instruction.nested()
    return _command(inner.value) if inner is not None and inner.keyword == "CMD" else None


def _run(instruction: Instruction) -> list[ShellText]:
    value = instruction.value
    strings = exec_form(value)
    if strings is not None:
        return [ShellText(MappedText.joined(strings, " "), value.location(), shell=False)] if strings else []
    if not instruction.heredocs:
        return [ShellText(value, value.location())] if value.text else []
    if len(instruction.heredocs) == 1 and heredoc_name(value.text) is not None:
        body = instruction.heredocs[0].body
        if body.text.startswith("#!") and not _SHELLS.match(body.text):
            return []
        return [ShellText(body, body.location())]
    following = [heredoc.whole for heredoc in instruction.heredocs]
    return [ShellText(_lines_below(value, following), value.location())]


def _lines_below(value: MappedText, following: list[MappedText]) -> MappedText:
    bodies = MappedText.joined(following)
    return MappedText.joined([value, bodies], "\n")


def _copy(instruction: Instruction, stage: _StageDraft) -> list[Copy]:
    strings = exec_form(instruction.value)
    pieces = list(strings) if strings is not None else _blank_separated(instruction.value)
    if strings is None and instruction.heredocs:
        pieces = [piece for piece in pieces if heredoc_name(piece.text) is None]
    paths = [_shown(expand(piece, instruction.escape, stage.lookup)) for piece in pieces]
    if paths:
        paths[:0] = [path for heredoc in instruction.heredocs if (path := _take_script(stage, heredoc, paths[-1]))]
    if len(paths) < 2:
        return []
    origin = instruction.flags.get("from")
    stage_name = None if origin is None else _shown(expand(origin, instruction.escape, stage.lookup))
    return [Copy(tuple(paths[:-1]), _target(paths[-1], stage.workdir), stage_name, instruction.at)]


def _take_script(stage: _StageDraft, heredoc: Heredoc, target: str) -> str | None:
    """The path by which the image names the shell script that a here-document holds; None for other texts.

    Without quotes around its end the builder puts its own variables into the text: such a script is left unread.
    """
    body = heredoc.body
    interpreter = interpreter_of_first_line(body.text)
    if interpreter is None and target.endswith(".sh"):
        interpreter = "sh"
    if not interpreter or (heredoc.expanded and "$" in body.text):
        return None
    at = body.location()
    stage.scripts.append(Script(f"{WRITTEN}{at.path}:{at.start}", body, interpreter))
    return stage.scripts[-1].path


def _blank_separated(value: MappedText) -> list[MappedText]:
    return [value[match.start() : match.end()] for match in re.finditer(r"\S+", value.text)]


def _target(path: str, workdir: str | None) -> str:
    """The target from the root of the image where the working directory is known; folders end with a slash."""
    if not _is_rooted(path) and workdir is None:
        return path
    folder = path.endswith(("/", "/.")) or path in {"", ".", ".."}
    target = posixpath.normpath(_below(workdir or "/", path))
    return f"{target.rstrip('/')}/" if folder else target


def _below(folder: str, path: str) -> str:
    return path if _is_rooted(path) else posixpath.join(folder, path)


def _is_rooted(path: str) -> bool:
    """Whether a path starts at the root of the image; one that starts with an unknown variable most often does."""
    return path.startswith(("/", "$", "{{"))
