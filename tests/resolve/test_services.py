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
