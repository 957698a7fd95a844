from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from flake8_celery_oom import rules
from flake8_celery_oom.config import Config, ConfigError
from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.core.findings import Finding, Related
from flake8_celery_oom.core.results import HostCpus, Project
from flake8_celery_oom.core.value import Known, Unknown
from tests.rules.workers import app, at, project, worker


def messages(one: Project, *codes: str) -> list[str]:
    return [f"{found.at} {found.code} {found.message}" for found in rules.run_rules(one, Config(select=codes))]


# --- which rules run --------------------------------------------------------------------------------------------------


def running(**choice: tuple[str, ...]) -> set[str]:
    return set(rules.selected(Config(**choice)))  # type: ignore[arg-type]


def test_the_rules_that_are_on_run_when_nothing_is_said() -> None:
    assert running() == {rule.code for rule in rules.rules() if rule.on}


def test_select_takes_the_place_of_the_default() -> None:
    assert running(select=("CO209",)) == {"CO209"}
    assert {code[:3] for code in running(select=("CO1", "CO5"))} == {"CO1", "CO5"}


def test_a_rule_that_is_off_runs_only_where_its_whole_code_is_named() -> None:
    assert running(select=("CO",)) == running()
    assert "CO105" not in running(select=("CO1",))
    assert "CO105" in running(select=("CO1", "CO105"))
    assert "CO105" in running(select=("CO1",), extend_select=("CO105",))


def test_extend_select_adds() -> None:
    assert running(extend_select=("CO209",)) == running() | {"CO209"}


def test_ignore_takes_away_and_the_longer_beginning_decides() -> None:
    assert running(ignore=("CO101",)) == running() - {"CO101"}
    assert running(ignore=("CO",)) == set()
    assert running(select=("CO101",), ignore=("CO1",)) == {"CO101"}
    assert "CO101" not in running(select=("CO1",), ignore=("CO101",))
    assert running(select=("CO101",), ignore=("CO101",)) == set()


def test_codes_that_no_rule_has() -> None:
    rules.check_codes(["C", "CO", "CO1", "CO209"], "select")
    with pytest.raises(ConfigError, match=r"^select: no rule is called CO290 \(did you mean 'CO210'\?\); see "):
        rules.check_codes(["CO1", "CO290"], "select")


def test_every_module_says_what_its_name_says() -> None:
    for code, module in rules.modules().items():
        rule = rules.entry(code).rule
        assert module.rpartition(".")[2] == f"{code.lower()}_{rule.name.replace('-', '_')}"
        assert rule.code == code


def test_nothing_is_imported_before_it_is_needed() -> None:
    program = "import sys, flake8_celery_oom.rules as r; r.modules(); print([m for m in sys.modules if 'rules.' in m])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- running ----------------------------------------------------------------------------------------------------------


def test_a_rule_that_raises_does_not_end_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    real = rules.entry

    def check(_: Project, __: Config) -> Iterator[Finding]:
        yield real("CO101").rule.finding(at(line=9), "said before")
        raise KeyError("two\nlines")

    def entry(code: str) -> rules.Entry:
        one = real(code)
        return rules.Entry(one.rule, check, one.page) if code == "CO101" else one

    monkeypatch.setattr(rules, "entry", entry)
    broken, other, before = messages(project(worker(place=at(line=4))), "CO101", "CO201")
    assert broken.startswith("compose.yml:4 CO101 could not be checked for this project (KeyError: 'two\\nlines'): ")
    assert other.startswith("compose.yml:4 CO201 worker `web` may grow until the machine")
    assert before == "compose.yml:9 CO101 said before"
    assert messages(project(), "CO101")[1].startswith("pyproject.toml:1 CO101 could not be checked")


def test_a_message_is_one_printable_line() -> None:
    found = rules.entry("CO101").rule.finding(at(), "a\n b\x1b[0m\udcff", [Related(at(), "c\td")])
    assert found.message == "a b?[0m?"
    assert found.related[0].message == "c d"


def test_findings_stand_in_the_order_of_their_places() -> None:
    one = project(worker("b", at(line=9)), worker("a", at(line=2)), worker("c", at("a.yml", 5)))
    assert [line.split()[0] for line in messages(one, "CO101")] == ["a.yml:5", "compose.yml:2", "compose.yml:9"]


# --- what cases cannot say --------------------------------------------------------------------------------------------


def test_a_pool_that_is_not_known_to_celery_is_left_alone() -> None:
    one = project(worker(pool=Known("custom"), max_tasks_per_child=Known(5, at())))
    assert messages(one, "CO101", "CO201", "CO205", "CO209") == []


def test_a_value_without_a_place_is_reported_at_the_command() -> None:
    one = project(worker(place=at(line=7), concurrency=Known(HostCpus(""))))
    (message,) = messages(one, "CO102")
    assert message == "compose.yml:7 CO102 worker `web` starts one process per CPU of the host; set a number"


def test_an_unknown_that_is_the_cpu_count_by_default() -> None:
    one = project(worker(concurrency=Unknown(Cause("from the shell"), at(line=3), HostCpus("${C:-0}"))))
    (message,) = messages(one, "CO102")
    assert message.startswith("compose.yml:3 CO102 worker `web` starts one process per CPU of the host (`${C:-0}`)")
    assert message.endswith(", unless the environment sets it; set a number")


def test_an_app_is_told_only_when_no_worker_is_found_at_all() -> None:
    assert len(messages(project(apps=(app(),)), "CO101")) == 1
    assert messages(project(worker(concurrency=Known(2)), apps=(app(),)), "CO101") == []
    assert messages(project(apps=(app(worker_pool=Known("gevent")),)), "CO1", "CO201") == []
    assert messages(project(apps=(app(worker_concurrency=Unknown(Cause("computed"))),)), "CO1") == []


def test_a_setting_is_not_deaf_when_a_worker_of_the_app_has_an_unknown_pool() -> None:
    shop = app()
    limit = Known(100, at("shop/settings.py", 9), "settings")
    deaf = worker("a", at(line=2), pool=Known("gevent"), max_tasks_per_child=limit, app=shop)
    other = worker("b", at(line=4), pool=Unknown(Cause("$POOL")), max_tasks_per_child=Known(5), app=shop)
    assert len(messages(project(deaf), "CO205")) == 1
    assert messages(project(deaf, other), "CO205") == []
