"""Holds the compose files of real repositories against Docker Compose: what is read here, and what it says.

usage: python tools/compare_compose.py FOLDER...    each a work tree; needs ``docker-compose`` 5 on PATH

Every compose project of a tree is run in a copy of its files, with empty env files where they are missing. Projects
that Compose refuses count as refused. Prints each difference and a table of the values that were compared.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.facts import Launch
from flake8_celery_oom.resolve.compose.launches import launches_of_projects
from flake8_celery_oom.resolve.compose.projects import ComposeProject
from flake8_celery_oom.resolve.facts.index import Facts
from flake8_celery_oom.workspace import Workspace
from tests.oracles.compose.reading import Tally, compared, composed

ENV_FILE_ENDINGS = (".env", ".conf")


def copied(tree: Path, into: Path, facts: Facts, launches: list[Launch]) -> None:
    """The files that Compose may open, and empty ones in the place of env files that are not in the repository."""
    for fact in facts.notation_facts:
        _copy(tree, into, fact.path)
    for path in facts.files:
        if ".env" in path or "/env" in path or path.endswith(ENV_FILE_ENDINGS):
            _copy(tree, into, path)
    for launch in launches:
        for origin in launch.environment_from:
            if origin.path is not None and not origin.path.startswith(".."):
                target = into / origin.path
                target.parent.mkdir(parents=True, exist_ok=True)
                if not target.exists():
                    target.touch()


def _copy(tree: Path, into: Path, path: str) -> None:
    source, target = tree / path, into / path
    if source.is_file() and not source.is_symlink():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def compare(tree: Path, tally: Tally) -> None:
    workspace = Workspace(tree, Config())
    facts = workspace.facts
    for project, launches in launches_of_projects(facts):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder, "repo")
            copied(tree, root, facts, launches)
            services = composed(root / project.folder, _arguments(project))
            if services is None:
                tally.refused += 1
                continue
            tally.projects += 1
            for line in compared(launches, services, facts, root, tally):
                print(f"{tree.name}: {' '.join(project.files)}: {line}")


def _arguments(project: ComposeProject) -> tuple[str, ...]:
    """What Compose is told when it is run in the folder of the project."""
    named = [word for path in project.files for word in ("-f", os.path.relpath(path, project.folder or "."))]
    env_files = [path for path in project.env_files if path != f"{project.folder}/.env".lstrip("/")]
    given = [word for path in env_files for word in ("--env-file", os.path.relpath(path, project.folder or "."))]
    return ("-p", "project", *given, *named)


def main() -> None:
    tally = Tally()
    for argument in sys.argv[1:]:
        compare(Path(argument).resolve(), tally)
    print(tally.shown())


if __name__ == "__main__":
    main()
