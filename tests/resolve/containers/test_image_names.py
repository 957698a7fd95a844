"""Which Dockerfile an image is built from, and what it runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.resolve.started_project import follow

IMAGE_OF_JOBS = """
    FROM debian
    COPY run.sh /run.sh
    ENTRYPOINT ["/run.sh"]
    """
RUN_JOBS = """
    #!/bin/sh
    case "$1" in
      jobs) exec celery -A shop worker -c 2 ;;
      *) exec gunicorn shop ;;
    esac
    """


@pytest.mark.parametrize(
    ("image", "reached"),
    [
        ("shop/jobs:1.2", True),
        ("registry.example.org/shop/jobs", True),
        ("jobs", False),
        ("shop/other", False),
        ("shop/$NAME", False),
    ],
)
def test_an_image_that_is_called_like_the_only_dockerfile(tmp_path: Path, image: str, *, reached: bool) -> None:
    found = follow(
        tmp_path,
        {
            "jobs/Dockerfile": IMAGE_OF_JOBS,
            "jobs/run.sh": RUN_JOBS,
            "plugin/jobs.Dockerfile": "FROM shop/jobs:1.2\nRUN true\n",
            "web/Dockerfile": "FROM debian\n",
            "compose.yml": f"services:\n  jobs:\n    image: {image}\n    command: jobs\n",
        },
    )
    assert any(one.kind == "compose" for one in found) is reached


def test_a_compose_file_in_a_folder_whose_paths_start_at_the_root(tmp_path: Path) -> None:
    service = (
        "services:\n  jobs:\n    image: jobs:dev\n    build:\n      context: .\n      dockerfile: jobs.Dockerfile\n"
    )
    found = follow(
        tmp_path,
        {
            "jobs.Dockerfile": IMAGE_OF_JOBS,
            "run.sh": RUN_JOBS,
            "compose.yml": service + "    command: jobs\n",
            "deploy/compose/debug.yml": service + "    command: jobs\n",
            "deploy/compose/named.yml": "services:\n  more:\n    image: jobs:v2\n    command: jobs\n",
        },
    )
    assert {one.site.path for one in found if one.kind == "compose"} == {
        "compose.yml",
        "deploy/compose/debug.yml",
        "deploy/compose/named.yml",
    }


@pytest.mark.parametrize(
    ("image", "reached"),
    [("ghcr.io/acme/jobs:3", True), ("ghcr.io/acme/JOBS", True), ("jobs", False), ("ghcr.io/acme/web", False)],
)
def test_an_image_that_is_called_like_a_stage(tmp_path: Path, image: str, *, reached: bool) -> None:
    stages = 'FROM python AS web\nCMD ["gunicorn"]\nFROM web AS jobs\nCMD ["celery", "-A", "a", "worker"]\nFROM web\n'
    files = {"Dockerfile": stages, "compose.yml": f"services:\n  x:\n    image: {image}\n"}
    assert any(one.kind == "compose" for one in follow(tmp_path, files)) is reached
