"""Scripts that nobody in the project is seen to call: what they do depends on arguments that are not known."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.resolve.started_project import follow, shown

LOOPS = [
    'for i in "$@"; do case "$i" in --what=*) what="${i#*=}" ;; esac; done',
    "for i in $*; do case $i in --what=*) what=${i#*=} ; shift ;; esac; done",
    'for i; do [ "$i" = jobs ] && what=jobs; done',
    'for i in "$@"\ndo\n if [ "$i" = "jobs" ]; then what="jobs"; fi\ndone',
    'parse() { for i in "$@"; do case "$i" in --what=*) what="${i#*=}" ;; esac; done; }\nparse "$@"',
    'parse() { for i; do what="${i#--}"; done; }\nparse $@',
    'while [ $# -gt 0 ]; do case "$1" in --what) what="$2"; shift 2 ;; *) shift ;; esac; done',
    'while getopts "w:" opt; do what="$OPTARG"; done',
]
SCRIPT = """
    #!/bin/bash
    what=web
    {loop}
    case "${{what}}" in
      jobs) exec celery -A shop worker -c 3 ;;
      *) exec gunicorn shop ;;
    esac
    """


@pytest.mark.parametrize("loop", LOOPS)
def test_a_verb_that_a_loop_over_the_arguments_finds(tmp_path: Path, loop: str) -> None:
    found = follow(tmp_path, {"start.sh": SCRIPT.format(loop=loop.replace("\n", "\n    "))})
    assert [line.partition(": ")[2] for line in shown(found)] == ["celery -A shop worker -c 3"]


def test_the_usual_way_has_no_arguments(tmp_path: Path) -> None:
    script = """
        #!/bin/bash
        count=2
        for i in "$@"; do case "$i" in --count=*) count="${i#*=}" ;; esac; done
        celery -A shop worker -c "$count"
        """
    assert sorted((one.detours, one.command.words[-1].text) for one in follow(tmp_path, {"run.sh": script})) == [
        (0, "2"),
        (1, None),
    ]


def test_a_caller_that_says_the_verb(tmp_path: Path) -> None:
    files = {
        "start.sh": SCRIPT.format(loop=LOOPS[0]),
        "Procfile": "jobs: ./start.sh --what=jobs\nweb: ./start.sh\nother: ./start.sh --what=web\n",
    }
    assert {one.name for one in follow(tmp_path, files) if one.kind == "procfile"} == {"jobs"}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("celery -A shop ${WHAT:-worker} -l info", ["celery -A shop worker -l info"]),
        ("celery ${WHAT:-worker -A shop}", ["celery worker ${WHAT:-worker -A shop} ${WHAT:-worker -A shop}"]),
        ("celery -A shop ${WHAT:-beat} -l info", []),
        ("celery -A shop ${WHAT:-} -l info", []),
    ],
)
def test_a_subcommand_that_a_variable_has_by_default(tmp_path: Path, line: str, words: list[str]) -> None:
    found = follow(tmp_path, {"Procfile": f"jobs: {line}\n"})
    assert [one.partition(": ")[2] for one in shown(found)] == words
