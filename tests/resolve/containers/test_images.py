"""Images: build arguments, images that stand on one another, and names that commands give them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.resolve.started_project import follow, shown

ENTRY = """
    #!/bin/sh
    if [ "$ROLE" = "jobs" ]; then
        exec celery -A shop worker -c 3
    elif [ "$ROLE" = "mail" ]; then
        exec celery -A shop worker -Q mail -c 5
    fi
    exec gunicorn shop
    """


def in_compose(tmp_path: Path, files: dict[str, str]) -> list[str]:
    return [line for line in shown(follow(tmp_path, files)) if line.startswith("compose.yml")]


@pytest.mark.parametrize(
    ("argument", "arguments", "started"),
    [
        ("ARG ROLE", "args: [ROLE=jobs]", "celery -A shop worker -c 3"),
        ("ARG ROLE=jobs", "args: {ROLE: mail}", "celery -A shop worker -Q mail -c 5"),
        ("ARG ROLE", "args: {OTHER: jobs}", None),
        ("ARG ROLE=web", "args: [ROLE=web]", None),
    ],
)
def test_build_arguments_reach_the_environment(
    tmp_path: Path, argument: str, arguments: str, started: str | None
) -> None:
    files = {
        "compose.yml": f"services:\n  one:\n    build:\n      context: .\n      {arguments}\n",
        "Dockerfile": f'FROM python\n{argument}\nENV ROLE=$ROLE\nCOPY entry.sh /\nCMD ["/entry.sh"]\n',
        "entry.sh": ENTRY,
    }
    found = [line.partition(": ")[2] for line in in_compose(tmp_path, files)]
    assert found == ([started] if started else [])


def test_a_default_of_a_build_argument_is_only_a_default(tmp_path: Path) -> None:
    files = {
        "compose.yml": "services:\n  one:\n    build: .\n",
        "Dockerfile": 'FROM python\nARG ROLE=jobs\nENV ROLE=$ROLE\nCOPY entry.sh /\nCMD ["/entry.sh"]\n',
        "entry.sh": ENTRY,
    }
    assert len(in_compose(tmp_path, files)) == 2


BASE = """
    FROM python
    WORKDIR /srv
    COPY common/ /srv/
    ENV COUNT=6
    CMD ["./run.sh"]
    """
BUILDS = {
    "Makefile": "OWNER ?= shop\nimages:\n\tdocker build -t $(OWNER)/shop-base:$(V) \\\n\t\t-f base/Dockerfile .\n",
    "build.sh": "#!/bin/sh\nset -e; docker buildx build -t r.example:50/shop/shop-base:1 -f base/Dockerfile .; ls\n",
    ".gitlab-ci.yml": "images:\n  script:\n    - podman build -t shop/shop-base -f base/Dockerfile .\n",
}


@pytest.mark.parametrize("path", BUILDS)
def test_a_base_image_that_a_command_of_the_project_builds(tmp_path: Path, path: str) -> None:
    registry = "r.example:50/shop/" if path == "build.sh" else "shop/"
    files = {
        "compose.yml": "services:\n  jobs:\n    build: jobs\n",
        "jobs/Dockerfile": f"FROM {registry}shop-base:latest\nENV COUNT=7\n",
        "base/Dockerfile": BASE,
        "common/run.sh": "#!/bin/sh\nexec celery -A shop worker -c $COUNT\n",
        path: BUILDS[path],
    }
    assert in_compose(tmp_path, files) == [
        "compose.yml:2 <- base/Dockerfile:5 <- common/run.sh:2: celery -A shop worker -c 7"
    ]


@pytest.mark.parametrize(
    ("command", "known"),
    [
        ("docker build -t shop/jobs .", True),
        ("sudo docker image build --build-arg A=b --tag=shop/jobs:2 --pull .", True),
        ("ssh host 'docker build -t shop/jobs:unstable .'", True),
        ("docker build -t shop/web .", False),
        ("docker build -t $IMAGE .", False),
        ("docker build -t shop/jobs elsewhere", False),
        ("docker pull shop/jobs", False),
    ],
)
def test_an_image_is_known_by_the_name_that_a_command_gives_it(tmp_path: Path, command: str, known: bool) -> None:
    files = {
        "compose.yml": "services:\n  jobs:\n    image: shop/jobs:3\n",
        "Dockerfile": "FROM python\nCMD celery -A shop worker -c 4\n",
        "build.sh": f"#!/bin/sh\n{command}\n",
    }
    assert bool(in_compose(tmp_path, files)) is known


def test_two_images_of_one_name_are_none(tmp_path: Path) -> None:
    files = {
        "compose.yml": "services:\n  jobs:\n    image: shop/jobs\n",
        "Dockerfile": "FROM python\nCMD celery -A shop worker -c 4\n",
        "other/Dockerfile": "FROM python\nCMD celery -A shop worker -c 5\n",
        "build.sh": "#!/bin/sh\ndocker build -t shop/jobs .\ndocker build -t shop/jobs other\n",
    }
    assert in_compose(tmp_path, files) == []
