"""What else runs in the container of a worker, and takes of its memory limit what no file says.

Other workers of the container are no company: they are counted (:mod:`flake8_celery_oom.analysis.container_groups`).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from flake8_celery_oom.analysis.container_groups import SIDE_BY_SIDE, program_of, shell_text_of
from flake8_celery_oom.core.facts import Argv, Command, Launch
from flake8_celery_oom.core.results import Project, Worker
from flake8_celery_oom.syntax import shell, shell_tree

_SHORT = re.compile(r"wait|sleep|trap|echo|printf|exit|export|set|cd|exec|true|:")
"""Commands of a shell that weigh nothing beside a worker."""


def company(worker: Worker, project: Project) -> str:
    """Something else that runs in the worker's container, for people; empty where nothing is known to."""
    if worker.health_check is not None:
        return f"the health check `{_first_words(worker.health_check)}`"
    for other in (*_launches_beside(worker, project), *_commands_beside(worker, project)):
        return f"`{other}`"
    return ""


def _launches_beside(worker: Worker, project: Project) -> Iterator[str]:
    """The other containers that share the limit, and the other programs of the supervisor."""
    own = program_of(worker, project)
    for launch in project.launches:
        shares = bool(worker.container) and launch.container == worker.container and launch.kind == worker.kind
        beside = own is not None and launch.kind in SIDE_BY_SIDE and launch.at.path == own.at.path and launch.autostart
        if (shares or beside) and not _starts_a_worker(launch, project):
            yield launch.name


def _starts_a_worker(launch: Launch, project: Project) -> bool:
    return any(launch.at.touches(place) for one in project.workers for place in (one.at, *one.via, one.command_at))


def _commands_beside(worker: Worker, project: Project) -> Iterator[str]:
    """The commands that run beside the worker: those that its shell text sends to the background, or it itself."""
    text = shell_text_of(worker, project)
    if text is None:
        return
    commands = [
        (
            text[node.words[0].start : node.words[-1].end].location(),
            text.text[node.words[0].start : node.words[0].end],
            background,
        )
        for node, background in _commands(shell.parse(text).body, background=False)
    ]
    own = next((pair for pair in commands if pair[0].touches(worker.command_at)), None)
    workers = [place for one in project.workers for place in (one.at, one.command_at) if place != text.location()]
    for at, program, background in commands:
        follows = own is not None and own[2] and own[0].start < at.start
        if (background or follows) and not _SHORT.fullmatch(program) and not any(map(at.touches, workers)):
            yield posixpath.basename(program)


def _commands(node: shell_tree.Node, *, background: bool) -> Iterator[tuple[shell_tree.Simple, bool]]:
    """Every simple command with words, and whether it is sent to the background."""
    match node:
        case shell_tree.Simple(words=(_, *_)):
            yield node, background
        case shell_tree.Background(_, body):
            yield from _commands(body, background=True)
        case shell_tree.Group(_, body):
            yield from _commands(body, background=background)
        case shell_tree.AndOr(_, left, right):
            yield from _commands(left, background=background)
            yield from _commands(right, background=background)
        case shell_tree.Sequence(_, bodies) | shell_tree.Pipeline(_, bodies):
            for one in bodies:
                yield from _commands(one, background=background)
        case _:
            return


def _first_words(command: Command) -> str:
    words = [word.shown for word in command.words] if isinstance(command, Argv) else command.text.text.split()
    return " ".join(words[:3])
