from __future__ import annotations

import pytest

from flake8_celery_oom.core.results import BoundVariable, CeleryVersion
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word, literal
from flake8_celery_oom.resolve.facts.index import Facts
from flake8_celery_oom.resolve.workers.bound_variables import BoundVariables

NAME = "CELERY_CONCURRENCY"
FIVE = CeleryVersion("==5.4.0")


def variables(files: dict[str, str]) -> BoundVariables:
    sources = {path: SourceText(path, text) for path, text in files.items()}
    return BoundVariables(Facts.of(tuple(files), sources.get, {}), list(files))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("settings.py", "x = os.environ.get('CELERY_CONCURRENCY', 2)"),
        ("settings.py", 'x = config("CELERY_CONCURRENCY", cast=int)'),
        ("settings.py", "class S(BaseSettings):\n    celery_concurrency: int = 2\n"),
        ("settings.py", "class S(BaseSettings):\n    CELERY_CONCURRENCY: int = 2\n"),
        ("settings.py", "with env.prefixed('CELERY_'):\n    x = env.int('CONCURRENCY')\n"),
        ("settings.py", "class S(BaseSettings):\n    concurrency: int\n    model_config = {'env_prefix': 'celery_'}\n"),
        ("run.py", "os.system('celery worker -c $CELERY_CONCURRENCY')"),
        ("start.sh", "celery worker -c $CELERY_CONCURRENCY"),
        ("start.sh", "celery worker -c ${CELERY_CONCURRENCY:-4}"),
        ("start.sh", 'if [ -n "${!CELERY_CONCURRENCY}" ]; then :; fi'),
        ("compose.yml", "    command: celery worker -c ${CELERY_CONCURRENCY}"),
        ("worker.yaml", "  args: ['-c', '$(CELERY_CONCURRENCY)']"),
        ("supervisor.conf", "command=celery worker -c %(ENV_CELERY_CONCURRENCY)s"),
        ("start.j2", "celery worker -c {{ CELERY_CONCURRENCY }}"),
        ("start.j2", "celery worker -c {{ env.CELERY_CONCURRENCY }}"),
        ("start.rb", "ENV['CELERY_CONCURRENCY']"),
        ("start.sh", "n=$(printenv CELERY_CONCURRENCY)"),
    ],
)
def test_ways_to_read_a_variable(path: str, text: str) -> None:
    assert variables({path: text}).is_read(NAME)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("settings.py", "CELERY_CONCURRENCY = 4"),
        ("settings.py", "CELERY_CONCURRENCY = int(os.getenv('BK_CELERY_CONCURRENCY', 2))"),
        ("settings.py", "app.Worker(concurrency=settings.CELERY_CONCURRENCY)"),
        ("compose.yml", "      CELERY_CONCURRENCY: 4"),
        ("compose.yml", "      CELERY_CONCURRENCY: ${CELERY_CONCURRENCY:-4}"),
        ("compose.yml", "      - CELERY_CONCURRENCY=${CELERY_CONCURRENCY}"),
        (".env", "CELERY_CONCURRENCY=4"),
        ("start.sh", "export CELERY_CONCURRENCY=4\ncelery worker -c $MY_CELERY_CONCURRENCY"),
        ("worker.yaml", "- name: CELERY_CONCURRENCY\n  value: '4'"),
    ],
)
def test_what_only_sets_it_or_means_a_setting(path: str, text: str) -> None:
    assert not variables({path: text}).is_read(NAME)


def environment(text: str, **values: str) -> tuple[BoundVariables, dict[str, Word]]:
    """The variables of a file, each word at its value."""
    source = SourceText("compose.yml", text)
    words = {
        name: literal(value, source.location(text.index(value), text.index(value) + len(value)))
        for name, value in values.items()
    }
    return variables({"compose.yml": text}), words


def readers(found: tuple[BoundVariable, ...]) -> dict[str, str]:
    return {one.name: one.reader for one in found}


def test_celery_reads_its_own_names_from_5_0_on() -> None:
    made, words = environment("CELERY_WORKER_CONCURRENCY: 4\n", CELERY_WORKER_CONCURRENCY="4")
    assert readers(made.of(words, "celery", FIVE)) == {"CELERY_WORKER_CONCURRENCY": "celery"}
    assert readers(made.of(words, "celery", CeleryVersion())) == {"CELERY_WORKER_CONCURRENCY": "celery"}
    assert readers(made.of(words, "celery", CeleryVersion("==4.4.7"))) == {"CELERY_WORKER_CONCURRENCY": "nothing"}
    assert readers(made.of(words, "worker_main", FIVE)) == {"CELERY_WORKER_CONCURRENCY": "nothing"}


def test_only_bounds_that_hold_something_count() -> None:
    text = "CELERYD_OPTS: a\nCELERY_CONCURRENCY: b\nCELERYD_MAXTASKSPERCHILD: c\nMY_CELERY_CONCURRENCY: d\n"
    names = ("CELERYD_OPTS", "CELERY_CONCURRENCY", "CELERYD_MAXTASKSPERCHILD", "MY_CELERY_CONCURRENCY")
    made, words = environment(text, **dict(zip(names, "abcd", strict=True)))
    words["CELERY_AUTOSCALE"] = literal("", words["CELERYD_OPTS"].at)
    found = made.of(words, "celery", FIVE)
    assert [(one.name, one.option) for one in found] == [
        ("CELERYD_MAXTASKSPERCHILD", "max_tasks_per_child"),
        ("CELERY_CONCURRENCY", "concurrency"),
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  CELERY_CONCURRENCY: 4\n", 1),
        ("  - CELERY_CONCURRENCY=4\n", 1),
        ("  - name: CELERY_CONCURRENCY\n    value: '4'\n", 1),
        ("x: 1\nCELERY_CONCURRENCY: 4\n", 2),
    ],
)
def test_the_place_is_the_name(text: str, line: int) -> None:
    made, words = environment(text, CELERY_CONCURRENCY="4")
    (found,) = made.of(words, "celery", FIVE)
    assert text[found.at.start : found.at.end] == NAME
    assert found.at.line == line


def test_the_place_is_the_value_where_no_name_is_near() -> None:
    made, words = environment("CELERY_CONCURRENCY\n\n\n4\n", CELERY_CONCURRENCY="4")
    (found,) = made.of(words, "celery", FIVE)
    assert found.at == words[NAME].at
