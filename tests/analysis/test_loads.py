from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flake8_celery_oom import rules
from flake8_celery_oom.analysis.budget import Plan
from flake8_celery_oom.analysis.loads import plan_of
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.results import App, CeleryVersion, HostCpus, Worker
from flake8_celery_oom.core.value import Known, Unknown, Unset
from flake8_celery_oom.core.wishes import SetOption
from flake8_celery_oom.quantity import GIB, MIB
from flake8_celery_oom.workspace import Workspace
from tests.rules.workers import app, at, project, worker

LIMIT = at("compose.yml", 90)


def limited(name: str = "web", limit: int = 512 * MIB, **values: Any) -> Worker:
    made: dict[str, Any] = {
        "concurrency": Known(8),
        "max_memory_per_child": Known(200_000),
        "memory_limit": Known(limit, LIMIT, "limit"),
        "container": name,
        **values,
    }
    return worker(name, **made)


def found(*workers: Worker, codes: tuple[str, ...] = ("CO301", "CO302", "CO304")) -> list[Finding]:
    return rules.run_rules(project(*workers), Config(select=codes))


# --- plans ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "plan"),
    [
        ({}, Plan(concurrency=8, max_memory_per_child=200_000, celery_major=5)),
        ({"pool": Known("processes")}, Plan(concurrency=8, max_memory_per_child=200_000, celery_major=5)),
        ({"pool": Known("gevent")}, Plan("gevent", 8, None, 200_000, celery_major=5)),
        ({"pool": Known("mine")}, Plan("", 8, None, 200_000, celery_major=5)),
        ({"pool": Unknown(Cause("$POOL"), default="prefork")}, Plan("prefork", 8, None, 200_000, celery_major=5)),
        ({"concurrency": Known(HostCpus("0"))}, Plan(max_memory_per_child=200_000, celery_major=5)),
        ({"concurrency": Unset()}, Plan(max_memory_per_child=200_000, celery_major=5)),
        ({"concurrency": Known(-1)}, Plan(max_memory_per_child=200_000, celery_major=5)),
        ({"concurrency": Unknown(Cause("$C"), default=3)}, Plan("prefork", 3, None, 200_000, celery_major=5)),
        ({"autoscale": Known((8, 2))}, Plan("prefork", 8, 2, 200_000, celery_major=5)),
        ({"autoscale": Unknown(Cause("$A"), default=(8, 0))}, Plan("prefork", 8, 0, 200_000, celery_major=5)),
        ({"max_memory_per_child": Known(0)}, Plan(concurrency=8, celery_major=5)),
        ({"max_tasks_per_child": Known(9)}, Plan("prefork", 8, None, 200_000, 9, celery_major=5)),
        ({"beat": Known(value=True)}, Plan("prefork", 8, None, 200_000, celery_major=5, beat=True)),
        ({"beat": Unknown(Cause("$B"))}, Plan("prefork", 8, None, 200_000, celery_major=5)),
        ({"version": CeleryVersion()}, Plan("prefork", 8, None, 200_000)),
        ({"version": CeleryVersion(">=4.4")}, Plan("prefork", 8, None, 200_000)),
        ({"version": CeleryVersion("<5,>=4.2")}, Plan("prefork", 8, None, 200_000, celery_major=4)),
        ({"version": CeleryVersion("==3.1.26")}, Plan("prefork", 8, None, 200_000, celery_major=3)),
    ],
)
def test_plan_of(values: dict[str, Any], plan: Plan) -> None:
    assert plan_of(limited(**values)) == replace(plan, prefetch_multiplier=4)


@pytest.mark.parametrize(
    ("value", "multiplier"),
    [(Unset(), 4), (Known(1), 1), (Known(0), 0), (Unknown(Cause("$M"), default=2), 2), (Unknown(Cause("$M")), 4)],
)
def test_prefetched_messages_count(value: Any, multiplier: int) -> None:
    assert plan_of(limited(prefetch_multiplier=value)).prefetch_multiplier == multiplier


def test_what_the_app_imports_counts() -> None:
    place = at("shop/celery.py")
    imports = frozenset({"django", "os"})
    shop = App("shop", place, place, CeleryVersion("==5.4.0"), {}, imports)
    assert plan_of(limited(app=shop)).imports == imports
    assert plan_of(limited(app=app())).imports == frozenset()


# --- what cases cannot say --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "codes"),
    [(150 * MIB, ["CO302"]), (GIB, ["CO301"]), (1450 * MIB, ["CO304"]), (2 * GIB, [])],
)
def test_one_finding_for_one_cause(limit: int, codes: list[str]) -> None:
    assert [one.code for one in found(limited(limit=limit))] == codes


def test_no_limit_and_a_limit_of_zero_say_nothing() -> None:
    assert found(limited(memory_limit=Unset())) == []
    assert found(limited(memory_limit=Unknown(Cause("${LIMIT:-0}"), LIMIT, 0, "limit"))) == []


def test_a_limit_that_the_environment_may_set() -> None:
    (one,) = found(limited(memory_limit=Unknown(Cause("${LIMIT:-512m}"), LIMIT, 512 * MIB, "limit")))
    assert ", killed at 512 MiB, unless the environment sets it; " in one.message


def test_a_limit_of_a_child_in_a_wrong_unit_counts_as_none() -> None:
    assert found(limited(max_memory_per_child=Known(200_000_000))) == []
    assert [one.code for one in found(limited(limit=90 * MIB, max_memory_per_child=Known(200_000_000)))] == ["CO302"]


def test_a_script_that_others_run_is_judged_by_its_callers() -> None:
    script = at("start.sh", 3)
    alone = limited("start.sh", memory_limit=Unset(), place=script, called=True)
    caller = limited("web", place=at(line=4), command=script, standalone=False)
    (one,) = found(alone, caller)
    assert one.at == script
    assert [str(related.at) for related in one.related] == ["compose.yml:90", "compose.yml:4"]


def test_the_worst_of_several_is_shown_and_what_fits_fits_all() -> None:
    script = at("start.sh", 3)
    small = limited("small", 512 * MIB, place=at(line=4), command=script, standalone=False)
    large = limited("large", 900 * MIB, place=at(line=9), command=script, standalone=False)
    (one,) = found(large, small, codes=("CO301",))
    assert one.message == (
        "workers `small`, `large`: 8 processes x 200000 KiB may need 1.38 GiB, killed at 512 MiB; set --concurrency=1"
    )
    assert isinstance(one.wish, SetOption)
    assert (one.wish.option, one.wish.value, one.wish.at, one.wish.safety) == ("concurrency", 1, script, "unsafe")
    assert {each.name for each in one.wish.workers} == {"small", "large"}


def test_a_smaller_limit_of_a_child_is_wished_for_where_it_leaves_room() -> None:
    (one,) = found(limited(limit=GIB), codes=("CO301",))
    assert isinstance(one.wish, SetOption)
    assert (one.wish.option, one.wish.value) == ("max_memory_per_child", 97_000)


def test_no_number_is_wished_for_in_place_of_an_autoscale_maximum() -> None:
    (one,) = found(limited(autoscale=Known((8, 1))), codes=("CO301",))
    assert one.message.endswith("; set an autoscale maximum of 1")
    assert one.wish is None


def test_idle_children_that_are_too_many() -> None:
    (one,) = found(limited(limit=150 * MIB), codes=("CO302",))
    assert one.message == ("worker `web`: 9 idle processes need at least 186 MiB before any task, killed at 150 MiB")
    assert one.wish is None
    (one,) = found(limited(limit=150 * MIB, max_memory_per_child=Unset()), codes=("CO302",))
    assert one.message.endswith("150 MiB; set --concurrency=4, or less")
    assert isinstance(one.wish, SetOption)
    assert (one.wish.option, one.wish.value, one.wish.safety) == ("concurrency", 4, "unsafe")


def test_who_has_no_bound_counts_as_idle_beside_others(tmp_path: Path) -> None:
    text = "celery -A shop worker -c 4 --max-memory-per-child=153600 & celery -A shop worker -n b@%h -c {}"
    lines = "services:\n  web:\n    image: shop\n    command: sh -c '{}'\n    mem_limit: {}\n"
    (tmp_path / "requirements.txt").write_text("celery==5.4.0\n")

    def said(children: int, limit: str) -> list[str]:
        (tmp_path / "compose.yml").write_text(lines.format(text.format(children), limit))
        config = Config(select=("CO301", "CO302", "CO304"))
        return [one.message for one in Workspace(tmp_path, config).findings()]

    (exceeds,) = said(4, "600m")
    assert exceeds.startswith("worker `web`: 4 processes x 153600 KiB and 4 processes may need 647 MiB, killed at")
    assert said(4, "660m") == []
    (idle,) = said(4, "180m")
    assert idle.startswith("worker `web`: 10 idle processes need at least 214 MiB before any task")


def test_what_has_the_limit_is_called_by_its_name() -> None:
    for kind, called in (("systemd", "service"), ("heroku", "dyno"), ("compose", "container")):
        (one,) = found(limited(kind=kind, max_memory_per_child=Unset()), codes=("CO201",))
        assert f"until the {called} is killed at 512 MiB" in one.message
