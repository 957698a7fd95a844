from __future__ import annotations

from flake8_celery_oom.formats.table import plain, rows
from flake8_celery_oom.model import HostCpus, Known, Unknown
from tests.rules.workers import at, worker


def test_each_value_with_its_origin() -> None:
    here = at(line=41)
    one = worker(
        "web",
        here,
        pool=Known("gevent", here),
        concurrency=Known(4, at("compose.yml", 30), "env"),
        max_tasks_per_child=Known(50, here),
        max_memory_per_child=Known(200000, at("shop/settings.py", 88), "settings"),
        memory_limit=Known(1 << 30, at(line=52), "limit"),
    )
    assert rows([one], lambda path: f"../{path}") == [
        (
            "web",
            "../compose.yml:41",
            "gevent (cli)",
            "4 (env ../compose.yml:30)",
            "50 tasks (cli), 200000 KiB (settings ../shop/settings.py:88)",
            "1 GiB (../compose.yml:52)",
        )
    ]


def test_nothing_set() -> None:
    assert rows([worker("", app_name="shop")]) == [
        ("shop", "compose.yml:1", "prefork (default)", "host CPUs (default)", "none", "none")
    ]
    assert rows([worker("", app_name=None)])[0][0] == "-"


def test_unknown_values_keep_their_default() -> None:
    here = at(line=1)
    one = worker(
        concurrency=Unknown("$C", here, 4),
        pool=Unknown("$P", here),
        max_memory_per_child=Unknown("$M", here, 200000),
        memory_limit=Unknown("{{ .Values.x }}", here, None, "limit"),
    )
    assert rows([one])[0][2:] == (
        "unknown (cli)",
        "unknown, else 4 (cli)",
        "unknown, else 200000 KiB (cli)",
        "unknown",
    )
    two = worker(concurrency=Known(HostCpus("$(nproc)"), here))
    three = worker(concurrency=Unknown("$C", here, HostCpus("0")))
    assert [row[3] for row in rows([two, three])] == ["host CPUs $(nproc) (cli)", "unknown, else host CPUs 0 (cli)"]


def test_columns_are_aligned_and_lines_end_clean() -> None:
    text = plain(rows([worker("a-long-name"), worker("b", at("deploy/compose.yml", 9))]))
    lines = text.splitlines()
    assert len({line.index("prefork") for line in lines[1:]} | {lines[0].index("pool")}) == 1
    assert all(line == line.rstrip() for line in lines)
