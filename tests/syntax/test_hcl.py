"""HCL read into mappings, lists and scalars with their places."""

from __future__ import annotations

from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flake8_celery_oom.core.facts import Argv, ShellText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.syntax import hcl
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Node, Scalar, Sequence, walk


def parsed(text: str) -> object:
    return plain(hcl.parse(SourceText("a.tf", text)))


def plain(node: Node) -> object:
    if isinstance(node, Mapping):
        return [(entry.key.value.text if entry.key else None, plain(entry.value)) for entry in node.entries]
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return "".join(part if isinstance(part, str) else f"<{part.source}>" for part in node.value.parts())


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a = 1\nb = true", [("a", "1"), ("b", "true")]),
        ('job "x" { count = 2 }', [("job", [("x", [("count", "2")])])]),
        ('resource "a" "b" {\n  c {\n d = "e" }\n}', [("resource", [("a", [("b", [("c", [("d", "e")])])])])]),
        ('a = ["x", "y",]\n', [("a", ["x", "y"])]),
        ('a = { b = 1, "c" : 2 }\n', [("a", [("b", "1"), ("c", "2")])]),
        ("a = var.b\nc = 1 # d\n", [("a", "<var.b>"), ("c", "1")]),
        ("a = 1 + 2\n", [("a", "<1 + 2>")]),
        ('a = b ? "x" : {\n y = 1\n}\nc = 2', [("a", '<b ? "x" : {\n y = 1\n}>'), ("c", "2")]),
        ('a = "${\n  f("x}", 1)\n}y"\nb = 1', [("a", '<${\n  f("x}", 1)\n}>y'), ("b", "1")]),
        (
            'a = "${join("\\n", [\n  "${g("z")}"\n])}"\nb = 1',
            [("a", '<${join("\\n", [\n  "${g("z")}"\n])}>'), ("b", "1")],
        ),
        ('a = "${x\nb = 1', [("a", "<${x>"), ("b", "1")]),
        ("a = [for x in y : x]\nb = 1", [("a", "<[for x in y : x]>"), ("b", "1")]),
        ('a = "x${b["c"]}y"', [("a", 'x<${b["c"]}>y')]),
        ('a = "$${x} \\"q\\" \\n"', [("a", '${x} "q" \n')]),
        ("a = jsonencode([{ b = 1 }])", [("a", [[("b", "1")]])]),
        ('a = concat(["x"], var.y, ["z"])', [("a", ["x", "<var.y>", "z"])]),
        ('a = concat(["x"], "y")', [("a", '<concat(["x"], "y")>')]),
        ('a = split(" ", "b c")', [("a", "b c")]),
        ('a = format("%s", b)', [("a", '<format("%s", b)>')]),
        ("a = <<-X\n  b ${c}\n  X\nd = 1", [("a", "  b <${c}>\n"), ("d", "1")]),
        ("# a = 1\n// b = 2\n/* c = 3\n*/ d = 4", [("d", "4")]),
        ('a = "never closed\nb = 2', [("a", "never closed"), ("b", "2")]),
        ("} a = 1", []),
        ("", []),
    ],
)
def test_what_is_read(text: str, read: object) -> None:
    assert parsed(text) == read


def test_a_default_belongs_to_the_hole() -> None:
    root = hcl.parse(SourceText("a.tf", 'a = var.n\nb = "-c ${var.n}"'), {"var.n": "4"})
    words = [Word.of(entry.value.value).default_text for entry in root.entries if isinstance(entry.value, Scalar)]
    assert words == ["4", "-c 4"]


def test_scalars_know_their_place() -> None:
    source = SourceText("a.tf", 'a = [\n  "x\\ty${b}",\n  c.d\n]\n')
    for node in walk(hcl.parse(source)):
        if isinstance(node, Scalar):
            assert source.text[node.at.start : node.at.end] in {'"x\\ty${b}"', "c.d"}
            assert len(node.value.offsets) == len(node.value.text) + 1


@pytest.mark.parametrize(
    ("text", "kind", "several"),
    [('["a", b]', Argv, False), ("var.words", Argv, True), ('"a b"', ShellText, False), ("null", None, False)],
)
def test_commands(text: str, kind: type | None, *, several: bool) -> None:
    command = hcl.command(hcl.parse(SourceText("a.tf", f"a = {text}")).get("a"))
    assert command is None if kind is None else isinstance(command, kind)
    assert (isinstance(command, Argv) and any(word.several for word in command.words)) == several


def test_depth_is_bounded() -> None:
    for text in ("a = " + "[" * 50_000, "a {\n" * 50_000, "a = " + "jsonencode(" * 50_000, 'a = "' + "${" * 50_000):
        hcl.parse(SourceText("a.tf", text))


@settings(max_examples=200, deadline=None)
@given(st.text('ab="[]{}()<X\n,:#/*$%\\ .1-', max_size=80))
def test_any_text_is_read(text: str) -> None:
    source = SourceText("a.tf", text)
    for node in walk(hcl.parse(source)):
        assert 0 <= node.at.start <= node.at.end <= len(text)


def test_interpolations_that_are_never_closed_take_no_longer() -> None:
    begun = perf_counter()
    hcl.parse(SourceText("a.tf", 'a = "${\n' * 60_000))
    assert perf_counter() - begun < 10
