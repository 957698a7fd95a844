"""Images that a workflow of GitHub builds with an action: their names, and the Dockerfile of each.

Sources: the inputs that ``docker/build-push-action``, ``docker/metadata-action``, ``redhat-actions/buildah-build``,
``macbre/push-to-ghcr`` and others of their kind document.
"""

from __future__ import annotations

import itertools
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from flake8_celery_oom.core.facts import NotationFact
from flake8_celery_oom.syntax.node_values import at_path, mappings, scalars
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Node, Scalar, Sequence, text

_BUILDS = re.compile(r"docker|container|buildah|kaniko|ghcr|image", re.IGNORECASE)
_EXPRESSION = re.compile(r"\$\{\{\s*(?P<path>[\w.-]+)[^}]*\}\}")
_NAME_KEYS = ("tags", "image_name", "image", "name", "repository")
_FILE_KEYS = ("file", "dockerfile", "containerfiles", "dockerfiles", "build_file")
_CONTEXT_KEYS = ("context", "path", "build_context", "directory", "workdir")
MOST_COMBINATIONS = 40
"""Combinations of a matrix that are looked at."""


@dataclass(frozen=True, slots=True)
class WorkflowImage(NotationFact):
    """An image that a workflow builds: names as written, ``dockerfile`` and ``context`` relative to the root."""

    names: tuple[str, ...]
    dockerfile: str
    context: str
    target: str | None


def images_of(root: Mapping, path: str) -> Iterator[WorkflowImage]:
    """The images that the jobs of a workflow build."""
    jobs = root.get("jobs")
    for _, job in jobs.items() if isinstance(jobs, Mapping) else ():
        if not isinstance(job, Mapping):
            continue
        steps = mappings(job.get("steps"))
        known = {**_scalars(root.get("env"), "env"), **_scalars(job.get("env"), "env"), **_metadata(steps)}
        for combination in _combinations(at_path(job, "strategy", "matrix")):
            for step in steps:
                values = {**known, **_scalars(step.get("env"), "env"), **combination}
                made = _image(step, values, path)
                if made is not None:
                    yield made


def _image(step: Mapping, values: dict[str, str], path: str) -> WorkflowImage | None:
    inputs = step.get("with")
    if not isinstance(inputs, Mapping) or not _BUILDS.search(text(step.get("uses")) or ""):
        return None
    if "metadata" in (text(step.get("uses")) or ""):
        return None
    given = {name: _filled(value.value.text, values) for name, value in inputs.items() if isinstance(value, Scalar)}
    names = [one for key in _NAME_KEYS if key in given for one in _names(key, given[key])]
    context = next((given[key] for key in _CONTEXT_KEYS if given.get(key)), ".")
    if "$" in context or "{{" in context or context.startswith(("http", "git@")):
        context = "."
    written = next((given[key].split()[0] for key in _FILE_KEYS if given.get(key, "").strip()), "")
    dockerfile = written or posixpath.join(context, "Dockerfile")
    if not names or "$" in dockerfile:
        return None
    folder = posixpath.normpath(context)
    return WorkflowImage(
        path, tuple(names), posixpath.normpath(dockerfile), "" if folder == "." else folder, given.get("target") or None
    )


def _names(key: str, value: str) -> Iterator[str]:
    """``tags`` are whole names of images; what other inputs give may be pushed below a registry and an owner."""
    for one in re.split(r"[\s,]+", value):
        if one:
            yield one if key == "tags" or "/" in one else f"${{owner}}/{one}"
        if "/" in one and key != "tags":
            yield f"${{registry}}/{one}"


def _filled(value: str, values: dict[str, str]) -> str:
    """``${{ env.NAME }}`` and the like with what is known of them; the rest stays, without blanks."""
    for _ in range(3):
        value = _EXPRESSION.sub(lambda match: values.get(match["path"], f"${{{{{match['path']}}}}}"), value)
    return value


def _scalars(node: Node | None, prefix: str) -> dict[str, str]:
    items = node.items() if isinstance(node, Mapping) else ()
    return {f"{prefix}.{name}": value.value.text for name, value in items if isinstance(value, Scalar)}


def _metadata(steps: list[Mapping]) -> dict[str, str]:
    """What ``docker/metadata-action`` makes of its images: ``steps.ID.outputs.tags``."""
    found: dict[str, str] = {}
    for step in steps:
        name, images = text(step.get("id")), text(at_path(step, "with", "images"))
        if name and images and "metadata-action" in (text(step.get("uses")) or ""):
            found[f"steps.{name}.outputs.tags"] = images
    return found


def _combinations(matrix: Node | None) -> list[dict[str, str]]:
    """The variables of each job of a matrix; one without any where there is none."""
    if not isinstance(matrix, Mapping):
        return [{}]
    included = [_scalars(one, "matrix") for one in mappings(matrix.get("include"))]
    lists = {
        name: [item.value.text for item in scalars(node)]
        for name, node in matrix.items()
        if name not in {"include", "exclude"} and isinstance(node, Sequence)
    }
    lists = {name: values for name, values in lists.items() if values}
    products = itertools.islice(itertools.product(*lists.values()), MOST_COMBINATIONS) if lists else iter(())
    made = [{f"matrix.{name}": value for name, value in zip(lists, one, strict=True)} for one in products]
    for name, node in matrix.items():
        if isinstance(node, Sequence) and name not in {"include", "exclude"}:
            made += [_scalars(entry, f"matrix.{name}") for entry in mappings(node)]
    return [*included, *made][:MOST_COMBINATIONS] or [{}]
