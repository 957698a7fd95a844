"""Fly, Heroku and Railway: memory, replicas, what is built."""

from __future__ import annotations

import pytest

from flake8_celery_oom.core.facts import Build, Launch, Problem
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.value import Known, Unknown, Unset
from flake8_celery_oom.sources import fly, heroku, railway

MIB = 1024 * 1024


def machine(text: str, path: str = "fly.toml") -> Launch:
    (launch,) = fly.read(SourceText(path, f'[processes]\nworker = "celery worker"\n{text}'))
    assert isinstance(launch, Launch)
    return launch


@pytest.mark.parametrize(
    ("text", "mebibytes"),
    [
        ('[[vm]]\nmemory = "512mb"\n', 512),
        ('[[vm]]\nmemory = "2gb"\n', 2048),
        ('[[vm]]\nmemory = "1GiB"\n', 1024),
        ('[[vm]]\nmemory = "768"\n', 768),
        ("[[vm]]\nmemory_mb = 1_024\n", 1024),
        ('[[vm]]\nsize = "shared-cpu-1x"\n', 256),
        ('[[vm]]\nsize = "shared-cpu-8x"\n', 2048),
        ('[[vm]]\nsize = "performance-2x"\n', 4096),
        ('[[vm]]\nsize = "performance-2x"\nmemory = "8gb"\n', 8192),
        ('[[vm]]\nmemory = "1gb"\n[[vm]]\nmemory = "3gb"\nprocesses = ["worker"]\n', 3072),
        ('[[vm]]\nmemory = "1gb"\nprocesses = ["web"]\n[[vm]]\nmemory = "2gb"\n', 2048),
        ('[vm]\nmemory = "512mb"\n', 512),
    ],
)
def test_memory_of_a_machine(text: str, mebibytes: int) -> None:
    limit = machine(text).memory_limit
    assert isinstance(limit, Known)
    assert limit.value == mebibytes * MIB


@pytest.mark.parametrize(
    "text",
    ["", '[[vm]]\nsize = "a100-40gb"\n', '[[vm]]\nmemory = "much"\n', '[[vm]]\nmemory = "1gb"\nprocesses = ["x"]\n'],
)
def test_memory_that_fly_toml_does_not_say(text: str) -> None:
    assert isinstance(machine(text).memory_limit, Unknown)


@pytest.mark.parametrize(
    ("text", "build"),
    [
        ("", Build("deploy", "deploy/Dockerfile")),
        ('[build]\ndockerfile = "../w.Dockerfile"\nbuild-target = "x"\n', Build("deploy", "w.Dockerfile", "x")),
        ('[build]\nbuilder = "heroku/buildpacks:20"\n', None),
        ('[build]\nimage = "x"\n', None),
    ],
)
def test_what_fly_builds(text: str, build: Build | None) -> None:
    assert machine(text, "deploy/fly.toml").build == build


def test_fly_without_groups_runs_the_image() -> None:
    (launch,) = fly.read(SourceText("fly.toml", 'app = "shop"\n'))
    assert isinstance(launch, Launch)
    assert (launch.name, launch.command, launch.at.line, launch.in_container) == ("app", None, 1, True)
    (_, problem) = fly.read(SourceText("fly.toml", 'app = "shop\n'))
    assert isinstance(problem, Problem)


@pytest.mark.parametrize(("size", "mebibytes"), [("standard-2X", 1024), ("Performance-L", 14336), ("eco", 512)])
def test_dynos(size: str, mebibytes: int) -> None:
    text = f'{{"formation": {{"worker": {{"size": "{size}", "quantity": 0}}}}}}'
    (launch,) = heroku.read(SourceText("app.json", text))
    assert isinstance(launch, Launch)
    assert isinstance(launch.memory_limit, Known)
    assert (launch.memory_limit.value, launch.replicas, launch.command) == (mebibytes * MIB, 0, None)


def test_dyno_without_a_size() -> None:
    (launch,) = heroku.read(SourceText("app.json", '{"formation": {"worker": {}}}'))
    assert isinstance(launch, Launch)
    assert (launch.memory_limit, launch.replicas) == (Unset(), 1)


def test_railway() -> None:
    source = SourceText(
        "api/railway.json", '{"deploy": {"startCommand": "celery worker"}, "build": {"builder": "DOCKERFILE"}}'
    )
    (launch,) = railway.read(source)
    assert isinstance(launch, Launch)
    assert launch.build == Build("api", "api/Dockerfile")
    assert (launch.name, launch.in_container, launch.workdir) == ("start", True, None)
    assert railway.read(SourceText("railway.toml", "[build]\n")) == []
