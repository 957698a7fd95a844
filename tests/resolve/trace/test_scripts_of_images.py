"""Scripts that an image holds: what they start is what is put beside them into the image."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.resolve.started_project import follow, shown

JOBS = "[program:jobs]\ncommand=celery -A shop worker -c 2\n"
START = "#!/bin/sh\nmigrate\nexec {}\n"


@pytest.mark.parametrize(
    ("supervisord", "copies", "reached"),
    [
        ("supervisord -n", "COPY etc/jobs.conf /etc/supervisor/conf.d/", True),
        (
            "supervisord -c /etc/supervisor/supervisord.conf",
            "COPY etc/jobs.conf /etc/supervisor/conf.d/jobs.conf",
            True,
        ),
        ("supervisord -n", "ADD etc/jobs.conf /etc/supervisord.d/jobs.ini", True),
        ("supervisord -n", "COPY etc/ /etc/supervisor/conf.d", True),
        ("supervisord -n", "COPY etc/jobs.conf /opt/unused/", False),
        ("supervisord -n", "", False),
    ],
)
def test_a_script_that_runs_supervisord(tmp_path: Path, supervisord: str, copies: str, *, reached: bool) -> None:
    found = follow(
        tmp_path,
        {
            "Dockerfile": f"FROM debian\nCOPY start.sh /start.sh\n{copies}\nENTRYPOINT /start.sh\n",
            "start.sh": START.format(supervisord),
            "etc/jobs.conf": JOBS,
            "etc/web.conf": "[program:web]\ncommand=gunicorn shop\n",
            "other/beat.conf": "[program:beat]\ncommand=celery -A shop beat\n",
        },
    )
    ways = shown(found)
    assert any(way.startswith("start.sh:3") for way in ways) is reached, ways
    assert any(way.startswith("Dockerfile:") for way in ways) is reached, ways


def test_a_script_that_two_images_hold_says_nothing(tmp_path: Path) -> None:
    found = follow(
        tmp_path,
        {
            "a/Dockerfile": "FROM debian\nCOPY . /x\nCOPY etc/jobs.conf /etc/supervisor/conf.d/\nCMD web\n",
            "b/Dockerfile": "FROM debian\nCOPY ../start.sh /start.sh\nCMD web\n",
            "a/start.sh": START.format("supervisord -n"),
            "c/Dockerfile": "FROM debian\nCOPY a/start.sh /start.sh\nCMD web\n",
            "a/etc/jobs.conf": JOBS,
            "a/etc/web.conf": "[program:web]\ncommand=gunicorn shop\n",
        },
    )
    assert not [way for way in shown(found) if way.startswith("a/start.sh:")]


@pytest.mark.parametrize(
    ("line", "concurrency"),
    [
        ("source {{ folder }}/activate", None),
        ("docker ps --format '{{.Names}}'", "4"),
        ("docker inspect --format '{{json .}}' x", "4"),
        ("echo ${{ nothing }}", "4"),
    ],
)
def test_a_script_with_a_variable_of_a_template_is_one(tmp_path: Path, line: str, concurrency: str | None) -> None:
    count = "{{ count }}" if concurrency is None else concurrency
    (one,) = follow(tmp_path, {"jobs.sh": f"#!/bin/bash\n{line}\nexec celery --app=shop worker -c {count}\n"})
    words = [word.text for word in one.command.words]
    assert words[-2:] == ["-c", concurrency]
