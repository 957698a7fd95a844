"""What a worker runs with, where no real worker can be asked: holes, unknown versions, places, origins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from flake8_celery_oom.celery.command_line import Entry
from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.core.results import CeleryVersion, HostCpus, Setting
from flake8_celery_oom.core.value import Known, Unknown, Unset, Value
from flake8_celery_oom.resolve.workers.effective import Effective, effective
from tests.celery.line import one, text_at, words

SETTINGS_AT = words("x = 1")[2].at


def run(
    line: str,
    version: str = "",
    environment: Mapping[str, str] | None = None,
    settings: Mapping[str, object] | None = None,
    *,
    entry: Entry | None = None,
) -> Effective:
    """A worker of a line; settings without ``worker_``, a value of ours as it is, else a known one."""
    command = one(f"celery -A p worker {line}" if entry is None else line, version, entry)

    def setting(name: str) -> Value[Setting]:
        value = (settings or {}).get(name.removeprefix("worker_"), Unset(("settings.py",)))
        return value if isinstance(value, (Known, Unset, Unknown)) else Known(value, SETTINGS_AT, "settings")

    variables = {
        name: words(f"{value} ")[0] if value else words('""')[0] for name, value in (environment or {}).items()
    }
    return effective(command, variables, setting, CeleryVersion(version))


def brief(value: Value[Any]) -> str:
    """``cli 4``, ``unset``, ``unknown``, ``unknown 4``; CPUs are shown as they are written: ``cli cpus 0``."""
    match value:
        case Known(HostCpus(source), _, origin):
            return f"{origin} cpus {source}"
        case Known(known, _, origin):
            return f"{origin} {known}"
        case Unknown(_, _, None):
            return "unknown"
        case Unknown(_, _, HostCpus(source)):
            return f"unknown cpus {source}"
        case Unknown(_, _, default):
            return f"unknown {default}"
        case Unset():
            return "unset"


@pytest.mark.parametrize(
    ("line", "version", "environment", "settings", "expected"),
    [
        ("", "", {}, {}, "unset"),
        ("-c 4", "", {}, {}, "cli 4"),
        ("-c 4", "", {"CELERY_WORKER_CONCURRENCY": "9"}, {"concurrency": 3}, "cli 4"),
        ("", "", {"CELERY_WORKER_CONCURRENCY": "9"}, {"concurrency": 3}, "env 9"),
        ("", "==5.4.0", {"CELERY_WORKER_CONCURRENCY": "9"}, {"concurrency": 3}, "env 9"),
        ("", "==4.4.7", {"CELERY_WORKER_CONCURRENCY": "9"}, {"concurrency": 3}, "settings 3"),
        ("", "", {"CELERYD_CONCURRENCY": "9", "CELERY_CONCURRENCY": "9"}, {}, "unset"),
        ("", "", {"CELERY_WORKER_CONCURRENCY": "${N:-5}"}, {}, "unknown 5"),
        ("", "", {"CELERY_WORKER_CONCURRENCY": "${N}"}, {"concurrency": 3}, "unknown"),
        ("", "", {"CELERY_WORKER_CONCURRENCY": "many"}, {}, "unknown"),
        ("-c ${C:-4}", "", {}, {}, "unknown 4"),
        ("-c ${C}", "", {}, {"concurrency": 3}, "unknown"),
        ("-c $(nproc)", "", {}, {"concurrency": 3}, "cli cpus $(nproc)"),
        ("-c 2 $OPTS", "", {}, {}, "cli 2"),
        ("$OPTS", "", {}, {"concurrency": 3}, "unknown"),
        ("${OPTS:--c~6~-l~info}", "", {}, {}, "unknown 6"),
        # zero
        ("-c 0", "", {}, {}, "cli cpus 0"),
        ("-c 0", "==4.4.7", {}, {"concurrency": 3}, "cli cpus 0"),
        ("-c 0", "==5.4.0", {}, {"concurrency": 3}, "settings 3"),
        ("-c 0", "", {}, {"concurrency": 3}, "unknown"),
        ("-c 0", "==5.4.0", {"CELERY_WORKER_CONCURRENCY": "9"}, {}, "cli cpus 0"),
        ("-c ${C:-0}", "==4.4.7", {}, {"concurrency": 3}, "unknown cpus 0"),
        ("-c ${C:-0}", "==5.4.0", {}, {"concurrency": 3}, "unknown 3"),
        ("-c ${C:-0}", "", {}, {}, "unknown cpus 0"),
        ("", "", {"CELERY_WORKER_CONCURRENCY": "0"}, {}, "env cpus 0"),
        ("", "==5.4.0", {"CELERY_WORKER_CONCURRENCY": "0"}, {"concurrency": 2}, "settings 2"),
        ("", "", {}, {"concurrency": 0}, "settings cpus 0"),
        ("", "", {}, {"concurrency": None}, "unset"),
        ("", "", {}, {"concurrency": ""}, "settings cpus ''"),
        # auto
        ("-c auto", "==5.7.0", {}, {}, "unknown"),
        ("-c auto", "==5.6.3", {}, {}, "cli cpus auto"),
        ("-c auto", "", {}, {}, "unknown"),
        ("", "==5.7.0", {}, {"concurrency": "auto"}, "unknown"),
        ("", "==5.6.3", {}, {"concurrency": "auto"}, "settings cpus auto"),
        # CPUs as Python counts them
        ("", "", {"PYTHON_CPU_COUNT": "3"}, {}, "unknown 3"),
        ("", "", {"PYTHON_CPU_COUNT": "default"}, {}, "unset"),
        ("-c 0", "==4.4.7", {"PYTHON_CPU_COUNT": "3"}, {}, "unknown 3"),
        ("", "", {"PYTHON_CPU_COUNT": "3"}, {"concurrency": 0}, "unknown 3"),
        ("-c 2", "", {"PYTHON_CPU_COUNT": "3"}, {}, "cli 2"),
        ("", "", {"PYTHON_CPU_COUNT": "3"}, {"concurrency": 5}, "settings 5"),
        ("-c auto", "==5.6.3", {"PYTHON_CPU_COUNT": "3"}, {}, "cli cpus auto"),
        # what cannot be
        ("-c two", "", {}, {"concurrency": 3}, "unknown"),
        ("-c -3", "", {}, {}, "cli -3"),
        # settings as they are written
        ("", "", {}, {"concurrency": 6}, "settings 6"),
        ("", "==4.4.7", {}, {"concurrency": "6"}, "settings 6"),
        ("", "==5.4.0", {}, {"concurrency": "6"}, "unknown 6"),
        ("", "==5.7.0", {}, {"concurrency": "6"}, "settings 6"),
        ("", "", {}, {"concurrency": "6"}, "unknown 6"),
        ("", "", {}, {"concurrency": "six"}, "unknown"),
        ("", "", {}, {"concurrency": 3.0}, "unknown 3"),
        ("", "", {}, {"concurrency": True}, "unknown"),
        ("", "", {}, {"concurrency": [3]}, "unknown"),
        ("", "", {}, {"concurrency": HostCpus("os.cpu_count()")}, "settings cpus os.cpu_count()"),
        ("", "", {}, {"concurrency": Unknown(Cause("computed"), None, 5)}, "unknown 5"),
        ("", "", {}, {"concurrency": Unknown(Cause("computed"), None, HostCpus("n"))}, "unknown cpus n"),
        ("", "", {}, {"concurrency": Unknown(Cause("computed"))}, "unknown"),
        # settings on the command line
        ("-- worker.concurrency=7", "==4.4.7", {}, {"concurrency": 3}, "settings 7"),
        ("worker.concurrency=7", "==5.4.0", {}, {"concurrency": 3}, "settings 3"),
        ("worker.concurrency=7", "==5.4.0", {}, {}, "settings 7"),
        ("worker.concurrency=7", "==5.1.2", {}, {}, "unset"),
        ("-- worker.concurrency=7", "", {}, {}, "unknown"),
        ("worker.concurrency=${N:-7}", "==5.4.0", {}, {}, "unknown 7"),
        # autoscale
        ("--autoscale=8,2", "", {}, {}, "autoscale 8"),
        ("--autoscale=8,2 -c 3", "", {}, {}, "autoscale 8"),
        ("--autoscale=8", "", {}, {}, "autoscale 8"),
        ("--autoscale=2,8", "==5.4.0", {}, {}, "autoscale 8"),
        ("--autoscale=2,8", "==4.4.7", {}, {}, "autoscale 2"),
        ("--autoscale=2,8", "", {}, {}, "unknown"),
        ("--autoscale=${MAX:-10},2", "", {}, {}, "unknown 10"),
        ("--autoscale=${MAX},2 -c 3", "", {}, {}, "unknown"),
        ("--autoscale=$(nproc),2", "", {}, {}, "autoscale cpus $(nproc),2"),
        ("--autoscale= -c 2", "==4.4.7", {}, {}, "cli 2"),
        ("", "", {"CELERY_WORKER_AUTOSCALE": "12,2"}, {"concurrency": 3}, "autoscale 12"),
        ("${OPTS:---autoscale=9,1}", "", {}, {}, "unknown 9"),
    ],
)
def test_concurrency(
    line: str, version: str, environment: dict[str, str], settings: dict[str, object], expected: str
) -> None:
    assert brief(run(line, version, environment, settings).concurrency) == expected


@pytest.mark.parametrize(
    ("line", "version", "expected"),
    [
        ("", "", "unset"),
        ("--autoscale=8,2", "", "cli (8, 2)"),
        ("--autoscale=8", "", "cli (8, 0)"),
        ("--autoscale=8,", "==4.4.7", "cli (8, 0)"),
        ("--autoscale=2,8", "==5.4.0", "cli (8, 2)"),
        ("--autoscale=2,8", "==4.4.7", "cli (2, 8)"),
        ("--autoscale=2,8", "", "unknown"),
        ("--autoscale=0,0", "", "cli (0, 0)"),
        ("--autoscale=${A:-8,2}", "", "unknown (8, 2)"),
        ("--autoscale=many", "", "unknown"),
        ("$OPTS", "", "unknown"),
    ],
)
def test_autoscale(line: str, version: str, expected: str) -> None:
    assert brief(run(line, version).autoscale) == expected


@pytest.mark.parametrize("name", ["max_tasks_per_child", "max_memory_per_child"])
@pytest.mark.parametrize(
    ("given", "version", "environment", "setting", "expected"),
    [
        ("", "", None, Unset(), "unset"),
        ("=20", "", None, 30, "cli 20"),
        ("=0", "", None, 30, "cli 0"),
        ("=${N:-20}", "", None, 30, "unknown 20"),
        ("=many", "", None, 30, "unknown"),
        ("", "", "25", 30, "env 25"),
        ("", "", "0", 30, "env 0"),
        ("", "==4.4.7", "25", 30, "settings 30"),
        ("", "", None, 30, "settings 30"),
        ("", "", None, 0, "settings 0"),
        ("", "", None, None, "unset"),
        ("", "==4.4.7", None, "30", "settings 30"),
        ("", "==5.4.0", None, "30", "unknown 30"),
        ("", "", None, "30", "unknown 30"),
        ("", "", None, "many", "unknown"),
        ("", "", None, True, "unknown"),
        ("", "", None, HostCpus("n"), "unknown"),
        ("", "", None, Unknown(Cause("computed"), None, 30), "unknown 30"),
        ("", "", None, Unknown(Cause("computed")), "unknown"),
    ],
)
def test_limits(name: str, given: str, version: str, environment: str | None, setting: object, expected: str) -> None:
    line = f"--{name.replace('_', '-')}{given}" if given else ""
    variables = {f"CELERY_WORKER_{name.upper()}": environment} if environment is not None else {}
    found = run(line, version, variables, {name: setting})
    assert brief(getattr(found, name)) == expected


def test_fractions_are_kibibytes_but_no_number_of_tasks() -> None:
    found = run("", "", {}, {"max_tasks_per_child": 20.5, "max_memory_per_child": 20000.5})
    assert brief(found.max_tasks_per_child) == "unknown 20"
    assert brief(found.max_memory_per_child) == "settings 20000"
    assert brief(run("", "", {}, {"max_memory_per_child": float("inf")}).max_memory_per_child) == "unknown"
    assert brief(run("", "", {}, {"max_memory_per_child": float("nan")}).max_memory_per_child) == "unknown"


def test_limits_given_as_settings_on_the_command_line() -> None:
    found = run(
        "worker.max_tasks_per_child=7 worker.max_memory_per_child=${K}", "==5.4.0", {}, {"max_tasks_per_child": 9}
    )
    assert brief(found.max_tasks_per_child) == "settings 7"
    assert brief(found.max_memory_per_child) == "unknown"


def test_3_1_has_no_memory_limit() -> None:
    assert brief(run("", "==3.1.26", {}, {"max_memory_per_child": 9}).max_memory_per_child) == "unset"
    assert brief(run("", "==3.1.26", {}, {"max_tasks_per_child": 9}).max_tasks_per_child) == "settings 9"


@pytest.mark.parametrize(
    ("line", "version", "setting", "expected"),
    [
        ("", "", Unset(), "unset"),
        ("", "", 0, "settings 0"),
        ("", "", "2", "settings 2"),
        ("", "", 2.5, "settings 2"),
        ("", "", "two", "unknown"),
        ("", "", True, "settings 1"),
        ("", "", Unknown(Cause("computed"), None, "3"), "unknown 3"),
        ("--prefetch-multiplier=7", "", 2, "cli 7"),
        ("--prefetch-multiplier=0", "==4.4.7", 2, "cli 0"),
        ("--prefetch-multiplier=0", "==5.4.0", 2, "settings 2"),
        ("--prefetch-multiplier=0", "==5.4.0", Unset(), "unset"),
        ("--prefetch-multiplier=0", "", 2, "unknown"),
        ("--prefetch-multiplier=0", "", 0, "settings 0"),
        ("--prefetch-multiplier=${P:-3}", "", 2, "unknown 3"),
        ("-- worker.prefetch_multiplier=5", "==4.4.7", 2, "settings 5"),
        ("worker.prefetch_multiplier=5", "==5.4.0", 2, "settings 2"),
        ("-- worker.prefetch_multiplier=5", "", 2, "unknown"),
    ],
)
def test_prefetch_multiplier(line: str, version: str, setting: object, expected: str) -> None:
    assert brief(run(line, version, {}, {"prefetch_multiplier": setting}).prefetch_multiplier) == expected


@pytest.mark.parametrize(
    ("line", "version", "environment", "setting", "expected"),
    [
        ("", "", {}, Unset(), "default prefork"),
        ("-P processes", "", {}, "solo", "cli prefork"),
        ("-P gevent", "", {}, "solo", "cli gevent"),
        ("-P prefork", "", {}, Unset(), "cli prefork"),
        ("-P prefork", "", {}, "processes", "cli prefork"),
        ("-P prefork", "==5.4.0", {}, "solo", "settings solo"),
        ("-P prefork", "==5.0.5", {}, "solo", "cli prefork"),
        ("-P prefork", "==4.4.7", {}, "solo", "cli prefork"),
        ("-P prefork", "", {}, "solo", "unknown prefork"),
        ("-P prefork", "==5.4.0", {}, Unknown(Cause("computed")), "unknown"),
        ("-P ${P:-gevent}", "", {}, "solo", "unknown gevent"),
        ("-P ${P}", "", {}, Unset(), "unknown"),
        ("$OPTS", "", {}, Unset(), "unknown"),
        ("${OPTS:--P~processes~-E}", "", {}, Unset(), "unknown prefork"),
        ("", "", {"CELERY_WORKER_POOL": "threads"}, "solo", "env threads"),
        ("", "==5.4.0", {"CELERY_WORKER_POOL": "prefork"}, "solo", "settings solo"),
        ("", "==4.4.7", {"CELERY_WORKER_POOL": "threads"}, "solo", "settings solo"),
        ("", "", {}, "solo", "settings solo"),
        ("", "", {}, "celery.concurrency.gevent:TaskPool", "settings gevent"),
        ("", "==5.0.5", {}, "solo", "default prefork"),
        ("", "", {}, "", "default prefork"),
        ("", "", {}, None, "default prefork"),
        ("", "", {}, 3, "unknown"),
        ("", "", {}, Unknown(Cause("computed"), None, "processes"), "unknown prefork"),
        ("-- worker.pool=threads", "==4.4.7", {}, "solo", "settings threads"),
        ("worker.pool=threads", "==5.4.0", {}, "solo", "settings solo"),
    ],
)
def test_pool(line: str, version: str, environment: dict[str, str], setting: object, expected: str) -> None:
    assert brief(run(line, version, environment, {"pool": setting}).pool) == expected


@pytest.mark.parametrize(
    ("line", "version", "environment", "expected"),
    [
        ("", "", {}, "unset"),
        ("-B", "", {}, "cli True"),
        ("-EBc2", "", {}, "cli True"),
        ("$OPTS", "", {}, "unknown"),
        ("", "==5.0.5", {"CELERY_WORKER_BEAT": "1"}, "env True"),
        ("", "==5.4.0", {"CELERY_WORKER_BEAT": "1"}, "unknown"),
        ("", "==4.4.7", {"CELERY_WORKER_BEAT": "1"}, "unset"),
    ],
)
def test_beat(line: str, version: str, environment: dict[str, str], expected: str) -> None:
    assert brief(run(line, version, environment).beat) == expected


def test_an_empty_variable_is_none() -> None:
    command = one("celery -A p worker")
    found = effective(
        command, {"CELERY_WORKER_CONCURRENCY": words("x")[0].__class__(("",))}, lambda _: Unset(), CeleryVersion()
    )
    assert brief(found.concurrency) == "unset"


@pytest.mark.parametrize(
    ("line", "entry", "version", "expected"),
    [
        ("worker", "worker_main", "==5.4.0", "unset"),
        ("worker", "start", "==5.4.0", "unset"),
        ("celeryd", "celeryd", "", "unset"),
        ("celery worker", "manage.py", "", "unknown 9"),
        ("celery worker", "manage.py", "==3.1.26", "unset"),
        ("celery worker", "program", "==5.4.0", "unknown 9"),
        ("airflow celery worker", "airflow", "", "default 16"),
    ],
)
def test_programs_that_do_not_read_the_environment(line: str, entry: Entry, version: str, expected: str) -> None:
    found = run(line, version, {"CELERY_WORKER_CONCURRENCY": "9"}, entry=entry)
    assert brief(found.concurrency) == expected


@pytest.mark.parametrize(
    ("line", "environment", "settings", "expected"),
    [
        ("", {}, {}, "default 16"),
        (" -c 4", {"AIRFLOW__CELERY__WORKER_CONCURRENCY": "9"}, {}, "cli 4"),
        ("", {"AIRFLOW__CELERY__WORKER_CONCURRENCY": "9"}, {"concurrency": 3}, "env 9"),
        ("", {}, {"concurrency": 3}, "settings 3"),
        ("", {"AIRFLOW__CELERY__WORKER_AUTOSCALE": "8,2"}, {"concurrency": 3}, "autoscale 8"),
        (" $OPTS", {}, {}, "unknown 16"),
    ],
)
def test_airflow(line: str, environment: dict[str, str], settings: dict[str, object], expected: str) -> None:
    found = run(f"airflow celery worker{line}", "", environment, settings, entry="airflow")
    assert brief(found.concurrency) == expected


def test_places() -> None:
    line = "celery -A p worker --concurrency 4 --max-memory-per-child=200000 -P gevent -B"
    found = effective(one(line), {}, lambda _: Unset(), CeleryVersion())
    values: list[Value[Any]] = [found.concurrency, found.max_memory_per_child, found.pool, found.beat]
    assert [text_at(line, value.at) for value in values if isinstance(value, Known)] == ["4", "200000", "gevent", "-B"]


def test_unset_says_where_was_looked() -> None:
    assert run("").concurrency == Unset(
        ("--concurrency", "CELERY_WORKER_CONCURRENCY", "worker_concurrency", "settings.py")
    )
    assert run("", "==4.4.7").max_tasks_per_child == Unset(
        ("--max-tasks-per-child", "worker_max_tasks_per_child", "settings.py")
    )
