"""``celery multi`` where ``multi show`` cannot be asked: holes, places, refusals. The rest is in the recordings."""

from __future__ import annotations

import pytest

from flake8_celery_oom.core.value import Known, Unknown, Unset
from tests.celery.line import kinds, one, read, shown, text_at


def concurrencies(line: str, version: str = "") -> dict[str | None, str]:
    return {command.node: shown(command.options["concurrency"]) for command in read(line, version)}


def test_counted_nodes() -> None:
    assert concurrencies("celery multi start 3 -A proj -c 2 -c:1 5") == {"celery1": "5", "celery2": "2", "celery3": "2"}


def test_named_nodes() -> None:
    assert concurrencies("celery multi restart a b -A proj -c 2 --concurrency:b=7") == {"a": "2", "b": "7"}
    assert concurrencies("celery multi start a@x b@y -c:a@x 3") == {"a@x": "3", "b@y": "unset"}


def test_numbers_in_lists_are_places_before_4_and_since_5_7() -> None:
    line = "celery multi start a b c -c:1,2 7 -c 2"
    assert concurrencies(line, "==3.1.26") == {"a": "7", "b": "7", "c": "2"}
    assert concurrencies(line, "==5.6.3") == {"a": "2", "b": "2", "c": "2"}
    assert concurrencies(line, "==5.7.0") == {"a": "7", "b": "7", "c": "2"}


def test_a_node_that_does_not_exist_stops_everything() -> None:
    assert read("celery multi start a b -c:3 4") == ()
    assert read("celery multi start 2 -c:0 4") == ()
    assert len(read("celery multi start 2 -c:1-5 4")) == 2


def test_ranges_and_counts_are_bounded() -> None:
    assert len(read("celery multi start 1000000 -c 2")) == 512
    assert len(read("celery multi start 2 -c:1-100000000 4")) == 2


def test_places_of_options_of_one_node() -> None:
    line = "celery multi start w1 -c:w1 3 --autoscale:1=8,2 -Q:w1 a,b"
    command = one(line, "==5.7.0")
    at = {name: text_at(line, value.at) for name, value in command.options.items() if isinstance(value, Known)}
    assert at["concurrency"] == "-c:w1 3"
    assert at["autoscale"] == "--autoscale:1=8,2"
    autoscale = command.options["autoscale"]
    assert isinstance(autoscale, Known)
    assert autoscale.value.text == "8,2"
    assert text_at(line, command.at) == line


def test_a_long_option_needs_its_equals_sign() -> None:
    line = "celery multi start w1 --concurrency 3 -A proj"
    command = one(line)
    (refusal,) = command.refusals
    assert (refusal.kind, refusal.respelled, refusal.option) == ("needs-equals", "--concurrency=3", "concurrency")
    assert text_at(line, refusal.at) == "--concurrency"
    assert shown(command.options["concurrency"]) == "3"
    assert kinds(one("celery multi start w1 --beat -A proj")) == []


def test_a_short_option_swallows_the_next_word() -> None:
    command = one("celery multi start w1 -E w2", "==5.4.0")
    assert command.node == "w1"
    assert kinds(command) == ["unexpected-argument"]


@pytest.mark.parametrize("line", ["celery -A proj multi start w1 -c 2", "celery multi start w1 -c 2 -A proj"])
@pytest.mark.parametrize("version", ["", "==5.4.0", "==4.4.7", "==3.1.26"])
def test_global_options_reach_every_node(line: str, version: str) -> None:
    command = one(line, version)
    assert isinstance(command.app, Known)
    assert command.app.value == "proj"
    assert shown(command.options["concurrency"]) == "2"
    assert isinstance(command.options["detach"], Known)
    assert kinds(command) == []


def test_variables_of_the_init_script() -> None:
    (command,) = read("celeryd-multi start $CELERYD_NODES $CELERYD_OPTS --pidfile=x.pid -c ${C:-4}")
    assert command.node == "$CELERYD_NODES"
    assert shown(command.options["concurrency"]) == "${C:-4}"
    assert isinstance(command.options["pool"], Unknown)
    assert isinstance(one("celery multi start $NODES -c 2").options["pool"], Unset)


def test_a_variable_behind_a_node_is_taken_for_options_unless_it_is_called_nodes() -> None:
    assert [command.node for command in read("celery multi start w1 $MORE_NODES")] == ["w1", "$MORE_NODES"]
    (command,) = read("celery multi start w1 $OPTS")
    assert isinstance(command.options["concurrency"], Unknown)


def test_what_a_variable_is_by_default_says_nothing_of_what_it_is() -> None:
    (command,) = read("celery multi start ${NODES:-w1} ${OPTS:--c:worker~4}")
    assert command.node == "${NODES:-w1}"
    assert isinstance(command.options["concurrency"], Unknown)


@pytest.mark.parametrize("verb", ["stop", "stopwait", "kill", "names", "get", "show", "expand", "help", "nonsense"])
def test_other_verbs_start_nothing(verb: str) -> None:
    assert read(f"celery multi {verb} w1 -A proj -c 2") == ()


def test_no_node_no_worker() -> None:
    assert read("celery multi start -A proj") == ()
    assert read("celery multi") == ()


def test_reserved_options_may_stand_anywhere() -> None:
    command = one("celery multi --nosplash start --quiet w1 -q --verbose -c 3 --no-color", "==5.4.0")
    assert shown(command.options["concurrency"]) == "3"
    assert kinds(command) == []


def test_appended_options_and_settings() -> None:
    command = one("celery multi start w1 -c 2 -- worker.prefetch_multiplier=1", "==5.4.0")
    assert {name: word.text for name, word in command.settings.items()} == {"worker_prefetch_multiplier": "1"}
    assert concurrencies("celery multi start w1 -c 2 --append=-c4") == {"w1": "4"}


@pytest.mark.parametrize("kept", ["--cmd=celery", "--suffix=box", "--hostname=h", "-n h"])
def test_what_multi_keeps_to_itself(kept: str) -> None:
    command = one(f"celery multi start w1 {kept} -c 2", "==5.4.0")
    assert kinds(command) == []
    assert shown(command.options["concurrency"]) == "2"
    assert isinstance(command.options["hostname"], Unset)


def test_prefixes_of_names() -> None:
    assert list(concurrencies("celery multi start 2 --range-prefix=x", "==5.4.0")) == ["x1", "x2"]
    assert list(concurrencies("celery multi start 2 --prefix=x", "==3.1.26")) == ["x1", "x2"]
    assert list(concurrencies("celery multi start a b@h --prefix=x", "==5.4.0")) == ["xa", "b@h"]
