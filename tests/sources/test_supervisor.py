from __future__ import annotations

import pytest

from flake8_celery_oom.core.facts import Launch, ShellText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.sources import supervisor


def launches(text: str) -> list[Launch]:
    facts = supervisor.read(SourceText("conf/supervisord.conf", text))
    return [fact for fact in facts if isinstance(fact, Launch)]


def command(launch: Launch) -> ShellText:
    assert isinstance(launch.command, ShellText)
    return launch.command


@pytest.mark.parametrize(
    ("path", "head"),
    [
        ("supervisord.conf", ""),
        ("conf/supervisord-dev.conf", ""),
        ("supervisord.conf.j2", ""),
        ("deploy/#etc#supervisor-app-stable.conf", ""),
        ("supervisor/celery.conf", "[program:celery]\n"),
        ("etc/workers.ini", "; all\n[program: {{.code}}]\n"),
        ("files/supervisor-app", "[supervisord]\nnodaemon=true\n"),
        ("support/supervisord.demo", "; demo\n[program: worker]\n"),
    ],
)
def test_claims_by_name_or_by_content(path: str, head: str) -> None:
    assert supervisor.claims(path, head)


@pytest.mark.parametrize(
    ("path", "head"),
    [
        ("README.md", "[program:celery]\n"),
        ("supervisord.conf.json", "[program:x]\n"),
        ("supervisor.md", "[program:x]\n"),
        ("supervisord.demo", "[demo]\n"),
        ("nginx.conf", "server {\n  [program:x]\n}"),
        ("install_supervisor.py", ""),
        ("values.yaml", "data:\n  supervisord.conf: |\n    [program:x]\n"),
    ],
)
def test_leaves_other_files_alone(path: str, head: str) -> None:
    assert not supervisor.claims(path, head)


def test_every_word_of_a_value_on_several_lines_knows_its_place() -> None:
    text = "[program:w]\r\ncommand=celery -A app worker\r\n    ; why\r\n    -c %%4\r\n"
    (launch,) = launches(text)
    shell = command(launch)
    start = shell.text.text.index("-c")
    at = shell.text.location(start, start + 2)
    assert (text[at.start : at.end], at.line, at.column) == ("-c", 4, 5)
    assert shell.text.text.split() == ["celery", "-A", "app", "worker", "-c", "%4"]
    assert not shell.shell


def test_programs_of_one_file_share_a_container_and_the_environment_of_the_daemon() -> None:
    one, two = launches(
        "[program:a]\ncommand=a\nenvironment=X=own\n[supervisord]\nenvironment=X=1,Y=2\n[program:b]\ncommand=b\n"
    )
    assert one.container == two.container == "conf/supervisord.conf"
    assert {name: word.text for name, word in one.environment.items()} == {"X": "own", "Y": "2"}
    assert {name: word.text for name, word in two.environment.items()} == {"X": "1", "Y": "2"}


def test_variables_of_the_environment_are_holes_with_their_name() -> None:
    (launch,) = launches("[program:a]\ncommand=celery worker -c %(ENV_COUNT)s -n %(process_num)02d\n")
    assert [(hole.hole.source, hole.hole.name) for hole in command(launch).text.holes] == [
        ("%(ENV_COUNT)s", "COUNT"),
        ("%(process_num)02d", None),
    ]


def test_an_environment_that_a_template_fills_in_may_hold_anything() -> None:
    (launch,) = launches("[program:a]\ncommand=a\nenvironment=A={{ a }},{{ rest }}\n")
    assert [source.kind for source in launch.environment_from] == ["other"]
    assert launch.environment["A"].text is None


@pytest.mark.parametrize(("written", "replicas"), [("3", 3), ("%(ENV_N)s", 1), ("many", 1)])
def test_numprocs(written: str, replicas: int) -> None:
    assert launches(f"[program:a]\ncommand=a\nnumprocs={written}\n")[0].replicas == replicas


def test_a_file_without_programs_says_nothing() -> None:
    assert launches("[include]\nfiles = *.conf\n") == []


@pytest.mark.parametrize(
    ("options", "autostart", "as_group"),
    [
        ("", True, False),
        ("autostart = False", False, False),
        ("autostart = true\nstopasgroup = yes", True, True),
        ("killasgroup=1 ; with the children", True, True),
        ("stopasgroup=off\nkillasgroup=on", True, True),
    ],
)
def test_how_a_program_is_started_and_stopped(options: str, autostart: bool, as_group: bool) -> None:
    text = f"[program:jobs]\ncommand = celery -A shop worker\n{options}\n"
    (launch,) = supervisor.read(SourceText("supervisord.conf", text))
    assert isinstance(launch, Launch)
    assert (launch.autostart, launch.stopped_as_group) == (autostart, as_group)
