from __future__ import annotations

import pytest

from flake8_celery_oom.core.facts import Launch, ShellText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.value import Known, Unknown, Unset
from flake8_celery_oom.sources import systemd


def launches(text: str, path: str = "deploy/celery.service") -> list[Launch]:
    return [fact for fact in systemd.read(SourceText(path, text)) if isinstance(fact, Launch)]


def commands(text: str) -> list[str]:
    return [launch.command.text.text for launch in launches(text) if isinstance(launch.command, ShellText)]


@pytest.mark.parametrize(
    "path", ["celery.service", "a/celery@.service", "celery.service.j2", "etc/celery.service.d/10-memory.conf"]
)
def test_claims_services_and_drop_ins(path: str) -> None:
    assert systemd.claims(path, "[Unit]\n\n[Service]\n")


@pytest.mark.parametrize("path", ["toast.service.ts", "celery.timer", "celery.conf", "x.service/readme.conf"])
def test_leaves_other_files_alone(path: str) -> None:
    assert not systemd.claims(path, "[Service]\n")


def test_a_service_without_its_section_is_something_else() -> None:
    assert not systemd.claims("avahi.service", "<service-group>\n")


def test_an_empty_assignment_takes_back_what_was_assigned() -> None:
    assert commands("[Service]\nExecStart=a\nExecStart=\nExecStart=b\nExecStart=c\n") == ["b", "c"]


@pytest.mark.parametrize(
    ("written", "text"),
    [("-/bin/a b", "/bin/a b"), ("+!/bin/a", "/bin/a"), ("@/bin/a shown -x", "/bin/a -x"), ("a %% %n", "a % XX")],
)
def test_prefixes_and_specifiers_of_a_command(written: str, text: str) -> None:
    assert commands(f"[Service]\nExecStart={written}\n") == [text]


def test_words_know_their_place_through_continuations_and_comments() -> None:
    text = "[Service]\nExecStart=celery worker \\\n  # few\n  -c 4 \\\n\n[Install]\nExecStart=no\n"
    (launch,) = launches(text)
    assert isinstance(launch.command, ShellText)
    start = launch.command.text.text.index("-c")
    at = launch.command.text.location(start, start + 4)
    assert (text[at.start : at.end], at.line, at.column) == ("-c 4", 4, 3)
    assert launch.command.text.text.split() == ["celery", "worker", "-c", "4"]


def test_two_backslashes_at_the_end_of_a_line_continue_nothing() -> None:
    assert commands("[Service]\nExecStart=a \\\\\nExecStart=b\n") == ["a \\\\", "b"]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("MemoryMax=512M", 512 * 1024**2),
        ("MemoryMax=2G\nMemoryMax=1G", 1024**3),
        ("MemoryHigh=1G\nMemoryMax=2G", 2 * 1024**3),
        ("MemoryLimit=3G", 3 * 1024**3),
        ("MemoryHigh=1048576", 1048576),
        ("MemoryMax=infinity\nMemoryHigh=1G", 1024**3),
    ],
)
def test_memory_limits_are_bytes(written: str, expected: int) -> None:
    limit = launches(f"[Service]\nExecStart=a\n{written}\n")[0].memory_limit
    assert isinstance(limit, Known)
    assert limit.value == expected


@pytest.mark.parametrize("written", ["", "MemoryMax=infinity", "MemoryMax=1G\nMemoryMax="])
def test_no_memory_limit(written: str) -> None:
    assert isinstance(launches(f"[Service]\nExecStart=a\n{written}\n")[0].memory_limit, Unset)


@pytest.mark.parametrize("written", ["MemoryMax=50%", "MemoryMax={{ limit }}", "MemoryMax=much"])
def test_a_limit_that_the_files_do_not_tell(written: str) -> None:
    assert isinstance(launches(f"[Service]\nExecStart=a\n{written}\n")[0].memory_limit, Unknown)


def test_a_drop_in_tells_what_it_adds_to_its_unit() -> None:
    (launch,) = launches("[Service]\nMemoryMax=1G\n", "etc/celery.service.d/memory.conf")
    assert (launch.name, launch.command, launch.container) == ("celery", None, "etc/celery.service")


def test_environment_and_files() -> None:
    (launch,) = launches('[Service]\nEnvironment="A=1 2" B=\'3\' C=\nEnvironmentFile=-/etc/x "/etc/y z"\nExecStart=a\n')
    assert {name: word.text for name, word in launch.environment.items()} == {"A": "1 2", "B": "3", "C": ""}
    assert [(one.kind, one.name) for one in launch.environment_from] == [("file", "/etc/x"), ("file", "/etc/y z")]
