"""Commands of Celery's that start no worker, where they stand: ``celery inspect ping``, ``celery flower``.

They are found by their words: of a shell text and a script of the project every simple command counts, whichever of
them run, and nothing is expanded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from flake8_celery_oom.celery.other_commands import OtherCommand, read_other_command
from flake8_celery_oom.celery.programs import find_program
from flake8_celery_oom.core.facts import Command, ShellText
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.results import CeleryVersion, SecondApp
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.resolve.programs.wrappers import program_name, unwrap
from flake8_celery_oom.resolve.trace.following import Following
from flake8_celery_oom.syntax import shell, shell_tree, shell_words

SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh"})
MAX_DEPTH = 3
"""Scripts and shell texts in one another that are looked into."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A command where it stands: ``at`` is the program, ``words`` are all words from there on."""

    command: OtherCommand
    at: Location
    words: tuple[Word, ...]


def second_app(run: Following, version: CeleryVersion) -> SecondApp | None:
    """What the health check of a launch starts of Celery, its first command: it loads the app again."""
    check = run.container.health_check
    found = next(OtherCommands(run, version).of(check), None) if check is not None else None
    return SecondApp(found.at, f"celery {found.command.name}", found.command.has_app) if found is not None else None


@dataclass(frozen=True, slots=True)
class OtherCommands:
    """Finds the commands behind one launch."""

    run: Following
    version: CeleryVersion

    def of(self, command: Command) -> Iterator[Standing]:
        """The commands that a command of the launch holds, in its words, its text or its script."""
        if isinstance(command, ShellText) and command.shell:
            return self.of_text(command.text)
        return self._of_words(self.run.words(command), 0)

    def of_text(self, text: MappedText, depth: int = 0) -> Iterator[Standing]:
        """The commands that a shell text holds."""
        for node in shell_tree.walk(shell.parse(text).body):
            if isinstance(node, shell_tree.Simple) and depth < MAX_DEPTH:
                words = tuple(_word(text[span.start : span.end]) for span in node.words)
                yield from self._of_words(words, depth + 1)

    def _of_words(self, words: tuple[Word, ...], depth: int) -> Iterator[Standing]:
        inner = unwrap(words)
        if inner.text is not None and inner.text.mapped is not None:
            yield from self.of_text(inner.text.mapped, depth)
        if not inner.words:
            return
        if program_name(inner.words[0]) in SHELLS:
            yield from self._of_shell(inner.words, depth)
            return
        program = find_program(inner.words)
        if program is None:
            yield from self._of_script(inner.words[0], depth)
            return
        own = inner.words[program.index :]
        command = read_other_command(own, self.version)
        if command is not None and own[0].at is not None:
            has_app = command.has_app or program.entry == "manage.py"
            yield Standing(replace(command, has_app=has_app), own[0].at, own)

    def _of_shell(self, words: tuple[Word, ...], depth: int) -> Iterator[Standing]:
        """``sh -c text`` and ``sh script``."""
        texts = [word.text or "" for word in words[1:]]
        at = next((index for index, text in enumerate(texts, 1) if not text.startswith("-")), None)
        if at is None:
            return
        mapped = words[at].mapped
        if any(text.startswith("-") and text.endswith("c") for text in texts[: at - 1]):
            yield from self.of_text(mapped, depth) if mapped is not None else ()
        else:
            yield from self._of_script(words[at], depth)

    def _of_script(self, word: Word, depth: int) -> Iterator[Standing]:
        path = self.run.paths.file(word.text, self.run.directory) if word.text else None
        script = self.run.facts.scripts.get(path) if path is not None else None
        if script is not None:
            yield from self.of_text(script.text, depth + 1)


def _word(written: MappedText) -> Word:
    """A word without its quotes; what the shell would expand stays open."""
    parts = shell_words.parts(written)
    texts = [part.text for part in parts if isinstance(part, shell_words.Text)]
    if texts and len(texts) == len(parts):
        return Word.of(MappedText.joined(texts))
    pieces = (
        part.text.text
        if isinstance(part, shell_words.Text)
        else Hole(part.source.text, getattr(part, "name", None), several=not part.quoted)
        for part in parts
    )
    return Word(tuple(pieces), written.location(), written)
