from __future__ import annotations

import json
import subprocess
import sys

import pytest

from flake8_celery_oom.frontends import cli, plan
from flake8_celery_oom.quantity import GIB, MIB


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    status = cli.main(["plan", *words])
    return status, capsys.readouterr().out


def test_choices_under_a_limit(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "--limit", "512Mi", "--imports", "django", "--celery", "5.4") == (
        0,
        """\
weighed: Celery 5, django imported
limit: 512 MiB

--concurrency  --max-memory-per-child
            1                  453000  (442 MiB a child)
            2                  226000  (221 MiB a child)
            3                  150000  (146 MiB a child)
what the app itself adds is not counted: use less, or weigh it (celery-oom weigh)
""",
    )


def test_a_worker_that_fits(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--limit", "2g", "-c", "4", "--max-memory-per-child", "200000", "--imports", "Django, requests")
    assert run(capsys, *words) == (
        0,
        """\
weighed: Celery 4 and 5, django imported
never weighed, and not counted: requests
idle: at least 105 MiB
every child at its peak: at least 704 MiB to 852 MiB
limit: 2 GiB: fits, even when the children share nothing
fits with --max-memory-per-child=200000: --concurrency=10
fits with --concurrency=4: --max-memory-per-child=506000 (494 MiB)
what the app itself adds is not counted: use less, or weigh it (celery-oom weigh)
""",
    )


@pytest.mark.parametrize(
    ("words", "status", "line"),
    [
        ("--limit 512m -c 8 --max-memory-per-child 400000", 1, "limit: 512 MiB: does not fit"),
        ("--limit 600Mi -c 4 --max-memory-per-child 153600", 0, "limit: 600 MiB: fits as long as the children share"),
        ("--limit 600Mi -c 4", 0, "limit: 600 MiB: fits when idle; nothing bounds what the tasks take"),
        ("--limit 600Mi -P gevent -c 100", 0, "limit: 600 MiB: fits when idle; nothing bounds what the tasks take"),
        ("--limit 16Mi --pool solo --celery 5", 1, "limit: 16 MiB: does not fit"),
        (
            "--limit 512m -c 8",
            0,
            "fits with --concurrency=8: --max-memory-per-child=58000 (56.6 MiB, little more than a newborn child has)",
        ),
        ("--limit 64Mi", 0, "not even one child has room for tasks: it has 59.3 MiB when it is born"),
        ("--limit 64Mi -c 4", 1, "no max-memory-per-child makes --concurrency=4 fit"),
        ("--limit 64Mi --max-memory-per-child 200000", 0, "no child fits with --max-memory-per-child=200000"),
        ("-c 4 --max-memory-per-child 153600 -B --celery 5", 0, "every child at its peak: at least 548 MiB to 695 MiB"),
        (
            "-c 2 --max-tasks-per-child 20 --task-growth 4Mi --celery 5",
            0,
            "every child at its peak: at least 227 MiB to 296 MiB",
        ),
    ],
)
def test_what_is_said(capsys: pytest.CaptureFixture[str], words: str, status: int, line: str) -> None:
    imports = ("--imports", "django") if "64Mi" in words else ()
    actual, out = run(capsys, *words.split(), *imports)
    assert any(one.startswith(line) for one in out.splitlines()), out
    assert actual == status


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--limit", "1Gi", "-c", "4", "--max-memory-per-child", "153600", "--celery", "5", "--format", "json")
    status, out = run(capsys, *words)
    shown = json.loads(out)
    assert status == 0
    assert shown["version"] == 1
    assert shown["limit"] == GIB
    assert {name: round(amount / MIB) for name, amount in shown["need"].items()} == {
        "idle": 107,
        "tight": 540,
        "safe": 653,
    }
    assert shown["verdict"] == "fits"
    assert shown["largest_concurrency"] == 6
    assert shown["largest_max_memory_per_child"] == 248703
    assert shown["choices"][3] == {"concurrency": 4, "max_memory_per_child": 248703}
    _, out = run(capsys, "--format", "json")
    assert json.loads(out)["choices"] == []


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("512Mi", 512 * MIB),
        ("2G", 2 * 1000**3),
        ("1.5g", 3 * GIB // 2),
        ("512m", 512 * MIB),
        ("1073741824", GIB),
        ("300MB", 300 * MIB),
    ],
)
def test_sizes(text: str, amount: int) -> None:
    assert plan.size(text) == amount


@pytest.mark.parametrize("words", ["--limit much", "--limit 0", "-c 0", "-c two", "--celery 3.1", "--celery x"])
def test_what_means_nothing_is_refused(capsys: pytest.CaptureFixture[str], words: str) -> None:
    assert cli.main(["plan", *words.split()]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"celery-oom: error: argument {words.split()[0]}")


def test_nothing_is_imported_before_it_is_needed() -> None:
    program = "import sys, flake8_celery_oom.frontends.plan; print('flake8_celery_oom.analysis.budget' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
