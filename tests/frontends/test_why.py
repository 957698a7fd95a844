"""``celery-oom why``, on evidence and a project."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flake8_celery_oom.frontends import cli
from tests.deaths.test_containers import MIB, docker, pod

KILLED = "Process 'ForkPoolWorker-1' pid:7 exited with 'signal 9 (SIGKILL)'\n"
APP = "from celery import Celery\napp = Celery('shop')\n"
COMPOSE = """\
services:
  worker:
    image: shop
    command: celery -A shop worker
    mem_limit: 256m
  mails:
    image: shop
    command: celery -A shop worker -c 2 --max-memory-per-child=100000
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "shop.py").write_text(APP)
    (tmp_path / "compose.yml").write_text(COMPOSE)
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'shop'\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def why(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = cli.main(["why", *words])
    said = capsys.readouterr()
    return status, said.out, said.err


def test_the_worker_and_its_findings_are_named(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "died.json").write_text(json.dumps(docker(killed=True, memory=256 * MIB)))
    status, out, err = why(capsys, "died.json")
    lines = out.splitlines()
    assert (status, err) == (0, "")
    assert lines[0].endswith("and the kernel killed a process (likely)")
    assert lines[1] == "    died.json: container shop-worker-1: OOMKilled, limit 256 MiB"
    assert lines[2].startswith(
        "worker: worker (compose.yml:4): pool prefork, processes 1 + host CPUs, recycling never,"
    )
    assert "limit 256 MiB" in lines[2]
    assert [line.split()[0] for line in lines[3:]] == ["CO101", "CO201"]


def test_all_workers_are_named_where_nothing_tells_which(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "worker.log").write_text(KILLED)
    status, out, _ = why(capsys, "worker.log")
    assert status == 0
    assert "it may be any of 2 workers" in out
    assert "look at whose limit it was" in out


def test_json(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "pod.json").write_text(json.dumps(pod({"reason": "OOMKilled", "exitCode": 137})))
    status, out, _ = why(capsys, "pod.json", "--format", "json", "--no-project")
    document = json.loads(out)
    assert status == 0
    assert (document["kind"], document["certainty"], document["workers"]) == ("container-limit", "likely", None)
    assert document["signs"][0]["limit"] == 512 * MIB


def test_lines_of_a_large_log_keep_their_numbers(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flake8_celery_oom.frontends.why.MOST_BYTES", 1000)
    (project / "worker.log").write_text("nothing\n" * 999 + KILLED + "nothing\n" * 40)
    _, out, _ = why(capsys, "worker.log", "--no-project")
    assert "worker.log:1000: child" in out


def test_no_sign_of_a_death(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "worker.log").write_text("[INFO/MainProcess] celery@host ready.\n")
    assert why(capsys, "worker.log")[0] == 1


@pytest.mark.parametrize(("text", "said"), [(None, "died.log: No such file"), ("", "died.log: empty")])
def test_evidence_that_is_none(text: str | None, said: str, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if text is not None:
        (project / "died.log").write_text(text)
    status, _, err = why(capsys, "died.log")
    assert status == 2
    assert err.startswith(f"celery-oom: error: {said}")


def test_secrets_and_control_characters_are_not_printed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = "Process 'Worker password=hunter2 \x9b31m' pid:7 exited with 'signal 9 (SIGKILL)'\n"
    (project / "worker.log").write_text(line)
    _, out, _ = why(capsys, "worker.log", "--no-project")
    assert "hunter2" not in out
    assert "\x9b" not in out
