"""The workers of a project do not depend on the order of files, on how facts were kept, or on where they lie."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path

import pytest

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.facts import Fact
from flake8_celery_oom.core.results import Worker
from flake8_celery_oom.resolve.facts.index import Facts
from flake8_celery_oom.resolve.linking.prepare import prepare
from flake8_celery_oom.resolve.project import resolve
from flake8_celery_oom.workspace import Workspace
from tests.files import write_files

APP = """
    import os
    from celery import Celery

    app = Celery("shop")
    app.conf.worker_concurrency = int(os.getenv("N", 4))
    """
SCRIPTS = {
    "compose.yml": """
        services:
          big: {build: ., command: worker, environment: {N: "16"}, mem_limit: 1g}
          small: {build: ., command: worker, environment: {POOL: solo}, mem_limit: 512m}
          beat: {build: ., command: beat}
        """,
    "Dockerfile": 'FROM python:3.12\nCOPY . /app\nWORKDIR /app\nENTRYPOINT ["/app/entry.sh"]\n',
    "entry.sh": """
        #!/bin/sh
        case "$1" in
          worker) shift; exec ./run.sh celery -A shop worker -P "${POOL:-prefork}" "$@" ;;
          beat) exec celery -A shop beat ;;
        esac
        """,
    "run.sh": '#!/bin/sh\nif [ -n "$NICE" ]; then exec nice "$@"; fi\nexec "$@"\n',
    "shop/__init__.py": "",
    "shop/celery.py": APP,
}
SUPERVISOR = {
    "deploy/supervisord.conf": """
        [program:one]
        command=/srv/start.sh one
        [program:two]
        command=/srv/start.sh two
        """,
    "deploy/start.sh": """
        #!/bin/sh
        if [ "$1" = one ]; then CHILDREN=2; else CHILDREN=8; fi
        celery -A shop worker -n "$1" -c $CHILDREN
        """,
    "Procfile": "worker: sh deploy/start.sh three\nother: celery -A shop worker -c ${WEB_CONCURRENCY:-3}\n",
    "shop/celery.py": APP,
}
CONFIG_MAPS = {
    f"env/{name}/worker.yaml": f"""
        apiVersion: v1
        kind: ConfigMap
        metadata: {{name: start}}
        data:
          start.sh: |
            celery -A shop worker -c {number}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {{name: jobs}}
        spec:
          template:
            spec:
              containers:
              - name: jobs
                image: shop
                command: [sh, /scripts/start.sh]
                volumeMounts: [{{name: scripts, mountPath: /scripts}}]
              volumes:
              - name: scripts
                configMap: {{name: start}}
        """
    for name, number in (("test", 2), ("live", 8), ("stage", 4))
}
FORWARDED = {
    "a/compose.yml": """
        services:
          any: {image: shop, command: ./run.sh $ARGUMENTS, volumes: ["..:/app"], working_dir: /app}
          other: {image: shop, command: ./run.sh $OTHERS, volumes: ["..:/app"], working_dir: /app}
        """,
    "b/compose.yml": """
        services:
          one: {image: shop, command: ./run.sh -A shop worker -c 2, volumes: ["..:/app"], working_dir: /app}
          two: {image: shop, command: ./run.sh -A shop worker -c 8, volumes: ["..:/app"], working_dir: /app}
        """,
    "run.sh": '#!/bin/sh\nexec celery "$@"\n',
    "shop/celery.py": APP,
}
PROJECTS = pytest.mark.parametrize(
    "files",
    [SCRIPTS, SUPERVISOR, CONFIG_MAPS, FORWARDED],
    ids=["scripts", "supervisor", "maps", "forwarded"],
)


def opened(root: Path, files: Mapping[str, str], below: str = "") -> Workspace:
    write_files(root, {f"{below}{path}": text for path, text in files.items()})
    return Workspace(root, Config())


def workers(workspace: Workspace, found: Mapping[str, list[Fact]], *, backwards: bool = False) -> list[str]:
    """What is found when facts are joined anew; ``backwards``: the launches are followed from the last to the first."""
    facts = Facts.of(workspace.files, workspace.source, found)
    joined = prepare(facts)
    if backwards:
        joined.launches.reverse()
    mentioning = [path for path in workspace.files if path.endswith(".py")]
    return shown(resolve(joined, mentioning, Config()).project.workers)


def shown(found: tuple[Worker, ...]) -> list[str]:
    return sorted(map(repr, found))


@PROJECTS
def test_the_order_of_the_files(files: dict[str, str], tmp_path: Path) -> None:
    workspace = opened(tmp_path, files)
    found = workspace.file_facts
    expected = workers(workspace, found)
    assert len(expected) >= 2
    assert workers(workspace, dict(sorted(found.items(), reverse=True))) == expected


@PROJECTS
def test_the_order_in_which_launches_are_followed(files: dict[str, str], tmp_path: Path) -> None:
    workspace = opened(tmp_path, files)
    found = workspace.file_facts
    assert workers(workspace, found, backwards=True) == workers(workspace, found)


@PROJECTS
def test_facts_that_were_kept(files: dict[str, str], tmp_path: Path) -> None:
    workspace = opened(tmp_path, files)
    kept = {path: pickle.loads(pickle.dumps(facts)) for path, facts in workspace.file_facts.items()}
    assert workers(workspace, kept) == workers(workspace, workspace.file_facts)


@PROJECTS
def test_unrelated_files(files: dict[str, str], tmp_path: Path) -> None:
    unrelated = {
        "a/notes.yml": "a: 1\n",
        "tools/lint.sh": "#!/bin/sh\nruff check .\n",
        "zz/models.py": "import celery\nN = 1\n",
        "README.md": "celery -A shop worker\n",
    }
    expected = shown(opened(tmp_path / "without", files).project().workers)
    assert shown(opened(tmp_path / "with", {**files, **unrelated}).project().workers) == expected


@PROJECTS
def test_the_name_of_the_folder(files: dict[str, str], tmp_path: Path) -> None:
    one = opened(tmp_path / "one", files, "alpha/").project().workers
    other = opened(tmp_path / "other", files, "omega/").project().workers
    assert [text.replace("omega", "alpha") for text in shown(other)] == shown(one)


@PROJECTS
def test_facts_can_be_prepared_again(files: dict[str, str], tmp_path: Path) -> None:
    workspace = opened(tmp_path, files)
    facts = Facts.of(workspace.files, workspace.source, workspace.file_facts)
    before = facts.copy()
    first = prepare(facts)
    assert facts == before
    assert prepare(facts) == first
