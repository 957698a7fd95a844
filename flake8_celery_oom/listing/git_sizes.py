"""How large an object of git is, from its header alone: nothing is inflated that does not fit into memory.

Format: gitformat-pack(5). An object in a pack may be a difference to another one, which is then inflated as well.
"""

from __future__ import annotations

import os
import zlib
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from dulwich.object_store import DiskObjectStore
    from dulwich.objects import ObjectID
    from dulwich.pack import Pack

_HEAD = 512
"""Bytes of an object that hold its headers, compressed."""
_OFFSET_DELTA, _NAMED_DELTA = 6, 7
_MOST_DELTAS = 4096
"""More differences than git itself ever chains."""
_NAME_BYTES = 20


class TooLargeError(ValueError):
    """An object is larger than what is read of a history."""


def largest_inflated(store: DiskObjectStore, name: ObjectID) -> int:
    """The bytes of the largest text that is made when an object is read. Raises KeyError where there is none."""
    for pack in store.packs:
        try:
            offset = pack.index.object_offset(name)
        except KeyError:
            continue
        with open(os.path.join(store.path, "pack", pack.data.filename), "rb") as file:
            return _packed(file, offset, pack)
    called = name.decode("ascii")
    try:
        with open(os.path.join(store.path, called[:2], called[2:]), "rb") as file:
            head = zlib.decompressobj().decompress(file.read(_HEAD), 64)
    except FileNotFoundError:
        raise KeyError(name) from None
    return int(head.partition(b"\0")[0].split(b" ")[1])


def _packed(file: BinaryIO, offset: int, pack: Pack) -> int:
    largest = 0
    for _ in range(_MOST_DELTAS):
        file.seek(offset)
        head = file.read(_HEAD)
        kind, size, used = _header(head)
        largest = max(largest, size)
        if kind == _OFFSET_DELTA:
            distance, used = _distance(head, used)
            offset -= distance
        elif kind == _NAMED_DELTA:
            offset = pack.index.object_offset(head[used : used + _NAME_BYTES])  # type: ignore[arg-type]
            used += _NAME_BYTES
        else:
            return largest
        delta = zlib.decompressobj().decompress(head[used:], 32)
        source, used = _number(delta, 0)
        target, _ = _number(delta, used)
        largest = max(largest, source, target)
    raise TooLargeError("an object is a chain of too many differences")


def _header(head: bytes) -> tuple[int, int, int]:
    """Kind, size, and where the header ends: three bits of kind, four and then seven bits a byte of size."""
    kind, size = head[0] >> 4 & 7, head[0] & 15
    used, shift = 1, 4
    while head[used - 1] & 0x80:
        size |= (head[used] & 0x7F) << shift
        used, shift = used + 1, shift + 7
    return kind, size, used


def _distance(head: bytes, used: int) -> tuple[int, int]:
    """How far before it the base of a difference lies, and where that is read."""
    distance = head[used] & 0x7F
    while head[used] & 0x80:
        used += 1
        distance = (distance + 1) << 7 | head[used] & 0x7F
    return distance, used + 1


def _number(data: bytes, used: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and where it ends."""
    number = shift = 0
    while True:
        number |= (data[used] & 0x7F) << shift
        used, shift = used + 1, shift + 7
        if not data[used - 1] & 0x80:
            return number, used
