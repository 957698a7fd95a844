from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flake8_celery_oom.celery.command_line import find_program
from flake8_celery_oom.celery.programs import NO_LAUNCHERS, base_name
from flake8_celery_oom.core.word import literal
from tests.celery.line import read, words


@pytest.mark.parametrize(
    ("line", "index", "entry"),
    [
        ("celery -A proj worker", 0, "celery"),
        ("/usr/local/bin/celery worker", 0, "celery"),
        ("celery.exe worker", 0, "celery"),
        ("/bin/celery-3 -A shop worker", 0, "celery"),
        ("celery-3.9 worker", 0, "celery"),
        ("python${VERSION} -m celery worker", 2, "celery"),
        ("$VENV/bin/python3.$MINOR manage.py celery worker", 2, "manage.py"),
        ("$VENV/bin/celery worker", 0, "celery"),
        ("${CELERY:-celery} worker", 0, "celery"),
        ("$CELERY_BIN -A $APP multi start w1", 0, "celery"),
        ("${CELERY_EXE} worker", 0, "celery"),
        ("celeryd -c 3", 0, "celeryd"),
        ("celeryd-multi start 2", 0, "celeryd-multi"),
        ("python -m celery -A proj worker", 2, "celery"),
        ("python3 -mcelery worker", 1, "celery"),
        ("/opt/venv/bin/python3.11 -u -W ignore -X dev -m celery worker", 7, "celery"),
        ("pypy3 -m celery.bin.celery worker", 2, "celery"),
        ("python2 -Q new -m celery worker", 4, "celery"),
        ("manage celery worker -c 3", 1, "manage.py"),
        ("manage.py --pythonpath src celery worker", 3, "manage.py"),
        ("manage.py --verbosity 2 celery worker", 3, "manage.py"),
        ("manage.py -v 2 celery worker", 3, "manage.py"),
        ("nautobot-server --config local.py celery worker", 3, "manage.py"),
        ("nautobot-server -c local.py celery worker", 3, "manage.py"),
        ("manage.py celeryd_detach -c 3", 1, "manage.py"),
        ("python /usr/bin/celery worker", 1, "celery"),
        ("python manage.py celery worker -c 3", 2, "manage.py"),
        ("python -u ./project/manage.py celery worker", 3, "manage.py"),
        ("./manage.py celeryd -c 3", 1, "manage.py"),
        ("manage.py --settings=proj.settings celery worker", 2, "manage.py"),
        ("manage.py --settings proj.settings celery worker", 3, "manage.py"),
        ("python manage.py celeryd_multi start 2", 2, "manage.py"),
        ("django-admin celery worker", 1, "manage.py"),
        ("django-admin.py celery worker", 1, "manage.py"),
        ("python -m django celery worker", 3, "manage.py"),
        ("nautobot-server celery worker", 1, "manage.py"),
        ("airflow celery worker -c 3", 0, "airflow"),
        ("airflow worker", 0, "airflow"),
        ("hypothesis celery worker", 1, "program"),
        ("hypothesis --dev celery worker --loglevel=INFO", 2, "program"),
        ("om runtime celery worker", 2, "program"),
        ("python -m proj celery worker -c 3", 3, "program"),
        ("python run.py celery worker", 2, "program"),
        ("superset celery worker $OPTS", 1, "program"),
        ("py -3 -m celery -A proj worker", 3, "celery"),
        ("py -3.11-64 manage.py celery worker", 3, "manage.py"),
        ("pyw.exe -m celery worker", 2, "celery"),
        ("$PYTHON -m celery -A proj worker", 2, "celery"),
        ("${PY} -u manage.py celery worker -c 3", 3, "manage.py"),
        ("$RUN celery -A proj worker", 1, "celery"),
        ("$WRAPPER /opt/venv/bin/celery -A proj multi start w", 1, "celery"),
    ],
)
def test_found(line: str, index: int, entry: str) -> None:
    found = find_program(words(line))
    assert found is not None
    assert (found.index, found.entry) == (index, entry)


@pytest.mark.parametrize(
    "line",
    [
        "pip install celery",
        "docker build -t celery worker",
        "docker compose up celery worker",
        "docker-compose logs -f celery worker",
        "kubectl logs celery worker",
        "echo celery worker",
        "which celery",
        "pgrep -f celery worker",
        "pkill -f celery worker",
        "grep -r celery worker",
        "/bin/grep celery worker",
        "apt-get install celery worker",
        "chown -R celery worker",
        "test celery worker",
        "systemctl restart celery worker",
        "supervisorctl start celery worker",
        "git add celery worker",
        "xargs celery worker",
        "logit starting celery worker now",
        "prog celery worker started",
        "prog -- celery worker",
        "prog $X celery worker",
        "prog a/b celery worker",
        "prog a b c d e celery worker",
        "prog celery beat",
        "python -c celery worker",
        "python - celery worker",
        "python script celery worker",
        "python manage.py runserver",
        "python -m pip install celery",
        "python",
        "manage.py celerybeat",
        "airflow celery flower",
        "airflow scheduler",
        "$PROGRAM worker",
        "$CELERY_LOG worker",
        "$CELERY_BIN beat",
        "$ECHO celery -A proj worker",
        "$LOG_PREFIX celery worker -c 3",
        "$PIP install celery worker --user",
        "$RUN celery worker started",
        "$RUN celery -A proj beat",
        "$PYTHON -m pip install celery worker -U",
        "flower --port=5555",
        "my-celery worker",
    ],
)
def test_not_found(line: str) -> None:
    assert find_program(words(line)) is None


def test_nothing_is_no_program() -> None:
    assert find_program([]) is None


@pytest.mark.parametrize("program", sorted(NO_LAUNCHERS))
def test_no_launcher_starts_a_worker(program: str) -> None:
    assert find_program(words(f"{program} celery worker")) is None
    assert find_program(words(f"/usr/bin/{program} -v celery worker -c 3")) is None


def test_base_name() -> None:
    assert base_name(words("/usr/bin/celery")[0]) == "celery"
    assert base_name(words("$HOME/bin/celery")[0]) == "celery"
    assert base_name(words("${BIN:-/opt/celery}")[0]) == "celery"
    assert base_name(words("$CELERY")[0]) is None
    assert base_name(literal("C:\\venv\\Scripts\\celery.exe")) == "celery.exe"


@pytest.mark.parametrize(
    "line",
    [
        "python manage.py celery worker -c 3",
        "python -m celery -A proj worker -c 3",
        "hypothesis --dev celery worker -c 3",
        "airflow celery worker -c 3",
        "celeryd-multi start w1 -c 3",
    ],
)
def test_what_is_found_can_be_read(line: str) -> None:
    assert len(read(line)) == 1


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["celery", "worker", "-m", "python", "manage.py", "-", "", "a", "$X", "airflow"])))
def test_no_words_break_it(pieces: list[str]) -> None:
    found = find_program(words(" ".join(pieces)))
    assert found is None or found.index < len(pieces)
