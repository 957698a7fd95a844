"""A project as it was at another revision, looked at as it is configured now."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from flake8_celery_oom import discover
from flake8_celery_oom.frontends.terminal import Patience

if TYPE_CHECKING:
    from flake8_celery_oom.workspace import Workspace


@contextmanager
def at_revision(workspace: Workspace, name: str) -> Iterator[Workspace]:
    """The same project at a revision, in a folder that is gone afterwards. Raises RevisionError."""
    from flake8_celery_oom.listing.revision import lay_out
    from flake8_celery_oom.workspace import Workspace

    with tempfile.TemporaryDirectory(prefix="celery-oom-") as kept:
        folder = Path(kept)
        with Patience(f"reading {name} of {workspace.root}"):
            laid = lay_out(str(workspace.root), name, folder, discover.is_candidate)
            files = laid.files
            if workspace.config.exclude:
                from pathspec import PathSpec

                spec = PathSpec.from_lines("gitignore", workspace.config.exclude)
                files = tuple(path for path in files if not spec.match_file(path))
            yield Workspace(folder, replace(workspace.config, baseline=""), only=files, paths=workspace.paths)
