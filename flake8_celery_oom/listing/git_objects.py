"""The objects and references of a git folder, read by dulwich. No configuration counts, nothing is fetched.

Importing this module needs dulwich. What other folders share with this one (``objects/info/alternates``) is not read.
"""

from __future__ import annotations

import os
from typing import BinaryIO

from dulwich.object_store import DiskObjectStore
from dulwich.refs import DiskRefsContainer
from dulwich.repo import BaseRepo

from flake8_celery_oom.listing.git_folder import GitFolder


class _OwnObjects(DiskObjectStore):
    @property
    def alternates(self) -> list[DiskObjectStore]:  # type: ignore[override]
        return []


class Repository(BaseRepo):
    """What dulwich needs to look up revisions and trees."""

    def __init__(self, git: GitFolder) -> None:
        refs = DiskRefsContainer(git.common, git.own)
        super().__init__(_OwnObjects(os.path.join(git.common, "objects")), refs)

    def close(self) -> None:
        """Give back what is open."""
        self.object_store.close()

    def get_named_file(self, path: str) -> BinaryIO | None:
        """No other file of the git folder counts: no grafts, and the end of a shallow clone is a missing object."""
        return None
