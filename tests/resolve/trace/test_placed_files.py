"""Scripts that tasks of Ansible put in place under names of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.resolve.started_project import follow, shown

PROGRAM = "[program:jobs]\ncommand={{ home }}/{{name}}_start.sh -c 3\n"
SCRIPT = "#!/bin/sh\n. {{ home }}/env\nexec celery -A {{ app }} worker $@\n"
LOOP = """template: {src: '{{ item.a }}.j2', dest: '{{home}}/{{ item.b }}'}
  loop:
    - {a: other.sh, b: other.sh}
    - {a: jobs/start.sh, b: '{{ name }}_start.sh'}
"""
PLACED = [
    "template:\n    src: jobs/start.sh.j2\n    dest: '{{ home }}/{{ name }}_start.sh'\n",
    "ansible.builtin.template: src=jobs/start.sh.j2 dest={{ home }}/{{ name }}_start.sh mode=0755\n",
    "template: {src: '{{ item }}.j2', dest: '{{ home }}/{{ name }}_{{ item.x }}'}\n  loop: [a]\n",
    LOOP,
    "template: {src: 'jobs/{{ item }}.j2', dest: '{{ home }}/{{ name }}_{{ item }}'}\n  with_items: [a.sh, start.sh]\n",
]


@pytest.mark.parametrize(("task", "placed"), [(task, index != 2) for index, task in enumerate(PLACED)])
def test_a_script_is_known_by_the_path_that_a_task_gives_it(task: str, placed: bool, tmp_path: Path) -> None:
    files = {
        "roles/jobs/tasks/main.yml": f"- name: place\n  {task}",
        "roles/jobs/templates/jobs/start.sh.j2": SCRIPT,
        "roles/jobs/templates/jobs.conf.j2": PROGRAM,
    }
    sites = [line for line in shown(follow(tmp_path, files)) if ".conf" in line]
    way = "roles/jobs/templates/jobs.conf.j2:2 <- roles/jobs/templates/jobs/start.sh.j2:3"
    assert sites == ([f"{way}: celery -A {{{{ app }}}} worker -c 3"] if placed else [])


def test_of_several_roles_the_own_one_is_meant(tmp_path: Path) -> None:
    task = f"- name: place\n  {PLACED[0]}"
    files = {}
    for role in ("a", "b"):
        files[f"roles/{role}/tasks/main.yml"] = task
        files[f"roles/{role}/templates/jobs/start.sh.j2"] = SCRIPT
        files[f"roles/{role}/templates/jobs.conf.j2"] = PROGRAM
    sites = [line for line in shown(follow(tmp_path, files)) if ".conf" in line]
    assert [line.partition(": ")[0] for line in sites] == [
        f"roles/{role}/templates/jobs.conf.j2:2 <- roles/{role}/templates/jobs/start.sh.j2:3" for role in ("a", "b")
    ]


def test_a_copied_file(tmp_path: Path) -> None:
    files = {
        "roles/jobs/tasks/main.yml": "- name: place\n  copy: {src: start, dest: '{{ home }}/{{ name }}_start.sh'}\n",
        "roles/jobs/files/start": SCRIPT.replace("{{ app }}", "shop"),
        "jobs.conf.j2": PROGRAM,
    }
    assert "jobs.conf.j2:2 <- roles/jobs/files/start:3: celery -A shop worker -c 3" in shown(follow(tmp_path, files))


def test_both_ways_of_a_template_are_read(tmp_path: Path) -> None:
    """``exec`` ends the way that it stands in."""
    script = (
        "#!/bin/sh\n{% if docker %}\nexec docker run shop celery -A shop worker -c 2\n{% else %}\n"
        "exec celery -A shop worker -c 3\n{% endif %}\n"
    )
    assert [line.rpartition(" ")[2] for line in shown(follow(tmp_path, {"start.sh.j2": script}))] == ["2", "3"]
    plain = "#!/bin/sh\nexec celery -A shop worker -c 2\nexec celery -A shop worker -c 3\n"
    assert len(shown(follow(tmp_path, {"start.sh.j2": plain}))) == 1


def test_a_file_that_a_dockerfile_puts_below_etc_is_found_by_that_path(tmp_path: Path) -> None:
    files = {
        "Dockerfile": 'FROM a\nCOPY jobs.conf /etc/supervisor/conf.d/all.conf\nCOPY start.sh /\nCMD ["/start.sh"]\n',
        "jobs.conf": "[program:jobs]\ncommand=celery -A shop worker -c 2\n",
        "start.sh": "#!/bin/sh\nexec supervisord -c /etc/supervisor/conf.d/all.conf\n",
    }
    found = shown(follow(tmp_path, files))
    assert "start.sh:2 <- jobs.conf:2: celery -A shop worker -c 2" in found
    files["Dockerfile"] = files["Dockerfile"].replace("COPY jobs.conf /etc/supervisor/conf.d/all.conf\n", "")
    (tmp_path / "other").mkdir()
    assert not [one for one in shown(follow(tmp_path / "other", files)) if one.startswith("start.sh")]
