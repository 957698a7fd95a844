"""Images that a project builds and names by hand, as ``docker build -t shop/jobs -f jobs.Dockerfile .`` does.

Such commands stand in scripts, Makefiles, task files and CI workflows.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from flake8_celery_oom.core.facts import Build, Image, Launch, Script, ShellText

_BUILD = re.compile(r"\b(?:docker|podman|nerdctl|buildah)\s+(?:buildx\s+|image\s+)?(?:build|bud)\s+([^;&|\n]+)")
_CONTINUED = re.compile(r"\\[ \t]*\r?\n")
_WORD = re.compile(r"(?:\$\([^)]*\)|\$\{[^}]*\}|\{\{.*?\}\}|\"[^\"]*\"|'[^']*'|[^\s\"'])+")
_VARIABLE = re.compile(r"\$\([^)]*\)|\$?\$\{[^}]*\}|\$?\$\w+|\{\{.*?\}\}|%\(\w+\)s")
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
    launches: list[Launch], scripts: Mapping[str, Script], images: Mapping[str, Image]
) -> dict[str, set[Build]]:
    """For each image name, with ``*`` for what variables hold in it: how commands of the project build it."""
    found: dict[str, set[Build]] = {}
    for path, text in _texts(launches, scripts):
        for match in _BUILD.finditer(_CONTINUED.sub(" ", text)):
            names, build = _read(match[1], posixpath.dirname(path), images)
            if build is not None:
                for name in names:
                    found.setdefault(name, set()).add(build)
    return found


def build_of(image: str, builds: Mapping[str, set[Build]]) -> Build | None:
    """The build of the image of this name, when all commands that make it agree."""
    name = without_tag(_VARIABLE.sub("*", image))
    fitting = {build for known, ways in builds.items() for build in ways if _alike(known, name)}
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
                names.append(without_tag(_VARIABLE.sub("*", value)))
            elif option in {"-f", "--file"}:
                dockerfile = value
            elif option == "--target":
                target = value
        index += 1
    names = [name for name in names if not name.endswith("*") and name]
    for base in dict.fromkeys((folder, "")):
        where = posixpath.normpath(posixpath.join(base, context))
        inner = posixpath.join(base, dockerfile) if dockerfile else posixpath.join(where, "Dockerfile")
        path = posixpath.normpath(inner)
        if path in images:
            return names, Build("" if where == "." else where, path, target)
    return names, None
