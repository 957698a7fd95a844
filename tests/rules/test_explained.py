"""A dead name or a variable that nothing reads is reported in place of what the worker lacks because of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.results import App, BoundVariable, CeleryVersion, DeadSetting, Project
from flake8_celery_oom.core.value import Known
from flake8_celery_oom.core.word import literal
from flake8_celery_oom.rules import run_rules
from flake8_celery_oom.rules.explained import Explained, dead_settings
from flake8_celery_oom.workspace import Workspace
from tests.rules.workers import app, at, project, worker

NAME = at("shop/settings.py", 4)
DEAD = DeadSetting("CELERYD_CONCURRENCY", NAME, "worker_concurrency", "old-name-in-namespace", None, "CELERY_")
VARIABLE = BoundVariable(
    "CELERYD_MAX_MEMORY_PER_CHILD", "max_memory_per_child", at(line=7), literal("200000", at(line=7)), "nothing"
)


def shop(*dead: DeadSetting, place: int = 3, **written: object) -> App:
    made = app()
    where = at("shop/celery.py", place)
    return App("shop", where, where, CeleryVersion("==5.4.0"), made.settings, dead=dead, written=written)  # type: ignore[arg-type]


def codes(one: Project, select: tuple[str, ...] = (), ignore: tuple[str, ...] = ()) -> list[str]:
    return [finding.code for finding in run_rules(one, Config(select=select, ignore=("CO5", *ignore)))]


def test_a_dead_setting_takes_the_place_of_the_general_rule() -> None:
    one = project(worker(app=shop(DEAD), max_memory_per_child=Known(200_000)))
    assert codes(one) == ["CO206"]
    assert codes(one, ignore=("CO206",)) == ["CO101"]


def test_a_variable_takes_the_place_of_the_general_rule() -> None:
    one = project(worker(app=shop(), concurrency=Known(2), variables=(VARIABLE,)))
    assert codes(one) == ["CO106"]
    assert codes(one, select=("CO201",)) == ["CO201"]


def test_an_app_without_a_worker_is_explained_too() -> None:
    assert codes(project(apps=(shop(DEAD),)), select=("CO101", "CO206")) == ["CO206"]


def test_the_variable_of_a_worker_explains_no_other_worker() -> None:
    mine, other = (worker(name, at(line=line), app=shop()) for name, line in (("mine", 3), ("other", 9)))
    mine = worker("mine", at(line=3), app=shop(), variables=(VARIABLE,))
    explained = Explained(project(mine, other), Config())
    assert explained(mine, "max_memory_per_child")
    assert not explained(mine, "concurrency")
    assert not explained(other, "max_memory_per_child")


def test_a_name_that_another_app_reads_is_alive() -> None:
    reader = shop(place=9, worker_concurrency=NAME)
    assert len(dead_settings(project(apps=(shop(DEAD),)))) == 1
    assert dead_settings(project(apps=(shop(DEAD), reader))) == []


def test_a_variable_counts_for_an_app_of_the_project_only() -> None:
    assert codes(project(worker(variables=(VARIABLE,))), select=("CO106",)) == []


@pytest.mark.parametrize("pool", ["gevent", "threads", "solo"])
def test_a_dead_variable_is_dead_for_every_pool(pool: str) -> None:
    one = project(worker(app=shop(), pool=Known(pool), variables=(VARIABLE,)))
    assert codes(one, select=("CO106",)) == ["CO106"]


def test_mixed_names_are_the_only_cause(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "requirements.txt").write_text("celery==5.6.3\n")
    (tmp_path / "Procfile").write_text("worker: celery -A shop worker\n")
    (tmp_path / "shop" / "__init__.py").write_text("")
    (tmp_path / "shop" / "celery.py").write_text(
        "from celery import Celery\n\napp = Celery('shop')\n"
        "app.conf.update(CELERYD_CONCURRENCY=4, worker_pool='solo')\n"
    )
    assert [one.code for one in Workspace(tmp_path, Config()).findings()] == ["CO208"]


def test_a_program_that_is_gone_explains_what_its_worker_lacks(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_text("jobs: python manage.py celeryd -Q jobs\n")
    (tmp_path / "requirements.txt").write_text("celery==5.6.3\n")

    def found(*ignore: str) -> list[str]:
        workspace = Workspace(tmp_path, Config(ignore=("CO5", *ignore)))
        return sorted(finding.code for finding in workspace.findings())

    assert found() == ["CO207"]
    assert found("CO207") == ["CO101", "CO201"]
    (tmp_path / "requirements.txt").write_text("celery\n")
    assert found() == ["CO101", "CO201"]
