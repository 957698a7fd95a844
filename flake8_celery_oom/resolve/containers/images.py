"""Images: what a stage inherits, which file of the project a path in a container is, and what runs by default."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from flake8_celery_oom.celery.program_images import ProgramImage, program_image
from flake8_celery_oom.core.facts import WRITTEN, Argv, Build, Command, Image, Launch, ShellText, Stage
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.once import once
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.resolve.containers.compose_images import build_named_by_compose
from flake8_celery_oom.resolve.facts.built_images import build_of, without_tag
from flake8_celery_oom.resolve.facts.index import Facts

_PYTHON = re.compile(r"(?:^|/)python:(\d\.\d+)(?![\d{$])")
_VARIABLE = re.compile(r"\$\{?(\w+)")
MAX_STAGES = 30
MOST_TARGETS = 50
"""Stages of one Dockerfile that are looked at for a command of their own, beside the last."""
MAX_BASES = 4
"""Images that stand on one another, each with a Dockerfile of its own."""


@dataclass(frozen=True, slots=True)
class Placed:
    """``source`` (a path of the project) is found at ``target`` in the container."""

    source: str
    target: str


@dataclass(frozen=True)
class Container:
    """The inside of a container, as far as files of the project tell."""

    entrypoint: Command | None = None
    command: Command | None = None
    environment: Mapping[str, Word] = field(default_factory=dict)
    directory: str = ""
    placed: tuple[Placed, ...] = ()
    context: str = ""
    runs: tuple[ShellText, ...] = ()
    program: ProgramImage | None = None
    """What the entrypoint of an image from elsewhere puts before the command; None where another entrypoint is set."""
    health_check: Command | None = None
    python: str = ""
    image: str = ""
    """The image from elsewhere that it is, or stands on."""


def container_of(launch: Launch, facts: Facts) -> Container:
    """What a launch runs in: its own words over those of the image that the project builds for it."""
    build = _build(launch, facts)
    image = facts.images.get(build.dockerfile) if build is not None else None
    inner = inside(image, build, facts) if image is not None and build is not None else Container()
    entrypoint: Command | None = launch.entrypoint or inner.entrypoint
    base = inner.program if image is not None else program_image(launch.image)
    if base is not None and launch.entrypoint is not None and base.is_entrypoint(launch.entrypoint.words or ()):
        entrypoint = None
    own = image_command(inner, build)
    command: Command | None = launch.command if launch.entrypoint is not None else launch.command or own
    mounts = tuple(Placed(mount.source, mount.target) for mount in launch.mounts)
    return Container(
        entrypoint,
        command,
        {**inner.environment, **launch.environment},
        launch.workdir or inner.directory,
        (*inner.placed, *mounts),
        build.context if build is not None else posixpath.dirname(launch.at.path),
        inner.runs,
        None if entrypoint is not None else base,
        _health_check(launch, inner),
        inner.python if image is not None else python_of(launch.image or ""),
        inner.image if image is not None else launch.image or "",
    )


def python_of(image: str) -> str:
    """The Python of an image that is called after it: ``python:3.12-slim`` has 3.12."""
    found = _PYTHON.search(image)
    return found[1] if found else ""


def _health_check(launch: Launch, inner: Container) -> Command | None:
    """The health check of a container: the launch's, else the image's, which Kubernetes does not run."""
    found = launch.health_check
    if found is None and launch.namespace is None:
        found = inner.health_check
    return None if isinstance(found, Argv) and not found.words else found


def image_command(inner: Container, build: Build | None) -> Command | None:
    """The command that an image runs by default; none where a variable says which of its stages is built."""
    return None if build is not None and "$" in (build.target or "") else inner.command


def runs_by_default(launch: Launch, facts: Facts) -> tuple[str, Stage] | None:
    """The Dockerfile and the stage of it whose own ENTRYPOINT and CMD a launch runs as they are; None for others."""
    build = _build(launch, facts) if launch.command is None and launch.entrypoint is None else None
    image = facts.images.get(build.dockerfile) if build is not None else None
    chain = stages_of(image, build.target) if image is not None and build is not None else []
    saying = stage_saying(chain)
    return (image.path, saying) if image is not None and saying is not None else None


def stage_saying(chain: Sequence[Stage]) -> Stage | None:
    """The outermost stage of those that an image stands on which says what the image runs."""
    return next((stage for stage in chain if stage.command is not None or stage.entrypoint is not None), None)


def is_foreign(launch: Launch, facts: Facts) -> bool:
    """Whether a launch runs an image that the project does not build, without any folder of the project in it."""
    return launch.image is not None and not launch.mounts and _build(launch, facts) is None


def is_built_here(launch: Launch, facts: Facts) -> bool:
    """Whether the project builds the image of a launch, so that what its Dockerfile sets is seen."""
    return _build(launch, facts) is not None


def _build(launch: Launch, facts: Facts) -> Build | None:
    """How the image of a launch is built: as the launch says, when that Dockerfile is here, else by the image's name.

    A compose file in a folder of its own is often run from the root of the project, so that its paths start there.
    """
    build = launch.build
    if build is not None and build.dockerfile not in facts.images:
        written = posixpath.relpath(build.dockerfile, build.context or ".")
        build = next(
            (
                replace(build, context=folder, dockerfile=path)
                for folder in _above(build.context)
                if (path := posixpath.normpath(posixpath.join(folder, written))) in facts.images
            ),
            None,
        )
    if build is None and launch.image:
        build = _build_of(launch.image, facts)
    return build or launch.build


def _above(folder: str) -> Iterator[str]:
    while folder and folder != ".":
        folder = posixpath.dirname(folder)
        yield folder


def build_named(image: str | None, facts: Facts) -> Build | None:
    """The build behind an image name: one that the project gives it, else the only Dockerfile of the project.

    An image with the name of an owner before it that the project does not mention elsewhere may be anybody's.
    """
    if image is not None and (build := _build_of(image, facts)) is not None:
        return build
    if len(facts.images) != 1 or "/" in without_tag(image or ""):
        return None
    (only,) = facts.images.values()
    return default_builds(only, facts)[0]


def _build_of(image: str, facts: Facts) -> Build | None:
    """The build that makes the image of this name: that of another launch, else of a command; when all agree."""
    name = without_tag(image)
    builds = _builds_of_launches(facts).get(name)
    if not builds:
        known = build_of(image, facts.builds_by_name) or _called_like(name, facts)
        return known or build_named_by_compose(name, facts)
    return next(iter(builds)) if len(builds) == 1 else None


@once()
def _builds_of_launches(facts: Facts) -> dict[str, set[Build]]:
    """What launches with an image of a name build, by that name without its tag."""
    builds: dict[str, set[Build]] = {}
    for launch in facts.launches:
        if launch.build and launch.image and launch.build.dockerfile in facts.images:
            builds.setdefault(without_tag(launch.image), set()).add(launch.build)
    return builds


def _called_like(name: str, facts: Facts) -> Build | None:
    """The build of the only Dockerfile that is called like an image, or has a stage of its name, and is no part of it.

    ``shop/jobs`` is ``jobs/Dockerfile``, ``Dockerfile.jobs`` or ``jobs.Dockerfile``, else the stage ``jobs``. An image
    without a name of its owner before it is somebody else's.
    """
    owner, _, last = name.rpartition("/")
    if not owner or "$" in last or not last:
        return None
    found = [
        image
        for path, image in facts.images.items()
        if last in _names_for(path) and not any(_is_of(stage.base, name) for stage in image.stages)
    ]
    if found:
        return default_builds(found[0], facts)[0] if len(found) == 1 else None
    named = [
        image
        for image in facts.images.values()
        if any((stage.name or "").lower() == last.lower() and not _is_of(stage.base, name) for stage in image.stages)
    ]
    return replace(default_builds(named[0], facts)[0], target=last) if len(named) == 1 else None


def _is_of(base: str, name: str) -> bool:
    """Whether both are the same image, perhaps of different registries."""
    own = without_tag(base)
    return bool(own) and (own == name or name.endswith(f"/{own}") or own.endswith(f"/{name}"))


def _names_for(path: str) -> set[str]:
    folder, name = posixpath.split(path)
    if name == "Dockerfile":
        return {posixpath.basename(folder)}
    return {name.removeprefix("Dockerfile.").removeprefix("Dockerfile-").removesuffix(".Dockerfile")}


def stages_of(image: Image, target: str | None) -> list[Stage]:
    """The stage that is built and those that it stands on, innermost last; none where no stage is called ``target``.

    Docker refuses such a build ("target stage could not be found"). Names are the same in any case of letters, and of
    several the last one counts. A target that only variables name is taken to be the last stage.
    """
    index = len(image.stages) - 1
    if target is not None and "$" not in target:
        index = _stage_before(image, len(image.stages), target)
        if index < 0 and target.isdecimal():
            index = int(target[:9])
    chain: list[Stage] = []
    while 0 <= index < len(image.stages) and len(chain) < MAX_STAGES:
        chain.append(image.stages[index])
        index = _stage_before(image, index, image.stages[index].base)
    return chain


def _stage_before(image: Image, end: int, name: str) -> int:
    """The last of the first ``end`` stages that is called so; -1 when none is."""
    wanted = name.lower()
    found = (index for index in range(end - 1, -1, -1) if (image.stages[index].name or "").lower() == wanted)
    return next(found, -1) if wanted else -1


def inside(image: Image, build: Build, facts: Facts, depth: int = 0) -> Container:
    """The container that a Dockerfile's stage makes, over that of its base image where the project builds that, too."""
    chain = stages_of(image, build.target)
    base = _base(chain[-1].base, image, facts, depth) if chain else Container()
    entrypoint, command, directory = base.entrypoint, base.command, base.directory
    health_check = base.health_check
    environment = dict(base.environment)
    placed, runs = list(base.placed), list(base.runs)
    declared: dict[str, Word] = {}
    for stage in reversed(chain):
        declared.update(stage.arguments)
        for name, word in stage.environment.items():
            environment[name] = _with_arguments(word, declared, build.arguments)
        if stage.entrypoint is not None:
            entrypoint, command = stage.entrypoint, None
        command = stage.command or command
        health_check = stage.health_check or health_check
        placed.extend(_placed(stage, image, build, facts, directory))
        if stage.workdir:
            directory = posixpath.normpath(posixpath.join(directory or "/", stage.workdir))
        runs.extend(stage.runs)
    program = base.program or (program_image(chain[-1].base) if chain else None)
    program = None if entrypoint is not None else program
    return Container(
        entrypoint,
        command,
        environment,
        directory,
        tuple(placed),
        build.context,
        tuple(runs),
        program,
        health_check,
        base.python or (python_of(chain[-1].base) if chain else ""),
        base.image or (chain[-1].base if chain else ""),
    )


def _base(name: str, image: Image, facts: Facts, depth: int) -> Container:
    build = _build_of(name, facts) if name and depth < MAX_BASES else None
    outer = facts.images.get(build.dockerfile) if build is not None else None
    if build is None or outer is None or outer is image:
        return Container()
    return inside(outer, build, facts, depth + 1)


def _with_arguments(word: Word, declared: Mapping[str, Word], given: Mapping[str, Word]) -> Word:
    """A value of ENV with the build arguments in it: what the build gives, or nothing where no default is declared.

    A default stays a hole, since whoever builds may give another value.
    """
    if not any(_variable(hole) in declared for hole in word.holes):
        return word
    parts: list[str | Hole] = []
    for part in word.parts:
        name = _variable(part) if isinstance(part, Hole) else ""
        if isinstance(part, str) or name not in declared:
            parts.append(part)
        elif name in given:
            parts.extend(given[name].parts)
        elif part.default is not None:
            parts.append(part)
    if all(isinstance(part, str) for part in parts):
        parts = ["".join(part for part in parts if isinstance(part, str))]
    return Word(tuple(parts), word.at)


def _variable(hole: Hole) -> str:
    match = _VARIABLE.match(hole.source)
    return match[1] if match else ""


def _placed(stage: Stage, image: Image, build: Build, facts: Facts, directory: str, depth: int = 0) -> Iterator[Placed]:
    """What COPY and ADD of one stage put where."""
    workdir = posixpath.normpath(posixpath.join(directory or "/", stage.workdir or ""))
    for copy in stage.copies:
        target = posixpath.join(workdir, copy.target)
        if copy.stage is not None:
            if depth < 3:
                yield from _copied_from_stage(copy.stage, copy.sources, target, image, build, facts, depth)
            continue
        for source in copy.sources:
            if source.startswith(WRITTEN):
                yield Placed(source, target)
                continue
            for path in _sources(posixpath.normpath(posixpath.join(build.context, source.lstrip("/"))), facts):
                whole_folder = path in facts.folders or path in {".", ""}
                into = copy.target.endswith("/") or len(copy.sources) > 1 or copy.target in {".", "./"}
                name = "" if whole_folder or not into else posixpath.basename(path)
                yield Placed("" if path == "." else path, posixpath.normpath(posixpath.join(target, name)))


def _copied_from_stage(
    name: str, sources: Sequence[str], target: str, image: Image, build: Build, facts: Facts, depth: int
) -> Iterator[Placed]:
    for stage in stages_of(image, name) if any(stage.name == name for stage in image.stages) or name.isdigit() else ():
        for inner in _placed(stage, image, build, facts, "", depth + 1):
            for source in sources:
                rest = below(inner.target, source) if source.startswith("/") else None
                if rest is not None:
                    yield Placed(inner.source, posixpath.normpath(posixpath.join(target, rest)))
                elif (inside_rest := below(source, inner.target)) is not None:
                    yield Placed(posixpath.join(inner.source, inside_rest), target)


def below(path: str, folder: str) -> str | None:
    """``path`` relative to ``folder``, or None when it does not stand below it."""
    if path == folder:
        return ""
    prefix = folder.rstrip("/") + "/"
    return path[len(prefix) :] if path.startswith(prefix) else None


def _sources(path: str, facts: Facts) -> list[str]:
    if path in facts.file_set or path in facts.folders or path in {".", ""}:
        return [path]
    if any(char in path for char in "*?["):
        return [file for file in facts.files_in(posixpath.dirname(path)) if fnmatchcase(file, path)]
    return []


def default_builds(image: Image, facts: Facts) -> list[Build]:
    """How a Dockerfile is most likely built when nothing says so: the context in which most of its sources exist."""
    folder = posixpath.dirname(image.path)
    contexts = [folder]
    while folder:
        folder = posixpath.dirname(folder)
        contexts.append(folder)
    sources = [source for stage in image.stages for copy in stage.copies if not copy.stage for source in copy.sources]

    def found(context: str) -> int:
        return sum(bool(_sources(posixpath.normpath(posixpath.join(context, source)), facts)) for source in sources)

    best = max(contexts, key=lambda context: (found(context), -contexts.index(context)))
    last = len(image.stages) - 1
    targets = [
        str(index)
        for index, stage in enumerate(image.stages)
        if index != last and (stage.command is not None or stage.entrypoint is not None)
    ][:MOST_TARGETS]
    return [Build(best, image.path), *(Build(best, image.path, target) for target in targets)]
