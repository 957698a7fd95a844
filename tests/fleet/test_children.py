"""The engine of one machine, with real processes: they are bounded, may be killed, and lose nothing."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest

from flake8_celery_oom.fleet import children as engine
from flake8_celery_oom.fleet.children import Child, Children, EngineError
from flake8_celery_oom.fleet.feed import Feed
from flake8_celery_oom.fleet.jobs import Job, Limits, Outcome
from tests.fleet.made import fleet, shop

LIMITS = Limits(60.0, 1 << 30)


def jobs(folder: Path) -> list[Job]:
    found = sorted(path.parent for path in folder.glob("*/*/.git"))
    return [Job(number, path.name, str(path)) for number, path in enumerate(found)]


def told(outcomes: list[Outcome]) -> list[Outcome]:
    return [replace(one, seconds=0, cpu=0, memory=0, resident=0) for one in outcomes]


@pytest.fixture(scope="module")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fleet(tmp_path_factory.mktemp("fleet"), 12)


@pytest.fixture(scope="module")
def outcomes(repositories: Path) -> list[Outcome]:
    """What one process makes of the repositories."""
    with Children(1, LIMITS) as one:
        return told(list(one.run(Feed(jobs(repositories)))))


def test_the_outcomes_are_the_same_and_in_order_for_one_and_for_two_processes(
    repositories: Path, outcomes: list[Outcome]
) -> None:
    with Children(2, LIMITS) as two:
        found = list(two.run(Feed(jobs(repositories), ahead=5)))
    assert [outcome.number for outcome in found] == list(range(12))
    assert {outcome.result for outcome in found} == {"scanned"}
    assert told(found) == outcomes


def test_processes_that_are_killed_at_random_lose_nothing(repositories: Path, outcomes: list[Outcome]) -> None:
    """``CELERY_OOM_LONG=1`` kills 50, of a larger fleet."""
    most = 50 if "CELERY_OOM_LONG" in os.environ else 5
    asked = [replace(job, number=number) for number, job in enumerate(jobs(repositories) * (2 + most // 2))]
    chance, kills, done = random.Random(7), [0], Event()
    expected = [replace(outcomes[number % len(outcomes)], number=number) for number in range(len(asked))]
    with Children(2, LIMITS) as two:

        def kill() -> None:
            while kills[0] < most and not done.wait(chance.uniform(0.05, 0.6)):
                at_work = [child.pid for child in list(two._children) if child.queued]
                if at_work:
                    os.kill(chance.choice(at_work), signal.SIGKILL)
                    kills[0] += 1

        killer = Thread(target=kill)
        killer.start()
        try:
            found = list(two.run(Feed(asked)))
        finally:
            done.set()
            killer.join()
    assert kills[0] == most if most > 5 else kills[0] > 1
    assert told(found) == expected


def test_what_stalls_is_one_outcome_and_the_others_go_on(repositories: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = jobs(repositories)[:4]
    stopped: list[int] = []
    sending = Child.send
    monkeypatch.setattr(engine, "QUEUED", 1)

    def stop(child: Child, job: Job) -> None:
        sending(child, job)
        if job.number == 2:
            stopped.append(child.pid)
            os.kill(child.pid, signal.SIGSTOP)

    monkeypatch.setattr(Child, "send", stop)
    with Children(1, Limits(1.5, 1 << 30)) as one:
        found = list(one.run(Feed(asked)))
    assert [outcome.result for outcome in found] == ["scanned", "scanned", "timeout", "scanned"]
    assert found[2].reason == "took more than 7.5 seconds by the clock, mostly waiting"
    assert not _runs(stopped[0])


def large(folder: Path) -> Path:
    """A repository that takes long and much memory."""
    made = shop(folder)
    lines = (f"  s{one}: {{image: a, command: [celery, -A, a, worker, -c, '{one}']}}\n" for one in range(25_000))
    (made / "compose.yml").write_text(f"services:\n{''.join(lines)}")
    return made


def test_what_works_too_long_is_one_outcome_and_the_others_go_on(repositories: Path, tmp_path: Path) -> None:
    asked = [*jobs(repositories)[:2], Job(2, "large", str(large(tmp_path / "large")))]
    asked.append(replace(jobs(repositories)[2], number=3))
    with Children(1, Limits(3.0, 4 << 30)) as one:
        found = list(one.run(Feed(asked)))
    assert [outcome.result for outcome in found] == ["scanned", "scanned", "timeout", "scanned"]
    assert found[2].reason == "took more than 3 seconds of the processor"


def test_a_repository_that_kills_its_process_each_time_is_one_outcome(repositories: Path) -> None:
    asked = jobs(repositories)[:5]
    attempts = [0]
    with Children(2, LIMITS) as two:

        def kill(child: Child, job: Job) -> None:
            sending(child, job)
            if job.number == 1:
                attempts[0] += 1
                os.kill(child.pid, signal.SIGKILL)

        sending = Child.send
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Child, "send", kill)
            patch.setattr(engine, "MOST_KILLED", 2)
            found = list(two.run(Feed(asked)))
    assert [outcome.result for outcome in found] == ["scanned", "died", "scanned", "scanned", "scanned"]
    assert found[1].reason == "2 processes died of it, the last by SIGKILL"
    assert attempts[0] == 2


def test_what_needs_too_much_memory_is_one_outcome(repositories: Path, tmp_path: Path) -> None:
    asked = [*jobs(repositories)[:2], Job(2, "large", str(large(tmp_path / "large")))]
    asked.append(replace(jobs(repositories)[2], number=3))
    with Children(1, Limits(120.0, 200 * 1024 * 1024)) as one:
        found = list(one.run(Feed(asked)))
    assert [outcome.result for outcome in found] == ["scanned", "scanned", "memory", "scanned"]


def test_a_process_that_ends_by_itself_leaves_the_folder_of_all(repositories: Path, tmp_path: Path) -> None:
    around = tmp_path / "around"
    (around / "own").mkdir(parents=True)
    job = Job(0, "large", str(large(tmp_path / "large")))
    command = [sys.executable, "-m", "flake8_celery_oom.fleet.child", "--seconds", "60"]
    command += ["--memory", str(200 * 1024 * 1024), "--scratch", str(around / "own")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as child:
        assert child.stdin is not None
        child.stdin.write(f"{job.line()}\n".encode())
        child.stdin.flush()
        child.wait(timeout=100)
    assert list(tmp_path.glob("around/*")) == []
    assert around.is_dir()


def test_a_process_that_has_grown_is_replaced(repositories: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "GROWN", 1)
    with Children(1, LIMITS) as one:
        pids = set()
        for _ in one.run(Feed(jobs(repositories)[:3])):
            pids.update(one.pids)
    assert len(pids) >= 3


def test_processes_that_cannot_start_end_the_run(repositories: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "MOST_FAILED_STARTS", 2)
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    with Children(1, LIMITS) as one, pytest.raises(EngineError, match="cannot be started"):
        list(one.run(Feed(jobs(repositories)[:1])))


def test_nobody_is_left_when_who_asks_is_gone(repositories: Path) -> None:
    with Children(2, LIMITS) as two:
        list(two.run(Feed(jobs(repositories)[:2])))
        pids = two.pids
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_processes_end_themselves_when_who_asks_was_killed(repositories: Path, tmp_path: Path) -> None:
    """Also amid a scan: the parent is a process of its own here, and gets SIGKILL."""
    script = tmp_path / "parent.py"
    script.write_text(
        "import sys, time\n"
        "from flake8_celery_oom.fleet.children import Children\n"
        "from flake8_celery_oom.fleet.feed import Feed\n"
        "from flake8_celery_oom.fleet.jobs import Job, Limits\n"
        "engine = Children(2, Limits())\n"
        "jobs = [Job(number, 'a', sys.argv[1]) for number in range(10000)]\n"
        "for outcome in engine.run(Feed(jobs)):\n"
        "    print(*engine.pids, flush=True)\n"
    )
    path = jobs(repositories)[0].path
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, str(script), path], stdout=subprocess.PIPE, text=True, env=environment
    ) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        parent.kill()
    assert pids
    assert all(_is_gone_within(pid, 60.0) for pid in pids)
    assert [path.name for path in tmp_path.glob("celery-oom-fleet-*/*")] == []


def _is_gone_within(pid: int, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not _runs(pid):
            return True
        time.sleep(0.05)
    return False


def _runs(pid: int) -> bool:
    """Whether a process runs; one that is dead and that nobody has waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.fixture(autouse=True)
def _no_leftovers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever is unpacked or put aside goes when a run ends."""
    import tempfile

    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    yield
    assert list(scratch.iterdir()) == []
