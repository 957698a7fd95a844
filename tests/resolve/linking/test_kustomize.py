"""Containers as overlays of Kustomize install them."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.results import HostCpus, Worker
from flake8_celery_oom.core.value import Known, Unknown, Unset, Value
from flake8_celery_oom.workspace import Workspace
from tests.files import write_files

BASE = """
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: jobs
    spec:
      template:
        spec:
          containers:
            - name: jobs
              image: shop
              command: [celery, -A, shop, worker]
    """
PATCH = """
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: {name}
    spec:
      template:
        spec:
          containers:
            - name: {container}
              {words}
              resources: {{limits: {{memory: {memory}}}}}
    """
OPERATIONS = """
    - op: add
      path: /spec/template/spec/containers/0/args
      value: ["-c", "4"]
    """


def patch(words: str = "", memory: str = "1Gi", name: str = "jobs", container: str = "jobs") -> str:
    return PATCH.format(words=words or "workingDir: /srv", memory=memory, name=name, container=container)


def workers(tmp_path: Path, files: dict[str, str]) -> list[Worker]:
    write_files(tmp_path, {"base/kustomization.yaml": "resources: [jobs.yaml]\n", "base/jobs.yaml": BASE, **files})
    return list(Workspace(tmp_path, Config()).project().workers)


def known(value: Value[int] | Value[int | HostCpus]) -> object:
    match value:
        case Known():
            return value.value
        case Unset():
            return None
        case Unknown():
            return "?"


def said(found: list[Worker]) -> list[tuple[str, object, object]]:
    return sorted((one.at.path, known(one.concurrency), known(one.memory_limit)) for one in found)


@pytest.mark.parametrize("listed", ["patches: [{path: jobs.yaml}]", "patchesStrategicMerge: [jobs.yaml]"])
def test_a_patch_goes_over_its_base(tmp_path: Path, listed: str) -> None:
    files = {
        "prod/kustomization.yaml": f"resources: [../base]\n{listed}\n",
        "prod/jobs.yaml": patch('args: ["-c", "4"]'),
    }
    assert said(workers(tmp_path, files)) == [("base/jobs.yaml", 4, 2**30)]


def test_two_overlays_are_two_workers(tmp_path: Path) -> None:
    files = {}
    for folder, number in (("prod", "8"), ("test", "2")):
        files[f"{folder}/kustomization.yaml"] = "resources: [../base]\npatches: [{path: jobs.yaml}]\n"
        files[f"{folder}/jobs.yaml"] = patch(f'command: [celery, -A, shop, worker, "-c", "{number}"]', f"{number}Gi")
    found = workers(tmp_path, files)
    assert said(found) == [("prod/jobs.yaml", 8, 2**33), ("test/jobs.yaml", 2, 2**31)]
    assert sorted(one.name for one in found) == ["jobs (prod)", "jobs (test)"]


def test_a_base_that_one_overlay_leaves_as_it_is_counts_too(tmp_path: Path) -> None:
    files = {
        "prod/kustomization.yaml": "resources: [../base]\npatches: [{path: jobs.yaml}]\n",
        "prod/jobs.yaml": patch("env: [{name: CELERY_WORKER_CONCURRENCY, value: '3'}]"),
        "test/kustomization.yaml": "resources: [../base]\nnamePrefix: test-\n",
    }
    found = {(known(one.concurrency), known(one.memory_limit)) for one in workers(tmp_path, files)}
    assert found == {(3, 2**30), (None, None)}


@pytest.mark.parametrize(
    "other", [patch('args: ["-c", "4"]', name="web"), patch('args: ["-c", "4"]', container="sidecar")]
)
def test_a_patch_of_something_else_changes_nothing(tmp_path: Path, other: str) -> None:
    files = {"prod/kustomization.yaml": "resources: [../base]\npatches: [{path: p.yaml}]\n", "prod/p.yaml": other}
    assert said(workers(tmp_path, files)) == [("base/jobs.yaml", None, None)]


@pytest.mark.parametrize(
    "listed",
    [
        "patches: [{path: p.yaml, target: {kind: Deployment, name: jobs}}]",
        "patchesJson6902: [{path: p.yaml, target: {name: jobs}}]",
        "patches: [{path: p.yaml, target: {name: jo.*}}]",
        "components: [../part]",
    ],
)
def test_operations_are_carried_out(tmp_path: Path, listed: str) -> None:
    part = "kind: Component\npatches: [{path: ../prod/p.yaml, target: {kind: Deployment}}]\n"
    files = {
        "prod/kustomization.yaml": f"resources: [../base]\n{listed}\n",
        "prod/p.yaml": OPERATIONS,
        "part/kustomization.yaml": part,
    }
    assert said(workers(tmp_path, files)) == [("base/jobs.yaml", 4, None)]


@pytest.mark.parametrize(
    "listed",
    [
        "patches: [{path: not-there.yaml}]",
        "patches: [{path: p.yaml}]",
        "patches: [{path: p.yaml, target: {name: '(jobs|x)+'}}]",
        "patches:\n- target: {name: jobs}\n  patch: |-\n    - {op: replace, path: /spec/no/such, value: 1}\n",
        "patches: [{path: p.yaml, target: {name: jobs, labelSelector: 'app in (a, b)'}}]",
        "transformers: [labels.yaml]",
    ],
)
def test_what_cannot_be_followed_is_unknown(tmp_path: Path, listed: str) -> None:
    files = {"prod/kustomization.yaml": f"resources: [../base]\n{listed}\n", "prod/p.yaml": OPERATIONS}
    assert said(workers(tmp_path, files)) == [("base/jobs.yaml", "?", "?")]


def test_a_config_map_that_overlays_fill_differently_is_two(tmp_path: Path) -> None:
    generator = (
        "configMapGenerator:\n- name: jobs\n  behavior: merge\n  literals: [CELERY_WORKER_CONCURRENCY={number}]\n"
    )
    base = "resources: [jobs.yaml]\nconfigMapGenerator:\n- name: jobs\n  literals: [CELERY_WORKER_CONCURRENCY=1]\n"
    jobs = BASE.replace("image: shop", "image: shop\n              envFrom: [{configMapRef: {name: jobs}}]")
    files = {"base/kustomization.yaml": base, "base/jobs.yaml": jobs}
    for folder, number in (("prod", "8"), ("test", "2")):
        files[f"{folder}/kustomization.yaml"] = "resources: [../base]\n" + generator.format(number=number)
    assert said(workers(tmp_path, files)) == [("base/jobs.yaml", 2, None), ("base/jobs.yaml", 8, None)]


def test_a_container_that_an_overlay_deletes_is_not_installed(tmp_path: Path) -> None:
    listed = "patches:\n- patch: |-\n    kind: Deployment\n    metadata: {name: jobs}\n    $patch: delete\n"
    assert workers(tmp_path, {"prod/kustomization.yaml": f"resources: [../base]\n{listed}"}) == []


def test_kustomizations_in_a_circle_end(tmp_path: Path) -> None:
    files = {
        "base/kustomization.yaml": "resources: [jobs.yaml, ../prod]\n",
        "prod/kustomization.yaml": "resources: [../base]\n",
    }
    assert said(workers(tmp_path, files)) == [("base/jobs.yaml", None, None)]


def test_operations_on_another_object_or_on_something_else_change_nothing(tmp_path: Path) -> None:
    replicas = "- op: replace\n  path: /spec/replicas\n  value: 3\n"
    listed = "patches: [{path: p.yaml, target: {name: web}}, {path: r.yaml}]"
    files = {
        "prod/kustomization.yaml": f"resources: [../base]\n{listed}\n",
        "prod/p.yaml": OPERATIONS,
        "prod/r.yaml": replicas,
    }
    assert said(workers(tmp_path, files)) == [("base/jobs.yaml", None, None)]
