"""Facts as text for people: what the .facts snapshots beside fixtures hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from flake8_celery_oom.core.facts import (
    Argv,
    Command,
    DefaultMemoryLimit,
    Fact,
    Image,
    Launch,
    NotationFact,
    Problem,
    Requirement,
    Script,
    Stage,
    Variables,
)
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.value import Known, Unknown, Unset, Value
from flake8_celery_oom.core.word import Word


def show(facts: Iterable[Fact]) -> str:
    return "".join(f"{line}\n" for fact in facts for line in _fact(fact))


def place(at: Location | None) -> str:
    return "?" if at is None else f"{at.line}:{at.column}-{at.end_line}:{at.end_column}"


def word(value: Word) -> str:
    shown = "".join(part if isinstance(part, str) else _hole(part) for part in value.parts)
    return f"{_quoted(shown)} @{place(value.at)}"


def _hole(hole: Hole) -> str:
    marks = [hole.source]
    marks += [f"name={hole.name}"] if hole.name is not None else []
    marks += [f"default={hole.default!r}"] if hole.default is not None else []
    marks += ["several"] if hole.several else []
    marks += ["host cpus"] if hole.host_cpus else []
    return f"<{' '.join(marks)}>"


def _quoted(text: str) -> str:
    return repr(text)[1:-1]


def _command(command: Command) -> str:
    if isinstance(command, Argv):
        return f"{command.notation} [{', '.join(word(one) for one in command.words)}] @{place(command.at)}"
    return f"{'shell' if command.shell else 'words'} {mapped(command.text)} @{place(command.at)}"


def mapped(text: MappedText) -> str:
    return _quoted("".join(part if isinstance(part, str) else _hole(part) for part in text.parts()))


def _words(title: str, values: Mapping[str, Word]) -> Iterator[str]:
    for name, value in values.items():
        yield f"{title} {name} = {word(value)}"


def _value(value: Value[int]) -> str:
    match value:
        case Known():
            return f"{value.value} @{place(value.at)}"
        case Unknown():
            return f"unknown ({value.cause}) default={value.default} @{place(value.at)}"
        case Unset():
            return "unset"


def _stage(stage: Stage) -> Iterator[str]:
    yield f"  stage {stage.name or '-'} from {stage.base or '-'} @{place(stage.at)}"
    yield from _words("    arg", stage.arguments)
    yield from _words("    env", stage.environment)
    if stage.workdir is not None:
        yield f"    workdir {stage.workdir}"
    for copy in stage.copies:
        origin = f" from {copy.stage}" if copy.stage else ""
        yield f"    copy{origin} {' '.join(copy.sources)} -> {copy.target} @{place(copy.at)}"
    for run in stage.runs:
        yield f"    run {_command(run)}"
    if stage.entrypoint is not None:
        yield f"    entrypoint {_command(stage.entrypoint)}"
    if stage.command is not None:
        yield f"    command {_command(stage.command)}"


def _launch(launch: Launch) -> Iterator[str]:
    yield f"launch {launch.kind} {launch.name} @{place(launch.at)}"
    if launch.entrypoint is not None:
        yield f"  entrypoint {_command(launch.entrypoint)}"
    if launch.command is not None:
        yield f"  command {_command(launch.command)}"
    yield from _words("  env", launch.environment)
    for source in launch.environment_from:
        yield f"  env from {source.kind} {source.name} path={source.path} @{place(source.at)}"
    for title, value in (("image", launch.image), ("workdir", launch.workdir), ("container", launch.container)):
        if value:
            yield f"  {title} {value}"
    if launch.build is not None:
        yield f"  build {launch.build}"
    for mount in launch.mounts:
        yield f"  mount {mount.source} -> {mount.target}"
    if not isinstance(launch.memory_limit, Unset):
        yield f"  memory {_value(launch.memory_limit)}"
    if launch.replicas != 1:
        yield f"  replicas {launch.replicas}"
    if not launch.autostart:
        yield "  waits to be started"
    if launch.stopped_as_group:
        yield "  stopped as a group"
    if launch.in_container:
        yield "  in container"
    if launch.namespace:
        yield f"  namespace {launch.namespace}"


def _fact(fact: Fact) -> Iterator[str]:
    match fact:
        case NotationFact():
            yield f"{type(fact).__name__} {fact.path}"
        case Image():
            yield f"image {fact.path}"
            for stage in fact.stages:
                yield from _stage(stage)
        case Launch():
            yield from _launch(fact)
        case Script():
            yield f"script {fact.path} ({fact.interpreter}) {mapped(fact.text)}"
        case Requirement():
            extras = f"[{','.join(sorted(fact.extras))}]" if fact.extras else ""
            yield f"{'locked' if fact.locked else 'requires'} {fact.name}{extras} {fact.specifier} @{place(fact.at)}"
        case Variables():
            yield f"variables {fact.kind} {fact.name} ({fact.path})"
            yield from _words(" ", fact.values)
        case DefaultMemoryLimit():
            yield f"default memory limit {_value(fact.limit)} of namespace {fact.namespace or '-'}"
        case Problem():
            yield f"problem {fact.message} @{place(fact.at)}"
