"""The tree of shell text: what is where, and that broken text never ends a run."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText, TextHole
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.syntax import shell, shell_tree


def parse(text: str) -> shell.ShellProgram:
    return shell.parse(MappedText.plain(SourceText("a.sh", text)))


def simple(node: shell_tree.Node) -> shell_tree.Simple:
    assert isinstance(node, shell_tree.Simple)
    return node


def words(text: str, node: shell_tree.Node) -> list[str]:
    return [text[span.start : span.end] for span in simple(node).words]


def test_words_stand_where_they_are_written_behind_wide_characters() -> None:
    text = "# é😀\nA=1 celery -A 'p q' worker # end\n"
    (node,) = parse(text).body.body
    assert words(text, node) == ["celery", "-A", "'p q'", "worker"]
    assert simple(node).assignments[0].name == "A"


def test_if_elif_else_is_a_chain() -> None:
    (node,) = parse("if a; then b; elif c; then d; else e; fi").body.body
    assert isinstance(node, shell_tree.If)
    assert isinstance(node.orelse, shell_tree.If)
    assert isinstance(node.orelse.orelse, shell_tree.Sequence)


def test_case_items_keep_their_patterns() -> None:
    text = "case \"$1\" in\n worker|w*) celery worker ;;\n 'beat') x ;;\n *) y;;\nesac"
    (node,) = parse(text).body.body
    assert isinstance(node, shell_tree.Case)
    patterns = [[text[span.start : span.end] for span in spans] for spans, _ in node.items]
    assert patterns == [["worker", "w*"], ["'beat'"], ["*"]]


def test_and_or_background_pipeline_subshell() -> None:
    body = parse("a && b || c\nd &\ne | f\n(g)\n! h").body.body
    assert [type(node).__name__ for node in body] == ["AndOr", "Background", "Pipeline", "Group", "Not"]


def test_redirections_are_no_words() -> None:
    text = "celery worker > log 2>&1 -c 2"
    (node,) = parse(text).body.body
    assert words(text, node)[:2] == ["celery", "worker"]
    assert "log" not in words(text, node)


def test_a_here_document_belongs_to_its_command() -> None:
    text = "bash <<'EOF'\ncelery worker\nEOF\n"
    (node,) = parse(text).body.body
    (heredoc,) = simple(node).heredocs
    assert heredoc.quoted
    assert text[heredoc.body.start : heredoc.body.end] == "celery worker\n"


def test_conditions() -> None:
    (node,) = parse('[[ -n "$1" && ! $2 == x* ]]').body.body
    assert isinstance(node, shell_tree.Test)
    assert isinstance(node.condition, shell_tree.Both)
    assert isinstance(node.condition.left, shell_tree.Unary)


def test_a_hole_is_a_word_for_the_grammar() -> None:
    source = SourceText("a", "celery -c {{ a b }} worker")
    text = MappedText.plain(source).with_holes([TextHole(10, 19, Hole("{{ a b }}"))])
    (node,) = shell.parse(text).body.body
    spans = simple(node).words
    assert [Word.of(text[span.start : span.end]).shown for span in spans] == ["celery", "-c", "{{ a b }}", "worker"]


def test_carriage_returns_are_blanks() -> None:
    text = "A=1\r\ncelery worker\r\n"
    body = parse(text).body.body
    assert words(text, body[1]) == ["celery", "worker"]


def test_commands_beside_a_syntax_error_are_still_found() -> None:
    text = "fi\ncelery -A p worker\ndone )\n"
    found = [words(text, node) for node in parse(text).body.body if isinstance(node, shell_tree.Simple)]
    assert ["celery", "-A", "p", "worker"] in found


@pytest.mark.parametrize("text", ["a=(" * 3000, "x" * 400_000, "(" * 500, "if " * 500, "$(" * 400])
def test_hostile_text_ends(text: str) -> None:
    parse(text)


@given(st.text(alphabet=st.sampled_from("ab $(){}[]\"'`;&|<>=\n\\#!\u00e9"), max_size=60))
@settings(max_examples=200, deadline=None)
def test_nothing_written_makes_it_fail(text: str) -> None:
    for node in parse(text).body.body:
        assert 0 <= node.span.start <= node.span.end <= len(text)
