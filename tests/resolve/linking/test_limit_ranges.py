from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.value import Known, Unknown, Unset, Value
from flake8_celery_oom.workspace import Workspace

WORKER = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: jobs{namespace}}}
spec:
  template:
    spec:
      containers:
        - name: jobs
          image: shop
          command: [celery, -A, shop, worker]
"""
LIMITS = """\
apiVersion: v1
kind: LimitRange
metadata: {{name: limits{namespace}}}
spec:
  limits:
    - type: {type}
      {field}: {{memory: {amount}}}
"""


def limits(amount: str, namespace: str = "", field: str = "default", kind: str = "Container") -> str:
    return LIMITS.format(amount=amount, namespace=_named(namespace), field=field, type=kind)


def worker(namespace: str = "") -> str:
    return WORKER.format(namespace=_named(namespace))


def _named(namespace: str) -> str:
    return f", namespace: {namespace}" if namespace else ""


def limit_of(folder: Path, files: dict[str, str]) -> Value[int]:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (found,) = Workspace(folder, Config()).project().workers
    return found.memory_limit


@pytest.mark.parametrize(
    ("files", "mebibytes"),
    [
        ({"k8s/jobs.yaml": worker(), "k8s/limits.yaml": limits("512Mi")}, 512),
        ({"k8s/all.yaml": f"{limits('512Mi')}---\n{worker()}"}, 512),
        ({"k8s/jobs.yaml": worker(), "k8s/limits.yaml": limits("512Mi", field="max")}, 512),
        ({"k8s/apps/jobs.yaml": worker(), "k8s/limits.yaml": limits("512Mi")}, 512),
        ({"k8s/jobs.yaml": worker(), "k8s/policy/limits.yaml": limits("512Mi")}, 512),
        ({"a/jobs.yaml": worker("shop"), "b/limits.yaml": limits("512Mi", "shop")}, 512),
        (
            {
                "a/jobs.yaml": worker("shop"),
                "a/limits.yaml": limits("256Mi", "shop"),
                "b/limits.yaml": limits("512Mi", "shop"),
            },
            256,
        ),
        ({"a/jobs.yaml": worker(), "b/limits.yaml": limits("512Mi")}, None),
        ({"a/jobs.yaml": worker("shop"), "a/limits.yaml": limits("512Mi", "mail")}, None),
        ({"a/jobs.yaml": worker("shop"), "a/limits.yaml": limits("512Mi")}, None),
        ({"a/jobs.yaml": worker(), "a/limits.yaml": limits("512Mi", kind="Pod")}, None),
        ({"a/jobs.yaml": worker(), "a/limits.yaml": limits("512Mi", field="defaultRequest")}, None),
    ],
)
def test_the_limit_range_that_applies(tmp_path: Path, files: dict[str, str], mebibytes: int | None) -> None:
    found = limit_of(tmp_path, files)
    if mebibytes is None:
        assert isinstance(found, Unset)
    else:
        assert isinstance(found, Known)
        assert found.value == mebibytes << 20
        assert found.at is not None


def test_limit_ranges_that_differ(tmp_path: Path) -> None:
    files = {"jobs.yaml": worker(), "a.yaml": limits("512Mi"), "b.yaml": limits("256Mi")}
    assert isinstance(limit_of(tmp_path, files), Unknown)


def test_the_own_limit_wins(tmp_path: Path) -> None:
    own = worker() + "          resources: {limits: {memory: 64Mi}}\n"
    found = limit_of(tmp_path, {"jobs.yaml": own, "limits.yaml": limits("512Mi")})
    assert isinstance(found, Known)
    assert found.value == 64 << 20
