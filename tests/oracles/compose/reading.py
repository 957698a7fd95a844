"""What Docker Compose makes of a project, what is read of it here, and where the two differ."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flake8_celery_oom.core.facts import Argv, Command, Launch
from flake8_celery_oom.core.value import Known, Unset
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.resolve.compose.launches import launches_of_projects
from flake8_celery_oom.resolve.facts.environment import environment_of
from flake8_celery_oom.resolve.facts.index import Facts

PROGRAM = shutil.which(
    "docker-compose", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
)
"""Docker Compose of this environment, whether or not that is activated, else the one on the search path."""


def is_compose_5() -> bool:
    """Whether the Docker Compose that the readings are held against is here."""
    if PROGRAM is None:
        return False
    run = subprocess.run([PROGRAM, "version", "--short"], capture_output=True, text=True, check=False)
    return run.stdout.strip().lstrip("v").startswith("5.")


def composed(root: Path, arguments: tuple[str, ...] = ()) -> dict[str, Any] | None:
    """The services as Compose sees them, by name; None when it refuses the project."""
    assert PROGRAM is not None
    run = subprocess.run(
        [PROGRAM, *arguments, "--profile", "*", "config", "--format", "json"],
        cwd=root,
        env={"PATH": os.environ["PATH"], "HOME": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode != 0:
        return None
    services = json.loads(run.stdout).get("services") or {}
    assert isinstance(services, dict)
    return services


@dataclass
class Tally:
    """Counts of compared values."""

    counts: Counter[str] = field(default_factory=Counter)
    projects: int = 0
    refused: int = 0
    differences: int = 0

    def shown(self) -> str:
        fields = sorted({key.partition(" ")[0] for key in self.counts})
        lines = [f"projects {self.projects}, refused by Compose {self.refused}, differences {self.differences}"]
        for name in fields:
            known, unknown = self.counts[f"{name} known"], self.counts[f"{name} unknown"]
            lines.append(f"{name}: known {known}, unknown {unknown}, defaults right {self.counts[f'{name} default']}")
        return "\n".join(lines)

    @property
    def unknown_share(self) -> float:
        """How many of the values are not known, and have no likely value either."""
        unknown = sum(count for key, count in self.counts.items() if key.endswith(" unknown"))
        return unknown / max(1, sum(self.counts.values()))


def differences(
    facts: Facts, root: Path, used: tuple[str, ...], services: Mapping[str, Any], tally: Tally
) -> Iterator[str]:
    """Every value of the project of these files that is read here otherwise than by Compose, in words."""
    found = [launches for project, launches in launches_of_projects(facts) if project.files == used]
    if len(found) != 1:
        yield f"{len(found)} projects of {used}"
    else:
        yield from compared(found[0], services, facts, root, tally)


def compared(found: list[Launch], services: Mapping[str, Any], facts: Facts, root: Path, tally: Tally) -> Iterator[str]:
    """Every value that is read here otherwise than by Compose, in words."""
    launches = {launch.name: launch for launch in found}
    if launches.keys() != services.keys():
        yield f"services {sorted(launches)} for {sorted(services)}"
    for name in sorted(launches.keys() & services.keys()):
        for text in _service(launches[name], services[name], facts, root, tally):
            tally.differences += 1
            yield f"{name}: {text}"


def _service(launch: Launch, wanted: Mapping[str, Any], facts: Facts, root: Path, tally: Tally) -> Iterator[str]:
    for key, command in (("command", launch.command), ("entrypoint", launch.entrypoint)):
        yield from _command(key, command, wanted.get(key), tally)
    environment = environment_of(launch, {}, facts)
    yield from _words("environment", environment, wanted.get("environment") or {}, tally)
    yield from _plain("workdir", launch.workdir, wanted.get("working_dir"), tally)
    yield from _plain("image", launch.image, wanted.get("image"), tally)
    yield from _memory(launch, wanted, tally)
    replicas = wanted.get("scale", (wanted.get("deploy") or {}).get("replicas", 1))
    yield from _plain("replicas", launch.replicas, replicas, tally)
    build = wanted.get("build")
    if build is None or launch.build is None:
        if (build is None) != (launch.build is None):
            yield f"build {launch.build} for {build}"
        return
    context = os.path.relpath(build["context"], root)
    yield from _plain("context", os.path.normpath(launch.build.context or "."), context, tally)
    dockerfile = os.path.normpath(f"{context}/{build['dockerfile']}")
    yield from _plain("dockerfile", launch.build.dockerfile, dockerfile, tally)
    yield from _plain("target", launch.build.target, build.get("target"), tally)
    yield from _words("args", launch.build.arguments, build.get("args") or {}, tally)


def _plain(title: str, mine: object, theirs: object, tally: Tally) -> Iterator[str]:
    """A value with the likely values of its variables; blank for Compose is unknown here."""
    if mine == theirs:
        tally.counts[f"{title} known"] += 1
    elif mine is None or (isinstance(mine, str) and "$" in mine):
        tally.counts[f"{title} unknown"] += 1
    else:
        yield f"{title} {mine!r} for {theirs!r}"


def _command(title: str, command: Command | None, wanted: list[str] | None, tally: Tally) -> Iterator[str]:
    if command is None or wanted is None:
        if (command is None) != (wanted is None):
            yield f"{title} {command} for {wanted}"
        return
    if isinstance(command, Argv):
        words = command.words
    elif command.words is None:
        yield f"{title} {command.text.text!r} is not split for {wanted}"
        return
    else:
        words = command.words
    if any(word.several for word in words):
        tally.counts[f"{title} unknown"] += 1
        return
    if len(words) != len(wanted):
        yield f"{title} {[word.shown for word in words]} for {wanted}"
        return
    for word, theirs in zip(words, wanted, strict=True):
        yield from _word(title, word, theirs, tally)


def _words(title: str, mine: Mapping[str, Word], theirs: Mapping[str, str | None], tally: Tally) -> Iterator[str]:
    for name in sorted(mine.keys() | theirs.keys()):
        if name not in mine:
            yield f"{title} lacks {name}={theirs[name]!r}"
        elif name not in theirs:
            if mine[name].text is not None or mine[name].default_text:
                yield f"{title} has {name}={mine[name].shown!r}"
        else:
            yield from _word(f"{title}", mine[name], theirs[name], tally, name)


def _word(title: str, word: Word, theirs: str | None, tally: Tally, name: str = "") -> Iterator[str]:
    theirs = theirs.replace("$$", "$") if theirs is not None else None  # config escapes dollars again
    if word.text is not None:
        tally.counts[f"{title} known"] += 1
        if word.text != theirs:
            yield f"{title} {name} {word.text!r} for {theirs!r}"
    elif word.default_text is not None:
        tally.counts[f"{title} default"] += 1
        if word.default_text != theirs:
            yield f"{title} {name} likely {word.default_text!r} for {theirs!r} ({word.shown})"
    else:
        tally.counts[f"{title} unknown"] += 1


def _memory(launch: Launch, wanted: Mapping[str, Any], tally: Tally) -> Iterator[str]:
    limits = ((wanted.get("deploy") or {}).get("resources") or {}).get("limits") or {}
    theirs = int(limits.get("memory", wanted.get("mem_limit", 0)))
    match launch.memory_limit:
        case Known(value=mine):
            tally.counts["memory known"] += 1
        case Unset():
            tally.counts["memory known"] += 1
            mine = 0
        case unknown:
            if unknown.default is None:
                tally.counts["memory unknown"] += 1
                return
            tally.counts["memory default"] += 1
            mine = unknown.default
    if mine != theirs:
        yield f"memory {mine} for {theirs}"
