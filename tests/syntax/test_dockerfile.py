from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.sources import dockerfile as source_kind
from flake8_celery_oom.syntax import dockerfile
from flake8_celery_oom.syntax.dockerfile import Instruction, parse
from flake8_celery_oom.syntax.dockerfile_words import exec_words

PIECES = (
    "FROM a\n", "CMD ", "RUN ", "run\\\n", "ENV A=1 ", "COPY --from=b ", "ONBUILD ", "COMMENT ", "celery worker", "\n",
    "\r\n", "\r", "\\\n", "\\ \t\r\n", "\\\\\n", "`\n", "``\n", "\\", "`", "# escape=`\n", "# check=x\n", "# c\n",
    "  # c\n", "\n\n", " \n", "<<EOF", "<<-'E F'", "EOF\n", "\tEOF\n", "<<<", '["a", "b\\n"]', '"', "'", "$", "${A:-",
    "}", "{{ x }}", "{% if x %}\n", "é", "\x00", "\x0c", "\u2028", "\x85", "\ufeff", "\udce9", "=", '--x="y z" ', " ",
)  # fmt: skip
dockerfiles = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=40).map("".join)


def instructions(text: str) -> list[tuple[str, str]]:
    return [(one.keyword, one.value.text) for one in parse(SourceText("Dockerfile", text))]


@given(dockerfiles)
@settings(max_examples=200, deadline=None)
def test_the_library_groups_the_masked_lines_as_the_layer_does(text: str) -> None:
    layer = dockerfile._Layer(SourceText("Dockerfile", text))
    assert dockerfile.library_groups(layer.masked) == layer.groups


@given(dockerfiles)
@settings(max_examples=200, deadline=None)
def test_every_character_of_a_value_stands_where_it_says(text: str) -> None:
    source = SourceText("Dockerfile", text)
    for instruction in parse(source):
        check_places(instruction)
        nested = instruction.nested()
        if nested is not None:
            check_places(nested)


def check_places(instruction: Instruction) -> None:
    text = instruction.at
    source = instruction.value.source.text
    heredocs = [heredoc.body for heredoc in instruction.heredocs]
    for mapped in (instruction.value, *instruction.flags.values(), *heredocs):
        there = [source[offset] for offset in mapped.offsets[: len(mapped.text)]]
        for hole in mapped.holes:
            assert "".join(there[hole.start : hole.end]) == hole.hole.source
            there[hole.start : hole.end] = mapped.text[hole.start : hole.end]
        assert "".join(there) == mapped.text
        assert list(mapped.offsets) == sorted(mapped.offsets)
    if not source.startswith(("{{", "{%"), text.start):  # a placeholder where a keyword is due
        assert source[text.start :].upper().startswith(instruction.keyword[:1])
    for word in exec_words(instruction.value) or ():
        assert word.at is not None
        assert source[word.at.start] == source[word.at.end - 1] == '"'


@given(dockerfiles)
@settings(max_examples=200, deadline=None)
def test_facts_come_out_of_anything(text: str) -> None:
    source_kind.read(SourceText("Dockerfile", text))


def test_instructions_are_found_without_the_library_above_the_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(dockerfile, "library_groups")
    body = "".join(f"    && echo {number} \\\n" for number in range(dockerfile.LIBRARY_LINES))
    text = f"FROM a\nRUN true \\\n{body}    && true\nCMD celery worker\n"
    assert [keyword for keyword, _ in instructions(text)] == ["FROM", "RUN", "CMD"]


def test_flags_end_where_the_value_begins() -> None:
    (run,) = parse(SourceText("Dockerfile", 'RUN --mount=type=secret,id="a b" --network=none -- pip --version'))
    assert {name: value.text for name, value in run.flags.items()} == {
        "mount": 'type=secret,id="a b"',
        "network": "none",
    }
    assert run.value.text == "pip --version"


def test_commands_keep_what_looks_like_a_flag() -> None:
    assert instructions("CMD --loglevel=info worker") == [("CMD", "--loglevel=info worker")]


def test_lines_of_a_template_that_vanish_do_not_end_a_continuation() -> None:
    text = "RUN pip install \\\n{% if extra %}\n  extra \\\n{% endif %}\n  celery\nCMD x\n"
    assert [keyword for keyword, _ in instructions(text)] == ["RUN", "CMD"]


def test_heredocs_end_only_at_their_name() -> None:
    text = "RUN <<-EOF cat <<'B C'\n\tone EOF\n EOF\n\tEOF\nCMD no\nB C\nCMD yes\n"
    run, cmd = parse(SourceText("Dockerfile", text))
    assert [(one.name, one.body.text, one.expanded, one.tabs) for one in run.heredocs] == [
        ("EOF", "\tone EOF\n EOF\n", True, True),
        ("B C", "CMD no\n", False, False),
    ]
    assert cmd.value.text == "yes"


def test_a_json_array_opens_no_heredoc() -> None:
    assert instructions('RUN ["sh", "<<EOF", "EOF"]\nCMD x\n')[1] == ("CMD", "x")
