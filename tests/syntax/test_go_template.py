from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flake8_celery_oom.syntax.go_nodes import Block, Dot, Function, Group, Insert, Literal, Text, Variable
from flake8_celery_oom.syntax.go_template import TemplateError, parse, pipeline_of


def texts(source: str) -> list[str]:
    return [source[node.start : node.end] for node in parse(source).nodes if isinstance(node, Text)]


def test_trim_markers_take_blanks_away() -> None:
    assert texts("a \n{{- 1 -}}\n b") == ["a", "b"]
    assert texts("a {{ 1 }} b") == ["a ", " b"]
    assert texts("a {{-1}} b") == ["a ", " b"], "a minus without a blank is a sign"
    assert texts("a {{- /* }} */ -}} b") == ["a", "b"]


def test_operands() -> None:
    pipeline = pipeline_of('default (.Values.a | int).b $x.c "}}" `raw` 4 0x10 1.5 nil true . $')
    assert pipeline.commands == (
        (
            Function("default"),
            Group(pipeline_of(".Values.a | int"), ("b",)),
            Variable("x", ("c",)),
            Literal("}}"),
            Literal("raw"),
            Literal(4),
            Literal(16),
            Literal(1.5),
            Literal(None),
            Literal(True),
            Dot(),
            Variable(""),
        ),
    )


def test_blocks() -> None:
    (block,) = parse("{{if .a}}1{{else if .b}}2{{else with.c}}3{{else}}4{{end}}").nodes
    assert isinstance(block, Block)
    (second,) = block.other
    assert isinstance(second, Block)
    (third,) = second.other
    assert isinstance(third, Block)
    assert (block.word, second.word, third.word) == ("if", "if", "with")
    assert len(third.other) == 1


def test_variables() -> None:
    (block,) = parse("{{ range $k, $v := .a }}{{ $x := 1 }}{{ $x = 2 }}{{ end }}").nodes
    assert isinstance(block, Block)
    assert block.pipeline.variables == ("k", "v")
    assert [node.pipeline.declares for node in block.body if isinstance(node, Insert)] == [True, False]


def test_named_templates() -> None:
    template = parse('{{ define "a" }}1{{ end }}{{ template "a" . }}{{ block "b" .x }}2{{ end }}')
    assert set(template.defined) == {"a", "b"}
    assert len(template.nodes) == 2


@pytest.mark.parametrize(
    "source",
    [
        "{{",
        "{{ if .a }}",
        "{{ end }}",
        "{{ .a b",
        "{{ ( }}",
        "{{ define x }}{{ end }}",
        "{{ a ? b }}",
        "{{ /* }}",
        "{{ }}",
    ],
)
def test_what_go_refuses_is_refused(source: str) -> None:
    with pytest.raises(TemplateError):
        parse(source)


@given(st.text(alphabet=st.sampled_from(list('{}-/* \n.$a()|:="`if end range'))))
def test_no_text_is_too_much(source: str) -> None:
    try:
        template = parse(source)
    except TemplateError:
        return
    places = [(node.start, node.end) for node in template.nodes if isinstance(node, (Text, Insert, Block))]
    assert places == sorted(places)
