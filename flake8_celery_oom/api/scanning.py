"""Scans one repository, wherever it lies: a folder, a checkout of git, a bare repository, an archive."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from flake8_celery_oom import discover
from flake8_celery_oom.api.owners import Owners
from flake8_celery_oom.config import Config, ConfigError, read_config
from flake8_celery_oom.listing.archive import ArchiveError, lay_out_archive
from flake8_celery_oom.listing.revision import RevisionError, lay_out_git
from flake8_celery_oom.listing.stored import NoRepositoryError, Stored, stored_at
from flake8_celery_oom.workspace import Workspace

if TYPE_CHECKING:
    from flake8_celery_oom.api.report import Report


class ScanError(Exception):
    """A repository that cannot be looked at; the text says why."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A repository whose files lie below ``root``; ``files`` are all that it has, None: those of the folder."""

    root: Path
    files: tuple[str, ...] | None
    tracked_only: bool


def scan(repository: str | os.PathLike[str], *, config: str | os.PathLike[str] | None = None) -> Report:
    """What runs in a repository, what is wrong with it, and where each value comes from.

    ``repository`` is a folder, a checkout of git (of which the files count that git tracks, as they lie there), a bare
    repository (its ``HEAD``) or an archive (tar, zip). ``config`` is a TOML file that counts instead of what the
    repository itself configures. Nothing of the repository is run, no program is started, nothing is fetched. Every
    evaluator has a budget of steps and bytes; whoever needs a bound on time and memory of the whole runs this in a
    process of its own, as ``celery-oom fleet`` does.

    Raises ScanError where the repository cannot be read, ConfigError for a ``config`` that means nothing.
    """
    from flake8_celery_oom.api.building import report_of

    chosen = config_of(config)
    with opened(stored(repository)) as found:
        workspace, problem = workspace_of(found, chosen)
        return report_of(workspace, Owners.of(found.root), problem)


def stored(repository: str | os.PathLike[str]) -> Stored:
    """What lies at a path. Raises ScanError."""
    try:
        return stored_at(os.path.abspath(repository))  # noqa: PTH100 - a link as the last part stays
    except NoRepositoryError as error:
        raise ScanError(str(error)) from error


def config_of(file: str | os.PathLike[str] | None) -> Config | None:
    """The configuration that counts for all repositories; None: each has its own. Raises ConfigError."""
    from flake8_celery_oom import rules

    if file is None:
        return None
    config = read_config(Path(), Path(file))
    rules.check_config(config)
    return config


@contextmanager
def opened(found: Stored, scratch: str | None = None, files: tuple[str, ...] | None = None) -> Iterator[Opened]:
    """The files of a repository. What has to be unpacked lies below ``scratch`` meanwhile, readable by the user alone.

    ``files`` are those of a checkout, where they are known. Raises ScanError.
    """
    if found.kind in {"folder", "checkout"}:
        yield Opened(Path(os.path.realpath(found.path)), files, tracked_only=found.kind == "checkout")
        return
    with tempfile.TemporaryDirectory(prefix="celery-oom-", dir=scratch) as kept:
        yield _unpacked(found, Path(os.path.realpath(kept)))


def _unpacked(found: Stored, folder: Path) -> Opened:
    try:
        if found.git is not None:
            return Opened(folder, lay_out_git(found.git, "HEAD", folder, discover.is_candidate).files, False)
        laid = lay_out_archive(Path(found.path), folder, discover.is_candidate)
        return Opened(laid.root, laid.files, False)
    except (RevisionError, ArchiveError) as error:
        raise ScanError(str(error)) from error


def workspace_of(found: Opened, config: Config | None) -> tuple[Workspace, str]:
    """The project, and why its own configuration does not count; empty where it does."""
    if config is not None:
        return _workspace(found, config), ""
    try:
        own = _own_config(found.root)
        workspace = _workspace(found, own)
        _ = workspace.baseline
    except ConfigError as error:
        reason = str(error).replace(f"{found.root.as_posix()}/", "")
        return _workspace(found, Config(baseline="")), f"{reason}; looked at with the usual configuration"
    return workspace, ""


def _own_config(root: Path) -> Config:
    from flake8_celery_oom import rules

    config = read_config(root, inside=True)
    rules.check_config(config)
    if config.baseline and not _is_inside(root, config.baseline):
        return replace(config, baseline="")
    return config


def _is_inside(root: Path, path: str) -> bool:
    return Path(os.path.realpath(root / path)).is_relative_to(os.path.realpath(root))


def _workspace(found: Opened, config: Config) -> Workspace:
    files = found.files
    if files is not None and config.exclude:
        from pathspec import PathSpec

        spec = PathSpec.from_lines("gitignore", config.exclude)
        files = tuple(path for path in files if not spec.match_file(path))
    return Workspace(found.root, config, only=files, tracked_only=found.tracked_only)
