"""Images that a project builds and names by hand, as ``docker build -t shop/jobs -f jobs.Dockerfile .`` does.

Such commands stand in scripts, Makefiles, task files and CI workflows.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

from flake8_celery_oom.core.facts import Build, Image, Launch, NotationFact, Script, ShellText
from flake8_celery_oom.syntax.workflow_images import WorkflowImage

_BUILD = re.compile(r"\b(?:docker|podman|nerdctl|buildah)\s+(?:buildx\s+|image\s+)?(?:build|bud)\s+([^;&|\n]+)")
_CONTINUED = re.compile(r"\\[ \t]*\r?\n")
_WORD = re.compile(r"(?:\$\([^)]*\)|\$\{[^}]*\}|\{\{.*?\}\}|\"[^\"]*\"|'[^']*'|[^\s\"'])+")
_VARIABLE = re.compile(r"\$\{\{.*?\}\}|\$\([^)]*\)|\$?\$\{[^}]*\}|\$?\$\w+|\{\{.*?\}\}|%\(\w+\)s")
_VALUED_OPTIONS = (
    "-t --tag -f --file --target --build-arg --platform --cache-from --cache-to --label --network --output -o"
    " --progress --secret --ssh --iidfile --builder --add-host --shm-size --ulimit -m --memory --metadata-file"
    " --build-context --format --isolation -v --volume --attest --provenance --sbom"
)
_VALUED = frozenset(_VALUED_OPTIONS.split())
"""Options of ``docker build`` and its likes that take the next word."""


def without_tag(image: str) -> str:
    """The name of an image without tag and digest."""
    head, _, tail = image.rpartition("/")
    name = tail.split(":")[0].split("@")[0]
    return f"{head}/{name}" if head else name


def builds_by_name(
    launches: list[Launch],
    scripts: Mapping[str, Script],
    images: Mapping[str, Image],
    more: Iterable[NotationFact] = (),
) -> dict[str, set[Build]]:
    """For each image name, with ``*`` for what variables hold in it: how commands of the project build it.

    ``more`` are the facts of notations, among them the images that workflows build with actions.
    """
    found: dict[str, set[Build]] = {}
    for path, text in _texts(launches, scripts):
        for match in _BUILD.finditer(_CONTINUED.sub(" ", text)):
            names, build = _read(match[1], posixpath.dirname(path), images)
            if build is not None:
                for name in names:
                    found.setdefault(name, set()).add(build)
    for fact in more:
        if isinstance(fact, WorkflowImage) and fact.dockerfile in images:
            for name in _usable(fact.names):
                found.setdefault(name, set()).add(Build(fact.context, fact.dockerfile, fact.target))
    return found


def _usable(names: Iterable[str]) -> list[str]:
    """The names with and without tags, with ``*`` for variables; one that ends with a variable says nothing."""
    filled = [_VARIABLE.sub("*", name) for name in names]
    made = dict.fromkeys([*map(without_tag, filled), *filled])
    return [name for name in made if name and not name.endswith("*")]


def build_of(image: str, builds: Mapping[str, set[Build]]) -> Build | None:
    """The build of the image of this name, when all commands that make it agree; the longest name that fits counts.

    Where they disagree, the tag tells them apart: ``shop/jobs:base`` is another image than ``shop/jobs:live``.
    """
    with_tag = builds.get(_VARIABLE.sub("*", image), set())
    if len(with_tag) == 1:
        return next(iter(with_tag))
    name = without_tag(_VARIABLE.sub("*", image))
    alike = {known: len(known.replace("*", "")) for known in builds if _alike(known, name)}
    longest = max(alike.values(), default=0)
    fitting = {build for known, length in alike.items() if length == longest for build in builds[known]}
    dockerfiles = {build.dockerfile for build in fitting}
    return min(fitting, key=lambda build: (build.target or "", build.context)) if len(dockerfiles) == 1 else None


def _alike(known: str, name: str) -> bool:
    return fnmatchcase(name, known) or ("*" in name and fnmatchcase(known, name))


def _texts(launches: list[Launch], scripts: Mapping[str, Script]) -> Iterator[tuple[str, str]]:
    for script in scripts.values():
        yield script.path, script.text.text
    for launch in launches:
        if isinstance(launch.command, ShellText):
            yield launch.at.path, launch.command.text.text
        elif launch.command is not None and launch.kind == "workflow":
            yield "", " ".join(word.shown for word in launch.command.words)


def _read(text: str, folder: str, images: Mapping[str, Image]) -> tuple[list[str], Build | None]:
    words = [word.strip("\"'") for word in _WORD.findall(text)]
    names: list[str] = []
    dockerfile, context, target = "", "", None
    index = 0
    while index < len(words):
        option, equals, value = words[index].partition("=")
        if not words[index].startswith("-"):
            context = words[index]
        else:
            if not equals and option in _VALUED and index + 1 < len(words):
                index += 1
                value = words[index]
            if option in {"-t", "--tag"}:
                names.append(value)
            elif option in {"-f", "--file"}:
                dockerfile = value
            elif option == "--target":
                target = value
        index += 1
    names = _usable(names)
    for base in dict.fromkeys((folder, "")):
        where = posixpath.normpath(posixpath.join(base, context))
        inner = posixpath.join(base, dockerfile) if dockerfile else posixpath.join(where, "Dockerfile")
        path = posixpath.normpath(inner)
        if path in images:
            return names, Build("" if where == "." else where, path, target)
    return names, None
