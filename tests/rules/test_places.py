from __future__ import annotations

import pytest

from flake8_celery_oom.analysis.naming import called, subject
from flake8_celery_oom.core.results import Worker
from flake8_celery_oom.rules.places import places, value_places
from tests.rules.workers import at, worker

SCRIPT = at("start.sh", 4)
ONE, TWO, THREE = (at("compose.yml", line) for line in (5, 10, 15))


def bad(one: Worker) -> bool:
    return one.name.startswith("bad")


def reported(*workers: Worker) -> list[tuple[str, str, list[str]]]:
    return [
        (str(place.at), place.subject, [f"{one.at} {one.message}" for one in place.related])
        for place in places(workers, bad)
    ]


def test_a_command_of_its_own_is_the_place() -> None:
    assert reported(worker("bad", ONE), worker("good", TWO)) == [("compose.yml:5", "worker `bad`", [])]


def test_a_script_without_callers_decides_alone() -> None:
    assert reported(worker("bad", SCRIPT)) == [("start.sh:4", "worker `bad`", [])]


def test_callers_decide_for_their_script() -> None:
    alone = worker("bad", SCRIPT, called=True)
    assert reported(alone, worker("good", ONE, SCRIPT, standalone=False)) == []


def test_callers_decide_for_their_python_program() -> None:
    alone = worker("bad", at("run.py", 4), kind="python", standalone=False)
    assert reported(alone) == [("run.py:4", "this worker", [])]
    assert reported(alone, worker("good", ONE, at("run.py", 4), standalone=False)) == []


def test_what_all_callers_lack_is_reported_at_the_command() -> None:
    assert reported(
        worker("good", SCRIPT, called=True),
        worker("bad1", ONE, SCRIPT, standalone=False),
        worker("bad2", TWO, SCRIPT, standalone=False),
    ) == [
        (
            "start.sh:4",
            "workers `bad1`, `bad2`",
            ["compose.yml:5 worker `bad1` is started here", "compose.yml:10 worker `bad2` is started here"],
        )
    ]


def test_what_some_callers_lack_is_reported_at_each() -> None:
    assert reported(
        worker("bad1", ONE, SCRIPT, standalone=False),
        worker("good", TWO, SCRIPT, standalone=False),
        worker("bad2", THREE, SCRIPT, standalone=False),
    ) == [
        ("compose.yml:5", "worker `bad1`", ["start.sh:4 the celery command"]),
        ("compose.yml:15", "worker `bad2`", ["start.sh:4 the celery command"]),
    ]


def test_one_command_that_starts_several_workers_is_reported_once() -> None:
    assert reported(worker("bad1", ONE), worker("bad2", ONE), worker("good", ONE)) == [
        ("compose.yml:5", "workers `bad1`, `bad2`", [])
    ]


def test_a_command_known_by_two_places_is_one_command() -> None:
    wrapper, inner = at("start.sh", 4, 1, 60), at("start.sh", 4, 20, 41)
    shorter = at("start.sh", 4, 20, 12)
    (found,) = places([worker("bad1", wrapper), worker("bad2", ONE, inner), worker("bad3", TWO, shorter)], bad)
    assert (found.at, found.subject) == (inner, "workers `bad1`, `bad2` and 1 more")


def test_two_commands_in_one_wrapper_stay_apart() -> None:
    wrapper = at("start.sh", 4, 1, 60)
    first, second = at("start.sh", 4, 10, 15), at("start.sh", 4, 30, 15)
    assert len(reported(*(worker(f"bad{number}", one) for number, one in enumerate((wrapper, first, second))))) == 3


def test_a_value_is_reported_once_for_all_that_take_it() -> None:
    value = at("start.sh", 4, 30, 2)
    workers = [
        worker("a", SCRIPT, called=True),
        worker("b", ONE, at("start.sh", 4, 1, 90), standalone=False),
        worker("c", TWO, at("start.sh", 4, 1, 90), standalone=False),
    ]
    found = list(value_places(workers[1:], lambda _: value))
    assert [(one.at, one.subject, [str(other.at) for other in one.related]) for one in found] == [
        (value, "workers `b`, `c`", ["compose.yml:5", "compose.yml:10"])
    ]
    assert list(value_places(workers, lambda one: None)) == []


def test_names() -> None:
    assert subject([]) == "this worker"
    assert subject([worker("")]) == "this worker"
    assert subject([worker("compose.yml"), worker("worker_main", kind="python")]) == "this worker"
    assert subject([worker("a"), worker("a")]) == "worker `a`"
    assert subject(worker(name) for name in "abc") == "workers `a`, `b` and 1 more"
    assert subject(worker(name) for name in "abcde") == "workers `a`, `b` and 3 more"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("mail/worker", "mail/worker"),
        ('{{ include "mail.fullname" . }}/worker', "worker"),
        ("{{ $name }}-jobs/{{ $name }}", "jobs"),
        ("{{.app_code}}_mail", "mail"),
        ('{{ include "mail/x" . }}/{{ a }}', "deployment"),
        ("{{ $name }}", "deployment"),
        ("", ""),
    ],
)
def test_names_that_templates_fill_in(name: str, shown: str) -> None:
    assert called(worker(name, at("chart/templates/deployment.yaml"))) == shown
