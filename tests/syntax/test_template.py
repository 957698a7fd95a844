from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flake8_celery_oom.core.facts import Argv, ShellText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.syntax import template, yaml
from flake8_celery_oom.syntax.go_expression import Call, Constant, Element, Path
from flake8_celery_oom.syntax.yaml import Mapping, Node, Scalar, Sequence


def actions(text: str, kind: template.Kind = "go") -> list[template.Action]:
    return [action for action in template.mask(SourceText("f", text), kind).actions if not action.control]


def names(text: str, kind: template.Kind = "go") -> list[str | None]:
    return [action.name for action in actions(text, kind)]


def read(text: str, kind: template.Kind = "go") -> Mapping:
    (document,) = yaml.templated_documents(SourceText("f", text), kind)
    assert (document.problem, document.blanked) == (None, ())
    assert isinstance(document.node, Mapping)
    return document.node


def shown(node: Node | None) -> str:
    assert isinstance(node, Scalar)
    return Word.of(node.value).shown


def test_a_mask_keeps_length_and_lines() -> None:
    text = 'a: {{ .Values.a }}\r\n{{- if\n .b }}\nb: "{{ "}}" }}" # {{ c }}\n{{/* }} */}}\n{{- end }}\n'
    masked = template.mask(SourceText("f", text), "go").text.text
    assert len(masked) == len(text)
    assert [index for index, char in enumerate(masked) if char in "\r\n"] == [
        index for index, char in enumerate(text) if char in "\r\n"
    ]
    assert masked.splitlines()[0] == "a: " + "X" * 15
    assert "{" not in masked


@pytest.mark.parametrize(
    ("expression", "name", "default"),
    [
        (".Values.a.b", ".Values.a.b", None),
        ("$.Values.a", ".Values.a", None),
        (".Values.a | default 4 | quote", ".Values.a", "4"),
        ('default "x y" .Values.a', ".Values.a", "x y"),
        ("int (.Values.a | default 1.5)", ".Values.a", "1.5"),
        ("- toYaml .Values.a | nindent 12 -", ".Values.a", None),
        ('required "say it" .Values.a', ".Values.a", None),
        ("tpl .Values.a $", ".Values.a", None),
        ('index .Values "a-b" "c"', ".Values.a-b.c", None),
        ("(.Values.a).b", ".Values.a.b", None),
        ("tpl (toYaml .Values.a) .", ".Values.a", None),
        (".Values.a | default .Values.b", ".Values.a", None),
        (".Values.a | upper", None, None),
        ('include "name" .', None, None),
        ("index .Values.list 0", None, None),
        ('index .Values.list .Values.key "a"', None, None),
        ('printf "%s" .Values.a', None, None),
        ('"text"', None, None),
        ("(((", None, None),
        ("", None, None),
    ],
)
def test_what_an_action_inserts(expression: str, name: str | None, default: str | None) -> None:
    found = actions("{{" + expression + "}}")
    assert [(action.name, action.default) for action in found] == ([(name, default)] if expression else [])


def test_the_dot_and_variables_are_followed() -> None:
    text = """{{- $top := . -}}{{- $w := .Values.w }}
{{- with .Values.a }}{{ .b }}{{ $.Values.c }}{{ $w.d }}{{ else }}{{ .e }}{{ end }}
{{- range $name, $each := .Values.list }}{{ .f }}{{ $each.g }}{{ $name }}{{ $top.Values.h }}{{ end }}
{{- range .Values.more }}{{ . }}{{ with .i }}{{ .j }}{{ end }}{{ end }}{{ $each.k }}
{{- define "x" }}{{ .l }}{{ $.m }}{{ end }}{{ .Chart.Name }}
"""
    assert names(text) == [
        ".Values.a.b",
        ".Values.c",
        ".Values.w.d",
        ".e",
        ".Values.list[].f",
        ".Values.list[].g",
        None,
        ".Values.h",
        ".Values.more[]",
        ".Values.more[].i.j",
        None,
        ".l",
        ".m",
        ".Chart.Name",
    ]


def test_the_branches_and_their_tests() -> None:
    text = "{{ if .a }}1{{ else if eq .b 2 }}2{{ else }}3{{ end }}{{ with .c }}4{{ end }}{{ range .d }}5{{ end }}"
    branches = template.mask(SourceText("f", text), "go").branches
    a, b = Path(("a",)), Call("eq", (Path(("b",)), Constant(2)))
    assert [(text[branch.start : branch.end], branch.tests, branch.alternative) for branch in branches] == [
        ("1", ((a, True),), True),
        ("2", ((a, False), (b, True)), True),
        ("3", ((a, False), (b, False)), True),
        ("4", ((Path(("c",)), True),), False),
        ("5", ((Path(("d",)), True),), False),
    ]


def test_elements_of_a_range_are_expressions() -> None:
    (found,) = actions("{{ range .Values.a }}{{ .b }}{{ end }}")
    assert found.expression == Element(Path(("Values", "a")), ("b",))


def test_actions_that_insert_lines_fill_what_is_empty() -> None:
    top = read("""
spec:
  {{- with .Values.worker }}
  resources:
    {{- toYaml .resources | nindent 4 }}
  {{- end }}
  env: {{- include "env" . | nindent 4 }}
  more:
  - {{ toYaml .Values.x | nindent 4 }}
  last: 1
""")
    spec = top.get("spec")
    assert isinstance(spec, Mapping)
    resources = yaml.hole(spec.get("resources"))
    assert resources is not None
    assert (resources.name, resources.at and resources.at.line, resources.several) == (
        ".Values.worker.resources",
        5,
        True,
    )
    assert shown(spec.get("env")) == '{{- include "env" . | nindent 4 }}'
    more = spec.get("more")
    assert isinstance(more, Sequence)
    assert shown(more.items[0]) == "{{ toYaml .Values.x | nindent 4 }}"
    assert spec.keys() == ["resources", "env", "more", "last"]


def test_actions_that_add_lines_go_to_the_collection_that_they_add_to() -> None:
    top = read("""
a:
  env:
    {{- include "first" . | nindent 4 }}
    - name: A
      value: x
    {{- toYaml .Values.env | nindent 4 }}
  {{- include "more" . | nindent 2 }}
  # {{ include "comment" . }}
b: 1
""")
    a = top.get("a")
    assert isinstance(a, Mapping)
    env = a.get("env")
    assert isinstance(env, Sequence)
    assert [hole.name or hole.source for hole in env.holes] == ['{{- include "first" . | nindent 4 }}', ".Values.env"]
    assert [hole.source for hole in a.holes] == ['{{- include "more" . | nindent 2 }}']
    assert top.holes == ()


def test_several_actions_fill_one_value() -> None:
    top = read('a:\n  {{ include "x" . | nindent 2 }}\n  {{ include "y" . | nindent 2 }}\nb: 1\n')
    assert shown(top.get("a")) == '{{ include "x" . | nindent 2 }} {{ include "y" . | nindent 2 }}'


def test_a_list_broken_by_blocks_is_still_a_list() -> None:
    top = read("""
command:
  [
    {{- with .Values.prefix }}
    {{- . | nindent 4 }}
    {{- end }}
    "celery",
    {{- if .Values.level }}
    {{ printf "--loglevel=%s" .Values.level | quote }},
    {{- end }}
    "-c", "{{ .Values.c }}",
  ]
args:
- worker
{{- range .Values.args }}
- {{ . | quote }}
{{- end }}
{{- if .Values.e }}
- -E
{{- end }}
""")
    command, args = yaml.argv_or_text(top.get("command")), yaml.argv_or_text(top.get("args"))
    assert isinstance(command, Argv)
    assert [word.shown for word in command.words] == [
        "{{- . | nindent 4 }}",
        "celery",
        '{{ printf "--loglevel=%s" .Values.level | quote }}',
        "-c",
        "{{ .Values.c }}",
    ]
    assert [word.several for word in command.words] == [True, False, False, False, False]
    assert isinstance(args, Argv)
    assert [word.text for word in args.words] == ["worker", None, "-E"]
    assert args.words[1].holes[0].name == ".Values.args[]"


def test_actions_inside_a_block_scalar() -> None:
    top = read("""
a: >
  celery
  {{- if .Values.c }}
  -c {{ .Values.c }}
  {{- end }}
  {{ .Values.extraArgs }}
  -E
b: |
  {{- if .Values.on }}
  one
  {{- end }}
{{ .Files.Get "x" | indent 2 }}
  two
{{ include "after" . | nindent 0 }}
""")
    assert shown(top.get("a")) == "celery -c {{ .Values.c }} {{ .Values.extraArgs }} -E\n"
    assert shown(top.get("b")) == 'one\n{{ .Files.Get "x" | indent 2 }}\ntwo\n'
    a = top.get("a")
    assert isinstance(a, Scalar)
    assert [hole.hole.several for hole in a.value.holes] == [False, True]
    assert a.value.location(a.value.text.index("-E")).line == 8
    assert [hole.source for hole in top.holes] == ['{{ include "after" . | nindent 0 }}']


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("celery {{ if .a }}-c 4{{ end }}", "celery"),
        ("p{{ if .a }} -c {{ .b }}{{ end }}{{ if .c }} -E{{ end }}", "p"),
        ("--pool={{ if .a }}x{{ else }}y{{ end }}", "--pool={{ if .a }}x{{ else }}y{{ end }}"),
        ("a{{ if .b }}-c{{ end }}-d", "a{{ if .b }}-c{{ end }}-d"),
        ('"{{ if .a }}x{{ end }}"', "{{ if .a }}x{{ end }}"),
        ('"w {{ if .a }}x{{ end }}"', "w"),
    ],
)
def test_blocks_inside_a_value(line: str, value: str) -> None:
    found = shown(read(f"k: {line}\n").get("k"))
    assert found == value or found.split()[0] == value
    assert ("{{ if" in found) == ("{{ if" in value)


def test_a_control_line_that_trims_nothing_leaves_an_empty_line() -> None:
    assert shown(read("a: >\n  b\n  {{ if .x }}\n  c\n  {{- end }}\n  d\n").get("a")) == "b\nc d\n"


def test_an_action_on_a_line_of_plain_text() -> None:
    assert shown(read("a: b\n  {{ .Values.args }}\n  c\n").get("a")) == "b {{ .Values.args }} c"
    assert shown(read("a: 'b\n  {{ .Values.args }}\n  c'\n").get("a")) == "b {{ .Values.args }} c"


def test_blocks_at_the_head_of_a_line_keep_the_indentation() -> None:
    text = "a:\n  {% if cookiecutter.x == 'y' %}{{ cookiecutter.slug }}_db: 1{% endif %}\n"
    top = read(f"{text}  b:{{% if z %}} &b{{% endif %}}\n    c: 2\n", "jinja")
    a = top.get("a")
    assert isinstance(a, Mapping)
    assert len(a.entries) == 2
    assert a.entries[0].key is not None
    assert Word.of(a.entries[0].key.value).shown == "{{ cookiecutter.slug }}_db"
    b = a.get("b")
    assert isinstance(b, Mapping)
    assert b.anchor


def test_jinja() -> None:
    text = (
        "{# {{ no }} #}{{ a.b }}{{ c|default('x') }}{{ d | d(4) }}{{ e | upper }}{{ f() }}{% raw %}{{ g }}{% endraw %}"
    )
    found = actions(text, "jinja")
    assert [(action.name, action.default) for action in found] == [
        ("a.b", None),
        ("c", "x"),
        ("d", "4"),
        ("e", None),
        (None, None),
    ]
    assert "{{ g }}" in template.mask(SourceText("f", text), "jinja").text.text


def test_lines_that_cannot_be_read_are_given_up() -> None:
    text = "a: 1\n{{ .Values.key }} - : [\nb: 2\n---\nc: {{ .x }}\n"
    first, second = yaml.templated_documents(SourceText("f", text), "go")
    assert isinstance(first.node, Mapping)
    assert first.node.keys() == ["a", "b"]
    assert first.blanked == (2,)
    assert isinstance(second.node, Mapping)
    assert shown(second.node.get("c")) == "{{ .x }}"
    (hopeless,) = yaml.templated_documents(SourceText("f", "a: [\n" * 12), "go")
    assert hopeless.problem is not None


def test_the_language_is_seen() -> None:
    assert template.kind_of("a: {{ .Values.x }}") == "go"
    assert template.kind_of("a: {% if x %}") == "jinja"
    assert template.kind_of("a: {{ .Values.x }} # {%") == "go"
    assert template.kind_of("a: {{ cookiecutter.x }}") == "jinja"
    assert template.kind_of("a: {b: c}") is None


@pytest.mark.parametrize("kind", ["go", "jinja"])
@pytest.mark.parametrize(
    "text", ['{{"' * 20_000, "{{" * 20_000, "{{/*" * 20_000, "{{ (" * 9000 + "}}", "{% if %}" * 9000]
)
def test_hostile_templates_end(text: str, kind: template.Kind) -> None:
    masked = template.mask(SourceText("f", text), kind)
    assert len(masked.text.text) == len(text)
    list(yaml.templated_documents(SourceText("f", text), kind))


CONTROL = ["{{ if .a }}", "{{- else }}", "{{ end -}}", "{{ range .d }}", "{{ $x := .e }}", "{{/* x */}}"]
OTHER = ["{{ .Values.b }}", "{{- toYaml .c | nindent 4 }}", "{{", "}}"]
YAML = ["\n", "\n  ", "\n    ", "a: ", "- ", "|", ">", '"', "[", "]", ",", "x", " ", "# "]
PIECES = st.sampled_from([*CONTROL, *OTHER, *YAML])


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES, max_size=30).map("".join), st.sampled_from(["go", "jinja"]))
def test_any_template_is_read(text: str, kind: template.Kind) -> None:
    source = SourceText("f", text)
    masked = template.mask(source, kind)
    assert len(masked.text.text) == len(text)
    assert len(masked.parsable.offsets) == len(masked.parsable.text) + 1
    for char, offset in zip(masked.parsable.text, masked.parsable.offsets, strict=False):
        assert char in {" ", "X", text[offset]}
    for document in yaml.templated_documents(source, kind):
        for node in yaml.walk(document.node):
            assert 0 <= node.at.start <= node.at.end <= len(text)
            if isinstance(node, Scalar):
                offsets = list(node.value.offsets)
                assert offsets == sorted(offsets)
                for hole in node.value.holes:
                    assert text[offsets[hole.start]] == "{" or document.blanked
                command = yaml.argv_or_text(node)
                assert command is None or isinstance(command, ShellText)
