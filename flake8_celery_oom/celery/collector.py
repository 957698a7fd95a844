"""What the words of a celery command give and what is wrong with them, gathered while they are scanned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from flake8_celery_oom.celery.grammar import (
    CLICK,
    Blank,
    Given,
    Grammar,
    Item,
    Mistake,
    Positional,
    Rest,
    Scanner,
    after,
    begins_with_dash,
    head,
    span,
)
from flake8_celery_oom.celery.nearest import nearest
from flake8_celery_oom.celery.options import NAMES, Option, Table
from flake8_celery_oom.celery.values import expected, setting_expected, setting_name
from flake8_celery_oom.celery.versions import may_hold
from flake8_celery_oom.celery.worker_command import CeleryCommand, Entry, Refusal, RefusalKind
from flake8_celery_oom.core.cause import Cause, from_word
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.once import once
from flake8_celery_oom.core.quoting import quoted
from flake8_celery_oom.core.results import CeleryVersion
from flake8_celery_oom.core.value import Known, Unknown, Unset, Value
from flake8_celery_oom.core.word import Word, literal

LOOKED_AT = ("the command line",)


def one_line(text: str) -> str:
    """Text for a message: a single line of bearable length."""
    flat = " ".join(text.split())
    return flat if len(flat) <= 60 else flat[:57] + "..."


@dataclass
class Collector:
    """Gathers what the words of one worker give, and what Celery refuses about them."""

    version: CeleryVersion
    grammar: Grammar
    label: str
    """The version for messages."""
    given: dict[str, Known[Word]] = field(default_factory=dict)
    blanks: list[tuple[Blank, Table]] = field(default_factory=list)
    settings: dict[str, Word] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    exits: bool = False
    lost: bool = False
    """The word before was a blank or a mistake: a word without a dash may be its value."""

    def refuse(
        self,
        kind: RefusalKind,
        word: Word,
        message: str,
        *,
        at: Location | None = None,
        option: str = "",
        respelled: str | None = None,
    ) -> None:
        """Note something that the version does not accept."""
        self.refusals.append(Refusal(kind, at or word.at, message, word, option, respelled))

    def take_all(self, scanner: Scanner) -> None:
        """Take every item that is left."""
        while (item := scanner.next()) is not None:
            self.take(item, scanner)

    def take(self, item: Item, scanner: Scanner) -> None:
        """Note one item of the command line; ``scanner`` is where it came from."""
        was_lost, self.lost = self.lost, False
        match item:
            case Given():
                self._take_given(item)
            case Mistake():
                self._take_mistake(item, scanner)
            case Blank():
                self.blanks.append((item, scanner.table))
                self.lost = True
                _pass_its_value(item, scanner)
            case Positional():
                if not was_lost:
                    self._take_positional(item.word)
            case Rest():
                self.take_rest(item.words, scanner.table)

    def _take_given(self, item: Given) -> None:
        option, value = item.option, item.value
        if self.grammar is CLICK or option.kind in {"pool", "autoscale", "loglevel"}:
            self._forget_refused_value(option.name)
        if option.kind == "exit":
            self.exits = True
            return
        self.blanks = [(blank, known) for blank, known in self.blanks if not _says(option.name, blank, known)]
        if value is None:
            self.given[option.name] = Known(item.word, item.word.at)
            return
        text = value.text
        wanted = expected(option, text, self.version) if text is not None else None
        if item.equals:
            meant = after(value, 1)
            if wanted is not None or (text is None and self.grammar is CLICK and option.kind != "text"):
                self._refuse_equals(item, meant)
                value, text, wanted = meant, None, None
        if wanted is not None:
            self.refuse(
                "invalid-value",
                value,
                f"{item.spelling} of {self.label} needs {wanted}, not {one_line(quoted(text))}",
                option=option.name,
            )
        self.given[option.name] = Known(value, span(item.word.at, value.at))

    def _forget_refused_value(self, name: str) -> None:
        """Only the last value counts of an option that is repeated; argparse and optparse look at every number."""
        kinds = {"invalid-value", "equals-in-short-option"}
        self.refusals = [found for found in self.refusals if found.option != name or found.kind not in kinds]

    def _refuse_equals(self, item: Given, meant: Word) -> None:
        attached = f"{item.spelling}{meant.shown}"
        self.refuse(
            "equals-in-short-option",
            item.word,
            f"{self.label} reads {one_line(item.word.shown)} as the value "
            f"{quoted(one_line('=' + meant.shown))}; write {one_line(attached)}",
            option=item.option.name,
            respelled=attached,
        )

    def _take_mistake(self, item: Mistake, scanner: Scanner) -> None:
        word, option, version = item.word, item.option, self.label
        name = option.name if option else ""
        match item.kind:
            case "missing-value":
                self.refuse(item.kind, word, f"{item.spelling} needs a value", option=name)
            case "needless-value":
                self.refuse(item.kind, word, f"{item.spelling} takes no value", option=name)
                if option is not None and option.kind == "flag":
                    self.given[name] = Known(word, word.at)
            case "ambiguous-option":
                which = ", ".join(scanner.table.beginning_with(item.spelling))
                self.refuse(item.kind, word, f"{item.spelling} may be {which}")
                self.lost = item.value is None
            case "abbreviated-option":
                written, equals, rest = word.shown.partition("=")
                message = f"{version} does not complete {written}; write {item.spelling}"
                self.refuse(item.kind, word, message, option=name, respelled=f"{item.spelling}{equals}{rest}")
                self._take_meant(item, scanner)
            case "unknown-option" if option is None:
                self._refuse_invented(item, scanner)
            case "unknown-option":
                self._refuse_elsewhere(item, option)
                self._take_meant(item, scanner)

    def _refuse_invented(self, item: Mistake, scanner: Scanner) -> None:
        """Refuse an option that no version has; one that is near to a real one is taken for that."""
        found = nearest(item.spelling, scanner.table)
        if found is None:
            self.refuse("unknown-option", item.word, f"{self.label} has no option {item.spelling}")
            self.lost = item.value is None
            return
        meant, option = found
        message = f"{self.label} has no option {item.spelling}; write {meant}"
        respelled = meant + item.word.shown[len(item.spelling) :]
        self.refuse("unknown-option", item.word, message, option=option.name, respelled=respelled)
        self._take_meant(replace(item, option=option), scanner)

    def _refuse_elsewhere(self, item: Mistake, option: Option) -> None:
        """Refuse an option that other versions or places know."""
        version, here = self.label, option.spelling(self.version)
        if here is None:
            self.refuse("not-in-version", item.word, f"{version} has no option {item.spelling}", option=option.name)
        elif any(text == item.spelling and self._may(condition) for text, condition in option.spellings):
            where = "before" if option.place == "global" else "behind"
            message = f'{version} takes {item.spelling} only {where} the word "worker"'
            self.refuse("misplaced-option", item.word, message, option=option.name)
        else:
            respelled = here + item.word.shown[len(item.spelling) :]
            message = f"{version} has no option {item.spelling}; it is {here}"
            self.refuse("not-in-version", item.word, message, option=option.name, respelled=respelled)

    def _take_meant(self, item: Mistake, scanner: Scanner) -> None:
        """Note a refused option as it was meant, with the value that follows it."""
        option, value = item.option, item.value
        if option is None:
            return
        if value is not None and not item.spelling.startswith("--") and head(value).startswith("="):
            value = after(value, 1)
        if option.takes_value and value is None and scanner.remaining and not begins_with_dash(scanner.remaining[0]):
            value = scanner.remaining[0]
            scanner.position += 1
        if option.takes_value and value is not None:
            self.given.setdefault(option.name, Known(value, span(item.word.at, value.at)))
        elif option.kind == "flag":
            self.given.setdefault(option.name, Known(item.word, item.word.at))
        elif option.kind == "exit":
            self.exits = True

    def _may(self, condition: str) -> bool:
        return not condition or may_hold(self.version, condition)

    def _take_positional(self, word: Word) -> None:
        if self.grammar is CLICK:
            self.take_setting(word)
        else:
            shown = quoted(one_line(word.shown))
            self.refuse("unexpected-argument", word, f"{self.label} takes no argument {shown} here")

    def take_rest(self, words: Sequence[Word], known: Table) -> None:
        """Note what stands behind ``--``: settings; options are refused there, and still given as they were meant."""
        scanner = Scanner(words, known, self.grammar)
        meant = Collector(self.version, self.grammar, self.label)
        while scanner.position < len(words):
            word = words[scanner.position]
            if not begins_with_dash(word):
                self.take_setting(word)
                scanner.position += 1
                continue
            item = scanner.next()
            name = item.option.name if isinstance(item, Given) else ""
            message = f"{self.label} reads what follows -- as settings, and {one_line(word.shown)} is none"
            self.refuse("behind-dashes", word, message, option=name)
            while item is not None:
                meant.take(item, scanner)
                item = scanner.next_of_word()
        for name, value in meant.given.items():
            self.given.setdefault(name, value)

    def take_setting(self, word: Word) -> None:
        """Note a ``key=value`` word; anything else is refused."""
        key, equals, _ = head(word).partition("=")
        if not key and word.holes:
            return
        name = setting_name(key, self.version) if equals else None
        if name is None:
            self.refuse(
                "unexpected-argument",
                word,
                f"{self.label} reads {quoted(one_line(word.shown))} as a setting, and it is none",
            )
            return
        value = after(word, len(key) + 1)
        wanted = setting_expected(name, value.text, self.version) if value.text is not None else None
        if wanted is not None:
            self.refuse("invalid-value", value, f"{name} needs {wanted}, not {one_line(quoted(value.text))}")
        self.settings[name] = value

    # --- the result ---

    def option(self, name: str) -> Value[Word]:
        """The value of an option, from what was given and what unknown words may give."""
        known = self.given.get(name)
        if known is not None:
            again = next((blank for blank, table in self.blanks if _says(name, blank, table)), None)
            return known if again is None else Unknown(_may_set(again, name), again.word.at)
        for blank, known_table in self.blanks:
            spellings = [spelling for spelling, option in known_table.options.items() if option.name == name]
            if any(_may_begin(spelling, blank.prefix) and _may_be(spelling, blank.word) for spelling in spellings):
                default = self._default_of(blank, known_table).get(name)
                return Unknown(_may_set(blank, max(spellings, key=len)), blank.word.at, default)
        return Unset(LOOKED_AT)

    def _default_of(self, blank: Blank, known: Table) -> dict[str, Word]:
        """What the default text of an unknown word sets (``${OPTS:--c 2}``)."""
        text = blank.word.default_text
        if not text:
            return {}
        words = [literal(piece, blank.word.at) for piece in text.split()]
        inner = Collector(self.version, self.grammar, self.label)
        inner.take_all(Scanner(words, known, self.grammar))
        return {name: value.value for name, value in inner.given.items()}

    def command(self, words: Sequence[Word], entry: Entry, node: str | None = None) -> CeleryCommand:
        """The worker that was read."""
        options = {name: self.option(name) for name in NAMES}
        return CeleryCommand(
            entry=entry,
            words=tuple(words),
            program_at=words[0].at if words else None,
            at=_span_of(words),
            app=_text(options["app"]),
            workdir=_text(options["workdir"]),
            options=options,
            settings=dict(self.settings),
            refusals=tuple(self.refusals),
            node=node,
        )


def _may_set(blank: Blank, option: str) -> Cause:
    return from_word(blank.word, f"{one_line(blank.word.shown)} may set {option}")


def _perhaps(word: Word) -> str | None:
    """What is written of a word that is there under a condition; None for any other word."""
    hole = word.parts[0]
    return hole.perhaps if len(word.parts) == 1 and isinstance(hole, Hole) else None


def _says(name: str, blank: Blank, known: Table) -> bool:
    """Whether a word that is there under a condition is this option, so that it wins over the same one before it."""
    if _perhaps(blank.word) is None:
        return False
    spellings = (spelling for spelling, option in known.options.items() if option.name == name)
    return any(_may_be(spelling, blank.word) for spelling in spellings)


def _pass_its_value(item: Blank, scanner: Scanner) -> None:
    """The word behind an option that is there under a condition is its value, when it is there under one, too."""
    option = scanner.table.options.get(_perhaps(item.word) or "")
    following = scanner.words[scanner.position] if scanner.position < len(scanner.words) else None
    if option is not None and option.takes_value and following is not None and following.several:
        scanner.position += 1


def _may_begin(spelling: str, prefix: str) -> bool:
    """Whether an option may be what a word with this beginning holds; behind ``-E`` other short options may follow."""
    return spelling.startswith(prefix) or (len(spelling) == 2 and len(prefix) == 2 and prefix != "--")


def _may_be(spelling: str, word: Word) -> bool:
    """Whether a word that is there under a condition, and is known if so, has this option in it."""
    written = _perhaps(word)
    if written is None:
        return True
    if written.startswith("--"):
        return spelling.startswith(written.partition("=")[0])
    return written.startswith("-") and len(spelling) == 2 and spelling[1] in written


@once(latest=4)
def _span_of(words: Sequence[Word]) -> Location | None:
    located = [word.at for word in words if word.at is not None]
    if not located:
        return None
    same_file = [at for at in located if at.path == located[0].path]
    return span(same_file[0], same_file[-1])


def _text(value: Value[Word]) -> Value[str]:
    """A word as the text that it is, or may be."""
    match value:
        case Known(word, at):
            text = word.text
            return (
                Known(text, at)
                if text is not None
                else Unknown(from_word(word, f"{word.shown} is not known"), at, word.default_text)
            )
        case Unknown(cause, at, default):
            return Unknown(cause, at, default.text if default else None)
        case Unset():
            return value
