"""Requirement files, project metadata and lock files: which packages an app asks for, and in which versions."""

from __future__ import annotations

import posixpath
import re

from flake8_celery_oom.core.facts import Fact
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax import requirement_files as files
from flake8_celery_oom.syntax.requirement import from_install_command

KIND = "requirements"
TITLE = "requirement and lock files"
NAMES = (
    "*requirements*.txt",
    "*requirements*.in",
    "**/requirements/*.txt",
    "**/requirements/**/*.txt",
    "pyproject.toml",
    "setup.cfg",
    "setup.py",
    "Pipfile",
    "Pipfile.lock",
    "poetry.lock",
    "uv.lock",
    "pdm.lock",
    "environment.yml",
)

__all__ = ["KIND", "claims", "from_install_command", "read"]

_TEXT = re.compile(
    r"(?:^|/)(?:[^/]*(?:requirements?|constraints|reqs|deps)[^/]*\.(?:txt|in|pip|lock)"
    r"|(?:requirements|reqs|constraints)/(?:[^/]+/)*[^/]+\.(?:txt|in|pip))\Z"
)
_LOCK = re.compile(r"(?:poetry|uv|pdm)\.lock|pylock(?:\.[^/]+)?\.toml")
_CONDA = re.compile(r"(?:[\w.-]*[-_.])?(?:environment|conda|env)(?:[-_.][\w.-]*)?\.ya?ml")
_READERS: dict[str, files.Reader] = {
    "pyproject.toml": files.from_pyproject,
    "Pipfile": files.from_pipfile,
    "Pipfile.lock": files.from_pipfile_lock,
    "setup.cfg": files.from_setup_cfg,
    "setup.py": files.from_setup_py,
}


def claims(path: str, head: str) -> bool:
    """By name; a conda environment also needs its ``dependencies``."""
    name = posixpath.basename(path)
    if name in _READERS or _LOCK.fullmatch(name) or _TEXT.search(path):
        return True
    return _CONDA.fullmatch(name) is not None and re.search(r"^dependencies:", head, re.MULTILINE) is not None


def read(source: SourceText) -> list[Fact]:
    """One Requirement for every package that the file names."""
    return list(_reader(source.path)(source))


def _reader(path: str) -> files.Reader:
    name = posixpath.basename(path)
    if name in _READERS:
        return _READERS[name]
    if _LOCK.fullmatch(name):
        return files.from_lock
    return files.from_requirements_txt if _TEXT.search(path) else files.from_conda_environment
