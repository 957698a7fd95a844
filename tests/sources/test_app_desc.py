from __future__ import annotations

import pytest

from flake8_celery_oom.core.facts import Launch, Problem
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.value import Known, Unknown
from flake8_celery_oom.sources import app_desc

MIB = 1024 * 1024


def processes(text: str) -> list[Launch]:
    return [fact for fact in app_desc.read(SourceText("app_desc.yaml", text)) if isinstance(fact, Launch)]


def with_plan(plan: str) -> Launch:
    text = f"spec_version: 2\nmodule:\n  processes:\n    worker:\n      command: celery worker\n{plan}"
    (launch,) = processes(text)
    return launch


@pytest.mark.parametrize(
    ("plan", "mebibytes"),
    [
        *[("Starter", 1024), ("default", 1024), ("4C1G5R", 1024), ("4C2G5R", 2048), ("2C4G5R", 4096), ("4C2G", 2048)],
        *[("0.5C512M", 512), ("4C16G", 16384)],
    ],
)
def test_a_plan_is_a_memory_limit_on_its_own_line(plan: str, mebibytes: int) -> None:
    limit = with_plan(f"      plan: {plan}\n").memory_limit
    assert isinstance(limit, Known)
    assert (limit.value, limit.origin) == (mebibytes * MIB, "limit")
    assert limit.at is not None
    assert (limit.at.line, limit.at.column) == (6, 13)


@pytest.mark.parametrize("plan", ["Huge", "4c2g5r", "C2G", "{{ plan }}"])
def test_a_plan_that_the_operator_made_is_unknown(plan: str) -> None:
    assert isinstance(with_plan(f"      plan: '{plan}'\n").memory_limit, Unknown)


@pytest.mark.parametrize("plan", ["", "      plan:\n"])
def test_without_a_plan_the_platform_gives_a_gibibyte(plan: str) -> None:
    limit = with_plan(plan).memory_limit
    assert isinstance(limit, Known)
    assert (limit.value, limit.origin) == (1024 * MIB, "default")
    assert limit.at is not None
    assert limit.at.line == 4


def test_one_module_in_either_version() -> None:
    old = processes("module:\n  processes:\n    w: {command: celery worker}\n")
    new = processes(
        "module:\n  name: api\n  spec:\n    processes:\n      - name: w\n        procCommand: celery worker\n"
    )
    assert [launch.container for launch in (*old, *new)] == ["app_desc.yaml:default:w", "app_desc.yaml:api:w"]


def test_the_smallest_plan_of_all_environments_counts() -> None:
    text = (
        "modules:\n- name: a\n  spec:\n    processes:\n    - {name: w, procCommand: x, resQuotaPlan: 4C4G}\n"
        "    - {name: v, procCommand: x, resQuotaPlan: 4C4G}\n"
        "    envOverlay:\n      resQuotas:\n      - {envName: prod, process: w, plan: 4C2G}\n"
        "      - {envName: prod, process: v, plan: Own}\n"
    )
    first, second = processes(text)
    assert isinstance(first.memory_limit, Known)
    assert first.memory_limit.value == 2048 * MIB
    assert isinstance(second.memory_limit, Unknown)


def test_production_wins_and_staging_does_not_count() -> None:
    text = (
        "modules:\n  a:\n    env_variables:\n"
        "    - {key: A, value: 1, environment_name: prod}\n    - {key: A, value: 2}\n"
        "    - {key: B, value: 3, environment_name: stag}\n    processes:\n      w: {command: x}\n"
    )
    (launch,) = processes(text)
    assert {name: word.text for name, word in launch.environment.items()} == {"A": "1"}


def test_nothing_and_broken_files() -> None:
    assert app_desc.read(SourceText("app_desc.yaml", "spec_version: 2\nmodules: x\n")) == []
    (problem,) = app_desc.read(SourceText("app_desc.yaml", "modules: [\n"))
    assert isinstance(problem, Problem)
    assert app_desc.read(SourceText("app_desc.yaml.tmpl", "modules: [\n{{ x }}\n")) == []
