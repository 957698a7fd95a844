from __future__ import annotations

import pytest

from flake8_celery_oom.core.facts import Problem
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.sources import compose


def test_broken_yaml_is_a_problem_unless_it_is_a_template() -> None:
    (problem,) = compose.read(SourceText("compose.yml", "services:\n  a:\n    command: [x\n  b: y: z\n"))
    assert isinstance(problem, Problem)
    assert not compose.read(SourceText("compose.yml", "{% if x %}\nservices: [\n{% endif %}\n"))


@pytest.mark.parametrize(
    "name", ["docker-compose.yml-sample", "docker-compose.override.yaml.dist", "compose.yml_example"]
)
def test_samples_are_claimed(name: str) -> None:
    assert compose.claims(name, "")
