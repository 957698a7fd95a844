from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.place_index import PlaceIndex
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.suppress import Suppressions

KNOWN = ("CO002", "CO101", "CO102", "CO201", "CO205")


def finding(source: SourceText, code: str, line: int, last: int | None = None) -> Finding:
    start = source.offset(line)
    end = source.line_location(last or line).end
    return Finding(code, "a-rule", "warning", source.location(start, end), "a message")


def covers(text: str, line: int, code: str = "CO101", *, path: str = "compose.yml", last: int | None = None) -> bool:
    source = SourceText(path, text)
    return Suppressions.read(source).covers(finding(source, code, line, last))


def complaints(text: str, path: str = "compose.yml", ran: tuple[str, ...] = KNOWN) -> list[tuple[int, int, str]]:
    found = Suppressions.read(SourceText(path, text)).unused(ran, KNOWN)
    return [(one.at.line, one.at.column, one.message) for one in found]


@pytest.mark.parametrize(
    "comment",
    [
        "# celery-oom: ignore[CO101]",
        "# celery-oom: ignore[CO101] two CPUs",
        "#celery-oom:ignore[CO101]",
        "# celery-oom: ignore [co101]",
        "# celery-oom: ignore[CO201, CO101]",
        "# type: ignore  # celery-oom: ignore[CO101]",
        "// celery-oom: ignore[CO101]",
        "; celery-oom: ignore[CO101]",
        "{{/* celery-oom: ignore[CO101] */}}",
        "{{- /* celery-oom: ignore[CO101] */ -}}",
        "{# celery-oom: ignore[CO101] #}",
        "<!-- celery-oom: ignore[CO101] -->",
        "# noqa: CO101",
        "# noqa:CO101",
        "# NoQA: E501,CO101",
        "# noqa: E501 CO101",
        "# noqa: CO1",
    ],
)
def test_a_comment_silences_its_line_and_the_line_below(comment: str) -> None:
    assert covers(f"command: celery  {comment}\n", 1)
    assert covers(f"  {comment}\ncommand: celery\n", 2)
    assert not covers(f"command: celery  {comment}\nother: celery\n", 2)
    assert not covers(f"  {comment}\ncommand: celery\nother: celery\n", 3)
    assert not covers(f"command: celery  {comment}\n", 1, "CO205")


@pytest.mark.parametrize(
    "comment",
    [
        "# celery-oom: ignore",
        "# celery-oom: ignore[]",
        "# celery-oom: ignored[CO101]",
        "# celery-oom ignore[CO101]",
        "# celery-oom: ignore[CO1]",
        "celery-oom: ignore[CO101]",
        "# noqa: E501",
        "noqa: CO101",
        "# flake8: noqa: CO101",
    ],
)
def test_what_looks_alike_silences_nothing(comment: str) -> None:
    assert not covers(f"command: celery  {comment}\n", 1)


def test_a_bare_noqa_silences_everything_on_its_line_only() -> None:
    assert covers("command: celery  # noqa\n", 1)
    assert covers("command: celery  # noqa: because\n", 1, "CO205")
    assert not covers("# noqa\ncommand: celery\n", 2)


def test_a_block_of_comment_lines_counts_up_to_the_next_line() -> None:
    text = "# celery-oom: ignore[CO101] why\n# and more\n\ncommand: celery\n"
    assert not covers(text, 4)
    assert covers(text.replace("\n\n", "\n"), 3)


def test_every_line_of_a_place_counts() -> None:
    text = "command: >\n  celery\n  worker # celery-oom: ignore[CO101]\nother: 1  # celery-oom: ignore[CO201]\n"
    assert covers(text, 1, last=3)
    assert not covers(text, 1, last=2)
    assert not covers(text, 1, "CO201", last=3)


def test_a_place_that_ends_where_a_line_begins_does_not_hold_that_line() -> None:
    source = SourceText("Procfile", "worker: celery\n# celery-oom: ignore[CO101]\nmail: celery\n")
    whole = Finding("CO101", "a-rule", "warning", source.location(0, source.offset(2)), "a message")
    assert not Suppressions.read(source).covers(whole)


@pytest.mark.parametrize(
    "opening", ["command: >", "command: >-", "command: |2", "args:", "args: [", "CMD (", "run = {", "celery \\"]
)
def test_a_line_that_only_opens_something_hands_the_comment_on(opening: str) -> None:
    text = f"# celery-oom: ignore[CO101]\n{opening}\n  celery\n  worker\n"
    assert covers(text, 2)
    assert covers(text, 3)
    assert not covers(text, 4)
    assert covers("command: >  # celery-oom: ignore[CO101]\n  celery\n", 2)
    assert not covers("command: celery  # celery-oom: ignore[CO101]\n  worker\n", 2)


def test_a_comment_on_a_command_counts_for_all_that_is_found_in_it() -> None:
    source = SourceText("start.sh", "# celery-oom: ignore[CO102]\nexec celery \\\n worker \\\n -c $(nproc)\nother\n")
    value = finding(source, "CO102", 4)
    command = source.location(source.offset(2), source.line_location(4).end)
    comments = Suppressions.read(source)
    assert not comments.covers(value)
    commands = PlaceIndex([(command, command)])
    assert not comments.covers(finding(source, "CO102", 5), commands)
    assert comments.covers(value, commands)
    shorter = source.location(command.start, command.end - 1)
    assert not comments.covers(value, PlaceIndex([(shorter, shorter)]))


def test_python_comments_only() -> None:
    text = '"""\n# celery-oom: ignore[CO101]\n"""\napp = 1  # celery-oom: ignore[CO101]\n'
    assert covers(text, 4, path="app.py")
    assert [one[0] for one in complaints(text, "app.py")] == [4]
    assert not covers(text, 1, last=3, path="app.py")
    assert covers(text, 1, last=3, path="app.txt")


def test_python_that_cannot_be_read_still_has_comments() -> None:
    assert covers("app = (\n# celery-oom: ignore[CO101]\nx = 1\n", 3, path="app.py")


def test_what_silences_nothing_is_told_at_the_code() -> None:
    text = "a: 1  # celery-oom: ignore[CO101,CO999]\n# celery-oom: ignore\nb: 1  # noqa: E501, CO205, CO9\n"
    assert complaints(text) == [
        (1, 28, "CO101 silences nothing here; take it away"),
        (1, 34, "no rule is called CO999; see `celery-oom rules`"),
        (2, 1, "celery-oom: ignore names no code and silences nothing; write ignore[CO101]"),
        (3, 21, "CO205 silences nothing here; take it away"),
        (3, 28, "no rule is called CO9; see `celery-oom rules`"),
    ]


def test_what_is_used_is_not_told() -> None:
    source = SourceText("compose.yml", "a: 1  # celery-oom: ignore[CO101,CO201]\n")
    comments = Suppressions.read(source)
    assert comments.covers(finding(source, "CO201", 1))
    assert [one.at.column for one in comments.unused(KNOWN, KNOWN)] == [28]
    assert comments.covers(finding(source, "CO101", 1))
    assert comments.unused(KNOWN, KNOWN) == []


def test_a_rule_that_did_not_run_is_not_judged() -> None:
    assert complaints("a: 1  # celery-oom: ignore[CO101]\n", ran=("CO201",)) == []


@pytest.mark.parametrize(
    "text", ["a: 1  # noqa\n", "a: 1  # noqa: E501\n", "a: 1  # noqa: C, COM812\n", "a: noqa CO101\n"]
)
def test_others_comments_are_not_told(text: str) -> None:
    assert complaints(text) == []


@settings(max_examples=150, deadline=None)
@given(st.text("#/;noqa:[CO101]\n celery-oom: ignore,é\r", max_size=80), st.sampled_from(["a.yml", "a.py"]))
def test_any_text_can_be_read(text: str, path: str) -> None:
    source = SourceText(path, text)
    comments = Suppressions.read(source)
    comments.covers(finding(source, "CO101", 1))
    for one in comments.unused(KNOWN, KNOWN):
        assert 1 <= one.at.line <= len(source.starts)
        assert text[one.at.start : one.at.end]
