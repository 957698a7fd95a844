"""Which worker of a project died: what is known of it tells it from the others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.results import Worker
from flake8_celery_oom.deaths.matching import workers_of
from flake8_celery_oom.deaths.signs import Place, Sign, Subject
from flake8_celery_oom.deaths.verdict import Death
from flake8_celery_oom.workspace import Workspace

MIB = 1 << 20
COMPOSE = """\
services:
  jobs: {image: shop, command: celery -A shop worker -n jobs@%h, mem_limit: 256m}
  mails: {image: shop, command: celery -A shop worker -n mails@%h, mem_limit: 512m}
  images: {image: shop, command: celery -A shop worker -Q images}
"""
POD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop-worker}
spec: {template: {spec: {containers: [{name: worker, image: shop, args: [celery, -A, shop, worker]}]}}}
"""
PROGRAM = "[program:nightly]\ncommand=celery -A shop worker -c 3\n"


@pytest.fixture
def workers(tmp_path: Path) -> tuple[Worker, ...]:
    (tmp_path / "compose.yml").write_text(COMPOSE)
    (tmp_path / "pod.yml").write_text(POD)
    (tmp_path / "supervisord.conf").write_text(PROGRAM)
    return Workspace(tmp_path, Config()).project().workers


def died(subject: Subject, limit: int | None = None) -> Death:
    sign = Sign("container-limit", Place("evidence"), "it was killed", subject, limit)
    return Death("container-limit", "likely", (sign,), (), ())


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        (Subject(service="mails"), "mails"),
        (Subject(service="nightly"), "nightly"),
        (Subject(node="jobs@1f0c2a"), "jobs"),
        (Subject(command=("celery", "-A", "shop", "worker", "-Q", "images")), "images"),
        (Subject(pod="shop-worker-7d9f-abc", container="worker"), "shop-worker/worker"),
    ],
)
def test_what_is_known_of_it_tells_which(workers: tuple[Worker, ...], subject: Subject, name: str) -> None:
    assert [worker.name for worker in workers_of(died(subject), workers)] == [name]


def test_its_limit_tells_which(workers: tuple[Worker, ...]) -> None:
    assert [one.name for one in workers_of(died(Subject(), 512 * MIB), workers)] == ["mails"]


def test_nothing_known_and_nothing_that_fits_leave_all(workers: tuple[Worker, ...]) -> None:
    assert len(workers) == 5
    for subject in (Subject(), Subject(service="others", node="celery@host", pod="other-1", container="other")):
        assert len(workers_of(died(subject), workers)) == len(workers)


def test_a_kind_that_names_no_service_is_not_matched_by_one(workers: tuple[Worker, ...]) -> None:
    others = [replace(worker, kind="shell") for worker in workers]
    assert len(workers_of(died(Subject(service="mails")), others)) == len(others)
