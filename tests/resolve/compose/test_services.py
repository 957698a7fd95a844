from __future__ import annotations

import pytest

from flake8_celery_oom.core.facts import Argv, Build, ShellText
from flake8_celery_oom.core.value import Known, Unknown, Unset
from tests.resolve.compose.project import launches, service


def test_a_text_is_split_by_compose_and_a_list_is_not() -> None:
    launch = service("command: celery worker\nentrypoint: [sh, -c]")
    assert isinstance(launch.command, ShellText)
    assert not launch.command.shell
    assert isinstance(launch.entrypoint, Argv)
    assert launch.entrypoint.notation == "yaml-flow"
    assert (launch.in_container, launch.container) == (True, "deploy/compose.yml:worker")


def test_the_place_is_the_command_else_the_entrypoint_else_the_name() -> None:
    assert service("entrypoint: /run\ncommand: worker").at.line == 4
    assert service("entrypoint: /run").at.line == 3
    assert service("image: x").at.line == 2


@pytest.mark.parametrize("empty", ["command:", "command: null", "command: ~"])
def test_no_command(empty: str) -> None:
    assert service(f"image: x\n{empty}").command is None


def test_an_empty_list_takes_the_images_entrypoint_away() -> None:
    assert service("entrypoint: []").entrypoint == Argv((), service("entrypoint: []").at, "yaml-flow")


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        ("build: .", Build("deploy", "deploy/Dockerfile")),
        ("build: ../app", Build("app", "app/Dockerfile")),
        (
            "build: {context: .., dockerfile: docker/w.Dockerfile, target: run}",
            Build(".", "docker/w.Dockerfile", "run"),
        ),
        ("build: {dockerfile: ../w.Dockerfile}", Build("deploy", "w.Dockerfile")),
        (
            "build: {context: '${DIR:-.}', dockerfile: 'Dockerfile.${KIND-slim}'}",
            Build("deploy", "deploy/Dockerfile.slim"),
        ),
        ("build: {context: '${DIR}'}", None),
        ("build: {context: ., dockerfile: '${FILE}'}", None),
        ("build: https://example.org/x.git", None),
        ("build: /srv/app", None),
        ("build: {context: ., dockerfile_inline: FROM x}", None),
        ("image: x", None),
    ],
)
def test_build(build: str, expected: Build | None) -> None:
    assert service(build).build == expected


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ("mem_limit: 512m", 512 * 1024**2),
        ("mem_limit: 1000", 1000),
        ("mem_limit: 1g\ndeploy: {resources: {limits: {memory: 2g}}}", 2 * 1024**3),
        ("deploy: {resources: {reservations: {memory: 2g}}}\nmem_limit: 1g", 1024**3),
    ],
)
def test_memory(limit: str, expected: int) -> None:
    found = service(limit).memory_limit
    assert isinstance(found, Known)
    assert (found.value, found.origin) == (expected, "limit")
    assert found.at is not None


@pytest.mark.parametrize("limit", ["image: x", "mem_limit: 0", "mem_limit:", "mem_limit: '0'"])
def test_no_memory_limit(limit: str) -> None:
    assert isinstance(service(limit).memory_limit, Unset)


@pytest.mark.parametrize(
    ("limit", "default"),
    [
        ("${L:-0}", 0),
        ("${L:-1g}", 1024**3),
        ("${L}", None),
        ("${L:-lots}", None),
        ("lots", None),
        ("${A:-${B:-1k}}", 1024),
    ],
)
def test_a_limit_that_others_set(limit: str, default: int | None) -> None:
    found = service(f"mem_limit: {limit}").memory_limit
    assert isinstance(found, Unknown)
    assert found.default == default


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("scale: 3", 3),
        ("deploy: {replicas: 2}\nscale: 3", 3),
        ("deploy: {replicas: '${N:-4}'}", 4),
        ("deploy: {replicas: '${N}'}", 1),
        ("deploy: {replicas: 0}", 0),
        ("deploy: {replicas: many}", 1),
        ("image: x", 1),
    ],
)
def test_replicas(body: str, expected: int) -> None:
    assert service(body).replicas == expected


@pytest.mark.parametrize(
    ("volume", "expected"),
    [
        ("./src:/app", ("deploy/src", "/app")),
        ("..:/app:ro", (".", "/app")),
        ("$PWD/src:/app", ("deploy/src", "/app")),
        ("${PWD}:/app", ("deploy", "/app")),
        ("${X:-./code}:/app", ("deploy/code", "/app")),
        ("{type: bind, source: ../lib, target: /lib}", ("lib", "/lib")),
        ("data:/data", None),
        ("/etc/x:/etc/x", None),
        ("./only", None),
        ("${X}:/app", None),
    ],
)
def test_mounts(volume: str, expected: tuple[str, str] | None) -> None:
    mounts = service(f"volumes:\n  - {volume}").mounts
    assert [(mount.source, mount.target) for mount in mounts] == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ("env_file: .env", [(".env", "deploy/.env")]),
        ("env_file: [a.env, ../b.env]", [("a.env", "deploy/a.env"), ("../b.env", "b.env")]),
        ("env_file: [{path: c.env, required: false}]", [("c.env", "deploy/c.env")]),
        ("env_file: ${STAGE:-dev}.env", [("${STAGE:-dev}.env", "deploy/dev.env")]),
        ("env_file: ${STAGE}.env", [("${STAGE}.env", None)]),
        ("env_file:", []),
    ],
)
def test_env_files(files: str, expected: list[tuple[str, str | None]]) -> None:
    assert [(source.name, source.path) for source in service(files).environment_from] == expected


def test_extends_with_the_name_of_the_same_file() -> None:
    text = "services:\n  base:\n    image: x\n  worker:\n    extends: {file: compose.yml, service: base}\n"
    assert [launch.image for launch in launches({"compose.yml": text})] == ["x", "x"]


def test_extends_in_a_circle_ends() -> None:
    text = "services:\n  a:\n    extends: b\n    image: x\n  b:\n    extends: a\n    command: run\n"
    assert [launch.image for launch in launches({"compose.yml": text})] == ["x", "x"]


def test_what_a_service_extends_and_is_not_here_may_hold_a_limit() -> None:
    launch = service("extends: {file: ../base/compose.yml, service: app}\ncommand: celery worker")
    assert launch.build is None
    assert isinstance(launch.memory_limit, Unknown)
    assert "app of ../base/compose.yml" in launch.memory_limit.cause.text


def test_services_that_are_no_mappings_are_passed_over() -> None:
    assert launches({"compose.yml": "services:\n  a: x\n  b:\n  c: [1]\n"}) == []
    assert launches({"compose.yml": "services:\n  - a\n"}) == []
    assert launches({"compose.yml": "version: '3'\nvolumes:\n  data: {}\n"}) == []


def test_go_templates_inside_quotes_are_plain_text() -> None:
    launch = service("command: \"celery worker -n '{{.Node.Hostname}}'\"")
    assert isinstance(launch.command, ShellText)
    assert not launch.command.text.holes


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("B=x", "N=${B}", "x"),
        ("B=x", "B=y\nN=${B}", "y"),
        ("B=x", "B=${A:-none}\nN=${B}", "none"),
        ("O=x", "O=y\nN=${O}", "own"),
        ("B=x", "A=1\nN=${A:-none}\nA=1", "1"),
        ("B=x", "A=1\nN=${A}\nA=2", "1"),
    ],
)
def test_a_variable_of_an_env_file_is_its_own_before_it_is_that_of_an_earlier_file(
    first: str, second: str, expected: str
) -> None:
    """As ``docker compose config`` of Docker Compose 5.6.1 prints it."""
    files = {
        "compose.yml": "services:\n  w:\n    image: x\n    env_file: [one.env, two.env]\n    environment: {O: own}\n",
        "one.env": f"{first}\n",
        "two.env": f"{second}\n",
    }
    (launch,) = launches(files)
    assert launch.environment["N"].default_text == expected


def test_a_context_that_is_not_written_is_the_folder_of_the_project() -> None:
    """As ``docker compose config`` of Docker Compose 5.6.1 prints it."""
    files = {
        "compose.yml": "services:\n  w:\n    extends: {file: common/base.yml, service: base}\n",
        "common/base.yml": "services:\n  base:\n    build: {dockerfile: w.Dockerfile}\n",
    }
    assert [one.build for one in launches(files) if one.name == "w"] == [Build(".", "w.Dockerfile")]


@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("compose.override.yml.example", {"compose.yml", "compose.override.yml.example"}),
        ("compose.override.yml.sample", {"compose.yml", "compose.override.yml.sample"}),
        ("compose.debug.yml", {"compose.yml", "compose.debug.yml"}),
    ],
)
def test_a_sample_of_an_override_changes_no_service_before_it_is_copied(name: str, places: set[str]) -> None:
    over = "services:\n  a: {environment: {X: sample}}\n  b: {command: celery other}\n"
    base = "services:\n  a: {image: i, command: celery a}\n  b: {image: i, command: celery b}\n"
    found = launches({"compose.yml": base, name: over})
    assert {one.at.path for one in found} == places
    assert any(one.environment for one in found if one.name == "a") is (name == "compose.debug.yml")
