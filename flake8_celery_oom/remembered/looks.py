"""The last look at a project, kept for the next one: what it found follows from files, and most have not changed."""

from __future__ import annotations

import gc
import hashlib
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import cast

from flake8_celery_oom import discover
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.listing import signature as signatures
from flake8_celery_oom.listing.signature import Signature, signature_of
from flake8_celery_oom.reliance.asked_files import Known, Said
from flake8_celery_oom.reliance.asked_text import Asked, AskedText, KeptText, kept_text
from flake8_celery_oom.remembered import folder
from flake8_celery_oom.remembered.codec import CodecError, decode, encode
from flake8_celery_oom.remembered.program import program_digest
from flake8_celery_oom.resolve.linking.prepare import Prepared
from flake8_celery_oom.resolve.project import KeptProject
from flake8_celery_oom.workspace import KeptLook, Workspace

MOST = 20
"""Of how many projects the last look is kept."""
WORTH = 4.0
"""A look is written again when it took this many times as long as reading the one that it started from."""


@dataclass(frozen=True, slots=True)
class _Files:
    """What a look read: the texts, what was asked of them, and the state of each file when it was read."""

    program: str
    texts: dict[str, KeptText | None]
    asked: dict[str, Asked]
    signatures: dict[str, Signature]


@dataclass(frozen=True, slots=True)
class _Found:
    """What a look made of the texts."""

    said: dict[str, Said]
    prepared: Prepared
    project: KeptProject


class LastLook:
    """The last look at one project: reads it, and keeps the next one in its place."""

    def __init__(self, root: Path, config: Config, *, tracked_only: bool = False) -> None:
        self._root = root
        self._exclude = config.exclude
        self._tracked_only = tracked_only
        self._folder = folder.folder()
        self._program = program_digest()
        self._started = time.time()
        self._read_in = 0.0
        named = repr((str(root), config.exclude, tracked_only))
        self._name = f"{hashlib.blake2b(named.encode('utf-8', 'backslashreplace'), digest_size=20).hexdigest()}.look"
        self.kept: KeptLook | None = None
        self.changed: set[str] | None = None
        """The files of which another look cannot take anything over."""
        if self._folder:
            begun = time.process_time()
            self._load()
            self._begun = time.process_time()
            self._read_in = self._begun - begun

    def _load(self) -> None:
        content = folder.read(self._folder, self._name)
        if content is None:
            return
        length, _, rest = content.partition(b"\n")
        try:
            with _without_collecting():
                files = cast("_Files", decode(rest[: int(length)], lambda _: None))
                if files.program != self._program:
                    return
                changed = {path for path in files.asked if not self._is_same(path, files.signatures)}
                sources = {path: self._source(path, files, is_changed=path in changed) for path in files.texts}
                found = cast("_Found", decode(rest[int(length) :], sources.get))
        except (CodecError, ValueError, KeyError, AttributeError):
            return
        tree = discover.look_below(self._root, self._exclude, tracked_only=self._tracked_only)
        known = Known(sources, files.asked, found.said)
        others = {*files.texts, *found.said} - files.asked.keys()
        self.changed = changed | {path for path in others if not self._is_same(path, files.signatures)}
        self.kept = KeptLook(known, tree, self._exclude, found.prepared, found.project)

    def _source(self, path: str, files: _Files, *, is_changed: bool) -> SourceText | None:
        """The text of a file, read when it is taken.

        What is kept of a file that has changed counts only where it says the same at the same places: its text is the
        present one then.
        """
        kept = files.texts[path]
        if kept is None:
            return None
        read = partial(discover.read_bytes, self._root, path, noted=False)
        if is_changed:
            kept = replace(kept, digest="", mentioned={})
        return AskedText.unread(path, kept, files.asked[path], read)

    def _is_same(self, path: str, before: Mapping[str, Signature]) -> bool:
        return path in before and signature_of(os.path.join(self._root, path)) == before[path]

    def keep(self, workspace: Workspace) -> None:
        """Keep a look that was begun after this object was made, if that saves more than it costs."""
        if not self._folder or (self.kept and time.process_time() - self._begun < WORTH * self._read_in):
            return
        kept = workspace.kept()
        if kept.prepared is None or kept.project is None:
            return
        known = kept.known
        texts = {path: kept_text(source) if source is not None else None for path, source in known.sources.items()}
        paths = {*known.sources, *known.asked, *known.said}
        files = _Files(self._program, texts, known.asked, dict(self._settled(paths)))
        try:
            with _without_collecting():
                head = encode(files, {})
                content = encode(_Found(known.said, kept.prepared, kept.project), known.sources)
        except CodecError:
            return
        folder.write(self._folder, self._name, b"%d\n%b%b" % (len(head), head, content), MOST)

    def _settled(self, paths: set[str]) -> Iterator[tuple[str, Signature]]:
        for path in sorted(paths):
            found = signature_of(os.path.join(self._root, path))
            if signatures.newest(found) < self._started - signatures.SETTLED_SECONDS:
                yield path, found


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Many objects are made at once, and all are kept: looking for garbage among them takes longer than making them."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
