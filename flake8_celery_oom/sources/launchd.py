"""launchd of macOS: property lists of agents and daemons.

Source: launchd.plist(5) of macOS 14: ``Program`` is what is run, else the first of ``ProgramArguments``; where both
stand, the list holds the arguments from the program's own name on.
"""

from __future__ import annotations

from collections.abc import Mapping

from flake8_celery_oom.core.facts import Argv, Fact, Launch
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.syntax.placeholders import with_template_holes
from flake8_celery_oom.syntax.substitution import stripped
from flake8_celery_oom.syntax.xml import Element, parse

KIND = "launchd"
TITLE = "launchd property lists"
NAMES = ("*.plist",)


def claims(path: str, head: str) -> bool:
    """A property list, also as a template, that says which program is run."""
    return ".plist" in path.rpartition("/")[2] and "<key>Program" in head


def read(source: SourceText) -> list[Fact]:
    """One Launch for the job."""
    job = next(parse(source).all("dict"), None)
    values = _values(job) if job is not None else {}
    words = [Word.of(text) for element in _items(values.get("ProgramArguments")) if (text := _text(element))]
    program = _text(values.get("Program"))
    if program is not None:
        rest = words[1:] if words and _same_program(words[0].text, program.text) else words
        words = [Word.of(program), *rest]
    if not words or words[0].at is None:
        return []
    places = [word.at for word in words if word.at is not None]
    at = source.location(min(place.start for place in places), max(place.end for place in places))
    label, folder = _text(values.get("Label")), _text(values.get("WorkingDirectory"))
    return [
        Launch(
            KIND,
            label.text if label is not None else source.path,
            at,
            Argv(tuple(words), at),
            environment={name: Word.of(text) for name, text in _variables(values.get("EnvironmentVariables")).items()},
            workdir=folder.text if folder is not None and not folder.holes else None,
        )
    ]


def _same_program(first: str | None, program: str) -> bool:
    """Whether the list starts with the program's own name, which it may give in short; options follow it then."""
    return first is not None and first.rpartition("/")[2] == program.rpartition("/")[2]


def _values(dictionary: Element) -> Mapping[str, Element]:
    """The value behind each key."""
    found: dict[str, Element] = {}
    name = ""
    for element in dictionary.children:
        if element.name == "key":
            key = _text(element)
            name = key.text if key is not None else ""
        elif name:
            found.setdefault(name, element)
            name = ""
    return found


def _items(element: Element | None) -> list[Element]:
    return element.children if element is not None and element.name == "array" else []


def _variables(element: Element | None) -> Mapping[str, MappedText]:
    values = _values(element) if element is not None and element.name == "dict" else {}
    return {name: text for name, value in values.items() if (text := _text(value)) is not None}


def _text(element: Element | None) -> MappedText | None:
    text = element.text if element is not None and element.name in {"string", "key", "integer"} else None
    return with_template_holes(stripped(text)) if text is not None and text.text.strip() else None
