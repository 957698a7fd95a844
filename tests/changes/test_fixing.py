"""Fixes are chosen, proved together, and those that do not hold are left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from flake8_celery_oom.changes import python, python_replace
from flake8_celery_oom.changes.fixing import Fixer
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.findings import Edit, Finding, Fix
from flake8_celery_oom.workspace import Workspace
from tests.changes.projects import NUMBERS, fix

LINE = "celery -A shop worker"


def test_defaults_are_unsafe_and_numbers_of_the_user_are_safe(tmp_path: Path) -> None:
    files = {"Procfile": f"w: {LINE}\n"}
    careful = fix(tmp_path, files, "CO101", "CO201", config=Config())
    assert not careful.outcome.texts
    assert [finding.code for finding in careful.outcome.unsafe] == ["CO101", "CO201"]
    bold = fix(tmp_path, files, "CO101", "CO201", config=Config(), unsafe=True)
    assert bold.texts["Procfile"] == f"w: {LINE} --concurrency=2 --max-memory-per-child=200000\n"
    chosen = fix(tmp_path, files, "CO101", "CO201", config=Config(concurrency=7))
    assert chosen.texts["Procfile"] == f"w: {LINE} --concurrency=7\n"


def test_many_files_at_once(tmp_path: Path) -> None:
    files = {f"f{number}.sh": f"#!/bin/sh\n{LINE}\n" for number in range(8)}
    fixed = fix(tmp_path, files)
    assert len(fixed.outcome.texts) == 8
    assert len(fixed.outcome.fixed) == 16


class Breaking(Workspace):
    """A project in which the fixes of some files are wrong."""

    broken: tuple[str, ...] = ()

    def findings(self) -> list[Finding]:
        return [self._spoiled(finding) for finding in super().findings()]

    def _spoiled(self, finding: Finding) -> Finding:
        if finding.fix is None or finding.at.path not in self.broken:
            return finding
        edits = tuple(Edit(edit.at, " --concurrency=77") for edit in finding.fix.edits)
        return replace(finding, fix=Fix("", "safe", edits))


def run(root: Path, files: Mapping[str, str], *broken: str) -> tuple[Fixer, list[int]]:
    opened: list[int] = []

    def open_project(texts: Mapping[str, str]) -> Workspace:
        opened.append(1)
        project = Breaking(root, NUMBERS, {**files, **texts})
        project.broken = broken
        return project

    return Fixer(open_project, lambda finding: finding.code == "CO101"), opened


def test_wrong_fixes_are_found_among_right_ones(tmp_path: Path) -> None:
    files = {f"f{number:02}.sh": f"#!/bin/sh\n{LINE}\n" for number in range(16)}
    fixer, opened = run(tmp_path, files, "f03.sh", "f11.sh")
    outcome = fixer.run()
    assert set(outcome.texts) == set(files) - {"f03.sh", "f11.sh"}
    assert {left.finding.at.path for left in outcome.left} == {"f03.sh", "f11.sh"}
    assert all("would also change concurrency of worker" in left.reason for left in outcome.left)
    assert len(opened) < 25


def test_all_fixes_wrong(tmp_path: Path) -> None:
    fixer, _ = run(tmp_path, {"a.sh": f"#!/bin/sh\n{LINE}\n{LINE} -E\n"}, "a.sh")
    outcome = fixer.run()
    assert not outcome.texts
    assert not outcome.fixed
    assert len(outcome.left) == 2


def test_one_place_for_two_findings(tmp_path: Path) -> None:
    text = f"CMD = {LINE}\na:\n\t$(CMD) -Q a\nb:\n\t$(CMD) -Q b\n"
    fixed = fix(tmp_path, {"Makefile": text}, "CO101")
    assert fixed.texts["Makefile"] == text.replace(LINE, f"{LINE} --concurrency=2")
    assert len(fixed.outcome.fixed) == 2


def test_files_that_may_not_change_are_left(tmp_path: Path) -> None:
    files = {"a.sh": f"#!/bin/sh\n{LINE}\n", "b.sh": f"#!/bin/sh\n{LINE}\n"}
    fixer = Fixer(
        lambda texts: Workspace(tmp_path, NUMBERS, {**files, **texts}),
        lambda finding: finding.code == "CO101",
        lambda path: path == "a.sh",
    )
    outcome = fixer.run()
    assert set(outcome.texts) == {"a.sh"}
    assert [left.reason for left in outcome.left] == ["its fix is in b.sh, which was not asked for"]


def test_a_suppressed_finding_is_not_fixed(tmp_path: Path) -> None:
    text = f"#!/bin/sh\n# celery-oom: ignore[CO101, CO201] small\n{LINE}\n"
    assert not fix(tmp_path, {"a.sh": text}).outcome.texts


def test_an_unreadable_environment_stops_nothing(tmp_path: Path) -> None:
    files = {"a.sh": f"#!/bin/sh\n{LINE} $OPTS\n", "b.sh": f"#!/bin/sh\n{LINE}\n"}
    assert set(fix(tmp_path, files).outcome.texts) == {"b.sh"}


APP_ALONE = "from celery import Celery\n\napp = Celery('shop')\n"
ONE_BY_LIBCST = [
    ({"shop.py": APP_ALONE}, "CO201", "app.conf.worker_max_memory_per_child = 200000\n"),
    ({"shop.py": f"{APP_ALONE}app.conf.worker_concurrency = 0\n", "Procfile": f"w: {LINE}\n"}, "CO102", "rency = 2\n"),
]


@pytest.mark.parametrize(("files", "code", "end"), ONE_BY_LIBCST)
def test_what_libcst_would_write_otherwise_is_left(
    files: dict[str, str], code: str, end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fix(tmp_path, files, code).texts["shop.py"].endswith(end)
    monkeypatch.setattr(python, "confirm", lambda *_: "no")
    monkeypatch.setattr(python_replace, "confirm_replaced", lambda *_: "no")
    assert fix(tmp_path, files, code).reasons == {code: "its fix was not made: no"}


APP = {
    "shop/__init__.py": "",
    "shop/celery.py": "from celery import Celery\n\napp = Celery('shop')\napp.conf.task_acks_late = True\n",
    "requirements.txt": "celery==5.4.0\n",
}
IN_SETTINGS = replace(NUMBERS, fix_place="settings")


def test_one_setting_instead_of_many_commands(tmp_path: Path) -> None:
    files = {**APP, "Procfile": f"a: {LINE}\nb: {LINE} -Q b\n"}
    fixed = fix(tmp_path, files, "CO101", "CO201", config=IN_SETTINGS)
    assert fixed.outcome.texts == {
        "shop/celery.py": APP["shop/celery.py"]
        + "app.conf.worker_concurrency = 2\napp.conf.worker_max_memory_per_child = 200000\n"
    }
    assert len(fixed.outcome.fixed) == 4


def test_the_command_is_the_place_when_one_of_them_sets_its_own_or_has_no_children(tmp_path: Path) -> None:
    for other in (f"{LINE} -c 4", f"{LINE} -P gevent"):
        files = {**APP, "Procfile": f"a: {LINE}\nb: {other}\n"}
        fixed = fix(tmp_path, files, "CO101", config=IN_SETTINGS)
        assert fixed.outcome.texts == {"Procfile": f"a: {LINE} --concurrency=2\nb: {other}\n"}


def test_the_value_of_one_option_is_no_place_for_another(tmp_path: Path) -> None:
    unit = (
        '[Service]\nEnvironment=QUEUE="slow"\nEnvironment=CELERYD_OPTS="-Ofair --prefetch-multiplier=1"\n'
        "ExecStart=/bin/sh -c 'celery -A shop multi start one ${CELERYD_OPTS} -Q ${QUEUE}'\n"
    )
    fixed = fix(tmp_path, {"jobs.service": unit}, "CO101").texts["jobs.service"]
    assert fixed == unit.replace("--prefetch-multiplier=1", "--prefetch-multiplier=1 --concurrency=2")


def test_an_array_of_a_script_that_a_service_runs(tmp_path: Path) -> None:
    script = '#!/bin/bash\nARGS=(\n  "-A" "shop"\n  "worker"\n  "--concurrency=$N"\n)\ncelery "${ARGS[@]}"\n'
    service = "services:\n  jobs:\n    image: shop\n    command: ./start.sh\n    environment: {N: 2}\n"
    fixed = fix(tmp_path, {"start.sh": script, "compose.yml": service}, "CO201").texts["start.sh"]
    assert fixed == script.replace('"worker"', '"worker" --max-memory-per-child=200000')
