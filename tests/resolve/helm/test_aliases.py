"""A chart that its parent uses under several names."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery_oom.core.value import Known
from tests.resolve.started_project import follow

DEPLOYMENT = """
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
              command: [celery, -A, shop, worker, "-c", "{{ .Values.concurrency }}"]
    """


@pytest.mark.parametrize("found_by", ["name: jobs", "name: other\n    repository: file://charts/jobs"])
def test_each_name_has_its_own_values(tmp_path: Path, found_by: str) -> None:
    dependencies = "".join(f"  - {found_by}\n    alias: {alias}\n" for alias in ("fast", "slow"))
    found = follow(
        tmp_path,
        {
            "chart/Chart.yaml": f"apiVersion: v2\nname: shop\ndependencies:\n{dependencies}",
            "chart/values.yaml": "fast:\n  concurrency: 2\nslow:\n  concurrency: 6\n",
            "chart/charts/jobs/Chart.yaml": "apiVersion: v2\nname: jobs\n",
            "chart/charts/jobs/values.yaml": "concurrency: 1\n",
            "chart/charts/jobs/templates/jobs.yaml": DEPLOYMENT,
        },
    )
    values = {one.name: one.command.options["concurrency"] for one in found}
    texts = {name: value.value.text for name, value in values.items() if isinstance(value, Known)}
    assert texts == {"fast/jobs": "2", "slow/jobs": "6"}
    assert len({one.container for one in found}) == 2


def test_without_another_name_the_chart_is_called_by_its_own(tmp_path: Path) -> None:
    found = follow(
        tmp_path,
        {
            "chart/Chart.yaml": "apiVersion: v2\nname: shop\ndependencies:\n  - name: jobs\n",
            "chart/values.yaml": "jobs:\n  concurrency: 3\n",
            "chart/charts/jobs/Chart.yaml": "apiVersion: v2\nname: jobs\n",
            "chart/charts/jobs/templates/jobs.yaml": DEPLOYMENT,
        },
    )
    assert [one.name for one in found] == ["jobs"]


@pytest.mark.parametrize(
    ("key", "asked", "concurrency"),
    [
        ("n", "n", "9"),
        ("on", "on", "9"),
        ("Off", "Off", "9"),
        ("n", "false", "3"),
        ("yes", "true", "3"),
        ('"n"', "n", "3"),
        ("ok", "ok", "3"),
    ],
)
def test_a_plain_key_may_be_a_truth_value(key: str, asked: str, concurrency: str, tmp_path: Path) -> None:
    """As ``helm template`` of Helm 4.1 renders it: a key ``n`` is ``false`` there."""
    use = f"{{{{ .Values.{asked} | default 9 }}}}"
    found = follow(
        tmp_path,
        {
            "chart/Chart.yaml": "apiVersion: v2\nname: shop\n",
            "chart/values.yaml": f"{key}: 3\n",
            "chart/templates/jobs.yaml": DEPLOYMENT.replace("{{ .Values.concurrency }}", use),
        },
    )
    (value,) = [one.command.options["concurrency"] for one in found]
    assert isinstance(value, Known)
    assert value.value.text == concurrency
