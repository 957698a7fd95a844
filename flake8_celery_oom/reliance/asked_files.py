"""The files of a project as they are read: what was asked of each is known afterwards."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from flake8_celery_oom import discover
from flake8_celery_oom.core.facts import Fact
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.listing.watching import is_watched
from flake8_celery_oom.reliance.asked_text import Asked, AskedText
from flake8_celery_oom.reliance.questions import facts_of, no_facts, shown, sift, sifted, text_of


@dataclass(frozen=True, slots=True)
class Said:
    """What a file says by itself.

    ``facts`` is None where nobody looked for any: the file speaks of nothing that counts, or is no text (``unread``).
    """

    facts: list[Fact] | None = None
    mentions_celery: bool = False
    silences: bool = False
    unread: bool = False


_NOTHING = Said()
_UNREAD = Said(unread=True)


@dataclass(frozen=True, slots=True)
class Known:
    """By path: the texts that were read, what was asked of them, and what the files say."""

    sources: dict[str, SourceText | None] = field(default_factory=dict)
    asked: dict[str, Asked] = field(default_factory=dict)
    said: dict[str, Said] = field(default_factory=dict)

    def without(self, paths: Collection[str]) -> Known:
        """The same in dictionaries of its own, but for these files."""
        made = Known(dict(self.sources), dict(self.asked), dict(self.said))
        for path in paths:
            for one in (made.sources, made.asked, made.said):
                one.pop(path, None)
        return made


class AskedFiles:
    """The files below ``root``; ``overlays`` are texts that count instead of those on the disk.

    ``earlier`` are the files at another time, of which only ``changed`` may be others by now (None: any of them). What
    was read of a file then is taken over while its content is the same.
    """

    def __init__(
        self,
        root: Path,
        overlays: dict[str, str],
        earlier: Known | None = None,
        changed: Collection[str] | None = None,
    ) -> None:
        self.root = root
        self.overlays = overlays
        self.known = Known()
        self._before = Known()
        """What was known of files that may be others by now."""
        if earlier is not None and changed is None:
            self._before = earlier
        elif earlier is not None and changed is not None:
            self.known = earlier.without(changed)
            if is_watched():
                for asked in self.known.asked.values():
                    asked.tell()

    def source(self, path: str) -> SourceText | None:
        """The text of a file, or None when it can't be read."""
        if path not in self.known.sources:
            data = self.content(path)
            kept = self._kept(path, data)
            if kept is None:
                self._take(path, text_of(path, data))
                if data is None:
                    self._asked_of(path).note_content(None)
                else:
                    self._asked_of(path).note(sift(path), sifted(path, data).answer)
        return self.known.sources[path]

    def said(self, path: str) -> Said:
        """What a file says by itself; Python files are looked at only when they may have to do with Celery."""
        if path not in self.known.said:
            data = self.content(path)
            self._kept(path, data)
            if path not in self.known.said:
                self.known.said[path] = self._read(path, data)
        return self.known.said[path]

    def _read(self, path: str, data: bytes | None) -> Said:
        found = sifted(path, data)
        self._asked_of(path).note(sift(path), found.answer)
        if data is None or found.binary:
            return _UNREAD
        if discover.is_python(path) and not found.mentions_celery and not found.starts:
            return Said(silences=True) if found.silences else _NOTHING
        facts = self._facts(path, data)
        return Said(facts, found.mentions_celery, found.silences)

    def _facts(self, path: str, data: bytes) -> list[Fact] | None:
        text = text_of(path, data)
        if text is None:
            self.known.sources[path] = None
            return None
        facts = facts_of(text)
        if facts:
            self.known.sources[path] = text
            self._asked_of(path).note_content(data)
        else:
            self._take(path, text)
            self._asked_of(path).note(no_facts(path), shown(True))
        return facts

    def content(self, path: str) -> bytes | None:
        """The content of a file, which nobody relies on yet."""
        if path in self.overlays:
            return self.overlays[path].encode("utf-8", "surrogateescape")
        return self._on_disk(path)

    def _on_disk(self, path: str) -> bytes | None:
        return discover.read_bytes(self.root, path, noted=False)

    def replace(self, path: str, text: str | None) -> bool:
        """Take another text for a file, or with None the one on the disk, if it answers all that was asked alike.

        False, and nothing is taken, where somebody relies on what has changed.
        """
        data = text.encode("utf-8", "surrogateescape") if text is not None else self._on_disk(path)
        if data is None or not self._asked_of(path).holds_for(data):
            return False
        if text is None:
            self.overlays.pop(path, None)
        else:
            self.overlays[path] = text
        if self.known.sources.get(path) is not None:
            self._take(path, text_of(path, data))
        return True

    # --- one file -----------------------------------------------------------------------------------------------------

    def _take(self, path: str, text: SourceText | None) -> None:
        self.known.sources[path] = AskedText(text, self._asked_of(path)) if text is not None else None

    def _asked_of(self, path: str) -> Asked:
        """What was asked of a file, of which more may be asked now."""
        if path not in self.known.asked:
            self.known.asked[path] = Asked(str(self.root / path))
        return self.known.asked[path]

    def _kept(self, path: str, data: bytes | None) -> SourceText | None:
        """The text of a file as it was earlier, taken over with all that was found in it, if it is the same."""
        before = self._before
        source = before.sources.get(path)
        if source is None or data is None or not source.is_of(data):
            return None
        self.known.sources[path] = source
        self.known.asked[path] = before.asked[path]
        self.known.asked[path].tell()
        if path in before.said:
            self.known.said[path] = before.said[path]
        return source
