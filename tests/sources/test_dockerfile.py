from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery_oom.core.facts import Argv, Image, Problem, Requirement, Script, ShellText, Stage
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.sources import dockerfile
from tests.facts_text import show

CASES = Path(__file__).parents[2] / "fixtures" / "sources" / "dockerfile"


def stages(text: str) -> tuple[Stage, ...]:
    facts = dockerfile.read(SourceText("Dockerfile", text))
    assert isinstance(facts[0], Image)
    return facts[0].stages


def last(text: str) -> Stage:
    return stages(text)[-1]


@pytest.mark.parametrize("case", sorted(CASES.glob("*.Dockerfile")), ids=lambda case: case.stem)
def test_hostile_dockerfiles_give_the_facts_of_their_snapshot(case: Path, accept: bool) -> None:
    shown = show(dockerfile.read(SourceText.from_bytes(case.name, case.read_bytes())))
    snapshot = case.with_suffix(".facts")
    if accept:
        snapshot.write_text(shown, encoding="utf-8", newline="\n")
    assert snapshot.read_text(encoding="utf-8") == shown


def test_every_snapshot_belongs_to_a_dockerfile() -> None:
    assert {path.stem for path in CASES.glob("*.facts")} == {path.stem for path in CASES.glob("*.Dockerfile")}


@pytest.mark.parametrize(
    "path",
    [
        "Dockerfile",
        "deploy/Containerfile",
        "Dockerfile.worker",
        "Dockerfile-dev",
        "Dockerfile_worker",
        "worker.dockerfile",
        "docker/dev.Dockerfile",
        "Dockerfile.j2",
        "Dockerfile.worker.j2",
        "Containerfile.revdep",
        "celery-dockerfile",
    ],
)
def test_claims_dockerfiles_of_all_names(path: str) -> None:
    assert dockerfile.claims(path, "# syntax=docker/dockerfile:1\n\nARG V=3\nFROM python:$V\n")


@pytest.mark.parametrize(
    "path",
    ["Dockerfile.md", "Dockerfile.dockerignore", "one_dockerfile.json", "docs/dockerfile.rst", "mydockerfiles.py"],
)
def test_leaves_other_files_alone(path: str) -> None:
    assert not dockerfile.claims(path, "FROM python\n")


@pytest.mark.parametrize(
    ("head", "claimed"),
    [
        ("FROM python:3.12\n\nRUN pip install shop\nCMD celery worker\n", True),
        ("# syntax=docker/dockerfile:1\n\nARG V=3\nFROM --platform=linux/amd64 python:${V} AS base\nCOPY . /x\n", True),
        ("FROM python:3.12\n", False),
        ("FROM Monday on we\nRUN away\n", False),
        ("#!/usr/bin/env python\nfrom os import path\nRUN = 1\n", False),
        ("Notes\n\nFROM python:3.12\nRUN x\n", False),
    ],
)
def test_a_file_without_an_ending_that_only_a_build_names(head: str, *, claimed: bool) -> None:
    assert dockerfile.claims("docker/jobs", head) is claimed
    assert not dockerfile.claims("docker/jobs.txt", head)


def test_a_name_that_only_begins_like_a_dockerfile_needs_a_from_in_its_head() -> None:
    assert not dockerfile.claims("dockerfile_parser.py", "import re\nfrom x import y\n")
    assert not dockerfile.claims("Dockerfile.notes", "What our images do.\n\nFROM is used\n")


def test_build_arguments_are_only_defaults_and_environment_wins_over_them() -> None:
    stage = last("FROM a\nARG C=4\nENV A=$C\nENV C=5\nENV B=$C\n")
    assert (stage.environment["A"].text, stage.environment["A"].default_text) == (None, "4")
    assert stage.environment["A"].holes[0].name is None
    assert stage.environment["B"].text == "5"


@pytest.mark.parametrize(
    ("written", "text", "default"),
    [
        ("${E:-9}", "7", "7"),
        ("${E-9}", "7", "7"),
        ("${E:+yes}", "yes", "yes"),
        ("${EMPTY:-9}", "9", "9"),
        ("${EMPTY-9}", "", ""),
        ("${EMPTY:+yes}", "", ""),
        ("${EMPTY+yes}", "yes", "yes"),
        ("${ARG:-9}", None, "4"),
        ("${BARE:-9}", None, "9"),
        ("${BARE-9}", None, "9"),
        ("${BARE:+yes}", None, ""),
        ("${NOBODY}", None, None),
        ("${NOBODY:-9}", None, "9"),
        ("${NOBODY:-${E}8}", None, "78"),
        ("${E:-${NOBODY}}", "7", "7"),
        ("a$E.b", "a7.b", "a7.b"),
        ("\\$E", "$E", "$E"),
        ("'$E'", "$E", "$E"),
        ('"$E x"', "7 x", "7 x"),
        ('"a\\"b"', 'a"b', 'a"b'),
        ("$", "$", "$"),
        ("${", "${", "${"),
    ],
)
def test_variables_in_env(written: str, text: str | None, default: str | None) -> None:
    word = last(f"FROM a\nARG ARG=4\nARG BARE\nENV E=7 EMPTY=\nENV X={written}\n").environment["X"]
    assert (word.text, word.default_text) == (text, default)


def test_all_values_of_one_env_are_read_before_any_is_set() -> None:
    stage = last("FROM a\nENV A=old\nENV A=new B=$A\n")
    assert stage.environment["B"].text == "old"


def test_env_values_know_their_place_through_a_continuation() -> None:
    text = 'FROM a\nENV A=1 \\\n    B="two words"\n'
    at = last(text).environment["B"].at
    assert at is not None
    assert (text[at.start : at.end], at.line, at.column) == ('"two words"', 3, 7)


def test_a_stage_sees_the_variables_of_the_stage_it_builds_on_but_lists_only_its_own() -> None:
    first, second, third = stages(
        "FROM x AS base\nENV HOME_DIR=/srv C=2\nWORKDIR $HOME_DIR\n"
        "FROM base AS worker\nENV D=$C\nWORKDIR app\nFROM 1\nENV E=$D\n"
    )
    assert second.environment.keys() == {"D"}
    assert second.environment["D"].text == third.environment["E"].text == "2"
    assert (first.workdir, second.workdir, third.workdir) == ("/srv", "/srv/app", None)


def test_arguments_before_from_reach_only_from_and_stages_that_ask() -> None:
    first, second = stages("ARG V=3.12\nFROM python:$V\nENV A=$V\nFROM b\nARG V\nENV A=$V\n")
    assert first.base == "python:3.12"
    assert first.environment["A"].default_text is None
    assert second.environment["A"].default_text == "3.12"


def test_the_last_cmd_counts() -> None:
    command = last('FROM a\nCMD celery -A one worker\nCMD ["celery", "-A", "two", "worker"]\n').command
    assert isinstance(command, Argv)
    assert [word.text for word in command.words] == ["celery", "-A", "two", "worker"]


@pytest.mark.parametrize(
    "value", ["['celery']", '["celery", 4]', '["celery",]', '["celery"', "[ -f x ] && celery worker", '["a" "b"]']
)
def test_what_is_no_array_of_strings_is_the_shell_form(value: str) -> None:
    command = last(f"FROM a\nCMD {value}\n").command
    assert isinstance(command, ShellText)
    assert command.text.text == value


def test_what_follows_an_exec_form_is_ignored() -> None:
    command = last('FROM a\nCMD ["celery", "worker"] # -c 8\n').command
    assert isinstance(command, Argv)
    assert [word.text for word in command.words] == ["celery", "worker"]


def test_escapes_of_the_exec_form_are_decoded_and_keep_their_place() -> None:
    text = 'FROM a\nCMD ["sh", "-c", "echo \\"x\\" \\u00e9 && celery"]\n'
    command = last(text).command
    assert isinstance(command, Argv)
    word = command.words[2]
    assert word.text == 'echo "x" é && celery'
    assert word.mapped is not None
    at = word.mapped.location(word.mapped.text.index("celery"))
    assert text[at.start : at.end] == "celery"


def test_a_template_expression_in_an_exec_form_is_a_hole() -> None:
    command = last('FROM a\nCMD ["celery", "-c", "{{ c | default("4") }}"]\n').command
    assert isinstance(command, Argv)
    assert command.words[2].holes[0].default == "4"
    assert command.words[2].text is None


def test_onbuild_and_healthcheck_launch_nothing() -> None:
    stage = last("FROM a\nONBUILD CMD celery -A a worker\nHEALTHCHECK CMD celery -A a inspect ping\n")
    assert stage.command is None
    assert stage.runs == ()


def test_the_next_stage_takes_what_onbuild_leaves_and_the_one_after_it_does_not() -> None:
    text = "FROM a AS base\nONBUILD ENV N=3\nFROM base AS next\nENV N=${N}4\nFROM next AS third\nENV N=$N\n"
    (image,) = (fact for fact in dockerfile.read(SourceText("Dockerfile", text)) if isinstance(fact, Image))
    assert [stage.environment["N"].shown for stage in image.stages[1:]] == ["34", "34"]
    (image,) = (
        fact for fact in dockerfile.read(SourceText("Dockerfile", text + "FROM third\n")) if isinstance(fact, Image)
    )
    assert image.stages[3].environment == {}


def test_a_script_in_a_here_document_is_a_script_of_the_image() -> None:
    text = (
        "FROM a\nCOPY --chmod=755 <<'EOF' /srv/run.sh\nexec celery -A a worker -c $N\nEOF\n"
        "COPY <<EOF /srv/made\n#!/bin/bash\nexec celery -A a worker\nEOF\n"
        "COPY <<EOF /srv/filled.sh\nexec celery -A a worker -c $N\nEOF\n"
        "COPY <<EOF /srv/other.conf\na = b\nEOF\n"
    )
    facts = dockerfile.read(SourceText("Dockerfile", text))
    scripts = [fact for fact in facts if isinstance(fact, Script)]
    assert [(one.interpreter, one.text.text.splitlines()[-1]) for one in scripts] == [
        ("sh", "exec celery -A a worker -c $N"),
        ("bash", "exec celery -A a worker"),
    ]
    assert [copy.target for copy in last(text).copies] == ["/srv/run.sh", "/srv/made"]
    assert [copy.sources for copy in last(text).copies] == [(one.path,) for one in scripts]


def test_copies_know_stage_sources_and_target() -> None:
    stage = last(
        "FROM a\nWORKDIR /app\nARG NAME=start\nCOPY --from=Build --chown=me:me dist/ .\n"
        'COPY ["a b.sh", "/bin/"]\nCOPY --chmod=755 ./${NAME}.sh scripts/*.sh bin/\nADD x.sh /x\n'
        "COPY <<EOF extra.sh /srv/\nhello\nEOF\nCOPY only\n"
    )
    assert [(copy.stage, copy.sources, copy.target) for copy in stage.copies] == [
        ("Build", ("dist/",), "/app/"),
        (None, ("a b.sh",), "/bin/"),
        (None, ("./start.sh", "scripts/*.sh"), "/app/bin/"),
        (None, ("x.sh",), "/x"),
        (None, ("extra.sh",), "/srv/"),
    ]


def test_a_target_below_an_unknown_folder_stays_as_written() -> None:
    stage = last("FROM a\nCOPY a b\nWORKDIR $HOME_DIR/x\nCOPY a ./c\n")
    assert [copy.target for copy in stage.copies] == ["b", "$HOME_DIR/x/c"]


def test_runs_keep_their_text_in_every_form() -> None:
    stage = last(
        'FROM a\nRUN --mount=type=cache,target=/c pip install x\nRUN ["pip", "install", "y"]\n'
        "RUN <<EOF\npip install z\nEOF\nRUN <<EOF\n#!/usr/bin/env python3\nprint()\nEOF\n"
        "RUN bash <<EOF\necho\nEOF\nRUN\n"
    )
    assert [(run.text.text, run.shell) for run in stage.runs] == [
        ("pip install x", True),
        ("pip install y", False),
        ("pip install z\n", True),
        ("bash <<EOF\necho\nEOF\n", True),
    ]


def test_what_run_installs_is_a_requirement() -> None:
    text = 'FROM a\nRUN apt-get update && \\\n    pip install --no-cache-dir "celery[redis]==5.4.0"\n'
    requirement = dockerfile.read(SourceText("Dockerfile", text))[1]
    assert isinstance(requirement, Requirement)
    assert (requirement.name, requirement.specifier, requirement.at.line) == ("celery", "==5.4.0", 3)


def test_a_file_without_instructions_has_no_image() -> None:
    assert dockerfile.read(SourceText("Dockerfile", "# nothing\nARG X=1\n")) == []


@pytest.mark.parametrize("line", ["ENV A=$A$A\n", "ENV A=${B:-$A$A}\n", "ENV A=${A:+$A$A}\n", 'ENV A="$A$A"\n'])
def test_a_value_that_doubles_over_and_over_is_not_known(line: str) -> None:
    (image,) = dockerfile.read(SourceText("Dockerfile", f"FROM x\nENV A=xx B=\n{line * 60}ENV C=4\n"))
    assert isinstance(image, Image)
    (stage,) = image.stages
    assert stage.environment["A"].text is None
    assert stage.environment["C"].text == "4"


def test_a_dockerfile_of_very_many_stages_is_read_in_part() -> None:
    text = "".join(f"FROM x AS s{index}\nENV A{index}=1\nFROM s{index}\n" for index in range(dockerfile.MOST_STAGES))
    problem, image = dockerfile.read(SourceText("Dockerfile", text))
    assert isinstance(problem, Problem)
    assert isinstance(image, Image)
    assert len(image.stages) == dockerfile.MOST_STAGES
