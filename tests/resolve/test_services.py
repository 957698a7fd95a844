"""Init scripts that are asked for something."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.resolve.started_project import follow, shown

DEFAULTS = {"etc/default/celeryd": 'CELERYD_NODES="w1"\nCELERY_APP="shop"\nCELERYD_OPTS="-c 4"\n'}
SCRIPT = {
    "etc/init.d/celeryd": (
        '#!/bin/sh\n. /etc/default/celeryd\ncase "$1" in\n'
        "    start) celery multi start $CELERYD_NODES -A $CELERY_APP $CELERYD_OPTS ;;\nesac\n"
    )
}


def lines(tmp_path: Path, command: str, files: dict[str, str]) -> list[str]:
    return [one for one in shown(follow(tmp_path, {"Procfile": f"jobs: {command}\n", **files})) if "Procfile" in one]


@pytest.mark.parametrize("command", ["service celeryd start", "sudo /etc/init.d/celeryd restart"])
def test_a_start_runs_what_the_defaults_say(tmp_path: Path, command: str) -> None:
    (line,) = lines(tmp_path, command, DEFAULTS)
    assert line.endswith("-c 4")


@pytest.mark.parametrize("verb", ["stop", "status", "", "kill"])
def test_other_verbs_start_nothing(tmp_path: Path, verb: str) -> None:
    assert lines(tmp_path, f"/etc/init.d/celeryd {verb}", {**DEFAULTS, **SCRIPT}) == []


def test_nothing_is_said_of_a_service_that_is_not_here(tmp_path: Path) -> None:
    assert lines(tmp_path, "service celeryd start", {}) == []


def test_a_file_below_etc_is_no_file_of_the_project_that_only_has_its_name(tmp_path: Path) -> None:
    beat = "#!/bin/sh\n. /etc/default/jobs\ncelery beat\n"
    jobs = "#!/bin/sh\ncelery -A shop worker -c 4\n"
    found = shown(follow(tmp_path, {"etc/init.d/beat": beat, "etc/init.d/jobs": jobs}))
    assert [one for one in found if one.startswith("etc/init.d/beat")] == []
    sourced = shown(follow(tmp_path, {"etc/init.d/beat": beat, "packages/default/jobs": jobs}))
    assert len([one for one in sourced if one.startswith("etc/init.d/beat")]) == 1
