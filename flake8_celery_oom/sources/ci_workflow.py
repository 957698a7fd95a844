"""Workflows of GitHub, GitLab, CircleCI and others: every script block of a job is a shell text."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from flake8_celery_oom.core.facts import Argv, Fact, Launch, ShellText
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word, literal
from flake8_celery_oom.syntax import yaml
from flake8_celery_oom.syntax.node_values import at_path, environment, mappings, problems
from flake8_celery_oom.syntax.substitution import substitute
from flake8_celery_oom.syntax.workflow_images import images_of
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Node, Scalar, Sequence, argv_or_text

KIND = "workflow"
TITLE = "CI workflows"
NAMES = (
    "**/.github/workflows/*.yml",
    ".gitlab-ci.yml",
    "**/.circleci/*.yml",
    "azure-pipelines*.yml",
    "bitbucket-pipelines.yml",
    ".travis.yml",
    ".drone.yml",
    "buildspec*.yml",
    "**/.buildkite/*.yml",
    "cloudbuild*.yaml",
)

_GITHUB = re.compile(r"(?:^|/)\.(?:github|gitea|forgejo)/(?:workflows/[^/]+|actions/(?:.+/)?action)\.ya?ml$")
_CIRCLE = re.compile(r"(?:^|/)\.circleci/(?:.+/)?[^/]+\.ya?ml$")
_SCRIPTS = re.compile(
    r"(?:^|/)(?:[\w.-]*\.gitlab-ci[\w.-]*|\.gitlab/.+|azure-pipelines[\w.-]*|bitbucket-pipelines|\.travis|\.drone"
    r"|\.woodpecker(?:/.+)?|appveyor|\.appveyor|\.cirrus|buildspec[\w.-]*|\.semaphore/.+|\.buildkite/.+)\.ya?ml$"
)
_CLOUD_BUILD = re.compile(r"(?:^|/)[\w.-]*cloudbuild[\w.-]*\.(?:ya?ml|json)$")
_EXPRESSION = re.compile(r"\$\{\{.*?\}\}|<<\s*(?:pipeline\.)?[\w-]+\.[\w.-]+\s*>>", re.DOTALL)
_SCRIPT_KEYS = (
    *("before_script", "script", "after_script", "commands", "bash", "install", "before_install"),
    *("before_test", "test_script", "after_test", "before_build", "build_script", "after_build", "deploy_script"),
)
_OTHER_SHELLS = re.compile(r"python|pwsh|powershell|cmd|node|perl|ruby", re.IGNORECASE)
_DEEPEST_LIST = 6


def claims(path: str, head: str) -> bool:
    """The places where these services look for their workflows."""
    return "\0" not in head and any(pattern.search(path) for pattern in (_GITHUB, _CIRCLE, _SCRIPTS, _CLOUD_BUILD))


def read(source: SourceText) -> list[Fact]:
    """One Launch for each script block, which runs in the root of the project unless it says otherwise."""
    facts: list[Fact] = []
    steps = _GITHUB.search(source.path) is not None or _CIRCLE.search(source.path) is not None
    documents, templated = yaml.either_documents(source)
    for document in documents:
        root = document.node
        if isinstance(root, Mapping):
            if _CLOUD_BUILD.search(source.path):
                facts.extend(_build_steps(root))
            else:
                keys = (*_SCRIPT_KEYS, "command") if ".buildkite/" in source.path else _SCRIPT_KEYS
                facts.extend(_steps(root) if steps else _jobs(root, keys))
            if _GITHUB.search(source.path):
                facts.extend(images_of(root, source.path))
        facts.extend(() if templated else problems(source, document, "YAML"))
    return facts


def _steps(root: Mapping) -> Iterator[Launch]:
    """The ``run`` of every step, for GitHub and CircleCI."""
    outer = environment(root.get("env"), _with_expressions)
    jobs = root.get("jobs")
    commands = root.get("commands")
    found: list[tuple[str, Mapping]] = [("", root)] if jobs is None else []
    for group in (jobs, commands):
        for name, job in group.items() if isinstance(group, Mapping) else ():
            if isinstance(job, Mapping):
                found.append((name, job))
    for name, job in found:
        variables = {**outer, **_variables(job)} if job is not root else outer
        folder = _folder(at_path(root, "defaults", "run"), at_path(job, "defaults", "run"), job)
        for step in yaml.walk(job):
            if (
                isinstance(step, Mapping)
                and (run := step.get("run")) is not None
                and step is not at_path(job, "defaults")
            ):
                yield from _step(name, step, run, variables, folder)


def _step(job: str, step: Mapping, run: Node, variables: dict[str, Word], folder: str | None) -> Iterator[Launch]:
    """One step; CircleCI may put the command and its settings below ``run``."""
    settings = run if isinstance(run, Mapping) else step
    command = run.get("command") if isinstance(run, Mapping) else run
    shell = yaml.text(settings.get("shell")) or ""
    if (
        not isinstance(command, Scalar)
        or command.is_null
        or _OTHER_SHELLS.match(posixpath.basename(shell.split(" ")[0]))
    ):
        return
    label = settings.get("name")
    title = Word.of(label.value).shown if isinstance(label, Scalar) else f"line {command.at.line}"
    yield Launch(
        kind=KIND,
        name=f"{job}: {title}" if job else title,
        at=command.at,
        command=ShellText(_with_expressions(command.value), command.at),
        environment={**variables, **_variables(settings)},
        workdir=_folder(settings) or folder or ".",
    )


def _variables(node: Mapping) -> dict[str, Word]:
    return {
        **environment(node.get("env"), _with_expressions),
        **environment(node.get("environment"), _with_expressions),
        **environment(node.get("variables"), _with_expressions),
    }


def _folder(*nodes: Node | None) -> str | None:
    """The last working directory that is given, relative to the root."""
    for node in reversed(nodes):
        for key in ("working-directory", "working_directory"):
            folder = yaml.text(at_path(node, key))
            if folder and "<<" not in folder and "$" not in folder and not folder.startswith(("~", "/")):
                return posixpath.normpath(folder)
    return None


def _build_steps(root: Mapping) -> Iterator[Launch]:
    """Google Cloud Build: the containers of ``steps``, whose entrypoint may be a shell."""
    for step in mappings(root.get("steps")):
        entrypoint, arguments = step.get("entrypoint"), argv_or_text(step.get("args"))
        script = step.get("script")
        title = yaml.text(step.get("id")) or yaml.text(step.get("name")) or ""
        variables = environment(step.get("env"))
        if isinstance(script, Scalar) and not script.is_null:
            yield Launch(KIND, title, script.at, ShellText(script.value, script.at), environment=variables, workdir=".")
        elif isinstance(arguments, Argv) and isinstance(entrypoint, Scalar) and not entrypoint.is_null:
            words = (Word.of(entrypoint.value), *arguments.words)
            command = Argv(words, arguments.at, arguments.notation)
            yield Launch(KIND, title, arguments.at, command, environment=variables, workdir=".")
        elif isinstance(arguments, Argv):
            builder = posixpath.basename(yaml.text(step.get("name")) or "").partition(":")[0]
            words = (literal("docker", arguments.at), *arguments.words) if builder == "docker" else arguments.words
            command = Argv(words, arguments.at, arguments.notation)
            yield Launch(KIND, title, arguments.at, command, environment=variables, workdir=".")


def _jobs(root: Mapping, keys: tuple[str, ...]) -> Iterator[Launch]:
    """The lists of commands of GitLab and of services like it; the lines of one list run in one shell."""
    outer = _variables(root)
    for name, job in (*root.items(), ("", root)):
        if name and not isinstance(job, (Mapping, Sequence)):
            continue
        nodes = yaml.walk(job) if job is not root else iter([root])
        for node in nodes:
            if not isinstance(node, Mapping):
                continue
            for key in keys:
                text = _lines(node.get(key))
                if text is not None:
                    at = _place(node.get(key)) or node.at
                    title = f"{name}: {key}" if name else key
                    variables = {**outer, **_variables(node)}
                    yield Launch(KIND, title, at, ShellText(text, at), environment=variables, workdir=".")


def _place(node: Node | None) -> Location | None:
    return node.at if node is not None else None


def _lines(node: Node | None, depth: int = 0) -> MappedText | None:
    """A script given as text or as a list of lines, lists inside lists included."""
    if isinstance(node, Scalar):
        return None if node.is_null or node.tag == "!reference" else _with_expressions(node.value)
    if not isinstance(node, Sequence) or node.tag is not None or depth > _DEEPEST_LIST:
        return None
    lines = [line for item in node.items if (line := _lines(item, depth + 1)) is not None]
    return MappedText.joined(lines, "\n") if lines else None


def _with_expressions(text: MappedText) -> MappedText:
    """The text with a hole for each ``${{ ... }}`` and ``<< parameters.x >>``."""
    if "{{" not in text.text and "<<" not in text.text:
        return text
    return substitute(text, _EXPRESSION, lambda match, piece: Hole(match[0], at=piece.location()))
