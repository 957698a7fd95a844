"""Charts whose manifests stand in a library chart of the same repository, and what ``tpl`` makes of their values."""

from __future__ import annotations

import pytest

from flake8_celery_oom.core.facts import Argv, Launch
from tests.resolve.helm.test_manifests import rendered

LIBRARY = """
{{- define "base.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata: {name: w}
spec:
  template:
    spec:
      containers:
        - name: w
          image: i
          {{- with .values.command }}
          command:
{{ tpl (toYaml .) $.root | nindent 12 }}
          {{- end }}
{{- end -}}
"""
VALUES = """
worker:
  count: 3
  command:
    - /bin/sh
    - -c
    - |-
      exec celery --app shop worker \\
        --concurrency "{{ .Values.worker.count }}"
        {{- if .Values.worker.queue }} --queues x{{- end }}
"""


def project(dependency: str, library: str = "name: base\ntype: library\nversion: 1.2.0\n") -> dict[str, str]:
    return {
        "charts/base/Chart.yaml": library,
        "charts/base/templates/_deployment.tpl": LIBRARY,
        "charts/shop/Chart.yaml": f"name: shop\nversion: 1.0.0\ndependencies:\n  - {{name: base, {dependency}}}\n",
        "charts/shop/values.yaml": VALUES,
        "charts/shop/templates/worker.yaml": (
            '{{ include "base.deployment" (dict "root" . "values" .Values.worker) }}'
        ),
    }


@pytest.mark.parametrize(
    ("dependency", "found"),
    [
        ("version: 1.2.0, repository: 'file://../base'", True),
        ("version: 1.2.0, repository: 'https://example.org/charts'", True),
        ("version: 1.2.0, repository: 'oci://example.org/charts'", True),
        ("version: 1.1.0, repository: 'https://example.org/charts'", False),
    ],
)
def test_a_library_that_the_repository_publishes_itself(dependency: str, *, found: bool) -> None:
    launches = [fact for fact in rendered(project(dependency)) if isinstance(fact, Launch)]
    assert bool(launches) is found


def test_another_chart_of_that_name_says_nothing() -> None:
    files = project("version: 1.2.0, repository: 'https://example.org/charts'")
    files["other/base/Chart.yaml"] = "name: base\ntype: library\nversion: 1.2.0\n"
    assert not [fact for fact in rendered(files) if isinstance(fact, Launch)]


def test_what_tpl_makes_of_a_value_stands_in_the_values() -> None:
    (launch,) = [fact for fact in rendered(project("repository: 'file://../base'")) if isinstance(fact, Launch)]
    assert isinstance(launch.entrypoint, Argv)
    script = launch.entrypoint.words[2]
    assert script.text == 'exec celery --app shop worker \\\n  --concurrency "3"'
    assert script.at is not None
    assert (script.at.path, script.at.line) == ("charts/shop/values.yaml", 8)
    assert script.mapped is not None
    place = script.mapped.location(script.mapped.text.index("celery"))
    assert (place.path, place.line, place.column) == ("charts/shop/values.yaml", 8, 12)
