"""Holes, places, refusals and unknown versions: what no real Celery can be asked."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flake8_celery_oom.celery.command_line import Entry, option_location, read_commands
from flake8_celery_oom.celery.environment import certain_variable_name, variable_name
from flake8_celery_oom.celery.options import AIRFLOW_OPTIONS, NAMES
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.results import CeleryVersion
from flake8_celery_oom.core.value import Known, Unknown, Unset
from flake8_celery_oom.core.word import Word, literal
from tests.celery.line import kinds, one, read, shown, text_at, words

# --- what is given ---


@pytest.mark.parametrize(
    "line",
    [
        "celery -A proj worker -c 4",
        "celery -A proj worker -c4",
        "celery -A proj worker --concurrency 4",
        "celery -A proj worker --concurrency=4",
        "celery -A proj worker -EBc4",
        "celery -A proj worker -c 2 -c 4",
        "celery --app=proj worker -c 4",
        "/usr/local/bin/celery -Aproj worker -c 4",
        "python -m celery -A proj worker -c 4",
        "celery worker -A proj -c 4",
        "celery worker --app proj -c=4",
        "celery -A proj -c 4 worker",
        "celery -A proj worker --conc 4",
    ],
)
def test_spellings_that_some_version_knows(line: str) -> None:
    command = one(line)
    assert shown(command.options["concurrency"]) == "4"
    assert command.app == Known(
        "proj", command.options["app"].at if isinstance(command.options["app"], Known) else None
    )
    assert kinds(command) == []


def test_every_option_has_a_value() -> None:
    command = one("celery -A proj worker")
    assert tuple(command.options) == NAMES
    assert [name for name, value in command.options.items() if not isinstance(value, Unset)] == ["app"]


def test_places() -> None:
    line = "celery -A proj worker --concurrency 4 -P=gevent --autoscale=8,2 -EBc2 --beat"
    command = one(line, "==4.4.7")
    at = {name: text_at(line, value.at) for name, value in command.options.items() if isinstance(value, Known)}
    values = {
        name: text_at(line, value.value.at) for name, value in command.options.items() if isinstance(value, Known)
    }
    assert text_at(line, command.at) == line
    assert text_at(line, command.program_at) == "celery"
    assert (at["app"], values["app"]) == ("-A proj", "proj")
    assert (at["pool"], values["pool"]) == ("-P=gevent", "gevent")
    assert (at["autoscale"], values["autoscale"]) == ("--autoscale=8,2", "8,2")
    assert (at["concurrency"], values["concurrency"]) == ("-EBc2", "2")
    assert at["beat"] == "--beat"


def test_a_quoted_word_is_the_place_of_its_value() -> None:
    quoted = Word(("--concurrency=4",), words("x '--concurrency=4'")[1].at)
    command = read_commands([*words("celery worker"), quoted], CeleryVersion())[0]
    value = command.options["concurrency"]
    assert isinstance(value, Known)
    assert value.value.at == quoted.at


def test_option_location_finds_the_option_of_a_value() -> None:
    line = "celery -A proj worker --concurrency 4 --autoscale=8,2 -c3 -B"
    command = one(line)
    found = words(line)
    for name, expected in {
        "app": "-A proj",
        "autoscale": "--autoscale=8,2",
        "concurrency": "-c3",
        "beat": "-B",
    }.items():
        value = command.options[name]
        assert isinstance(value, Known)
        assert value.value.at is not None
        assert text_at(line, option_location(found, value.value.at)) == expected


# --- holes ---


def test_a_hole_as_a_value_is_known() -> None:
    command = one("celery -A $APP worker --concurrency=${C:-4} -P $POOL -Q${QUEUES}")
    assert shown(command.options["concurrency"]) == "${C:-4}"
    assert shown(command.options["pool"]) == "$POOL"
    assert shown(command.options["queues"]) == "${QUEUES}"
    assert isinstance(command.app, Unknown)
    assert isinstance(command.options["autoscale"], Unset)


def test_the_default_of_an_app() -> None:
    app = one("celery --app=${APP:-proj.app} worker").app
    assert isinstance(app, Unknown)
    assert app.default == "proj.app"


@pytest.mark.parametrize("hole", ["$OPTS", "$@", "${ONE}", "-${X}", "--${X}=3"])
def test_what_a_hole_may_set_is_unknown(hole: str) -> None:
    command = one(f"celery -A proj worker -c 2 {hole} -P gevent")
    assert shown(command.options["concurrency"]) == "2"
    assert shown(command.options["pool"]) == "gevent"
    unknown = command.options["max_memory_per_child"]
    assert isinstance(unknown, Unknown)
    assert unknown.cause.text == f"{hole} may set --max-memory-per-child"
    assert text_at(f"celery -A proj worker -c 2 {hole} -P gevent", unknown.at) == hole
    assert kinds(command) == []


@pytest.mark.parametrize(
    ("perhaps", "unknown"),
    [("--pool=solo", {"pool"}), ("-Ec4", {"concurrency"}), ("--conc", {"concurrency"}), ("4", set())],
)
def test_a_word_that_is_there_under_a_condition_sets_only_what_it_says(perhaps: str, unknown: set[str]) -> None:
    hole = Hole(perhaps, several=True, perhaps=perhaps)
    (command,) = read_commands([*words("celery -A proj worker"), Word((hole,))], CeleryVersion("5.4"))
    found = {
        name for name in ("pool", "concurrency", "max_tasks_per_child") if isinstance(command.options[name], Unknown)
    }
    assert found == unknown


def test_the_beginning_of_an_option_narrows_what_it_may_be() -> None:
    command = one("celery -A proj worker --max-${WHAT}=3")
    assert isinstance(command.options["max_tasks_per_child"], Unknown)
    assert isinstance(command.options["max_memory_per_child"], Unknown)
    assert isinstance(command.options["concurrency"], Unset)


def test_a_short_hole_sets_no_long_option() -> None:
    command = one("celery -A proj worker -E${X}")
    assert isinstance(command.options["concurrency"], Unknown)
    assert isinstance(command.options["max_memory_per_child"], Unset)
    assert shown(command.options["task_events"]) == "-E${X}"


def test_defaults_of_a_hole_are_defaults_of_options() -> None:
    command = one("celery -A proj worker ${OPTS:--c~4~--pool=gevent}")
    assert shown(command.options["concurrency"]) == "unknown (4)"
    assert shown(command.options["pool"]) == "unknown (gevent)"
    assert shown(command.options["autoscale"]) == "unknown"


def test_the_word_behind_an_unknown_option_is_its_value() -> None:
    assert kinds(one("celery -A proj worker $FLAG 3", "==5.4.0")) == []
    assert kinds(one("celery -A proj worker --bogus 3", "==5.4.0")) == ["unknown-option"]
    assert kinds(one("celery -A proj worker --bogus=1 3", "==5.4.0")) == ["unknown-option", "unexpected-argument"]


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ("celery $OPTS worker -c 3", ""),
        ("celery $OPTS worker -c 3", "==5.4.0"),
        ("celery $OPTS worker -c 3", "==4.4.7"),
        ("celery -A proj $OPTS worker -c 3", "==5.4.0"),
    ],
)
def test_a_hole_before_the_sub_command(line: str, version: str) -> None:
    command = one(line, version)
    assert shown(command.options["concurrency"]) == "3"
    may_set_worker_options = version != "==5.4.0" and isinstance(command.options["pool"], Unknown)
    assert may_set_worker_options is (version == "==4.4.7")


@pytest.mark.parametrize(
    "line",
    [
        "celery -A proj $COMMAND",
        "celery -A proj ${COMMAND} -c 2",
        "celery $@",
        "celery ${X} worker",
        "celery -A proj beat",
        "celery -A proj inspect active",
        "celery -A proj worker --help",
        "celery --version",
        "celery multi show 2",
        "celery multi stop w1 -A proj",
        "celery multi $VERB w1",
        "celery help worker",
        "celery -A worker",
        "celery",
        "celery flower worker",
    ],
)
def test_no_worker(line: str) -> None:
    for version in ("", "==5.4.0", "==4.4.7", "==3.1.26"):
        assert read(line, version) == ()


# --- refusals ---


@pytest.mark.parametrize(
    ("arguments", "version", "kind", "at", "respelled", "option", "value"),
    [
        ("worker --maxtasksperchild=9", "==5.4.0", "not-in-version", "--maxtasksperchild=9", "--max-tasks-per-child=9",
         "max_tasks_per_child", "9"),
        ("worker --maxmemperchild 9", ">=5,<6", "not-in-version", "--maxmemperchild", "--max-memory-per-child",
         "max_memory_per_child", "9"),
        ("worker --max-memory-per-child=9", "==3.1.26", "not-in-version", "--max-memory-per-child=9", None,
         "max_memory_per_child", "9"),
        ("worker --max-tasks-per-child=9", "==3.1.26", "not-in-version", "--max-tasks-per-child=9",
         "--maxtasksperchild=9", "max_tasks_per_child", "9"),
        ("worker --disable-prefetch", "==5.4.0", "not-in-version", "--disable-prefetch", None, "disable_prefetch",
         "--disable-prefetch"),
        ("worker --optimization=fair", "==5.2.7", "not-in-version", "--optimization=fair", "-O=fair", "optimization",
         "fair"),
        ("worker -A proj", "==5.4.0", "misplaced-option", "-A", None, "app", "proj"),
        ("worker -Aproj", "==5.4.0", "misplaced-option", "-Aproj", None, "app", "proj"),
        ("worker --app=proj", ">=5.0", "misplaced-option", "--app=proj", None, "app", "proj"),
        ("--concurrency 3 worker", "==5.4.0", "misplaced-option", "--concurrency", None, "concurrency", "3"),
        ("worker -c=2", "==5.4.0", "equals-in-short-option", "-c=2", "-c2", "concurrency", "2"),
        ("worker -c=$N", "==5.4.0", "equals-in-short-option", "-c=$N", "-c$N", "concurrency", "$N"),
        ("worker -P=gevent", "==5.4.0", "equals-in-short-option", "-P=gevent", "-Pgevent", "pool", "gevent"),
        ("worker --conc 2", "==5.4.0", "abbreviated-option", "--conc", "--concurrency", "concurrency", "2"),
        ("worker --conc=2", "==5.4.0", "abbreviated-option", "--conc=2", "--concurrency=2", "concurrency", "2"),
        ("worker --max 2", "==4.4.7", "ambiguous-option", "--max", None, "", None),
        ("worker -c two", "==5.4.0", "invalid-value", "two", None, "concurrency", "two"),
        ("worker -c auto", "==5.6.3", "invalid-value", "auto", None, "concurrency", "auto"),
        ("worker -c -3", "==5.7.0", "invalid-value", "-3", None, "concurrency", "-3"),
        ("worker --max-memory-per-child=200MB", "", "invalid-value", "200MB", None, "max_memory_per_child", "200MB"),
        ("worker --autoscale=10,3,1", "", "invalid-value", "10,3,1", None, "autoscale", "10,3,1"),
        ("worker -P my.pool:Pool", "==5.4.0", "invalid-value", "my.pool:Pool", None, "pool", "my.pool:Pool"),
        ("worker -P threads", "==4.2.2", "invalid-value", "threads", None, "pool", "threads"),
        ("worker -l loud", "", "invalid-value", "loud", None, "loglevel", "loud"),
        ("worker -c", "", "missing-value", "-c", None, "concurrency", None),
        ("worker -c -E", "==4.4.7", "missing-value", "-c", None, "concurrency", None),
        ("worker --beat=1", "", "needless-value", "--beat=1", None, "beat", "--beat=1"),
        ("worker stray", "", "unexpected-argument", "stray", None, "", None),
        ("worker worker.x=1", "==4.4.7", "unexpected-argument", "worker.x=1", None, "", None),
        ("worker --bogus", "", "unknown-option", "--bogus", None, "", None),
    ],
)  # fmt: skip
def test_refused(
    arguments: str, version: str, kind: str, at: str, respelled: str | None, option: str, value: str | None
) -> None:
    line = f"celery {arguments}"
    command = one(line, version)
    (refusal,) = command.refusals
    assert (refusal.kind, text_at(line, refusal.at), refusal.respelled, refusal.option) == (kind, at, respelled, option)
    assert "\n" not in refusal.message
    if option:
        assert shown(command.options[option]) == (value or "unset")


def test_messages_name_the_version_as_it_is_required() -> None:
    assert one("celery worker --maxtasksperchild=9", ">=5.2,<6").refusals[0].message == (
        "Celery >=5.2,<6 has no option --maxtasksperchild; it is --max-tasks-per-child"
    )
    assert one("celery worker -c two").refusals[0].message == "-c of Celery needs a whole number, not 'two'"
    assert one("celery worker -A proj", "==5.4.0").refusals[0].message == (
        'Celery 5.4.0 takes -A only before the word "worker"'
    )


def test_a_value_that_a_later_one_replaces_is_not_refused_by_click() -> None:
    assert kinds(one("celery worker -c two -c 2", "==5.4.0")) == []
    assert kinds(one("celery worker -c two -c 2", "==4.4.7")) == ["invalid-value"]


def test_a_value_with_holes_is_not_judged() -> None:
    assert kinds(one("celery worker -c ${C} -P $P --autoscale=${A},1 -l ${L:-loud}", "==5.4.0")) == []


@pytest.mark.parametrize(
    "arguments",
    [
        "worker --maxtasksperchild=9",
        "worker -A proj",
        "-A proj worker --disable-prefetch",
        "-A proj worker --pool-start-method=spawn",
        "worker -c=2",
        "worker -c auto",
        "worker -c -1",
        "worker -l WARN",
        "worker --conc 3",
        "worker worker.prefetch_multiplier=1",
    ],
)
def test_nothing_is_refused_that_some_version_accepts(arguments: str) -> None:
    assert kinds(one(f"celery {arguments}")) == []
    assert kinds(one(f"celery {arguments}", ">=4.0")) == []


def test_a_range_is_refused_only_what_all_of_it_refuses() -> None:
    assert kinds(one("celery -A p worker --disable-prefetch", ">=5.2")) == []
    assert kinds(one("celery -A p worker --disable-prefetch", ">=5.2,<5.6")) == ["not-in-version"]
    assert kinds(one("celery worker -A p", ">=5.2")) == ["misplaced-option"]
    assert kinds(one("celery worker -A p", ">=4.2")) == []


def test_of_an_unknown_version_only_what_all_lines_refuse_is_refused() -> None:
    assert kinds(one("celery worker -A p --bogus")) == ["unknown-option"]
    assert kinds(one("celery worker -A p --bogus", "==5.4.0")) == ["misplaced-option", "unknown-option"]
    assert kinds(one("celery worker -A p -c=two")) == ["equals-in-short-option"]
    assert kinds(one("celery worker -A p stray")) == ["unexpected-argument"]
    assert kinds(one("celery multi start w1 -A p -c two --bogus")) == ["invalid-value", "unknown-option"]


def test_each_line_refuses_something_else() -> None:
    assert kinds(one("celery worker -A p worker.prefetch_multiplier=1")) == ["misplaced-option"]


def test_argparse_drops_the_equals_sign_of_the_first_letter_only() -> None:
    assert kinds(one("celery worker -c=2", "==4.4.7")) == []
    assert kinds(one("celery worker -Ec=2", "==4.4.7")) == ["equals-in-short-option"]


# --- settings on the command line ---


def test_settings_behind_the_options() -> None:
    found = one("celery -A p worker worker.prefetch_multiplier=1 -c 2 -- .max_tasks_per_child=$N", "==5.4.0")
    assert {name: word.shown for name, word in found.settings.items()} == {
        "worker_prefetch_multiplier": "1",
        "worker_max_tasks_per_child": "$N",
    }
    old = one("celery -A p worker -- celeryd.concurrency=4", "==3.1.26")
    assert {name: word.shown for name, word in old.settings.items()} == {"worker_concurrency": "4"}


# --- other entries ---


@pytest.mark.parametrize(
    ("line", "entry", "version", "expected"),
    [
        ("worker -c 3", "worker_main", "==5.4.0", "3"),
        ("worker -c 3", "worker_main", "==4.4.7", "3"),
        ("worker -c 3", "worker_main", "", "3"),
        ("prog -c 3", "worker_main", "==4.4.7", "3"),
        ("-A proj worker -c 3", "worker_main", "==5.4.0", "3"),
        ("worker -c 3", "start", "==5.4.0", "3"),
        ("celery worker -c 3", "start", "==4.4.7", "3"),
        ("worker -c 3", "start", "", "3"),
        ("celery worker -c 3", "start", "", "3"),
        ("celeryd -c 3", "celeryd", "", "3"),
        ("celeryd -c 3", "manage.py", "", "3"),
        ("celery worker -c 3", "manage.py", "", "3"),
        ("celery worker --autoscale=3,1 --foreign -c 3", "program", "==5.4.0", "3"),
        ("airflow celery worker -c 3 --skip-serve-logs", "airflow", "", "3"),
        ("airflow worker --concurrency 3", "airflow", "", "3"),
    ],
)
def test_other_entries(line: str, entry: Entry, version: str, expected: str) -> None:
    command = one(line, version, entry)
    assert command.entry == entry
    assert shown(command.options["concurrency"]) == expected
    assert kinds(command) == []


def test_entries_that_start_no_worker() -> None:
    assert read("celery -c 3", "==5.4.0", "start") == ()
    assert read("worker -c 3", "==4.4.7", "start") == ()
    assert read("celery beat", "", "manage.py") == ()
    assert read("airflow celery flower", "", "airflow") == ()
    assert read("airflow scheduler", "", "airflow") == ()
    assert read("airflow celery worker --help", "", "airflow") == ()
    assert read_commands([], CeleryVersion()) == ()


def test_worker_main_of_5_needs_the_word_worker() -> None:
    assert kinds(one("prog -c 3", "==5.4.0", "worker_main")) == ["missing-subcommand"]
    assert kinds(one("celery worker -c 3", "==4.4.7", "worker_main")) == ["unexpected-argument"]


def test_celeryd_is_gone_since_4() -> None:
    command = one("celeryd -A proj -c 3", "==5.4.0")
    assert kinds(command) == ["no-such-program"]
    assert command.refusals[0].message == "Celery 5.4.0 has no program celeryd"
    command = one("celeryd -c 3", "==5.4.0", "manage.py")
    assert kinds(command) == ["no-such-program"]
    assert not one("celeryd -c 3", "", "manage.py").refusals
    assert shown(command.options["concurrency"]) == "3"


AIRFLOW_SPELLINGS = {
    "concurrency": ["-c", "--concurrency"],
    "autoscale": ["-a", "--autoscale"],
    "queues": ["-q", "--queues"],
    "hostname": ["-H", "-cn", "--celery-hostname", "--celery_hostname"],
    "pidfile": ["--pid"],
    "logfile": ["-l", "--log-file"],
    "umask": ["-u", "--umask"],
    "stdout": ["--stdout"],
    "stderr": ["--stderr"],
}
AIRFLOW_FLAGS = {
    "detach": ["-D", "--daemon"],
    "skip_serve_logs": ["-s", "--skip-serve-logs"],
    "without_gossip": ["--without-gossip"],
    "without_mingle": ["--without-mingle"],
    "verbose": ["-v", "--verbose"],
    "help": ["-h", "--help"],
}


def test_the_options_of_airflow() -> None:
    spelled = {**AIRFLOW_SPELLINGS, **AIRFLOW_FLAGS}
    assert {option.name: [text for text, _ in option.spellings] for option in AIRFLOW_OPTIONS} == spelled
    assert {option.name for option in AIRFLOW_OPTIONS if option.takes_value} == AIRFLOW_SPELLINGS.keys()
    of_celery = {"concurrency": "concurrency", "autoscale": "autoscale", "help": "exit"}
    for option in AIRFLOW_OPTIONS:
        assert option.kind == of_celery.get(option.name, "text" if option.takes_value else "flag")


@pytest.mark.parametrize(
    ("option", "variable"),
    [
        ("concurrency", "AIRFLOW__CELERY__WORKER_CONCURRENCY"),
        ("autoscale", "AIRFLOW__CELERY__WORKER_AUTOSCALE"),
        ("prefetch_multiplier", "AIRFLOW__CELERY__WORKER_PREFETCH_MULTIPLIER"),
        ("pool", "AIRFLOW__CELERY__POOL"),
        ("max_tasks_per_child", None),
    ],
)
def test_variables_of_airflow(option: str, variable: str | None) -> None:
    assert variable_name(option, "airflow", CeleryVersion()) == variable


@pytest.mark.parametrize(
    ("entry", "version", "read"),
    [
        ("celery", "==5.0.5", True),
        ("celery", "==4.4.7", False),
        ("celery", "", True),
        ("manage.py", "==5.4.0", True),
        ("program", "==5.4.0", True),
        ("worker_main", "==5.4.0", False),
        ("start", "==5.4.0", False),
        ("keywords", "==5.4.0", False),
        ("worker-class", "==4.4.7", False),
        ("celeryd", "", False),
        ("celeryd-multi", "", False),
    ],
)
def test_who_reads_variables(entry: Entry, version: str, read: bool) -> None:
    expected = "CELERY_WORKER_POOL" if read else None
    assert variable_name("pool", entry, CeleryVersion(version)) == expected
    certain = read and entry == "celery" and version != ""
    assert (certain_variable_name("pool", entry, CeleryVersion(version)) is not None) is certain


def test_airflow_spells_options_its_own_way() -> None:
    command = one("airflow celery worker -a 8,2 -q high -cn box -D -c4", entry="airflow")
    assert shown(command.options["autoscale"]) == "8,2"
    assert shown(command.options["queues"]) == "high"
    assert shown(command.options["hostname"]) == "box"
    assert shown(command.options["detach"]) == "-D"
    assert shown(command.options["concurrency"]) == "4"


# --- anything ---

PIECES = st.one_of(
    st.sampled_from(
        ["celery", "worker", "multi", "start", "-c", "--concurrency=", "-A", "--", "-", "=", "", "-EB", "9"]
    ),
    st.text(max_size=6),
    st.builds(Hole, source=st.just("$X"), default=st.one_of(st.none(), st.text(max_size=8)), several=st.booleans()),
)
ENTRIES: list[Entry] = ["celery", "celeryd", "celeryd-multi", "manage.py", "worker_main", "start", "airflow", "program"]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.lists(PIECES, min_size=1, max_size=3), max_size=8),
    st.sampled_from(["", "==5.7.0", "==5.0.5", "==4.4.7", "==4.2.2", "==3.1.26", ">=4.0"]),
    st.sampled_from(ENTRIES),
)
def test_no_words_break_it(pieces: list[list[str | Hole]], version: str, entry: Entry) -> None:
    found = [literal("celery"), *(Word(tuple(parts)) for parts in pieces)]
    for command in read_commands(found, CeleryVersion(version), entry=entry):
        assert tuple(command.options) == NAMES
        assert all("\n" not in refusal.message for refusal in command.refusals)
