"""Hosting platforms that are told in YAML what to start: Render (``render.yaml``) and Heroku (``heroku.yml``)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.core.facts import Argv, Build, EnvironmentSource, Fact, Launch, ShellText
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.value import Known, Unknown, Value
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.syntax import yaml
from flake8_celery_oom.syntax.node_values import at_path, mappings, number, problems
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Node, Scalar, argv_or_text

KIND = "render"
TITLE = "Render and heroku.yml"
NAMES = ("render*.yaml", "heroku.yml")

_MIB = 1024**2
_PLAN_MEMORY = {
    "free": 512,
    "starter": 512,
    "starter plus": 1024,
    "standard": 2048,
    "standard plus": 3072,
    "pro": 4096,
    "pro plus": 8192,
    "pro max": 16384,
    "pro ultra": 32768,
}
"""MiB of each plan of Render, from its list of instance types."""
_DEFAULT_PLAN = "starter"
_RENDER_NAME = re.compile(r"render(?:[._-][\w.-]+)?\.ya?ml")
_RENDER_SERVICE = re.compile(r"^\s*(?:-\s+)?(?:startCommand|dockerCommand|envVars|runtime|type):", re.MULTILINE)


def claims(path: str, head: str) -> bool:
    """The files of these platforms, by name."""
    name = posixpath.basename(path)
    if _RENDER_NAME.fullmatch(name):
        return _RENDER_SERVICE.search(head) is not None
    return name in {"heroku.yml", "heroku.yaml"}


def read(source: SourceText) -> list[Fact]:
    """One Launch for each service or process."""
    facts: list[Fact] = []
    documents, templated = yaml.either_documents(source)
    for document in documents:
        root = document.node
        if isinstance(root, Mapping):
            heroku = posixpath.basename(source.path).startswith("heroku")
            facts.extend(_heroku(source.path, root) if heroku else _render(source.path, root))
        facts.extend(() if templated else problems(source, document, "YAML"))
    return facts


def _joined(path: str, *parts: str | None) -> str:
    """A path of the project that is written relative to the folder of the file."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), *(part.lstrip("/") for part in parts if part)))


# --- Render -----------------------------------------------------------------------------------------------------------


def _render(path: str, root: Mapping) -> Iterator[Launch]:
    """The services of a blueprint, those of its projects too."""
    for service in yaml.walk(root):
        if not isinstance(service, Mapping) or service.get("type") is None:
            continue
        start, docker = service.get("startCommand"), service.get("dockerCommand")
        runtime = yaml.text(service.get("runtime") or service.get("env")) or ""
        if start is None and docker is None and runtime not in {"docker", "image"}:
            continue
        in_container = runtime in {"docker", "image"} or start is None
        written = docker if in_container else start
        command = None
        if isinstance(written, Scalar) and not written.is_null and written.value.text:
            command = ShellText(written.value, written.at, shell=not in_container)
        name = yaml.text(service.get("name")) or f"line {service.at.line}"
        key = service.key("name") or service.key("type")
        folder = _joined(path, yaml.text(service.get("rootDir")))
        variables, sources = _render_variables(service.get("envVars"))
        yield Launch(
            kind=KIND,
            name=name,
            at=command.at if command else key.at if key else service.at,
            command=command,
            image=yaml.text(at_path(service, "image", "url")),
            build=_render_build(path, service) if runtime == "docker" else None,
            environment=variables,
            environment_from=tuple(sources),
            workdir=None if in_container else folder,
            memory_limit=_plan(service),
            replicas=number(service.get("numInstances")) or 1,
            container=f"{path}:{name}",
            in_container=in_container,
        )


def _render_build(path: str, service: Mapping) -> Build:
    root = yaml.text(service.get("rootDir"))
    context = yaml.text(service.get("dockerContext")) or "."
    dockerfile = yaml.text(service.get("dockerfilePath")) or "Dockerfile"
    return Build(_joined(path, root, context), _joined(path, root, dockerfile))


def _render_variables(node: Node | None) -> tuple[dict[str, Word], list[EnvironmentSource]]:
    variables: dict[str, Word] = {}
    sources: list[EnvironmentSource] = []
    for item in mappings(node):
        name, value = yaml.text(item.get("key")), item.get("value")
        group = item.get("fromGroup")
        if group is not None:
            sources.append(EnvironmentSource("other", yaml.text(group) or "", group.at))
        elif name and isinstance(value, Scalar):
            variables[name] = Word.of(value.value)
        elif name:
            variables[name] = Word((Hole(name, at=item.at),), item.at)
    return variables, sources


def _plan(service: Mapping) -> Value[int]:
    """The memory of a plan in bytes."""
    node = service.get("plan")
    plan = yaml.text(node)
    if node is None or plan is None:
        default = _PLAN_MEMORY[_DEFAULT_PLAN] * _MIB
        return Unknown(Cause("no plan is named"), service.at, default, "limit")
    memory = _PLAN_MEMORY.get(plan.lower().replace("_", " ").replace("-", " "))
    if memory is None:
        return Unknown(Cause(f"plan {plan!r}"), node.at, origin="limit")
    return Known(memory * _MIB, node.at, "limit")


# --- Heroku -----------------------------------------------------------------------------------------------------------


def _heroku(path: str, root: Mapping) -> Iterator[Launch]:
    """The processes of ``run``, and the release command; each runs in the image that is built under its name."""
    builds = at_path(root, "build", "docker")
    run = root.get("run")
    processes = run.items() if isinstance(run, Mapping) else []
    release = root.get("release")
    for name, node in [*processes, *([("release", release)] if release is not None else [])]:
        written = node.get("command") if isinstance(node, Mapping) else node
        command = argv_or_text(written)
        if isinstance(command, Argv) and len(command.words) == 1 and command.words[0].mapped is not None:
            command = ShellText(command.words[0].mapped, command.at)
        image = yaml.text(at_path(node, "image")) or name
        dockerfile = yaml.text(at_path(builds, image))
        key = run.key(name) if isinstance(run, Mapping) else None
        yield Launch(
            kind="heroku",
            name=name,
            at=command.at if command else key.at if key else root.at,
            command=command,
            build=Build(posixpath.dirname(_joined(path, dockerfile)) or ".", _joined(path, dockerfile))
            if dockerfile
            else None,
            container=f"{path}:{name}",
            in_container=True,
        )
