"""/etc/default/celeryd and /etc/conf.d/celery: the variables from which Celery's own service scripts start workers.

Those scripts run ``$CELERY_BIN -A $CELERY_APP multi start $CELERYD_NODES $CELERYD_OPTS``
(``extra/generic-init.d/celeryd`` and the systemd unit of Celery's documentation, 3.1 to 5.7). The init script takes
``$CELERYD_MULTI`` for ``$CELERY_BIN multi`` where that is set: ``manage.py celeryd_multi``, ``celeryd-multi``.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from flake8_celery_oom.core.facts import Argv, Fact, Launch, Variables
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word, literal
from flake8_celery_oom.sources import dotenv
from flake8_celery_oom.syntax.dotenv import Variable, parse

KIND = "celeryd"
TITLE = "defaults files of celeryd"
NAMES = ("**/default/celeryd", "**/conf.d/celery", "**/sysconfig/celery")

_OWN = re.compile(r"^[ \t]*(?:export[ \t]+)?(CELERYD_NODES|CELERYD_OPTS|CELERYD_MULTI|CELERY_BIN)=", re.MULTILINE)
_NAME = re.compile(
    r"(?:^|/)(?:default|conf\.d|sysconfig)/[^/]*celery[^/]*\Z|(?:^|/)celeryd?(?:[._-](?:default|conf)[^/]*)?\Z"
)
_OTHER = re.compile(r"\.(?:py|md|rst|ya?ml|json|toml|sh|bash|service|html|mk|nix|pp|rb)(?:\.(?:j2|erb|tpl|tmpl))?\Z")
_OF_BEAT = re.compile("beat")
"""The files that ``extra/generic-init.d/celerybeat`` reads besides: their CELERYD_OPTS are not for the worker."""
_PLACES = ("CELERYD_OPTS", "CELERYD_MULTI", "CELERY_BIN", "CELERYD_NODES")
"""Where the worker stands: the first of these variables that is set."""
_WORD = re.compile(r"\S+")
_COMMAND_END = re.compile(r"&&|;")


_INIT_SCRIPT = re.compile(r"^### BEGIN INIT INFO", re.MULTILINE)
"""The header of an init script (LSB 5.0, "Comment Conventions for Init Scripts"), whatever its first line is."""


def claims(path: str, head: str) -> bool:
    """A file that sets a variable which Celery's service scripts ask for, and is no program itself."""
    if head.startswith("#!") or _INIT_SCRIPT.search(head) or _OTHER.search(path) or dotenv.claims(path, head):
        return False
    found = {match[1] for match in _OWN.finditer(head)}
    return len(found) > 1 or (bool(found) and _NAME.search(path) is not None)


def read(source: SourceText) -> list[Fact]:
    """The variables, and the worker that the service scripts start with them."""
    variables = {variable.name: variable for variable in parse(source, sourced=True)}
    values = {name: Word.of(variable.value) for name, variable in variables.items()}
    whole_lines = {variable.name: Word.of(variable.value) for variable in parse(source)}
    facts: list[Fact] = [
        Variables("file", source.path, source.path, values),
        Variables("unit", source.path, source.path, whole_lines),
    ]
    named = [variables[name] for name in _PLACES if name in variables]
    if {"CELERYD_NODES", "CELERYD_MULTI", "CELERY_BIN"} & variables.keys() and not _OF_BEAT.search(
        posixpath.basename(source.path)
    ):
        facts.append(_launch(source.path, named[0], variables, values))
    return facts


def _launch(path: str, place: Variable, variables: Mapping[str, Variable], values: Mapping[str, Word]) -> Launch:
    at = place.value.location()
    app = [literal("-A", at), _one(variables, "CELERY_APP", "", at)] if "CELERY_APP" in variables else []
    words = list(_words(variables, "CELERYD_MULTI", "", at))
    if [word.text for word in words] in ([], ["multi"]):
        words = [*_program(variables, at), *app, literal("multi", at), literal("start", at)]
        words += _words(variables, "CELERYD_NODES", "celery", at)
    else:
        words += literal("start", at), *_words(variables, "CELERYD_NODES", "celery", at), *app
    words += _words(variables, "CELERYD_OPTS", "", at)
    directory = values.get("CELERYD_CHDIR")
    return Launch(
        KIND,
        posixpath.basename(path),
        at,
        Argv(tuple(words), at, "shell"),
        environment=values,
        workdir=directory.shown if directory and directory.shown else None,
    )


def _program(variables: Mapping[str, Variable], at: Location) -> Iterator[Word]:
    """The words of CELERY_BIN, which the service scripts hand to a shell: ``cd folder && pipenv run celery``."""
    if "CELERY_BIN" not in variables:
        yield literal("celery", at)
        return
    value = variables["CELERY_BIN"].value
    before = max((match.end() for match in _COMMAND_END.finditer(value.text)), default=0)
    for word in _split(value[before:]):
        yield replace(word, at=at, mapped=None)


def _one(variables: Mapping[str, Variable], name: str, otherwise: str, at: Location) -> Word:
    """The value as one word of the command, which stands where its options do: there more can be written."""
    word = Word.of(variables[name].value) if name in variables else literal(otherwise)
    return replace(word, at=at, mapped=None)


def _words(variables: Mapping[str, Variable], name: str, otherwise: str, at: Location) -> Iterator[Word]:
    """The value as the shell splits it: at blanks alone, since quotes inside a variable are plain characters."""
    if name not in variables:
        if otherwise:
            yield literal(otherwise, at)
        return
    value: MappedText = variables[name].value
    if "{%" in value.text:
        start, end = value.text.index("{%"), max(value.text.rfind("%}") + 2, value.text.index("{%") + 2)
        yield from _split(value[:start])
        part = value[start:end]
        yield Word((Hole(part.text[:60], at=part.location(), several=True),), part.location())
        value = value[end:]
    yield from _split(value)


def _split(value: MappedText) -> Iterator[Word]:
    for match in _WORD.finditer(value.text):
        word = Word.of(value[match.start() : match.end()])
        yield replace(
            word, parts=tuple(replace(part, several=True) if isinstance(part, Hole) else part for part in word.parts)
        )
