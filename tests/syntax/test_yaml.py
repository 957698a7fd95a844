"""The YAML tree is held against PyYAML: the same values, and every character at the place it came from."""

from __future__ import annotations

from collections import Counter

import pytest
import yaml as pyyaml
from hypothesis import given, settings
from hypothesis import strategies as st

from flake8_celery_oom.core.facts import Argv, ShellText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax import yaml, yaml_reader
from flake8_celery_oom.syntax.yaml import Mapping, Node, Scalar, Sequence

BREAKS = "\n\r\x85\u2028\u2029"


def root(text: str) -> Node:
    documents = list(yaml.documents(SourceText("file.yaml", text)))
    assert [document.problem for document in documents] == [None]
    node = documents[0].node
    assert node is not None
    return node


def mapping(text: str) -> Mapping:
    node = root(text)
    assert isinstance(node, Mapping)
    return node


def scalar(node: Node | None) -> Scalar:
    assert isinstance(node, Scalar)
    return node


def written(node: Node) -> str:
    """The stretch of the file that ``at`` names."""
    first = next(one for one in yaml.walk(node) if isinstance(one, Scalar))
    return first.value.source.text[node.at.start : node.at.end]


def plain_data(node: Node | None) -> object:
    match node:
        case None:
            return None
        case Scalar():
            return node.value.text
        case Sequence():
            return [plain_data(item) for item in node.items]
        case Mapping():
            return {name: plain_data(value) for name, value in node.items()}


@pytest.mark.parametrize(
    ("text", "style", "value"),
    [
        ("a: celery -A x", "plain", "celery -A x"),
        ("a: 'it''s'", "single", "it's"),
        ('a: "tab\\tand \\u00e9 \\x41"', "double", "tab\tand \u00e9 A"),
        ("a: |\n  one\n\n  two\n", "literal", "one\n\ntwo\n"),
        ("a: |-\n  one\n  two\n\nb: 1", "literal", "one\ntwo"),
        ("a: |+\n  one\n\n\nb: 1", "literal", "one\n\n\n"),
        ("a: |2\n    one\n  two\n", "literal", "  one\ntwo\n"),
        ("a: >\n  one\n  two\n\n  three\n    more\n  four\n", "folded", "one two\nthree\n  more\nfour\n"),
        ("a: >-2\n   one\n", "folded", " one"),
        ('a: "one\n  two \\\n  three\n\n  four"', "double", "one two three\nfour"),
        ("a: one\n  two\n\n  three", "plain", "one two\nthree"),
        ("a: |\r\n  one\r\n  two\r\n", "literal", "one\ntwo\n"),
        ("- a:\n  - |1\n    x\n", "literal", " x\n"),
    ],
)
def test_scalars_are_decoded(text: str, style: str, value: str) -> None:
    found = next(node for node in yaml.walk(root(text)) if isinstance(node, Scalar))
    assert (found.style, found.value.text) == (style, value)
    loaded = pyyaml.safe_load(text)
    while not isinstance(loaded, str):
        loaded = next(iter(loaded.values())) if isinstance(loaded, dict) else loaded[0]
    assert value == loaded


def test_words_of_folded_text_keep_their_places() -> None:
    text = "run: >\n    celery -A proj worker\n    -c 4\n"
    value = scalar(mapping(text).get("run")).value
    place = value.location(value.text.index("-c"), value.text.index("4") + 1)
    assert (place.line, place.column, place.end_column) == (3, 5, 9)


def test_positions_of_nodes() -> None:
    text = "a: 'x'  # c\nb:\n- one\n- [t, 'u']   \n\nc: {d: e}\nf: |\n  g\n\n# tail\n"
    top = mapping(text)
    b, c, f = top.get("b"), top.get("c"), top.get("f")
    assert isinstance(b, Sequence)
    assert isinstance(c, Mapping)
    assert f is not None
    assert written(scalar(top.get("a"))) == "'x'"
    assert text[b.at.start : b.at.end] == "- one\n- [t, 'u']"
    assert written(b.items[1]) == "[t, 'u']"
    assert written(c) == "{d: e}"
    assert written(f) == "|\n  g\n"
    assert text[top.at.start : top.at.end].endswith("  g\n")


def test_missing_values_stand_behind_the_colon_or_the_dash() -> None:
    text = "a:\n  # c\nb: ~\nc:\n-\n- null\n- ''\nd: {e: , f}\n"
    top = mapping(text)
    a, c, d = scalar(top.get("a")), top.get("c"), top.get("d")
    assert isinstance(c, Sequence)
    assert isinstance(d, Mapping)
    assert (a.is_null, a.at.start, a.at.end) == (True, 2, 2)
    assert scalar(top.get("b")).is_null
    assert [scalar(item).is_null for item in c.items] == [True, True, False]
    assert text[: scalar(c.items[0]).at.start].endswith("c:\n-")
    assert text[: scalar(d.get("e")).at.start].endswith("{e:")
    assert yaml.text(a) is None


def test_anchors_tags_and_aliases() -> None:
    top = mapping("a: &one !Ref  Name\nb: *one\nc: !Join\n  - x\n  - &two {k: !!str 1}\nd: *two\n")
    a, c = scalar(top.get("a")), top.get("c")
    assert isinstance(c, Sequence)
    assert (a.value.text, a.tag, a.anchor) == ("Name", "!Ref", True)
    assert written(a) == "Name"
    assert top.get("b") is a
    assert (c.tag, c.anchor) == ("!Join", False)
    assert top.get("d") is c.items[1]
    assert c.items[1].anchor


def test_merge_keys_come_last() -> None:
    text = "x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz:\n  <<: [*x, *y]\n  a: 0\nw: {<<: *y, d: 4}\n"
    top = mapping(text)
    z, w = top.get("z"), top.get("w")
    assert isinstance(z, Mapping)
    assert isinstance(w, Mapping)
    assert plain_data(z) == {"a": "0", "b": "1", "c": "2"}
    assert plain_data(w) == {"d": "4", "b": "2", "c": "2"}
    assert len(z.entries) == 2
    assert pyyaml.safe_load(text)["z"] == {"a": 0, "b": 1, "c": 2}
    text += "v:\n  <<: *x\n  <<: *y\n"  # readers differ: this one, like PyYAML until 6.0.3, takes the later merge
    assert plain_data(mapping(text).get("v")) == {"a": "1", "b": "2", "c": "2"}


def test_duplicate_keys_are_kept_and_the_last_counts() -> None:
    top = mapping("a: 1\na: 2\n")
    assert yaml.text(top.get("a")) == "2"
    assert [yaml.text(value) for value in top.get_all("a")] == ["1", "2"]


def test_a_cycle_and_an_alias_bomb_end() -> None:
    top = mapping("a: &a\n  b: *a\n  <<: *a\n")
    a = top.get("a")
    assert isinstance(a, Mapping)
    assert scalar(a.get("b")).is_null
    lines = ["a0: &a0 {k0: x}"]
    lines += [
        f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}], k{n}: [*a{n - 1}, *a{n - 1}]}}" for n in range(1, 40)
    ]
    bomb = mapping("\n".join(lines))
    last = bomb.get("a39")
    assert isinstance(last, Mapping)
    assert len(last.keys()) == 40
    assert len(list(yaml.walk(bomb))) < 300


def test_a_broken_document_loses_only_itself() -> None:
    source = SourceText("f", "a: 1\n---\nb: [\n---\nc: 3\n---\n- d\n- *nobody\n")
    documents = list(yaml.documents(source))
    assert [document.problem is None for document in documents] == [True, False, True, True]
    problem = documents[1].problem
    assert problem is not None
    assert problem.line == 4
    assert "\n" not in problem.message


@pytest.mark.parametrize("nested", ["[" * 50_000, "- " * 50_000, '{"a": ' * 50_000, "a: {" * 50_000, "? " * 50_000])
def test_deep_nesting_is_refused(nested: str) -> None:
    documents = list(yaml.documents(SourceText("f", nested)))
    assert documents[0].problem is not None


def test_a_large_file_is_refused() -> None:
    documents = list(yaml.documents(SourceText("f", "#" * (yaml.LARGEST + 1))))
    assert documents[0].problem is not None


@pytest.mark.parametrize(
    "odd", ["a: \x00\x07", "a: \udcff", "\ufeffa: x", "a: \ufffe", "%YAML 1.3\n---\na: x", "\x85a: x", ""]
)
def test_odd_characters_do_not_stop_the_reading(odd: str) -> None:
    for document in yaml.documents(SourceText("f", odd)):
        assert document.problem is None or document.problem.line > 0


def test_text_that_is_no_yaml_character_survives() -> None:
    assert scalar(mapping("a: x\udcffy").get("a")).value.text == "x\udcffy"


def test_a_command_is_read_as_written() -> None:
    top = mapping('a: [celery, \'-A\', x]\nb: ["celery", "-A"]\nc:\n  - celery\n  - {x: y}\nd: celery -A x\ne:\n')
    a, b, c = (yaml.argv_or_text(top.get(name)) for name in "abc")
    assert isinstance(a, Argv)
    assert isinstance(b, Argv)
    assert isinstance(c, Argv)
    assert ([word.text for word in a.words], a.notation) == (["celery", "-A", "x"], "yaml-flow")
    assert b.notation == "json"
    assert ([word.text for word in c.words], c.notation) == (["celery", None], "yaml-block")
    d = yaml.argv_or_text(top.get("d"), shell=False)
    assert isinstance(d, ShellText)
    assert (d.text.text, d.shell) == ("celery -A x", False)
    assert yaml.argv_or_text(top.get("e")) is None
    assert yaml.argv_or_text(top) is None


def test_the_slow_parser_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'a: &x !Ref one\nb:\n- |2\n    y\n- >\n  z\n  w\n- "\\x41\n  b"\nc: {<<: {d: e}}\n---\n[f, [g]]\n'
    expected = [plain_data(document.node) for document in yaml.documents(SourceText("f", text))]
    tag = scalar(mapping("a: !Ref one").get("a")).tag
    monkeypatch.setattr(pyyaml, "__with_libyaml__", False)
    assert yaml_reader._event_parser()[1] == yaml_reader.LARGEST_WITHOUT_C
    assert [plain_data(document.node) for document in yaml.documents(SourceText("f", text))] == expected
    assert scalar(mapping("a: !Ref one").get("a")).tag == tag
    broken = list(yaml.documents(SourceText("f", "a: [\n---\nb: 1\n")))
    assert [document.problem is None for document in broken] == [False, True]


# --- properties -------------------------------------------------------------------------------------------------------

LINE = st.text(st.sampled_from("ab \t#'\"-:{}[],&*!|>%@\\x"), max_size=8)
LINES = st.lists(LINE, max_size=5)
BREAK = st.sampled_from(["\n", "\r\n", "\n\n"])


def check_against_pyyaml(text: str) -> None:
    """When PyYAML can read the text, the tree holds the same scalars, each character where it came from."""
    try:
        events = list(pyyaml.parse(text, Loader=pyyaml.CSafeLoader))
    except pyyaml.YAMLError:
        list(yaml.documents(SourceText("f", text)))
        return
    found: list[Scalar] = []
    for document in yaml.documents(SourceText("f", text)):
        assert document.problem is None
        found.extend(_scalars_with_keys(document.node))
    if not any(isinstance(event, pyyaml.AliasEvent) for event in events):
        expected = [event.value for event in events if isinstance(event, pyyaml.ScalarEvent)]
        mine = Counter(one.value.text for one in found)
        assert mine <= Counter(expected)
        assert mine == Counter(expected) or "?" in text  # a key that is a mapping is left out
    for one in found:
        check_places(one, text)


def _scalars_with_keys(node: Node | None) -> list[Scalar]:
    found: list[Scalar] = []
    for one in yaml.walk(node):
        if isinstance(one, Scalar):
            found.append(one)
        elif isinstance(one, Mapping):
            found.extend(entry.key for entry in one.entries if entry.key is not None)
    return found


def check_places(one: Scalar, text: str) -> None:
    value = one.value
    offsets = list(value.offsets)
    assert len(offsets) == len(value.text) + 1
    assert offsets == sorted(offsets)
    for char, offset in zip(value.text, offsets, strict=False):
        origin = text[offset]
        assert char == origin or (char in " \n" and origin in BREAKS) or (one.style == "double" and origin == "\\")
        assert one.at.start <= offset < max(one.at.end, one.at.start + 1)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["|", ">", "|-", ">+", "|2", ">1-", "|+", "> # c"]),
    LINES,
    BREAK,
    st.sampled_from(["", " ", "  ", "   "]),
)
def test_block_scalars_like_pyyaml(header: str, lines: list[str], line_break: str, indent: str) -> None:
    check_against_pyyaml(
        f"k:\n- a: {header}{line_break}" + line_break.join(indent + "   " + line for line in lines) + "\nb: 1\n"
    )


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["'", '"', ""]), LINES, BREAK)
def test_flow_scalars_like_pyyaml(quote: str, lines: list[str], line_break: str) -> None:
    body = line_break.join("  " + line for line in lines)
    body = body.replace(quote, quote * 2 if quote == "'" else "\\" + quote) if quote else body
    check_against_pyyaml(f"k: {quote}{body}{quote}\nb: [x, {quote}{body}{quote}]\n")


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.text(max_size=12),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=8,
    ),
    st.sampled_from([None, "'", '"', "|", ">"]),
    st.booleans(),
    st.integers(20, 80),
)
def test_what_pyyaml_writes_is_read_back(data: object, style: str | None, flow: bool, width: int) -> None:
    text = pyyaml.dump(data, default_style=style, default_flow_style=flow, width=width, allow_unicode=True)
    documents = list(yaml.documents(SourceText("f", text)))
    assert documents[0].problem is None
    check_against_pyyaml(text)


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("ab: -\n\t'\"[]{},&*!|>%?#\\\r\x85\u2028"), max_size=40))
def test_any_text_is_read_without_an_error(text: str) -> None:
    check_against_pyyaml(text)


@pytest.mark.parametrize(
    "placeholder", ["__TOLERATIONS__", "  __VOLUMES_1__  ", "@EXTRA@", "@@EXTRA@@", "${ENVIRONMENT}"]
)
def test_a_line_that_a_script_fills_in_is_taken_for_empty(placeholder: str) -> None:
    text = f"a: 1\n{placeholder}\nb: 2\n"
    (document,) = yaml.documents(SourceText("a.yml", text))
    assert document.problem is None
    assert isinstance(document.node, yaml.Mapping)
    assert [(name, entry.at.line) for name, entry in document.node.items()] == [("a", 1), ("b", 3)]


@pytest.mark.parametrize("line", ["__not_one__", "$name", "c __A__"])
def test_other_lines_that_do_not_fit_are_a_problem(line: str) -> None:
    (document,) = yaml.documents(SourceText("a.yml", f"a: 1\n{line}\nb: 2\n"))
    assert document.problem is not None
