"""Templates that tasks of Ansible render with values of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.value import Unknown
from flake8_celery_oom.workspace import Workspace
from tests.files import write_files

ROLE = "deploy/roles/jobs"
UNIT = "[Service]\nExecStart=/bin/celery -A shop worker -c {count} -Q x\n"
MANIFEST = """
    apiVersion: v1
    kind: Pod
    metadata: {name: "{{ pod }}"}
    spec:
      containers:
        - name: jobs
          image: shop
          command: [/bin/bash, -c]
          args:
            - |
              echo "Starting {{ what }}"
              celery -A shop {{ what }} -l info
    """


def named(tmp_path: Path, files: dict[str, str]) -> dict[str, object]:
    """The workers by name, with the likely number of their processes."""
    write_files(tmp_path, files)
    workers = Workspace(tmp_path, Config()).project().workers
    return {
        one.name: one.concurrency.default if isinstance(one.concurrency, Unknown) else -1
        for one in workers
        if one.at.path.startswith(f"{ROLE}/templates")
    }


@pytest.mark.parametrize(
    "task",
    [
        "template: src=jobs.service.j2 dest=/etc/systemd/system/mail.service\n  vars: {count: 3}",
        "ansible.builtin.template: {src: jobs.service.j2, dest: /etc/systemd/system/}\n  vars: {count: '3'}",
        "copy:\n    content: \"{{ lookup('template', 'jobs.service.j2') }}\"\n    dest: x\n  vars: {count: 3}",
    ],
)
def test_variables_of_a_task_are_likely_in_the_template_it_renders(tmp_path: Path, task: str) -> None:
    files = {
        f"{ROLE}/templates/jobs.service.j2": UNIT.format(count="{{ count | int }}"),
        f"{ROLE}/defaults/main.yml": "count: 8\n",
        f"{ROLE}/tasks/main.yml": f"- name: unit\n  {task}\n",
    }
    assert list(named(tmp_path, files).values()) == [3]


def test_each_round_of_a_loop_makes_a_worker_of_its_own(tmp_path: Path) -> None:
    tasks = """
        - name: units
          template: {src: jobs.service.j2, dest: "/etc/systemd/system/{{ item.name }}-jobs.service"}
          loop:
            - {name: mail, count: 3}
            - {name: slow, count: 1}
            - {name: "{{ other }}", count: "{{ many }}"}
        """
    files = {
        f"{ROLE}/templates/jobs.service.j2": UNIT.format(count="{{ item.count }}"),
        f"{ROLE}/tasks/main.yml": tasks,
    }
    assert named(tmp_path, files) == {"mail-jobs": 3, "slow-jobs": 1, "{{ item.name }}-jobs": None}


def test_a_loop_over_words_with_a_name_of_its_own(tmp_path: Path) -> None:
    tasks = """
        - name: units
          template: {src: jobs.service.j2, dest: "/etc/systemd/system/jobs-{{ n }}.service"}
          with_items: [2, 5]
          loop_control: {loop_var: n}
        """
    files = {f"{ROLE}/templates/jobs.service.j2": UNIT.format(count="{{ n }}"), f"{ROLE}/tasks/main.yml": tasks}
    assert named(tmp_path, files) == {"jobs-2": 2, "jobs-5": 5}


def test_a_manifest_whose_subcommand_tasks_give(tmp_path: Path) -> None:
    task = """
        - name: deploy
          kubernetes.core.k8s:
            definition: "{{ lookup('template', 'pod.yaml') | from_yaml }}"
          vars: {pod: jobs, what: worker}
        - name: deploy the clock
          kubernetes.core.k8s:
            definition: "{{ lookup('template', 'pod.yaml') | from_yaml }}"
          vars: {pod: clock, what: beat}
        """
    write_files(tmp_path, {f"{ROLE}/templates/pod.yaml": MANIFEST, f"{ROLE}/tasks/jobs.yml": task})
    (worker,) = Workspace(tmp_path, Config()).project().workers
    assert (worker.name, worker.at.line) == ("jobs/jobs", 12)


def test_values_of_another_template_say_nothing(tmp_path: Path) -> None:
    tasks = """
        - name: other
          template: {src: other.service.j2, dest: /x.service}
          vars: {count: 3}
        - name: unit
          template: {src: jobs.service.j2, dest: /y.service}
        """
    files = {f"{ROLE}/templates/jobs.service.j2": UNIT.format(count="{{ count }}"), f"{ROLE}/tasks/main.yml": tasks}
    assert list(named(tmp_path, files).values()) == [None]
