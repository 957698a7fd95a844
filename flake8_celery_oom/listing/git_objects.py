"""The objects and references of a git folder, read by dulwich. No configuration counts, nothing is fetched.

Importing this module needs dulwich. What other folders share with this one (``objects/info/alternates``) is not read.
"""

from __future__ import annotations

import os
from binascii import hexlify
from typing import TYPE_CHECKING, BinaryIO

from dulwich.object_store import DiskObjectStore
from dulwich.objects import ObjectID
from dulwich.refs import DiskRefsContainer
from dulwich.repo import BaseRepo

from flake8_celery_oom.listing.git_folder import GitFolder
from flake8_celery_oom.listing.git_sizes import TooLargeError, largest_inflated

if TYPE_CHECKING:
    from dulwich.objects import RawObjectID

_HEX_LENGTH = 40


MOST_INFLATED = 64 * 1024 * 1024
"""A larger object, or one made from a larger one, is not read."""


class _OwnObjects(DiskObjectStore):
    def get_raw(self, name: RawObjectID | ObjectID) -> tuple[int, bytes]:
        """Kind and content of an object. Raises TooLargeError before a large one is inflated."""
        called = ObjectID(name if len(name) == _HEX_LENGTH else hexlify(name))
        if largest_inflated(self, called) > MOST_INFLATED:
            raise TooLargeError(f"object {called.decode('ascii')[:12]} is larger than {MOST_INFLATED:,} bytes")
        return super().get_raw(name)

    @property
    def alternates(self) -> list[DiskObjectStore]:  # type: ignore[override]
        return []


class Repository(BaseRepo):
    """What dulwich needs to look up revisions and trees."""

    def __init__(self, git: GitFolder) -> None:
        refs = DiskRefsContainer(git.common, git.own)
        self.objects = _OwnObjects(os.path.join(git.common, "objects"))
        super().__init__(self.objects, refs)

    def close(self) -> None:
        """Give back what is open."""
        self.object_store.close()

    def get_named_file(self, path: str) -> BinaryIO | None:
        """No other file of the git folder counts: no grafts, and the end of a shallow clone is a missing object."""
        return None
