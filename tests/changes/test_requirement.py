"""Extras of requirements."""

from __future__ import annotations

import pytest

from flake8_celery_oom.changes.edits import apply, by_path
from flake8_celery_oom.changes.lower import fix_of
from flake8_celery_oom.changes.scene import CannotEditError, Scene
from flake8_celery_oom.core.facts import Requirement
from flake8_celery_oom.core.results import Project
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.wishes import AddExtra


def with_extra(path: str, text: str, *, locked: bool = False) -> str:
    source = SourceText(path, text)
    start = text.lower().index("celery")
    requirement = Requirement("celery", "", frozenset(), source.location(start, start + 6), locked)
    scene = Scene({path: source}.get, Project((), (), (), (), ()))
    edits = by_path([fix_of(AddExtra(requirement, "gevent", "unsafe"), scene)])
    return apply(text, edits[path])


FINE = [
    ("requirements.txt", "celery==5.4.0\n", "celery[gevent]==5.4.0\n"),
    (
        "requirements.txt",
        "a\nCelery >= 5 ; python_version > '3'  # c\n",
        "a\nCelery[gevent] >= 5 ; python_version > '3'  # c\n",
    ),
    ("requirements.txt", "celery[redis]\r\n", "celery[redis,gevent]\r\n"),
    ("requirements.in", "celery[]==5\n", "celery[gevent]==5\n"),
    ("pyproject.toml", 'dependencies = ["celery>=5"]\n', 'dependencies = ["celery[gevent]>=5"]\n'),
    ("setup.py", "setup(install_requires=['celery'])\n", "setup(install_requires=['celery[gevent]'])\n"),
]


@pytest.mark.parametrize(("path", "before", "after"), FINE)
def test_an_extra_is_added(path: str, before: str, after: str) -> None:
    assert with_extra(path, before) == after


REFUSED = [
    ("requirements.txt", "celery==5.4.0 --hash=sha256:aa\n"),
    ("requirements.txt", "celery==5.4.0 \\\n    --hash=sha256:aa\n"),
    ("pyproject.toml", 'celery = "^5.4"\n'),
    ("Pipfile", '"celery" = "*"\n'),
    ("requirements.txt", "celery-redbeat\n"),
]


@pytest.mark.parametrize(("path", "text"), REFUSED)
def test_other_forms_are_left(path: str, text: str) -> None:
    with pytest.raises(CannotEditError):
        with_extra(path, text)


def test_a_lock_file_is_left() -> None:
    with pytest.raises(CannotEditError, match="lock file"):
        with_extra("requirements.txt", "celery==5.4.0\n", locked=True)
