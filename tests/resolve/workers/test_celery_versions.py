from __future__ import annotations

import pytest

from flake8_celery_oom.core.facts import Requirement
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.resolve.workers.celery_versions import CeleryVersions


def asks(path: str, specifier: str, name: str = "celery", *, locked: bool = False, extras: str = "") -> Requirement:
    at = SourceText(path, name).location(0, len(name))
    return Requirement(name, specifier, frozenset(extras.split()), at, locked=locked)


def version(path: str, *requirements: Requirement, default: str = "") -> str:
    return CeleryVersions(requirements, default).of(path).specifier


def test_the_nearest_folder_that_names_celery_decides() -> None:
    found = [asks("requirements.txt", "==5.4.0"), asks("legacy/requirements.txt", "==4.4.7")]
    found.append(asks("legacy/web/requirements.txt", "==4.2", "django"))
    assert version("legacy/web/tasks.py", *found) == "==4.4.7"
    assert version("new/tasks.py", *found) == "==5.4.0"


@pytest.mark.parametrize(
    "path", ["backend/requirements/base.txt", "backend/deps/pip/requirements.txt", "backend/docker/Dockerfile"]
)
def test_folders_of_requirements_speak_for_the_folder_around_them(path: str) -> None:
    assert version("backend/app/tasks.py", asks(path, "==5.4.0"), asks("requirements.txt", "==4.4.7")) == "==5.4.0"


def test_a_lock_beats_a_pin_and_a_pin_beats_a_range() -> None:
    lock, pin = asks("poetry.lock", "==5.4.0", locked=True), asks("requirements.txt", "==5.3.6")
    spread, bare = asks("pyproject.toml", ">=5.2,<6"), asks("setup.py", "")
    assert version("a.py", bare, spread, pin, lock) == "==5.4.0"
    assert version("a.py", bare, spread, pin) == "==5.3.6"
    assert version("a.py", bare, spread) == ">=5.2,<6"
    assert version("a.py", bare) == ""


def test_the_answer_names_its_place() -> None:
    lock = asks("poetry.lock", "==5.4.0", locked=True)
    assert CeleryVersions([asks("pyproject.toml", "^5"), lock], "").of("a.py").at == lock.at


def test_files_that_disagree_give_alternatives() -> None:
    found = [asks("requirements/prod.txt", "==5.4.0"), asks("requirements/old.txt", "==4.4.7")]
    assert version("a.py", *found) == "==4.4.7||==5.4.0"
    assert version("b.py", asks("x.toml", ">=5"), asks("y.txt", "<6")) == "<6||>=5"


def test_files_for_development_count_only_alone() -> None:
    dev = asks("requirements/dev.txt", "==4.4.7")
    assert version("a.py", dev, asks("requirements/prod.txt", "==5.4.0")) == "==5.4.0"
    assert version("a.py", dev) == "==4.4.7"


def test_members_of_a_workspace_share_the_lock_above_them() -> None:
    lock = asks("uv.lock", "==5.4.0", locked=True)
    assert version("packages/a/x.py", asks("packages/a/pyproject.toml", ">=5.2,<6"), lock) == "==5.4.0"
    assert version("packages/a/x.py", asks("packages/a/pyproject.toml", "<5"), lock) == "<5"
    assert version("packages/a/x.py", asks("packages/a/pyproject.toml", "==5.3.6"), lock) == "==5.3.6"


def test_what_stands_below_counts_when_nothing_stands_above() -> None:
    backend = asks("backend/requirements.txt", "==5.4.0")
    assert version("compose.yml", backend) == "==5.4.0"
    assert version("deploy/compose.yml", backend, asks("frontend/requirements.txt", "==4.2", "django")) == "==5.4.0"


def test_apps_that_disagree_say_nothing_about_others() -> None:
    apps = [asks("a/requirements.txt", "==5.4.0"), asks("b/requirements.txt", "==4.4.7")]
    assert version("compose.yml", *apps) == ""
    assert version("compose.yml", *apps, default="==5.2.7") == "==5.2.7"
    assert version("a/compose.yml", *apps, default="==5.2.7") == "==5.4.0"


def test_the_default_counts_where_nothing_names_a_version() -> None:
    assert version("a.py", default="==5.2.7") == "==5.2.7"
    assert version("a.py", asks("requirements.txt", ""), default="==5.2.7") == "==5.2.7"


def test_packages_with_their_extras() -> None:
    found = [
        asks("requirements.txt", "", "ruff"),
        asks("a/requirements.txt", "", extras="gevent redis"),
        asks("b/requirements.txt", ""),
        asks("b/requirements.txt", "", "eventlet"),
    ]
    versions = CeleryVersions(found, "")
    assert versions.packages("a/x.py") == {"ruff", "celery", "celery[gevent]", "celery[redis]"}
    assert versions.packages("b/x.py") == {"ruff", "celery", "eventlet"}
    assert versions.packages("compose.yml") == {"ruff", "celery", "celery[gevent]", "celery[redis]", "eventlet"}
    assert CeleryVersions([], "").packages("a.py") == frozenset()
