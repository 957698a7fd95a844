from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flake8_celery_oom.analysis.container_groups import crowds
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.core.facts import Launch
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import CeleryVersion, HostCpus, Worker
from flake8_celery_oom.core.value import Known, Unknown, Unset
from flake8_celery_oom.formats.inventory import Entry, Origin, entries
from flake8_celery_oom.quantity import GIB, MIB
from flake8_celery_oom.workspace import Workspace
from tests.files import write_files
from tests.rules.workers import app, at, project, worker

HERE = at(line=41)


def entry(**values: Any) -> Entry:
    (found,) = shown(worker("web", HERE, **values))
    return found


def shown(*workers: Worker, findings: tuple[Finding, ...] = ()) -> list[Entry]:
    return entries(workers, project(*workers), findings)


def limit(amount: int) -> Known[int]:
    return Known(amount, at(line=52), "limit")


# --- cells ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "processes"),
    [
        ({}, "1 + host CPUs"),
        ({"concurrency": Known(HostCpus("$(nproc)"), HERE)}, "1 + host CPUs"),
        ({"concurrency": Unknown(Cause("$C"), HERE, HostCpus("0"))}, "1 + host CPUs?"),
        ({"concurrency": Known(4, HERE)}, "1 + 4"),
        ({"concurrency": Unknown(Cause("$C"), HERE, 4)}, "1 + 4?"),
        ({"concurrency": Unknown(Cause("$C"), HERE)}, "1 + ?"),
        ({"concurrency": Known(4, HERE), "beat": Known(True, HERE)}, "1 + 4 + beat"),
        ({"concurrency": Known(8, HERE), "autoscale": Known((8, 2), HERE)}, "1 + 2..8"),
        ({"concurrency": Known(100, HERE), "pool": Known("gevent", HERE)}, "1 (100 greenlets)"),
        ({"concurrency": Known(9, HERE), "pool": Known("threads", HERE)}, "1 (9 threads)"),
        ({"concurrency": Known(9, HERE), "pool": Known("solo", HERE)}, "1"),
        ({"pool": Unknown(Cause("$P"), HERE)}, "? (host CPUs)"),
        ({"pool": Unknown(Cause("$P"), HERE), "concurrency": Unknown(Cause("$C"), HERE)}, "?"),
    ],
)
def test_processes(values: dict[str, Any], processes: str) -> None:
    assert entry(**values).processes == processes


@pytest.mark.parametrize(
    ("values", "recycling"),
    [
        ({}, "never"),
        ({"max_memory_per_child": Known(0, HERE)}, "never"),
        ({"max_memory_per_child": Known(400000, HERE)}, "at 391 MiB"),
        (
            {"max_memory_per_child": Known(400000, HERE), "max_tasks_per_child": Known(1, HERE)},
            "at 391 MiB, after 1 task",
        ),
        ({"max_tasks_per_child": Unknown(Cause("$T"), HERE, 50)}, "after 50 tasks?"),
        ({"max_memory_per_child": Unknown(Cause("$M"), HERE), "max_tasks_per_child": Unknown(Cause("$T"), HERE)}, "?"),
        ({"max_memory_per_child": Known(400000, HERE), "pool": Known("solo", HERE)}, "none (solo)"),
    ],
)
def test_recycling(values: dict[str, Any], recycling: str) -> None:
    assert entry(**values).recycling == recycling


def test_pool_and_limit() -> None:
    assert (entry().pool, entry().limit) == ("prefork", "none")
    given = entry(pool=Known("gevent", HERE), memory_limit=limit(GIB))
    assert (given.pool, given.limit) == ("gevent", "1 GiB")
    doubtful = entry(pool=Unknown(Cause("$P"), HERE, "solo"), memory_limit=Unknown(Cause("$L"), HERE, GIB, "limit"))
    assert (doubtful.pool, doubtful.limit) == ("solo?", "1 GiB?")
    assert entry(memory_limit=Unknown(Cause("$L"), HERE, None, "limit")).limit == "?"


def test_names() -> None:
    assert [one.name for one in shown(worker("", app_name="shop"), worker("", at(line=2), app_name=None))] == [
        "shop",
        "-",
    ]
    assert shown(worker("bin/start-mail", at("bin/start-mail")))[0].name == "start-mail"
    assert shown(worker("{{ $name }}", at("chart/templates/mail-worker.yaml")))[0].name == "mail-worker"


# --- memory -----------------------------------------------------------------------------------------------------------

FOUR: dict[str, Any] = {"concurrency": Known(4, HERE), "max_memory_per_child": Known(153600, HERE)}


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (FOUR, "540 MiB to 653 MiB"),
        ({**FOUR, "memory_limit": limit(GIB)}, "540 MiB to 653 MiB of 1 GiB: fits"),
        ({**FOUR, "memory_limit": limit(600 * MIB)}, "540 MiB to 653 MiB of 600 MiB: tight"),
        ({**FOUR, "memory_limit": limit(480 * MIB)}, "540 MiB of 480 MiB: exceeds"),
        ({"concurrency": Known(16, HERE), "memory_limit": limit(256 * MIB)}, "344 MiB of 256 MiB: idle, exceeds"),
        ({"concurrency": Known(4, HERE)}, "107 MiB idle, then unbounded"),
        (
            {
                "concurrency": Known(4, HERE),
                "max_memory_per_child": Unknown(Cause("$M"), HERE),
                "memory_limit": limit(GIB),
            },
            "107 MiB idle of 1 GiB, then unknown",
        ),
        (
            {"pool": Known("threads", HERE), "max_memory_per_child": Unknown(Cause("$M"), HERE)},
            "37.4 MiB idle, then unbounded",
        ),
        ({}, "at least 27.8 MiB + 19.8 MiB per host CPU"),
        ({"memory_limit": limit(GIB)}, "at least 27.8 MiB + 19.8 MiB per host CPU of 1 GiB: exceeds above 50 CPUs"),
        ({"concurrency": Unknown(Cause("$C"), HERE)}, "unknown"),
        ({"pool": Unknown(Cause("$P"), HERE)}, "unknown"),
    ],
)
def test_the_need_in_words(values: dict[str, Any], text: str) -> None:
    assert entry(**values).memory.text == text


def test_workers_of_one_container_need_it_together() -> None:
    launches = tuple(
        Launch("supervisor", name, at("jobs.conf", line), container="jobs") for name, line in (("a", 2), ("b", 4))
    )
    ones = [
        worker(launch.name, launch.at, kind="supervisor", container="jobs", **FOUR, memory_limit=limit(GIB))
        for launch in launches
    ]
    whole = project(*ones)
    whole = type(whole)(whole.workers, whole.apps, launches, (), (), 1)
    first, second = entries(ones, whole)
    assert (first.beside, second.beside) == (("b",), ("a",))
    assert first.memory.text == second.memory.text == "1.06 GiB of 1 GiB: exceeds"
    assert len(crowds(whole)) == 1


def test_workers_of_one_container_that_follow_the_cpus_need_it_together() -> None:
    launches = tuple(
        Launch("supervisor", name, at("jobs.conf", line), container="jobs", replicas=copies)
        for name, line, copies in (("a", 2, 1), ("b", 4, 2), ("c", 6, 1))
    )
    limits: dict[str, Any] = {"kind": "supervisor", "container": "jobs", "memory_limit": limit(GIB)}
    a, b = (worker(one.name, one.at, **limits) for one in launches[:2])
    c = worker("c", launches[2].at, **FOUR, **limits)
    whole = project(a, b, c)
    first, *_ = entries([a, b, c], type(whole)(whole.workers, (), launches, (), (), 1))
    assert first.memory.text == "at least 190 MiB + 59.3 MiB per host CPU of 1 GiB: exceeds above 14 CPUs"


def test_a_program_that_a_service_starts_through_its_supervisor_is_that_process() -> None:
    program = at("jobs.conf", 2)
    service = worker("shop jobs", at("compose.yml", 3), program, standalone=False)
    alone = worker("jobs", program, kind="supervisor", standalone=False)
    assert [one.name for one in entries([service, alone], project(service, alone))] == ["shop jobs"]


def test_programs_run_together_also_where_they_run_scripts() -> None:
    launch = Launch("supervisor", "a", at("jobs.conf", 2), container="jobs")
    other = Launch("supervisor", "b", at("jobs.conf", 4), container="jobs")
    ones = (
        worker("a", launch.at, at("bin/a.sh", 3), kind="supervisor", container="jobs"),
        worker("b", other.at, kind="supervisor", container="jobs"),
    )
    whole = project(*ones)
    assert crowds(type(whole)(ones, (), (launch, other), (), (), 1)) == [ones]


def test_numbers_that_the_environment_may_change_are_called_so() -> None:
    found = entry(**{**FOUR, "concurrency": Unknown(Cause("$C"), HERE, 4)})
    assert found.memory.assumed
    assert "the environment may set other numbers" in next(one for one in found.origins if one.name == "need").source


# --- origins ----------------------------------------------------------------------------------------------------------


def test_each_value_with_where_it_is_written() -> None:
    script = at("start.sh", 8)
    place: Location = at("requirements.txt", 2)
    one = worker(
        "web",
        HERE,
        script,
        app=app("shop"),
        version=CeleryVersion("==5.4.0", place),
        pool=Known("prefork", HERE),
        concurrency=Unknown(Cause("$C"), script, 4, "env"),
        max_tasks_per_child=Unset(("--max-tasks-per-child", "CELERY_WORKER_MAX_TASKS_PER_CHILD", "shop/celery.py")),
        max_memory_per_child=Known(200000, at("shop/settings.py", 88), "settings"),
        memory_limit=limit(GIB),
    )
    (found,) = entries([one], project(one), (), lambda path: f"../{path}")
    assert found.origins == (
        Origin("app", "shop", "../shop/celery.py:3"),
        Origin("celery", "5.4.0", "../requirements.txt:2"),
        Origin("pool", "prefork", "command line, ../compose.yml:41"),
        Origin("concurrency", "4?", "$C, environment, ../start.sh:8"),
        Origin("max-memory-per-child", "200000 KiB", "settings, ../shop/settings.py:88"),
        Origin(
            "max-tasks-per-child",
            "none",
            "looked at --max-tasks-per-child, CELERY_WORKER_MAX_TASKS_PER_CHILD, ../shop/celery.py",
        ),
        Origin("memory limit", "1 GiB", "../compose.yml:52"),
        Origin(
            "need",
            "721 MiB to 834 MiB of 1 GiB: fits",
            "at least 107 MiB when idle; weighed as Celery 5 alone; the environment may set other numbers",
        ),
        Origin("started through", "", "../start.sh:8"),
    )
    assert found.unknown == 1


def test_defaults_and_cpus_say_what_they_are() -> None:
    origins = {one.name: one for one in entry().origins}
    assert origins["pool"] == Origin("pool", "prefork", "default")
    assert origins["app"].source == "not in this project"
    cpus = entry(concurrency=Known(HostCpus("$(nproc)"), HERE), autoscale=Known((8, 2), HERE))
    origins = {one.name: one for one in cpus.origins}
    assert origins["concurrency"] == Origin("concurrency", "host CPUs", "$(nproc), command line, compose.yml:41")
    assert origins["autoscale"] == Origin("autoscale", "2 to 8", "command line, compose.yml:41")


def test_findings_are_those_at_the_worker_or_its_command() -> None:
    command = at("start.sh", 8)
    one = worker("web", HERE, command)
    places = (("CO101", HERE), ("CO201", command), ("CO501", at("requirements.txt", 1)))
    found = tuple(Finding(code, "x", "warning", place, "m") for code, place in places)
    assert [finding.code for finding in shown(one, findings=found)[0].findings] == ["CO101", "CO201"]


def test_nothing_in_a_cell_breaks_a_line() -> None:
    (found,) = shown(worker("a\nb\x1b[31m", at("x\ny.yml"), pool=Known("p\n", HERE)))
    assert all(cell.isprintable() for cell in (found.name, found.where, found.pool))


# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("commands", "names"),
    [
        (["-Q fast", "-Q slow"], ["jobs -Q fast", "jobs -Q slow"]),
        (["-n one@%h", "-c 2"], ["jobs -n one@%h", "jobs"]),
        (["-c 1", "-c 2"], ["jobs #1", "jobs #2"]),
        (["-Q mail", "-Q mail"], ["jobs -Q mail #1", "jobs -Q mail #2"]),
    ],
)
def test_workers_of_one_container_are_told_apart(commands: list[str], names: list[str], tmp_path: Path) -> None:
    line = " & ".join(f"celery -A shop worker {words}" for words in commands)
    write_files(tmp_path, {"compose.yml": f'services:\n  jobs:\n    image: shop\n    command: sh -c "{line}"\n'})
    found = Workspace(tmp_path, Config()).project()
    listed = entries(found.workers, found)
    assert [one.name for one in listed] == names
    assert listed[0].beside == (names[1],)


@pytest.mark.parametrize(("again", "rows"), [("-c 2", 1), ("-c 3", 2)])
def test_nodes_that_are_started_again_alike_are_listed_once(again: str, rows: int, tmp_path: Path) -> None:
    script = f"#!/bin/sh\ncelery -A shop multi start w1 -c 2\ncelery -A shop multi restart w1 {again}\n"
    write_files(tmp_path, {"jobs.sh": script})
    found = Workspace(tmp_path, Config()).project()
    assert len(entries(found.workers, found)) == rows
