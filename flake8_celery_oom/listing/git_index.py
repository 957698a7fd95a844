"""Reads which paths git tracks from its index file: versions 2 to 4, SHA-1 and SHA-256, split and sparse.

Source: Documentation/gitformat-index.txt and read-cache.c, split-index.c, ewah/ewah_io.c of git 2.39. Of an entry only
path and kind are kept; objects are never looked up, so nothing is fetched.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from struct import Struct, error
from typing import Any

from flake8_celery_oom.listing.regular_file import read_regular_file

MAX_BYTES = 256 * 1024 * 1024
"""A larger index is not read."""
MAX_PATH_BYTES = 256 * 1024 * 1024
"""What all paths of an index may need together: version 4 repeats the beginnings of paths without writing them."""
MAX_PATH = 4096

_HEADER = Struct(">4sLL")
_LONG = Struct(">L")
_WORD = Struct(">Q")
_EXTENDED = 0x4000
_NAME_LENGTH = 0x0FFF
_GITLINK = 0o160000
_FOLDER = 0o040000
_KIND = 0o170000
_LINK = 0o120000
_SPECIAL_PARTS = re.compile(r"(?:\A|/)(?:\.\.?|\.git|)(?:/|\Z)", re.IGNORECASE)
_SPECIAL_PARTS_IN_LINES = re.compile(r"(?:^|/)(?:\.\.?|\.git|)(?:/|$)", re.IGNORECASE | re.MULTILINE)
"""Parts that no path of git has: such a path leads out of the checkout, or into what git keeps."""
_PATH_ENCODING = (sys.getfilesystemencoding(), sys.getfilesystemencodeerrors())


class UnreadableIndexError(ValueError):
    """The bytes are no index that can be read."""


@dataclass(frozen=True, slots=True)
class Index:
    """What git tracks, as paths below the root of the checkout, with ``/``.

    ``files`` also holds ``links`` and ``submodules``, which are checkouts of their own.
    ``sparse_folders`` end in ``/``: the index does not list what they hold.
    """

    files: frozenset[str] = frozenset()
    submodules: frozenset[str] = frozenset()
    links: frozenset[str] = frozenset()
    sparse_folders: tuple[str, ...] = ()


@dataclass(slots=True)
class _Entries:
    """Paths and modes in the order of the file, and the ``link`` extension of a split index."""

    paths: list[bytes]
    modes: list[int]
    link: bytes = b""


def read_index(git_folder: str) -> Index:
    """The index of a checkout; an empty one where git has written none.

    Raises UnreadableIndexError when there is one that cannot be read, or whose other half (split index) cannot.
    """
    path = os.path.join(git_folder, "index")
    if not os.path.lexists(path):
        return Index()
    entries, digest_size = _entries_of(path)
    try:
        return _index(_joined(entries, git_folder, digest_size) if entries.link else entries)
    except (error, IndexError) as problem:
        raise UnreadableIndexError(f"does not fit the shared index ({problem})") from problem


def _index(entries: _Entries) -> Index:
    files: list[str] = []
    kinds: dict[int, list[str]] = {_GITLINK: [], _LINK: [], _FOLDER: []}
    paths = [path.decode(*_PATH_ENCODING) for path in entries.paths]
    suspect = _SPECIAL_PARTS_IN_LINES.search("\n".join(paths)) is not None
    for path, mode in zip(paths, entries.modes, strict=True):
        if suspect and _SPECIAL_PARTS.search(path.removesuffix("/")):
            continue
        kind = mode & _KIND
        if kind == _FOLDER:
            kinds[kind].append(path)
            continue
        files.append(path)
        if kind in kinds:
            kinds[kind].append(path)
    return Index(frozenset(files), frozenset(kinds[_GITLINK]), frozenset(kinds[_LINK]), tuple(kinds[_FOLDER]))


def _entries_of(path: str) -> tuple[_Entries, int]:
    """The entries of one index file, and the size of its digests: 20 for SHA-1, 32 for SHA-256.

    The size stands in the repository's configuration, which is not read: it is the one with which the file makes sense.
    """
    data = read_regular_file(path, MAX_BYTES, follow_links=True)
    if data is None:
        raise UnreadableIndexError("is no regular file that can be read, or too large")
    reasons: list[str] = []
    for digest_size in (20, 32):
        try:
            return _parsed(data, digest_size), digest_size
        except (ValueError, error, IndexError) as problem:
            reasons.append(str(problem))
    raise UnreadableIndexError(reasons[0])


def _parsed(data: bytes, digest_size: int) -> _Entries:
    signature, version, count = _HEADER.unpack_from(data)
    if signature != b"DIRC" or not 2 <= version <= 4:
        raise UnreadableIndexError("is no index of version 2, 3 or 4")
    end = len(data) - digest_size
    read = _compressed if version == 4 else _plain
    entries, offset = read(data, count, digest_size, end)
    while offset < end:
        name, size = data[offset : offset + 4], _LONG.unpack_from(data, offset + 4)[0]
        offset += 8
        if name == b"link":
            entries.link = data[offset : offset + size]
        elif not (name[:1].isupper() or name == b"sdir"):
            raise UnreadableIndexError("has an extension that must be understood and is not known")
        offset += size
    if offset != end:
        raise UnreadableIndexError("ends in the middle")
    return entries


def _fields(digest_size: int) -> Callable[[bytes, int], tuple[Any, ...]]:
    """Reads mode and flags of the entry at an offset."""
    return Struct(f">24xL{12 + digest_size}xH").unpack_from


def _plain(data: bytes, count: int, digest_size: int, end: int) -> tuple[_Entries, int]:
    """Entries of version 2 and 3: fixed fields, the path, NUL bytes up to a multiple of eight."""
    paths: list[bytes] = []
    modes: list[int] = []
    offset, fixed, fields_of = _HEADER.size, 42 + digest_size, _fields(digest_size)
    for _ in range(count):
        mode, flags = fields_of(data, offset)
        start = offset + fixed + (2 if flags & _EXTENDED else 0)
        length = flags & _NAME_LENGTH
        stop = start + length if length < _NAME_LENGTH else data.index(b"\0", start)
        if stop >= end or stop - start > MAX_PATH:
            raise UnreadableIndexError("ends in the middle, or has a path that is too long")
        paths.append(data[start:stop])
        modes.append(mode)
        offset += (stop - offset + 8) & ~7
    return _Entries(paths, modes), offset


def _compressed(data: bytes, count: int, digest_size: int, end: int) -> tuple[_Entries, int]:
    """Entries of version 4: of the path before, how many bytes are dropped, and what takes their place."""
    paths: list[bytes] = []
    modes: list[int] = []
    offset, fixed, fields_of = _HEADER.size, 42 + digest_size, _fields(digest_size)
    path, total = b"", 0
    for _ in range(count):
        mode, flags = fields_of(data, offset)
        modes.append(mode)
        dropped, start = _varint(data, offset + fixed + (2 if flags & _EXTENDED else 0))
        stop = data.index(b"\0", start, end) if dropped <= len(path) else -1
        if stop < 0:
            raise UnreadableIndexError("drops more of a path than there is")
        path = path[: len(path) - dropped] + data[start:stop]
        total += len(path)
        if len(path) > MAX_PATH or total > MAX_PATH_BYTES:
            raise UnreadableIndexError("has paths that are too long")
        paths.append(path)
        offset = stop + 1
    return _Entries(paths, modes), offset


def _varint(data: bytes, offset: int) -> tuple[int, int]:
    """A number as in varint.c, and where it ends."""
    byte = data[offset]
    value, offset = byte & 127, offset + 1
    while byte & 128:
        byte = data[offset]
        value, offset = ((value + 1) << 7) | (byte & 127), offset + 1
        if value > MAX_PATH:
            raise UnreadableIndexError("drops more of a path than there is")
    return value, offset


# --- split index ------------------------------------------------------------------------------------------------------


def _joined(own: _Entries, git_folder: str, digest_size: int) -> _Entries:
    """The entries of the shared index, without those that ``own`` deletes, with what it replaces and adds."""
    name, bitmaps = own.link[:digest_size], own.link[digest_size:]
    if not any(name):
        return own
    base, _ = _entries_of(os.path.join(git_folder, f"sharedindex.{name.hex()}"))
    deleted, replaced = _bitmaps(bitmaps, len(base.paths))
    modes = list(base.modes)
    taken = 0
    for position in replaced:
        modes[position] = own.modes[taken]
        taken += 1
    kept = [position for position in range(len(base.paths)) if position not in deleted]
    return _Entries(
        [*(base.paths[position] for position in kept), *own.paths[taken:]],
        [*(modes[position] for position in kept), *own.modes[taken:]],
    )


def _bitmaps(data: bytes, size: int) -> tuple[frozenset[int], tuple[int, ...]]:
    """The positions that are deleted and those that are replaced, in order; none where the file says nothing."""
    if not data:
        return frozenset(), ()
    deleted, offset = _bitmap(data, 0, size)
    replaced, _ = _bitmap(data, offset, size)
    return frozenset(deleted), replaced


def _bitmap(data: bytes, offset: int, size: int) -> tuple[tuple[int, ...], int]:
    """The set bits below ``size`` of an EWAH bitmap, and where it ends."""
    (words,) = _LONG.unpack_from(data, offset + 4)
    start, stop = offset + 8, offset + 8 + 8 * words
    if stop + 4 > len(data):
        raise UnreadableIndexError("has a bitmap that ends in the middle")
    return tuple(_bits(data[start:stop], size)), stop + 4


def _bits(data: bytes, size: int) -> Iterator[int]:
    """Run-length words: bit 0 is the value of the run, then 32 bits its length, then 31 bits how many words follow."""
    position, offset = 0, 0
    while offset < len(data) and position < size:
        (marker,) = _WORD.unpack_from(data, offset)
        offset += 8
        run = ((marker >> 1) & 0xFFFFFFFF) * 64
        if marker & 1:
            yield from range(position, min(position + run, size))
        position += run
        for _ in range(marker >> 33):
            (word,) = _WORD.unpack_from(data, offset)
            offset += 8
            yield from (position + bit for bit in range(64) if word >> bit & 1 and position + bit < size)
            position += 64
