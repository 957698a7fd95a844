"""The files of an archive of a repository (tar, zip), laid out in a folder. Nothing of it is run.

Only regular files are written, only such as are wanted, only below the folder, and no more of them than the bounds
below: an archive can be made that holds links, devices, ``..`` or more than any disk.
"""

from __future__ import annotations

import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from flake8_celery_oom.listing.revision import MOST_BYTES, is_safe

ENDINGS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".zip")
"""How files are called that are looked at as archives."""
MOST_MEMBERS = 400_000
MOST_UNPACKED = 4 * 1024 * 1024 * 1024
"""So many bytes of an archive are unpacked, also those of files that are not wanted."""
MOST_WRITTEN = 512 * 1024 * 1024
"""So many bytes are written."""
_PIECE = 1 << 20


class ArchiveError(Exception):
    """An archive that cannot be read; the text says why."""


def is_archive(name: str) -> bool:
    """Whether a file's name is that of an archive."""
    return name.lower().endswith(ENDINGS)


@dataclass(frozen=True, slots=True)
class Unpacked:
    """Where the files lie: ``root`` is the folder that holds everything (``shop-1.2/``) where there is one.

    ``files`` are the paths of all regular files below it, sorted, with ``/``, also of those that were not written.
    """

    root: Path
    files: tuple[str, ...]


def lay_out_archive(path: Path, folder: Path, wanted: Callable[[str], bool]) -> Unpacked:
    """Write the wanted regular files below ``folder``. Raises ArchiveError."""
    layout = _Layout(folder, wanted)
    try:
        if path.name.lower().endswith(".zip"):
            _unzip(path, layout)
        else:
            _untar(path, layout)
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError) as error:
        raise ArchiveError(f"is no archive that can be read ({error})") from error
    except (RuntimeError, ValueError) as error:  # zipfile: encrypted, or packed in a way that is not known
        raise ArchiveError(f"cannot be read ({error})") from error
    except OSError as error:
        raise ArchiveError(f"cannot be read ({error.strerror or error})") from error
    top = _top(layout.files)
    return Unpacked(folder / top, tuple(sorted(file[len(top) :] for file in layout.files)))


class _Layout:
    """Takes the members of one archive."""

    def __init__(self, folder: Path, wanted: Callable[[str], bool]) -> None:
        self.files: list[str] = []
        self._folder = folder
        self._wanted = wanted
        self._members = self._unpacked = self._written = 0

    def count(self, size: int) -> None:
        """A member of so many bytes, of whatever kind. Raises ArchiveError past the bounds."""
        self._members += 1
        self._unpacked += size
        if self._members > MOST_MEMBERS or self._unpacked > MOST_UNPACKED or self._written > MOST_WRITTEN:
            raise ArchiveError("holds more than is unpacked")

    def take(self, path: str, size: int, content: Callable[[], IO[bytes] | None]) -> None:
        """One regular file; what cannot lie below the folder is left out."""
        self.count(size)
        path = path.removeprefix("./")
        if not is_safe(path):
            return
        self.files.append(path)
        if self._wanted(path):
            self._write(path, content)

    def _write(self, path: str, content: Callable[[], IO[bytes] | None]) -> None:
        source = content()
        if source is None:
            return
        target = self._folder / path
        with source:
            data = _first(source, MOST_BYTES)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):  # a file and a folder of one name
            self.files.remove(path)
        self._written += len(data)


def _first(source: IO[bytes], most: int) -> bytes:
    """The first ``most`` bytes, read in pieces: the size that an archive names may be a lie."""
    pieces: list[bytes] = []
    while most > 0 and (piece := source.read(min(_PIECE, most))):
        pieces.append(piece)
        most -= len(piece)
    return b"".join(pieces)


def _unzip(path: Path, layout: _Layout) -> None:
    with zipfile.ZipFile(path) as archive:
        for one in archive.infolist():
            if not one.is_dir() and not _is_special(one):
                layout.take(one.filename, one.file_size, partial(archive.open, one))


def _is_special(member: zipfile.ZipInfo) -> bool:
    """Whether a member of a zip file is a link or a device, as Unix programs note it."""
    kind = (member.external_attr >> 16) & 0o170000
    return kind not in {0, 0o100000}


def _untar(path: Path, layout: _Layout) -> None:
    with tarfile.open(path, "r:*") as archive:
        while (member := archive.next()) is not None:
            layout.count(member.size)
            if member.isreg():
                layout.take(member.name, 0, partial(archive.extractfile, member))
            archive.members.clear()  # type: ignore[attr-defined] # tarfile keeps them all


def _top(paths: list[str]) -> str:
    """The folder that holds everything, with ``/``; empty where there is none."""
    first = paths[0].partition("/")[0] + "/" if paths and "/" in paths[0] else ""
    return first if first and all(path.startswith(first) for path in paths) else ""
