"""States of containers, and logs of other keepers than the worker itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flake8_celery_oom.deaths.reading import evidence
from flake8_celery_oom.deaths.verdict import Death, death

MIB = 1 << 20


def pod(ended: dict[str, Any], state: str = "lastState", **status: Any) -> dict[str, Any]:
    told = {"name": "worker", "restartCount": 6, state: {"terminated": ended}}
    container = {
        "name": "worker",
        "command": ["celery", "-A", "shop", "worker"],
        "resources": {"limits": {"memory": "512Mi"}},
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "shop-worker-7d9f"},
        "spec": {"containers": [container]},
        "status": {"containerStatuses": [told], **status},
    }


def docker(*, killed: bool, status: int = 137, memory: int = 0) -> list[dict[str, Any]]:
    labels = {"com.docker.compose.service": "worker"}
    return [
        {
            "Name": "/shop-worker-1",
            "State": {"OOMKilled": killed, "ExitCode": status},
            "HostConfig": {"Memory": memory},
            "Config": {"Cmd": ["celery", "-A", "shop", "worker"], "Entrypoint": None, "Labels": labels},
        }
    ]


def read(*texts: str) -> Death:
    found = death([evidence(text, f"text {number}") for number, text in enumerate(texts)])
    assert found is not None
    return found


@pytest.mark.parametrize("state", ["state", "lastState"])
def test_a_pod_that_was_killed_at_its_limit(state: str) -> None:
    found = read(json.dumps(pod({"reason": "OOMKilled", "exitCode": 137}, state)))
    assert (found.kind, found.certainty) == ("container-limit", "likely")
    (sign,) = found.signs
    assert (sign.limit, sign.restarts) == (512 * MIB, 6)
    assert found.subject.pod == "shop-worker-7d9f"
    assert found.subject.command == ("celery", "-A", "shop", "worker")


def test_yaml_and_lists_of_pods_are_read() -> None:
    one = pod({"reason": "OOMKilled", "exitCode": 137})
    assert read(json.dumps({"apiVersion": "v1", "kind": "List", "items": [one, one]})).signs[1].said
    text = """\
apiVersion: v1
kind: Pod
metadata: {name: shop-worker-7d9f}
spec: {containers: [{name: worker}]}
status:
  containerStatuses:
  - name: worker
    restartCount: 1
    lastState: {terminated: {reason: OOMKilled, exitCode: 137}}
"""
    found = read(text)
    assert found.signs[0].said.endswith("OOMKilled, no limit, 1 restart")
    assert found.kind == "machine-memory"


def test_status_137_alone_does_not_say_who_killed() -> None:
    found = read(json.dumps(pod({"reason": "Error", "exitCode": 137})))
    assert (found.kind, found.certainty) == ("killed", "unknown")
    assert read(json.dumps(docker(killed=False))).kind == "killed"


def test_other_ends_are_no_deaths_of_this_kind() -> None:
    for ended in ({"reason": "Completed", "exitCode": 0}, {"reason": "Error", "exitCode": 1}):
        assert death([evidence(json.dumps(pod(ended)), "pod")]) is None
    assert death([evidence(json.dumps(docker(killed=False, status=0)), "docker")]) is None


def test_an_evicted_pod() -> None:
    message = "The node was low on resource: memory. Container worker was using 612Mi, request is 0."
    found = read(json.dumps(pod({}, reason="Evicted", message=message)))
    assert found.kind == "evicted"


def test_docker_says_the_limit_and_the_service() -> None:
    found = read(json.dumps(docker(killed=True, memory=256 * MIB)))
    assert (found.kind, found.signs[0].limit, found.subject.service) == ("container-limit", 256 * MIB, "worker")
    assert read(json.dumps(docker(killed=True))).kind == "machine-memory"


KERNEL = """\
[1.0] oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,global_oom,task_memcg=/x,task=celery,pid=7,uid=0
[1.1] Out of memory: Killed process 7 (celery) total-vm:4578kB, anon-rss:2048kB, file-rss:0kB, shmem-rss:0kB, UID:0
"""
LINES = {
    KERNEL: ("machine-memory", 1),
    "Memory cgroup out of memory: Kill process 7 (celery) score 900 or sacrifice child\n": ("container-limit", 1),
    "2026-01-01 10:00:00,1 INFO exited: celery (terminated by SIGKILL; not expected)\n": ("killed", 1),
    "systemd[1]: celery.service: A process of this unit has been killed by the OOM killer.\n": ("memory-killed", 1),
    "systemd[1]: celery.service: Main process exited, code=killed, status=9/KILL\n": ("killed", 1),
    "heroku[worker.1]: Error R14 (Memory quota exceeded)\n": ("platform-limit", 1),
    "[ERROR/ForkPoolWorker-1] child process exiting after exceeding memory limit (81244KiB / 70000KiB)\n": (
        "recycled",
        1,
    ),
}


@pytest.mark.parametrize(("text", "said"), LINES.items())
def test_lines_of_others(text: str, said: tuple[str, int]) -> None:
    found = read(text)
    assert (found.kind, len(found.signs)) == said


def test_who_killed_goes_before_what_was_killed() -> None:
    log = "Process 'ForkPoolWorker-1' pid:7 exited with 'signal 9 (SIGKILL)'\n"
    found = read(log, json.dumps(docker(killed=True, memory=MIB)))
    assert found.kind == "container-limit"
    assert [sign.kind for sign in found.others] == ["child-killed"]


def test_a_second_killed_child_is_not_the_time_limit_s() -> None:
    limit = "Hard time limit (2.0s) exceeded for shop.wait[1]\n"
    killed = "Process 'Worker-1' pid:7 exited with 'signal 9 (SIGKILL)'\n"
    assert read(limit + killed).kind == "hard-time-limit"
    found = read(limit + killed + killed)
    assert (found.kind, len(found.signs)) == ("child-killed", 1)


def test_since_celery_4_no_killed_child_is_the_time_limit_s() -> None:
    """Those that the limit kills are not printed there: see the recordings."""
    limit = "Hard time limit (2.0s) exceeded for shop.wait[1]\n"
    killed = "Process 'ForkPoolWorker-1' pid:7 exited with 'signal 9 (SIGKILL)'\n"
    assert read(limit + killed).kind == "child-killed"


def test_other_processes_that_the_kernel_kills_are_no_workers() -> None:
    assert death([evidence(KERNEL.replace("celery", "postgres"), "dmesg")]) is None


def test_kills_of_the_kernel_count_once_each() -> None:
    cut_off = KERNEL.splitlines(keepends=True)[0]
    found = read(KERNEL + cut_off + KERNEL)
    assert [sign.used for sign in found.signs] == [2048 * 1024, None, 2048 * 1024]


def test_long_lines_take_no_time() -> None:
    evidence("a" * 3_000_000 + "\n" + "oom-kill:constraint=CONSTRAINT_MEMCG," * 100_000, "log")


@given(
    st.text()
    | st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    ["kind", "items", "status", "State", "HostConfig", "pool", "containerStatuses", "name"]
                ),
                inner,
            )
        ),
    ).map(json.dumps)
)
def test_any_text_is_read(text: str) -> None:
    evidence(text, "any")
