"""Wrappers: the command inside, and what they set around it."""

from __future__ import annotations

import shlex

import pytest

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word, literal
from flake8_celery_oom.resolve.programs.wrapper_table import WRAPPERS, Wrapper
from flake8_celery_oom.resolve.programs.wrappers import assignment, program_name, unwrap

CELERY = "celery -A proj worker"


def inside(line: str) -> str:
    made = unwrap([literal(word) for word in shlex.split(line)])
    return made.text.shown if made.text is not None else shlex.join(word.shown for word in made.words)


@pytest.mark.parametrize(
    "prefix",
    [
        "exec",
        "nohup",
        "xargs -n 1 -P2",
        "screen -dmS jobs",
        "tmux new-session -d -s jobs -c /srv",
        "tmux -L own split-window -t jobs:0 -v -p 50",
        "env -u X A=1 B=2",
        "env -i",
        "/usr/bin/env A=1",
        "cd /app s6-setuidgid shop",
        "fdmove -c 2 1",
        "nice -n 10",
        "s6-applyuidgid -u 33 -G 1,2",
        "s6-envdir -c n /etc/shop",
        "s6-notifyoncheck -d -n 30 -c 'nc -z localhost 80'",
        "s6-softlimit -m 200000000",
        "nice -10",
        "ionice -c 3",
        "timeout --kill-after=9 -s TERM 30m",
        "stdbuf -oL",
        "gosu app",
        "su-exec app:app",
        "s6-setuidgid app",
        "setuser app",
        "chpst -u app",
        "sudo -E -u app A=1",
        "runuser -u app --",
        "/usr/bin/tini -g --",
        "tini -s -v -- /usr/bin/dumb-init --",
        "dumb-init --rewrite 15:3",
        "/wait-for-it.sh db:5432 -t 30 --",
        "wait-for-it --host=db -p 5432 -s --",
        "dockerize -wait tcp://db:5432 -timeout 10s",
        "poetry run",
        "poetry -C app run",
        "pipenv run",
        "pdm run -p app",
        "hatch run",
        "rye run",
        "uv run --frozen --extra x --no-sync",
        "uv --directory app run",
        "conda run -n env --no-capture-output",
        "newrelic-admin run-program",
        "ddtrace-run ddtrace-run",
        "opentelemetry-instrument --traces_exporter otlp",
        "watchmedo auto-restart -d . -p '*.py' --recursive --",
        "watchmedo auto-restart --directory=./ --pattern=*.py --recursive",
        "python -m watchdog.watchmedo auto-restart -d src --",
        "doppler run --",
        "xvfb-run -a",
        "wt -w 0 new-tab --title jobs -d .",
        "wt.exe",
        "cmd /c",
        "cmd.exe /s /k",
        "time -f %e",
        "A=1 exec gosu app poetry run",
        "coverage run -m",
        "python -m coverage run --branch -m",
        "memray run -o out -m",
        "python -m debugpy --listen 0.0.0.0:5678 -m",
        "debugpy --listen 5678 --wait-for-client -m",
        "hupper -m",
        "hupper --reload-interval 3 -v --shutdown-interval=5 --shutdown-interval 8 -m",
        "python -Xfrozen_modules=off -m debugpy --listen 5678 -m",
    ],
)
def test_the_command_inside_is_found(prefix: str) -> None:
    expected = f"python -m {CELERY}" if prefix.endswith("-m") else CELERY
    assert inside(f"{prefix} {CELERY}") == expected


@pytest.mark.parametrize(
    "line",
    [
        f"su -c '{CELERY}' app",
        f"su app -c '{CELERY}'",
        f"su --command='{CELERY}' app",
        f"runuser app -c '{CELERY}'",
        f"watchmedo shell-command --command='{CELERY}' src",
        f"watchfiles --filter python '{CELERY}' src",
        f"watchfiles '{CELERY}'",
        f"env -S '{CELERY}'",
        "watchfiles --filter python celery.__main__.main --args '-A proj worker'",
        "watchfiles --args='-A proj worker' celery.__main__.main",
        f"tmux new-session -d -s jobs '{CELERY}'",
        f"tmux send-keys -t jobs '{CELERY}' C-m",
        f"tmux run-shell -b '{CELERY}'",
    ],
)
def test_a_command_in_one_word_is_found(line: str) -> None:
    assert inside(line) == CELERY


@pytest.mark.parametrize(
    "line",
    [
        CELERY,
        "poetry install celery worker",
        "pipenv lock",
        "uv pip install celery",
        "wait-for-it db:5432",
        "watchmedo log celery",
        "newrelic-admin validate-config celery worker",
        "python -m celery -A proj worker",
        "python manage.py celery worker",
        "coverage report celery worker",
        "hatch env create celery worker",
    ],
)
def test_what_wraps_nothing_stays(line: str) -> None:
    assert inside(line) == line


def test_environment_and_directory_come_along() -> None:
    words = [literal(word) for word in ["env", "-C", "/app", "A=1", "B=x=y", "celery", "worker"]]
    made = unwrap(words)
    assert {name: word.text for name, word in made.environment.items()} == {"A": "1", "B": "x=y"}
    assert made.directory == "/app"


def test_a_program_that_only_a_variable_names_may_be_python() -> None:
    behind = shlex.split("-m debugpy --listen 5678 -m celery worker")
    words = [Word((Hole("$PYTHON"),)), *map(literal, behind)]
    assert " ".join(word.shown for word in unwrap(words).words) == "python -m celery worker"
    assert len(unwrap(words[:1]).words) == 1


def test_the_folder_that_execline_changes_to() -> None:
    made = unwrap([literal(word) for word in ["exec", "cd", "/app", "celery", "worker"]])
    assert (made.directory, len(made.words)) == ("/app", 2)


def test_a_text_in_one_word_keeps_its_place() -> None:
    source = SourceText("start", "watchfiles --args '-A proj worker -c 3' celery.__main__.main")
    text = MappedText.plain(source)
    words = [literal("watchfiles"), literal("--args"), Word.of(text[19:38]), literal("celery.__main__.main")]
    made = unwrap(words)
    assert made.text is not None
    assert made.text.mapped is not None
    at = made.text.mapped.location(len("celery "), len("celery -A"))
    assert source.text[at.start : at.end] == "-A"


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("celery worker", "A B C"),
        ("env D=4 celery worker", "A B C D"),
        ("env -i celery worker", ""),
        ("env - D=4 celery worker", "D"),
        ("env -u A --unset=B celery worker", "C"),
        ("env -uA celery worker -i", "B C"),
        ("nohup env -u A nice env -u B celery worker", "C"),
        ("sudo -u app celery worker -E", ""),
        ("sudo -u app D=4 celery worker", "D"),
        ("sudo -E -u app celery worker", "A B C"),
        ("sudo -nE celery worker", "A B C"),
        ("sudo --preserve-env celery worker", "A B C"),
        ("sudo --preserve-env=A,C celery worker", "A C"),
        ("sudo --preserve-env=A,C env -u A celery worker", "C"),
        ("env D=4 sudo celery worker", ""),
        ("doas -u app celery worker", ""),
        ("su app -c 'celery worker -l info'", "A B C"),
        ("su - app -c 'celery worker'", ""),
        ("su -l app -c 'celery worker'", ""),
        ("su --login -w A,B app -c 'celery worker'", "A B"),
        ("runuser -u app -- celery worker", "A B C"),
        ("runuser -l app -c 'celery worker'", ""),
        ("setpriv --reuid 1000 --reset-env celery worker", ""),
        ("gosu app celery worker", "A B C"),
    ],
)
def test_what_is_left_of_the_environment(line: str, left: str) -> None:
    made = unwrap([literal(word) for word in shlex.split(line)])
    around = {name: literal("1") for name in "ABC"}
    assert " ".join(sorted({**made.kept.of(around), **made.environment})) == left


def test_program_names() -> None:
    assert program_name(literal("/usr/local/bin/celery")) == "celery"
    assert program_name(literal("celery.exe")) == "celery"
    assert program_name(Word((Hole("$VENV"), "/bin/celery"))) == "celery"
    assert program_name(Word((Hole("${BIN:-celery}", default="celery"),))) == "celery"
    assert program_name(Word((Hole("$BIN"),))) == ""
    assert program_name(literal("./wait-for-it.sh")) == "wait-for-it"


def test_assignments() -> None:
    assert assignment(literal("--a=b")) is None
    made = assignment(Word(("A=", Hole("$B"))))
    assert made is not None
    assert made[1].shown == "$B"


@pytest.mark.parametrize("name", sorted(WRAPPERS))
def test_every_wrapper_finds_the_command_behind_its_own_words(name: str) -> None:
    for wrapper in WRAPPERS[name]:
        assert inside(_line(name, wrapper)) == (
            "python -m celery worker" if name in {"coverage", "memray", "fil-profile"} else "celery worker"
        )


def _line(name: str, wrapper: Wrapper) -> str:
    if name == "su" or "command" in wrapper.valued:
        return f"{name} -c 'celery worker'"
    words = [name, *wrapper.verbs, *(["x"] * wrapper.own), *(["--"] if wrapper.needs_separator else [])]
    if name in {"coverage", "memray", "fil-profile"}:
        words.append("-m")
    return " ".join([*words, "celery", "worker"])
