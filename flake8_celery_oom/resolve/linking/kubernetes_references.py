"""What a Kubernetes container takes from the ConfigMaps of the project: ``configMapKeyRef``, and ``$(NAME)`` from them.

Kubernetes puts variables of ``env`` and of ``envFrom`` in, not those that the image sets ("Define Environment Variables
for a Container", "Use environment variables inside of your config"). The source that reads a manifest knows those that
stand beside the command; the ConfigMaps are known when all files are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from flake8_celery_oom.core.facts import Argv, Command, Launch
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.resolve.facts.environment import environment_of
from flake8_celery_oom.resolve.facts.index import Facts
from flake8_celery_oom.syntax.substitution import fill_holes

KINDS = frozenset({"kubernetes", "helm"})
_KEY = "configmap:"
_REFERENCE = re.compile(r"\$\([A-Za-z_][\w.\-]*\)")


def with_referenced_variables(launches: Iterable[Launch], facts: Facts) -> list[Launch]:
    """The launches, those of Kubernetes with the values of ConfigMaps put in where variables and commands name them."""
    return [_filled(launch, facts) if launch.kind in KINDS and _refers(launch) else launch for launch in launches]


def _refers(launch: Launch) -> bool:
    words = [*launch.environment.values()]
    for command in (launch.command, launch.entrypoint):
        words += command.words if isinstance(command, Argv) else ()
    return any(_REFERENCE.fullmatch(hole.source) or _is_key(hole) for word in words for hole in word.holes)


def _is_key(hole: Hole) -> bool:
    return (hole.name or "").startswith(_KEY)


def _filled(launch: Launch, facts: Facts) -> Launch:
    given = environment_of(replace(launch, environment={}), {}, facts)
    own: dict[str, Word] = {}
    for name, word in launch.environment.items():
        own[name] = _from_key(_word(word, {**given, **own}), facts)
    values = {**given, **own}
    return replace(
        launch,
        command=_command(launch.command, values),
        entrypoint=_command(launch.entrypoint, values),
        environment=own,
    )


def _from_key(word: Word, facts: Facts) -> Word:
    """The value of ``configMapKeyRef`` where the project holds the ConfigMap."""
    if len(word.holes) != 1 or len(word.parts) != 1 or not _is_key(word.holes[0]):
        return word
    name, _, key = (word.holes[0].name or "").removeprefix(_KEY).rpartition("/")
    variables = facts.variables_of("configmap", name)
    return variables.values.get(key, word) if variables is not None else word


def _command(command: Command | None, values: Mapping[str, Word]) -> Command | None:
    if not isinstance(command, Argv):
        return command
    return replace(command, words=tuple(_word(word, values) for word in command.words))


def _word(word: Word, values: Mapping[str, Word]) -> Word:
    """The word with what is known put in. One that is a variable stands where its value is written."""
    referenced = [hole for hole in word.holes if _REFERENCE.fullmatch(hole.source) and hole.name in values]
    if not referenced or word.mapped is None:
        return word
    if len(word.parts) == 1:
        return values[referenced[0].name or ""]
    named = {hole.name or "": values[hole.name or ""] for hole in referenced}
    return replace(Word.of(fill_holes(word.mapped, named)), at=word.at)
