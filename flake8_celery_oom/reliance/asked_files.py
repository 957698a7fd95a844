"""The files of a project as they are read: what was asked of each is known afterwards."""

from __future__ import annotations

from pathlib import Path

from flake8_celery_oom import discover
from flake8_celery_oom.core.facts import Fact
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.listing.watching import note_answer, note_file
from flake8_celery_oom.reliance.asked_text import AskedText
from flake8_celery_oom.reliance.questions import (
    CONTENT,
    Question,
    Sifted,
    answer_to,
    digest_of,
    facts_of,
    no_facts,
    shown,
    sift,
    sifted,
    text_of,
)


class AskedFiles:
    """The files below ``root``; ``overlays`` are texts that count instead of those on the disk.

    ``earlier`` are the files at another time: what a file says by itself is taken from there while it is the same.
    """

    def __init__(self, root: Path, overlays: dict[str, str], earlier: AskedFiles | None = None) -> None:
        self.root = root
        self.overlays = overlays
        self._sources: dict[str, SourceText | None] = {}
        self._whole: set[str] = set()
        self._answers: dict[str, dict[Question, str]] = {}
        self.said: dict[str, tuple[bytes, SourceText, list[Fact]]] = {}
        """What files say by themselves, with the content that says it."""
        self._before = earlier.said if earlier is not None else {}

    def source(self, path: str) -> SourceText | None:
        """The text of a file, or None when it can't be read."""
        if path not in self._sources:
            data = self.content(path)
            self._sources[path] = self._asked(text_of(path, data))
            if data is None:
                self._note(path, None, "")
            else:
                self._note(path, sift(path), sifted(path, data).answer)
        return self._sources[path]

    def sift(self, path: str) -> tuple[bytes | None, Sifted]:
        """The content of a file, and what decides whether it is looked at."""
        data = self.content(path)
        found = sifted(path, data)
        self._note(path, sift(path), found.answer)
        return data, found

    def facts(self, path: str, data: bytes) -> list[Fact] | None:
        """What a file of this content says by itself; None when it is no text."""
        said = self._before.get(path)
        if said is None or said[0] != data:
            text = text_of(path, data)
            if text is None:
                self._sources[path] = None
                return None
            said = data, text, facts_of(text)
        _, text, facts = self.said[path] = said
        self._sources[path] = text if facts else self._asked(text)
        if facts:
            self._note(path, None, "")
        else:
            self._note(path, no_facts(path), shown(True))
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
        if path in self._whole:
            return False
        data = text.encode("utf-8", "surrogateescape") if text is not None else self._on_disk(path)
        answers = self._answers.get(path, {})
        if data is None or any(answer_to(question, data) != answer for question, answer in answers.items()):
            return False
        if text is None:
            self.overlays.pop(path, None)
        else:
            self.overlays[path] = text
        self.said.pop(path, None)
        if self._sources.get(path) is not None:
            self._sources[path] = self._asked(text_of(path, data))
        return True

    def _asked(self, plain: SourceText | None) -> SourceText | None:
        return AskedText(plain, self._note) if plain is not None else None

    def _note(self, path: str, question: Question | None, answer: str) -> None:
        """Note what is relied on of a file: the answer to a question, or all of it."""
        full = str(self.root / path)
        if question is None:
            self._whole.add(path)
            source = self._sources[path]
            if source is None:
                note_file(full)
            else:
                note_answer(full, CONTENT, digest_of(source.to_bytes()))
        else:
            self._answers.setdefault(path, {})[question] = answer
            note_answer(full, question, answer)
