from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.results import Worker
from flake8_celery_oom.core.value import Known, Unknown, Unset
from flake8_celery_oom.workspace import Workspace
from tests.files import write_files

UNIT = "[Service]\nEnvironmentFile={file}\nExecStart={command}\n"
OPTIONS = 'JOBS_OPTIONS="--time-limit=300 --concurrency=8"\n'
DEFAULTS = 'CELERYD_NODES="w1 w2"\nCELERY_BIN=/usr/bin/celery\nCELERYD_OPTS="--time-limit=300 --concurrency=8"\n'
MULTI = "/bin/sh -c '${CELERY_BIN} -A shop multi start $CELERYD_NODES $CELERYD_OPTS'"


def workers(folder: Path, command: str, file: str = "/opt/shop/config/jobs.env", **files: str) -> tuple[Worker, ...]:
    write_files(folder, {"jobs.service": UNIT.format(file=file, command=command), **files})
    return Workspace(folder, Config()).project().workers


@pytest.mark.parametrize(
    ("command", "concurrency"),
    [
        ("celery -A shop worker $JOBS_OPTIONS", 8),
        ("/bin/sh -c 'exec celery -A shop worker $JOBS_OPTIONS'", 8),
        ("/bin/sh -c 'exec celery -A shop worker ${JOBS_OPTIONS}'", 8),
        ('/bin/sh -c "exec celery -A shop worker ${JOBS_OPTIONS}"', 8),
    ],
)
def test_the_file_of_the_project_that_a_unit_means(tmp_path: Path, command: str, concurrency: int) -> None:
    (found,) = workers(tmp_path, command, **{"config/jobs.env": OPTIONS})
    assert isinstance(found.concurrency, Known)
    assert found.concurrency.value == concurrency


def test_braces_keep_a_value_one_word_as_in_systemd(tmp_path: Path) -> None:
    """``--time-limit='300 --concurrency=8'`` sets no concurrency (systemd.service(5))."""
    found = workers(tmp_path, "celery -A shop worker ${JOBS_OPTIONS}", **{"config/jobs.env": OPTIONS})
    assert not any(isinstance(one.concurrency, Known) and one.concurrency.value == 8 for one in found)


def test_a_file_that_shares_only_its_name_is_not_meant(tmp_path: Path) -> None:
    (found,) = workers(tmp_path, "celery -A shop worker $JOBS_OPTIONS", **{"other/jobs.env": OPTIONS})
    assert isinstance(found.concurrency, Unknown)


def test_two_files_that_may_be_meant_are_not_chosen_from(tmp_path: Path) -> None:
    files = {"a/config/jobs.env": OPTIONS, "b/config/jobs.env": OPTIONS.replace("8", "4")}
    (found,) = workers(tmp_path, "celery -A shop worker $JOBS_OPTIONS", **files)
    assert isinstance(found.concurrency, Unknown)


def test_defaults_that_a_unit_of_the_project_starts_are_no_workers_beside_it(tmp_path: Path) -> None:
    found = workers(tmp_path, MULTI, "-/etc/conf.d/celery", **{"deploy/etc/conf.d/celery": DEFAULTS})
    assert [(one.at.path, isinstance(one.concurrency, Known)) for one in found] == [("jobs.service", True)] * 2
    alone = workers(tmp_path / "alone", MULTI, "/etc/conf.d/other", **{"deploy/etc/conf.d/celery": DEFAULTS})
    assert {one.at.path for one in alone} == {"jobs.service", "deploy/etc/conf.d/celery"}
    assert not any(isinstance(one.concurrency, Unset) for one in alone)


def test_a_file_wins_over_what_the_unit_sets_itself(tmp_path: Path) -> None:
    """systemd.exec(5): settings from ``EnvironmentFile=`` override those of ``Environment=``, wherever they stand."""
    unit = "[Service]\nEnvironmentFile=/srv/shop/config/jobs.env\nEnvironment=COUNT=3 OTHER=6\nExecStart={}\n"
    files = {
        "config/jobs.env": "COUNT=5\n",
        "jobs.service": unit.format("/usr/bin/celery -A shop worker -c ${COUNT}"),
        "more.service": unit.format("/usr/bin/celery -A shop worker -c ${OTHER}"),
    }
    write_files(tmp_path, files)
    found = {one.at.path: one.concurrency for one in Workspace(tmp_path, Config()).project().workers}
    counts = {path: value.value for path, value in found.items() if isinstance(value, Known)}
    assert counts == {"jobs.service": 5, "more.service": 6}


def test_a_file_of_defaults_is_known_by_its_name_alone_and_leaves_its_options_empty(tmp_path: Path) -> None:
    """``CELERYD_OPTS`` that no line of such a file sets is empty: nothing else sets it for the unit."""
    defaults = "CELERYD_NODES=2\nCELERY_BIN=/usr/bin/celery\n#CELERYD_OPTS=-c 8\n"
    found = workers(tmp_path, MULTI, "/etc/conf.d/celery", celery=defaults)
    assert [(one.at.path, type(one.concurrency)) for one in found] == [("jobs.service", Unset)] * 2
    other = workers(tmp_path / "other", MULTI, "/etc/conf.d/celery", celery="JOBS=2\n")
    assert [type(one.concurrency) for one in other] == [Unknown]


def test_options_that_the_unit_sets_itself_stay(tmp_path: Path) -> None:
    write_files(
        tmp_path,
        {
            "jobs.service": UNIT.format(file="/etc/conf.d/celery\nEnvironment=CELERYD_OPTS=-c3", command=MULTI),
            "celery": "CELERYD_NODES=w1\nCELERY_BIN=celery\n",
        },
    )
    (found,) = Workspace(tmp_path, Config()).project().workers
    assert isinstance(found.concurrency, Known)
    assert found.concurrency.value == 3
