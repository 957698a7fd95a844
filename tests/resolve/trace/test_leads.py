"""Which scripts may lead to a worker, and what of them is passed over."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.results import CeleryVersion
from flake8_celery_oom.core.word import literal
from flake8_celery_oom.resolve.facts.index import Facts
from flake8_celery_oom.resolve.shell.budget import MAX_STEPS
from flake8_celery_oom.resolve.trace.launcher import Launcher
from flake8_celery_oom.resolve.trace.leads import Leading
from flake8_celery_oom.workspace import Workspace
from tests.files import write_files


def facts(tmp_path: Path, files: dict[str, str]) -> Facts:
    write_files(tmp_path, files)
    return Workspace(tmp_path, Config()).facts


def leading(tmp_path: Path, files: dict[str, str]) -> Leading:
    return Leading(facts(tmp_path, files))


def started(tmp_path: Path, files: dict[str, str]) -> list[str]:
    launcher = Launcher(facts(tmp_path, files), lambda _path: CeleryVersion("==5.4.0"))
    return list(dict.fromkeys(" ".join(word.shown for word in one.command.words) for one in launcher.started()))


def test_what_speaks_of_celery_or_of_a_script_that_does_leads(tmp_path: Path) -> None:
    found = leading(
        tmp_path,
        {
            "work.sh": "celery -A shop worker\n",
            "up.sh": "./work.sh\n",
            "outer.sh": "bash up.sh\n",
            "build.sh": "npm run build\nmake docs\n",
            "words.sh": "# starts celery\necho done\n",
        },
    )
    assert found.scripts == {"work.sh", "up.sh", "outer.sh"}


def test_a_runner_leads_only_where_something_that_it_runs_does(tmp_path: Path) -> None:
    files = {"up.sh": "make work\n", "Makefile": "work:\n\techo hello\n"}
    assert not leading(tmp_path, files).scripts
    files["Makefile"] = "work:\n\tcelery -A shop worker\n"
    assert leading(tmp_path, files).scripts == {"up.sh"}


def test_a_script_under_the_name_that_an_image_gives_it(tmp_path: Path) -> None:
    found = leading(
        tmp_path,
        {
            "jobs/start": "#!/bin/sh\ncelery -A shop worker\n",
            "Dockerfile": "FROM python\nCOPY jobs/start /start-jobs\n",
            "run.sh": "exec /start-jobs\n",
        },
    )
    assert found.scripts == {"jobs/start", "run.sh"}


def test_python_programs_by_file_module_and_management_command(tmp_path: Path) -> None:
    worker = "import subprocess\nsubprocess.run(['celery', '-A', 'shop', 'worker'])\n"
    found = leading(
        tmp_path,
        {
            "shop/jobs.py": worker,
            "shop/management/commands/work.py": worker,
            "a.sh": "python shop/jobs.py\n",
            "b.sh": "python -m shop.jobs\n",
            "c.sh": "python manage.py work\n",
            "d.sh": "python manage.py migrate\n",
        },
    )
    assert found.scripts == {"a.sh", "b.sh", "c.sh"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [("celery -A shop worker", True), ("redis://celery:6379/0", False), ("celery", False), ("./celery.sh", True)],
)
def test_a_variable_that_may_hold_a_command(tmp_path: Path, value: str, *, expected: bool) -> None:
    found = leading(tmp_path, {"a.sh": "celery -A shop worker\n"})
    assert found.environment({"START": literal(value)}) is expected


WAITING = """
    wait_for() {
      tries=0
      until nc -z "$1" "$2"; do
        tries=$((tries + 1))
        if [ "$tries" -gt 30 ]; then echo "no $1"; exit 1; fi
        sleep 1
      done
    }
    for name in DB CACHE BROKER SEARCH MAIL QUEUE; do
      if [ -n "$SKIP" ]; then seen="$seen $name"; elif [ -f "/run/$name" ]; then ready=1; else ready=0; fi
      if [ "$ready" = 1 ]; then step=$((step + 1)); fi
      case "$name$ENVIRONMENT" in *dev*) debug=1 ;; *test*) debug=2 ;; esac
      wait_for "$HOST_$name" "$PORT"
    done
    """


def test_what_a_script_does_before_costs_nothing(tmp_path: Path) -> None:
    start = textwrap.dedent(WAITING) * 6 + 'N=2\nif [ -n "$BIG" ]; then N=8; fi\nexec celery -A shop worker -c $N\n'
    launcher = Launcher(facts(tmp_path, {"start.sh": start}), lambda _path: CeleryVersion("==5.4.0"))
    (script,) = (launcher.facts.scripts[path] for path in launcher.shared.leading.scripts)
    found = launcher.read_alone(script)
    assert sorted(" ".join(word.shown for word in one.command.words) for one in found) == [
        "celery -A shop worker -c 2",
        "celery -A shop worker -c 8",
    ]
    assert MAX_STEPS > 10_000


def test_a_script_of_the_project_that_leads_nowhere_takes_no_steps(tmp_path: Path) -> None:
    waiting = textwrap.dedent(WAITING) * 8 + 'exec "$@"\n'
    files = {
        "wait-long.sh": waiting.replace('exec "$@"', ""),
        "start.sh": './wait-long.sh "$CELERY_BROKER"\ncelery -A shop worker -c 3\n',
    }
    assert started(tmp_path, files) == ["celery -A shop worker -c 3"]


def test_a_script_that_runs_its_arguments_is_followed_for_them(tmp_path: Path) -> None:
    files = {
        "wait.sh": 'until nc -z db 1; do sleep 1; done\nexec "$@"\n',
        "start.sh": "./wait.sh celery -A shop worker -c 3\n./wait.sh gunicorn shop\n",
    }
    assert started(tmp_path, files) == ["celery -A shop worker -c 3"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('if [ -n "$A" ]; then echo x; fi\ncelery worker -c 2', ["celery worker -c 2"]),
        ('if [ -n "$A" ]; then C=4; fi\ncelery worker -c "$C"', ["celery worker -c 4", "celery worker -c $C"]),
        ('load() { C=4; }\nif true; then load; fi\ncelery worker -c "$C"', ["celery worker -c 4"]),
        ('while read -r line; do N=$line; done < f\ncelery worker -n "$N"',
         ["celery worker -n $N", "celery worker -n $line"]),
        ('run() { "$@"; }\nif [ -n "$A" ]; then run celery worker -c 2; fi', ["celery worker -c 2"]),
        ('CMD="celery worker -c 2"\nif [ -n "$A" ]; then $CMD; fi', ["celery worker -c 2"]),
        ("bash <<EOF\ncelery worker -c 2\nEOF", ["celery worker -c 2"]),
        ("X='celery worker -c 2'\nif true; then sh <<< \"$X\"; fi", ["celery worker -c 2"]),
        ('if [ -n "$A" ]; then cd app; fi\ncelery worker', ["celery worker"]),
        ('if [ -n "$A" ]; then exit 1; fi\ncelery worker', ["celery worker"]),
        ("die() { echo no; exit 1; }\nif true; then die; fi\ncelery worker", []),
        ("if ((C > 1)); then P=gevent; else P=solo; fi\ncelery worker -P $P",
         ["celery worker -P gevent", "celery worker -P solo"]),
        ('if [ -z "$A" ]; then : "${C:=4}"; fi\ncelery worker -c "$C"',
         ["celery worker -c ${C:=4}", "celery worker -c $C"]),
    ],
)  # fmt: skip
def test_what_matters_is_followed(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert sorted(started(tmp_path, {"start.sh": text + "\n"})) == sorted(expected)


def test_a_health_check_is_no_worker(tmp_path: Path) -> None:
    waiting = """
        while true; do
          celery -A shop status
          ANSWER=$?
          if [ "$ANSWER" = 0 ]; then break; fi
          if [ "$ANSWER" = 69 ]; then break; fi
          tries=$((tries + 1))
          if [ "$LIMIT" = "$tries" ]; then celery -A shop inspect ping; exit 1; fi
        done
        """
    rest = 'if [ "$A" = b ]; then O=("-P" "solo"); else O=(); fi\ncelery worker "${O[@]}"\n'
    found = started(tmp_path, {"start.sh": textwrap.dedent(waiting) * 3 + rest})
    assert sorted(found) == ["celery worker", "celery worker -P solo"]


def test_what_is_passed_over_leaves_its_variables_unknown(tmp_path: Path) -> None:
    text = 'X=1\nif [ -n "$A" ]; then X=2; fi\nif [ "$X" = 2 ]; then exit 1; fi\ncelery worker -c 2\n'
    assert started(tmp_path, {"start.sh": text}) == ["celery worker -c 2"]


def test_a_script_inside_leaves_steps_for_what_comes_after_it(tmp_path: Path) -> None:
    choices = "\n".join(f'if [ -n "$A{n}" ]; then O="$O -x{n}"; fi; "$RUN" $O' for n in range(30))
    files = {
        "endless.sh": f'RUN="celery -A shop"\nwhile true; do\n{choices}\ndone\n',
        "start.sh": "./endless.sh\n./endless.sh 2\ncelery -A shop worker -c 3\n",
    }
    assert "celery -A shop worker -c 3" in started(tmp_path, files)
