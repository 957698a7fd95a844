from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.core.results import Worker
from flake8_celery_oom.core.value import Known, Unknown
from flake8_celery_oom.formats.bars import ASCII, BLOCKS, WIDTH, bar, legend
from flake8_celery_oom.formats.inventory import Entry, entries
from flake8_celery_oom.formats.table import HEADINGS, fitting, notes, origins, plain, rows
from flake8_celery_oom.quantity import MIB
from tests.rules.workers import at, project, worker


def shown(*workers: Worker) -> list[Entry]:
    return entries(workers, project(*workers))


def four(limit: int, **values: Any) -> Worker:
    """Four children that need 97 MiB when idle and 540 MiB when all are at their peak, and a limit in MiB."""
    here = at()
    numbers: dict[str, Any] = {"concurrency": Known(4, here), "max_memory_per_child": Known(153600, here), **values}
    return worker("web", here, memory_limit=Known(limit * MIB, here, "limit"), **numbers)


@pytest.mark.parametrize(
    ("limit", "drawn"),
    [
        (1024, "█▓▓░░░░░░░░░░···········"),
        (600, "█▓▓▓░░░░░░░░░░░░░░░░░░··"),
        (480, "█▓▓▓▓░░░░░░░░░░░░░░░│░░░"),
        (60, "█▓│▓▓░░░░░░░░░░░░░░░░░░░"),
        (20_000, "█·······················"),
    ],
)
def test_bars(limit: int, drawn: str) -> None:
    (entry,) = shown(four(limit))
    assert bar(entry.memory) == drawn
    assert len(drawn) == WIDTH
    translated = str.maketrans("".join(BLOCKS), "".join(ASCII))
    assert bar(entry.memory, ASCII) == drawn.translate(translated)


def test_no_bar_without_a_limit_or_a_need() -> None:
    without, unknown = shown(
        worker(concurrency=Known(4, at())), four(512, concurrency=Unknown(Cause("$C"), at(line=2)))
    )
    assert bar(without.memory) == bar(unknown.memory) == ""


def test_rows() -> None:
    assert rows(shown(four(480))) == [
        (
            "web",
            "compose.yml:1",
            "prefork",
            "1 + 4",
            "at 150 MiB",
            "480 MiB",
            "█▓▓▓▓░░░░░░░░░░░░░░░│░░░ 540 MiB of 480 MiB: exceeds",
        )
    ]


def test_columns_are_aligned_and_lines_end_clean() -> None:
    text = plain(rows(shown(worker("a-long-name"), worker("b", at("deploy/compose.yml", 9)))))
    lines = text.splitlines()
    assert lines[0].split() == list(HEADINGS)
    assert len({line.index("prefork") for line in lines[1:]} | {lines[0].index("pool")}) == 1
    assert all(line == line.rstrip() for line in lines)


def test_notes() -> None:
    here = at(line=2)
    assert notes(shown(worker())) == []
    assert notes(shown(four(512))) == [legend()]
    doubtful = shown(worker(pool=Unknown(Cause("$P"), here), concurrency=Unknown(Cause("$C"), here)))
    assert notes(doubtful) == ["? 2 values are not known from the files; --origins says why"]
    assert notes(doubtful, with_origins=True) == ["? 2 values are not known from the files"]


def test_origins_are_a_block_a_worker() -> None:
    first, second = origins(shown(worker("a"), worker("b", at(line=9), concurrency=Unknown(Cause("$C"), at(line=9)))))
    assert first.startswith("a  compose.yml:1\n    app ")
    assert "    concurrency           ?        $C, command line, compose.yml:9\n" in second


def test_a_table_that_is_too_wide_becomes_lines_of_80_columns() -> None:
    place = at("deploy/" + "long/" * 20 + "compose.yml", 9)
    text = fitting(shown(four(480), worker("b", place)))
    assert max(map(len, text.splitlines())) <= 80
    assert text.splitlines()[:3] == [
        "web  compose.yml:1",
        "    prefork, 1 + 4 processes, recycling at 150 MiB",
        "    █▓▓░░░░░░░░░░│░░ 540 MiB of 480 MiB: exceeds",
    ]
    assert "/long/compose.yml:9" in text.splitlines()[3]
    assert fitting(shown(worker("b")), columns=200).split()[: len(HEADINGS)] == list(HEADINGS)


def test_ways_that_come_to_the_same_are_one_row() -> None:
    script = at("start.sh", 4)
    alone = worker("start.sh", script, called=True)
    debug = worker("web", at(line=3), at("start.sh", 9), standalone=False)
    usual = worker("web", at(line=3), script, standalone=False)
    other = worker("mail", at(line=8), script, standalone=False)
    assert [entry.name for entry in shown(alone, debug, usual, other)] == ["web", "mail"]
    assert [entry.name for entry in shown(alone)] == ["start.sh"]


def test_no_line_is_wider_than_the_terminal() -> None:
    names = ("the-worker-of-a-shop-with-a-long-name", "another-one")
    ones = [replace(shown(four(480))[0], name=name) for name in names]
    both = [replace(ones[0], beside=(names[1],)), replace(ones[1], beside=(names[0],), leads=False)]
    assert max(map(len, fitting(both, columns=60).splitlines())) <= 60
