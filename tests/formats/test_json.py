from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.core.findings import Finding, Fix, Related
from flake8_celery_oom.core.results import CeleryVersion, HostCpus, Worker
from flake8_celery_oom.core.value import Known, Unknown
from flake8_celery_oom.fingerprint import fingerprints
from flake8_celery_oom.formats.json import workers_document, workers_output
from tests.rules.workers import at, project, worker


def finding(line: int = 4, message: str = "too many", code: str = "CO101", fix: Fix | None = None) -> Finding:
    return Finding(code, "concurrency-unset", "warning", at(line=line), message, (Related(at("a.sh", 2), "here"),), fix)


def document(*workers: Worker, findings: Sequence[Finding] = ()) -> list[dict[str, Any]]:
    return workers_document(workers, project(*workers), findings)


def test_fingerprints_survive_other_lines_and_tell_likes_apart() -> None:
    first, second = fingerprints([finding(4, "killed at 1 GiB (a.yml:9)"), finding(8, "killed at 1 GiB (a.yml:31)")])
    moved = fingerprints([finding(14, "killed at 1 GiB (a.yml:7)")])[0]
    assert first == moved != second
    assert len({first, second, *fingerprints([finding(code="CO102"), finding(message="other")])}) == 4
    assert fingerprints([finding(message="CO101: 2 children")]) != fingerprints([finding(message="CO101: 3 children")])


def test_odd_bytes_in_names_do_not_break_the_output() -> None:
    text = workers_output(document(worker("caf\udce9", app_name="é")))
    assert text.isascii()
    assert json.loads(text)["workers"][0]["name"] == "caf\udce9"


def test_a_worker_in_full() -> None:
    command = at("start.sh", 8)
    one = worker(
        "web",
        at(line=41, column=14),
        command,
        version=CeleryVersion("==5.4.0"),
        concurrency=Unknown(Cause("from the shell"), at("start.sh", 8), 4),
        max_memory_per_child=Known(200000, at("shop/settings.py", 88), "settings"),
        memory_limit=Known(1 << 30, at(line=52), "limit"),
    )
    found = [Finding(code, "x", "warning", place, "m") for code, place in (("CO101", one.at), ("CO201", command))]
    (shown,) = document(one, findings=found)
    assert shown == {
        "path": "compose.yml",
        "line": 41,
        "end_line": 41,
        "column": 14,
        "kind": "compose",
        "name": "web",
        "via": [{"path": "start.sh", "line": 8}],
        "app": "shop",
        "celery_version": "5.4.0",
        "pool": {"state": "known", "value": "prefork", "from": "default"},
        "concurrency": {
            "state": "unknown",
            "reason": "from the shell",
            "from": "cli",
            "default": 4,
            "at": {"path": "start.sh", "line": 8},
        },
        "max_tasks_per_child": {"state": "unset"},
        "max_memory_per_child": {
            "state": "known",
            "value": 200000,
            "from": "settings",
            "at": {"path": "shop/settings.py", "line": 88},
        },
        "memory_limit": {"state": "known", "value": 1 << 30, "at": {"path": "compose.yml", "line": 52}},
        "need": {"idle": 112058368, "tight": 756496692, "safe": 874251776},
        "verdict": "fits",
        "beside": [],
        "findings": ["CO101", "CO201"],
    }


def test_the_cpus_of_the_host_are_unknown_here() -> None:
    known, default = document(
        worker("a", at(line=1), concurrency=Known(HostCpus("$(nproc)"), at(line=1))),
        worker("b", at(line=2), concurrency=Unknown(Cause("?"), None, HostCpus("0"))),
    )
    assert known["concurrency"]["state"] == default["concurrency"]["state"] == "unknown"
    assert known["concurrency"]["reason"] == "the CPU count of the host ($(nproc))"
    assert "default" not in default["concurrency"]


def test_workers_are_sorted_and_bytes_are_equal() -> None:
    ones = [worker("b", at(line=9)), worker("a", at(line=2)), worker("c", at("a.yml", 30))]
    text = workers_output(document(*ones))
    assert text == workers_output(document(*reversed(ones)))
    assert [one["name"] for one in json.loads(text)["workers"]] == ["c", "a", "b"]


def test_versions() -> None:
    shown = [
        document(worker(version=CeleryVersion(text)))[0]["celery_version"]
        for text in ("", "==5.4.0", "===5.4.0", "==5.4.*", ">=5,<6")
    ]
    assert shown == [None, "5.4.0", "5.4.0", "5.4.*", ">=5,<6"]
