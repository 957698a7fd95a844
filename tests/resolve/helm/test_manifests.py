from __future__ import annotations

from textwrap import dedent

import pytest

from flake8_celery_oom.core.facts import Argv, Fact, Launch, Script, ShellText, Variables
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.value import Known, Unknown, Unset
from flake8_celery_oom.resolve.helm.manifests import render

TEMPLATE = "chart/templates/worker.yaml"


def project(values: str | None, template: str, **more: str) -> dict[str, str]:
    files = {"chart/Chart.yaml": "name: shop\n", TEMPLATE: template}
    if values is not None:
        files["chart/values.yaml"] = values
    return files | {path.replace("__", "/"): text for path, text in more.items()}


def rendered(files: dict[str, str]) -> list[Fact]:
    return render(frozenset(files), lambda path: SourceText(path, files[path]) if path in files else None).facts


def workload(container: str) -> str:
    """A Deployment with one container."""
    lines = "\n".join(f"          {line}" if line else "" for line in container.strip("\n").split("\n"))
    outer = "kind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n"
    return f"{outer}        - name: w\n          image: i\n{lines}\n"


def filled(container: str, values: str | None, **more: str) -> Launch:
    (one,) = filled_all(workload(container), values, **more)
    return one


def filled_all(template: str, values: str | None, **more: str) -> list[Launch]:
    return [fact for fact in rendered(project(values, template, **more)) if isinstance(fact, Launch)]


def words(launch: Launch) -> list[str | None]:
    assert isinstance(launch.entrypoint, Argv)
    return [word.text if not word.holes else word.shown for word in launch.entrypoint.words]


# --- expressions ------------------------------------------------------------------------------------------------------

VALUES = """
a: 4
b: {c: text, d: "", e: null, f: false, g: [x, z], h: 0, i: "0", j: {}}
tpl: "{{ .Values.a }}"
"""


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (".Values.a", "4"),
        ("$.Values.b.c | quote", '"text"'),
        (".Values.b.e | default 5", "5"),
        (".Values.b.d | default .Values.a", "4"),
        (".Values.a | default 5", "4"),
        (".Values.nothing", None),
        ("int .Values.a", "4"),
        ('int "4.7"', "0"),
        ('printf "--c=%d-%s%%" (int .Values.a) .Values.b.c', "--c=4-text%"),
        ('ternary "x" "y" .Values.b.f', "y"),
        ("coalesce .Values.b.d .Values.b.e .Values.a", "4"),
        ('join "," .Values.b.g', "x,z"),
        ("upper .Values.b.c", "TEXT"),
        ("eq .Values.a 4.0", "true"),
        ("eq .Values.a 4", None),
        ("ne (int .Values.a) 4", "false"),
        ('eq .Values.b.c "z" "text"', "true"),
        ("gt (int .Values.a) 3", "true"),
        ("not .Values.b.j", "true"),
        ("empty .Values.b.g", "false"),
        ('hasKey .Values.b "d"', "true"),
        ('hasKey .Values.b "z"', "false"),
        ("and .Values.a .Values.b.f .Release.Name", "false"),
        ("or .Values.b.f .Values.a", "4"),
        ('required "say it" .Values.a', "4"),
        ("tpl .Values.tpl .", "4"),
        (".Values.b.g", "[x z]"),
        (".Values.z.y", None),
        (".Values.z.y | default 5", None),
        (".Release.Name", None),
        ("or .Release.Name .Values.b.f", None),
        ('default 4 (lookup "v1" "x")', None),
        ("someFunction .Values.a", None),
        ("gt .Values.b.c 4", None),
    ],
)
def test_expressions(expression: str, text: str | None) -> None:
    launch = filled(f"args: ['[{{{{ {expression} }}}}]']", VALUES)
    assert isinstance(launch.command, Argv)
    (word,) = launch.command.words
    assert word.text == (None if text is None else f"[{text}]")


# --- values -----------------------------------------------------------------------------------------------------------

LIMIT = "resources: {{- toYaml .Values.resources | nindent 12 }}"


def test_a_limit_comes_from_the_block_in_the_values() -> None:
    values = "resources:\n  requests: {memory: 1Mi}\n  limits: {cpu: 1, memory: 512Mi}\n"
    limit = filled(LIMIT, values).memory_limit
    assert isinstance(limit, Known)
    assert (limit.value, str(limit.at)) == (512 * 1024**2, "chart/values.yaml:3")


@pytest.mark.parametrize(
    ("container", "values", "expected"),
    [
        (LIMIT, "resources: {}", None),
        (LIMIT, "resources: {limits: {cpu: 1}}", None),
        (LIMIT, "other: 1", None),
        (LIMIT, "resources: {limits: {memory: lots}}", "unknown"),
        (LIMIT, None, "unknown"),
        ("resources: {{- toYaml .Values.worker.resources | nindent 12 }}", "other: 1", "unknown"),
        ("resources:\n  limits:\n    memory: {{ .Values.m }}Mi", "m: 64", 64),
        ('resources:\n  limits:\n    memory: "{{ .Values.m | default "64Mi" }}"', "x: 1", 64),
        ("resources:\n  limits: {{- toYaml .Values.limits | nindent 14 }}", "limits: {memory: 64Mi}", 64),
        ("resources:\n  limits:\n    memory: {{ .Values.m }}", "m: 0", None),
        (
            "{{- with .Values.r }}\nresources:\n  {{- toYaml . | nindent 12 }}\n{{- end }}",
            "r: {limits: {memory: 64Mi}}",
            64,
        ),
        ("{{- with .Values.r }}\nresources:\n  {{- toYaml . | nindent 12 }}\n{{- end }}", "r: {}", None),
        ("{{- if .Values.active }}\nresources: {limits: {memory: 64Mi}}\n{{- end }}", "active: true", 64),
        ("{{- if .Values.active }}\nresources: {limits: {memory: 64Mi}}\n{{- end }}", "active: false", None),
        ("resources: {{- toYaml (.Values.a | default .Values.b) | nindent 12 }}", "b: {limits: {memory: 64Mi}}", 64),
        ('{{- include "no.such" . | nindent 10 }}', "a: 1", "unknown"),
        ('resources: {{- include "shop.resources" . | nindent 12 }}', "a: 1", "unknown"),
    ],
)
def test_limits(container: str, values: str | None, expected: int | str | None) -> None:
    limit = filled(container, values).memory_limit
    match limit:
        case Known():
            assert limit.value == expected * 1024**2 if isinstance(expected, int) else None
        case Unset():
            assert expected is None
        case Unknown():
            assert expected == "unknown"


def test_what_only_other_files_of_values_say_is_unknown() -> None:
    one, other = "resources: {limits: {memory: 1Gi}}", "resources: {limits: {memory: 2Gi}}"
    said = filled(LIMIT, "a: 1", **{"chart__values-prod.yaml": one, "chart__values-test.yaml": other}).memory_limit
    assert isinstance(said, Unknown)
    own = filled(LIMIT, one, **{"chart__values-test.yaml": other}).memory_limit
    assert isinstance(own, Known)
    assert own.value == 1024**3


def test_the_parent_chart_decides_for_its_parts() -> None:
    template = workload(
        "args: ['{{ .Values.c }}', '{{ .Values.d }}', '{{ .Values.global.q }}', '{{ .Values.n | default 1 }}']"
    )
    files = {
        "p/Chart.yaml": "name: parent\ndependencies:\n- {name: shop, alias: store}\n",
        "p/values.yaml": "store: {c: 8, n: null}\nglobal: {q: all}\n",
        "p/charts/shop/Chart.yaml": "name: shop\n",
        "p/charts/shop/values.yaml": "c: 4\nd: 5\nn: 6\nglobal: {q: own}\n",
        "p/charts/shop/templates/w.yaml": template,
    }
    (launch,) = rendered(files)
    assert isinstance(launch, Launch)
    assert isinstance(launch.command, Argv)
    assert [word.text for word in launch.command.words] == ["8", "5", "all", "1"]


def test_a_template_outside_a_chart_is_not_rendered() -> None:
    assert rendered({"templates/w.yaml": workload("args: ['{{ .Values.c }}']"), "values.yaml": "c: 1\n"}) == []


# --- commands ---------------------------------------------------------------------------------------------------------


def test_a_word_that_is_one_value_stands_in_the_values() -> None:
    launch = filled("command: [celery, -c, {{ .Values.c }}, '--pool={{ .Values.p }}']", "c: 4\np: gevent\n")
    assert words(launch) == ["celery", "-c", "4", "--pool=gevent"]
    assert isinstance(launch.entrypoint, Argv)
    assert [word.at and word.at.path for word in launch.entrypoint.words[2:]] == ["chart/values.yaml", TEMPLATE]


def test_a_value_that_is_not_said_stays_a_hole_with_its_default() -> None:
    launch = filled("command: [celery, -c, {{ .Values.c }}, -Q, {{ .Release.Name }}]", "x: 1\n")
    assert words(launch) == ["celery", "-c", "{{ .Values.c }}", "-Q", "{{ .Release.Name }}"]
    assert words(filled("command: [celery, -c, '{{ .Values.c | default 4 }}']", "x: 1\n")) == ["celery", "-c", "4"]


BLOCKS = """
command:
  [
    "celery",
    {{- if .Values.c }}
    "-c", "{{ .Values.c }}",
    {{- else }}
    "--autoscale=8,1",
    {{- end }}
    {{- range .Values.args }}
    {{ . | quote }},
    {{- end }}
  ]
"""


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ("c: 4\nargs: [-E, -B]\n", ["celery", "-c", "4", "-E", "-B"]),
        ("c: null\nargs: []\n", ["celery", "--autoscale=8,1"]),
    ],
)
def test_conditions_and_loops_inside_a_list(values: str, expected: list[str]) -> None:
    assert words(filled(BLOCKS, values)) == expected


def test_what_no_value_decides_stays_open() -> None:
    launch = filled(BLOCKS.replace(".Values.c ", ".Release.c "), None)
    assert isinstance(launch.entrypoint, Argv)
    assert [word.text for word in launch.entrypoint.words if not word.several] == ["celery"]


def test_what_is_switched_off_as_a_whole_is_still_read() -> None:
    container = "command: [celery]\nenv:\n- {name: A, value: b}\nresources: {limits: {memory: 1Mi}}"
    template = f"{{{{- if .Values.active }}}}\n{workload(container)}{{{{- end }}}}\n"
    (launch,) = filled_all(template, "active: false\n")
    assert words(launch) == ["celery"]
    assert list(launch.environment) == ["A"]
    assert isinstance(launch.memory_limit, Known)


def test_an_element_without_the_switch_that_others_have_is_of_another_sort() -> None:
    """Of ``beat`` nothing is rendered: it has no ``jobs`` at all, unlike one that is switched off."""
    container = "command: [celery, '{{ .name }}']"
    inner = workload(container)
    template = f"{{{{- range .Values.nodes }}}}\n{{{{- if .jobs }}}}\n---\n{inner}{{{{- end }}}}\n{{{{- end }}}}\n"
    values = "nodes:\n- {name: one, jobs: true}\n- {name: beat}\n- {name: idle, jobs: false}\n"
    assert [words(launch) for launch in filled_all(template, values)] == [["celery", "one"], ["celery", "idle"]]
    alone = "nodes:\n- {name: one}\n"
    assert [words(launch) for launch in filled_all(template, alone)] == [["celery", "one"]]


def test_a_whole_command_from_the_values() -> None:
    listed = filled("command: {{- toYaml .Values.command | nindent 10 }}", "command: [celery, worker]\n")
    assert words(listed) == ["celery", "worker"]
    text = filled('command: ["sh", "-c", "{{ .Values.line }}"]', "line: celery worker -c 4\n")
    assert isinstance(text.entrypoint, Argv)
    mapped = text.entrypoint.words[2].mapped
    assert mapped is not None
    assert (mapped.text, mapped.source.path) == ("celery worker -c 4", "chart/values.yaml")
    shell = filled("command: {{ .Values.line }}", "line: celery worker -c 4\n").entrypoint
    assert isinstance(shell, ShellText)
    assert shell.at.path == "chart/values.yaml"


SCRIPT = """
command:
  - sh
  - -c
  - |
    celery worker {{ if .Values.c }}-c {{ .Values.c }}{{ else }}--autoscale=8,1{{ end }}
    {{- if .Values.beat }}
    celery beat
    {{- end }}
    {{- if .Release.IsInstall }}
    echo {{ .Values.p }}
    {{- else }}
    echo again
    {{- end }}
"""


def test_branches_inside_a_script() -> None:
    launch = filled(SCRIPT, "c: 4\nbeat: false\np: done\n")
    text = words(launch)[2] or ""
    assert text.split("\n")[0] == "celery worker -c 4"
    assert "beat" not in text
    assert isinstance(launch.entrypoint, Argv)
    assert len(launch.entrypoint.words[2].holes) == 2
    assert (words(filled(SCRIPT, "beat: true\n"))[2] or "").startswith("celery worker --autoscale=8,1\ncelery beat\n")


# --- environments -----------------------------------------------------------------------------------------------------


def test_variables_from_the_values() -> None:
    launch = filled(
        """
env:
  - {name: A, value: "{{ .Values.a }}"}
  {{- if .Values.no }}
  - {name: B, value: b}
  {{- end }}
  {{- range $name, $value := .Values.env }}
  - name: {{ $name }}
    value: {{ $value | quote }}
  {{- end }}
  {{- toYaml .Values.extra | nindent 12 }}
  {{- with .Values.none }}
  {{- toYaml . | nindent 12 }}
  {{- end }}
  {{- include "unknown" . | nindent 12 }}
envFrom:
  - configMapRef: {name: c}
""",
        "a: one\nenv: {C: 4, D: x}\n"
        "extra:\n- {name: E, value: e}\n- {name: F, valueFrom: {secretKeyRef: {name: s, key: k}}}\n",
    )
    known = {name: word.text for name, word in launch.environment.items()}
    assert known == {"A": "one", "C": "4", "D": "x", "E": "e", "F": None}
    assert [(origin.kind, origin.name) for origin in launch.environment_from] == [
        ("other", '{{- include "unknown" . | nindent 12 }}'),
        ("configmap", "c"),
    ]


def test_a_config_map_and_its_script() -> None:
    template = """kind: ConfigMap
metadata: {name: c}
data:
  A: {{ .Values.a | quote }}
  {{- range $key, $value := .Values.settings }}
  {{ $key }}: {{ $value | quote }}
  {{- end }}
  run.sh: |
    #!/bin/sh
    celery worker -c {{ .Values.c }}
"""
    script, variables = rendered(project("a: 1\nc: 4\nsettings: {B: 2}\n", template))
    assert isinstance(script, Script)
    assert isinstance(variables, Variables)
    assert script.text.text == "#!/bin/sh\ncelery worker -c 4\n"
    assert {name: word.text for name, word in variables.values.items() if name != "run.sh"} == {"A": "1", "B": "2"}


# --- loops and named templates ----------------------------------------------------------------------------------------


def test_a_workload_for_each_element() -> None:
    template = "{{- range $name, $w := .Values.workers }}\n---\n"
    template += workload("args: [celery, -c, {{ $w.c }}]\nenv:\n- {name: N, value: {{ $name }}}")
    template = template.replace("- name: w\n", "- name: {{ $name }}\n") + "{{- end }}\n"
    launches = filled_all(template, "workers:\n  fast: {c: 8}\n  slow: {c: 1}\n")
    assert [launch.name for launch in launches] == ["fast", "slow"]
    assert [isinstance(launch.command, Argv) and launch.command.words[2].text for launch in launches] == ["8", "1"]
    assert [launch.environment["N"].text for launch in launches] == ["fast", "slow"]
    assert len({launch.container for launch in launches}) == 2
    assert len(filled_all(template, "workers: {}\n")) == 1


HELPERS = """
{{- define "shop.image" -}}
{{- $tag := .Values.tag | default "latest" -}}
{{ printf "%s:%s" .Values.name $tag }}
{{- end -}}
{{- define "shop.enabled" }}{{ if and .Values.active .Values.name }}true{{ end }}{{ end }}
{{- define "shop.loop" }}{{ include "shop.loop" . }}{{ end }}
{{- define "shop.late" }}{{ $x := "a" }}{{ if .Values.active }}{{ $x = "b" }}{{ end }}{{ $x }}{{ end }}
"""


def test_named_templates() -> None:
    helpers = {"chart__templates___helpers.tpl": HELPERS}
    container = """
args:
  - '{{ include "shop.image" . }}'
  {{- if include "shop.enabled" . }}
  - enabled
  {{- end }}
  - '{{ template "shop.loop" . }}'
  - '{{ include "shop.late" . }}'
  - '{{ include "shop.image" .Values }}'
"""
    launch = filled(container, "name: shop\non: false\n", **helpers)
    assert isinstance(launch.command, Argv)
    assert [word.text for word in launch.command.words] == ["shop:latest", None, "a", None]
    launch = filled(container, 'name: shop\nactive: true\ntag: "2"\n', **helpers)
    assert isinstance(launch.command, Argv)
    assert [word.text for word in launch.command.words][:2] == ["shop:2", "enabled"]


def test_images_and_names_are_filled_where_they_can_be() -> None:
    image = "{{ .Chart.Name }}/{{ .Values.image }}:{{ .Release.Name }}"
    template = workload("args: [celery]").replace("image: i", f'image: "{image}"')
    (launch,) = filled_all(template, "image: worker\n")
    assert launch.image == "shop/worker:{{ .Release.Name }}"


# --- what is not known ------------------------------------------------------------------------------------------------


def test_an_undecided_branch_inside_a_word_is_one_unknown() -> None:
    branch = "{{ if .Release.IsUpgrade }}10{{ else }}11{{ end }}"
    launch = filled(f"command: [celery, worker, -c, '{branch}', '--pool={branch}']", "a: 1\n")
    assert words(launch) == ["celery", "worker", "-c", branch, f"--pool={branch}"]
    same = "{{ if .Release.IsUpgrade }}10{{ else }}10{{ end }}"
    assert words(filled(f"command: [celery, -c, '{same}']", "a: 1\n")) == ["celery", "-c", "10"]


def test_a_command_of_two_undecided_branches_keeps_what_they_share() -> None:
    container = """
{{- if .Release.IsUpgrade }}
command: [celery, -A, shop, worker, -c, "4"]
{{- else }}
command: [celery, -A, shop, worker, -c, "8", -E]
{{- end }}
{{- if .Release.IsUpgrade }}
resources: {limits: {memory: 1Gi}}
{{- end }}
"""
    launch = filled(container, "a: 1\n")
    assert isinstance(launch.entrypoint, Argv)
    assert [word.text for word in launch.entrypoint.words][:5] == ["celery", "-A", "shop", "worker", "-c"]
    assert all(word.several for word in launch.entrypoint.words[5:])
    assert isinstance(launch.memory_limit, Unknown)


def test_what_a_variable_became_in_an_undecided_branch_is_unknown() -> None:
    container = "args: ['{{ $x := 1 }}{{ if .Release.IsUpgrade }}{{ $x = 2 }}{{ end }}{{ $x }}']"
    launch = filled(container, "a: 1\n")
    assert isinstance(launch.command, Argv)
    assert [word.text for word in launch.command.words] == [None]


def test_a_chart_without_values_still_shows_its_workers() -> None:
    template = (
        "{{- range $name, $w := .Values.workers }}\n---\n" + workload("args: [worker, -c, {{ $w.c }}]") + "{{- end }}\n"
    )
    (launch,) = filled_all(template, None)
    assert isinstance(launch.command, Argv)
    assert [word.text for word in launch.command.words] == ["worker", "-c", None]


# --- named templates and libraries ------------------------------------------------------------------------------------


def test_a_whole_manifest_in_a_named_template() -> None:
    helpers = (
        '{{- define "shop.workload" -}}\n' + workload("command: [celery, -c, {{ .Values.c | quote }}]") + "{{- end }}\n"
    )
    (launch,) = filled_all('{{ include "shop.workload" . }}\n', "c: 4\n", **{"chart__templates___w.tpl": helpers})
    assert words(launch) == ["celery", "-c", "4"]
    assert launch.at.path == "chart/templates/_w.tpl"


def test_the_library_of_bitnami_need_not_be_there() -> None:
    container = """
image: {{ include "common.images.image" (dict "imageRoot" .Values.image "global" .Values.global) }}
command: {{- include "common.tplvalues.render" (dict "value" .Values.command "context" $) | nindent 12 }}
resources: {{- include "common.resources.preset" (dict "type" .Values.preset) | nindent 12 }}
"""
    values = "image: {registry: r, repository: shop, tag: '1'}\ncommand: [celery, '{{ .Values.app }}']\n"
    launch = filled(container, values + "app: a\npreset: small\n")
    assert words(launch) == ["celery", "a"]
    assert isinstance(launch.memory_limit, Known)
    assert launch.memory_limit.value == 768 * 1024**2


def test_files_of_the_chart() -> None:
    template = 'kind: ConfigMap\nmetadata: {name: c}\ndata:\n  w.conf: |-\n    {{- .Files.Get "w.conf" | nindent 4 }}\n'
    content = "[program:w]\ncommand = celery worker\n"
    (variables,) = rendered(project("a: 1\n", template, **{"chart__w.conf": content}))
    assert isinstance(variables, Variables)
    word = variables.values["w.conf"]
    assert word.text == content.rstrip("\n")
    assert word.at is not None
    assert word.at.path == "chart/w.conf"


# --- budgets ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "helper",
    [
        '{{- define "x" }}{{ include "x" . }}{{ include "x" . }}{{ end }}',
        '{{- define "x" }}{{ range until 2000 }}{{ range until 2000 }}a{{ end }}{{ end }}{{ end }}',
        '{{- define "x" }}{{ repeat 400000 "ab" | repeat 1000 }}{{ end }}',
        '{{- define "x" }}{{ $a := list 1 }}{{ range until 2000 }}{{ $a = concat $a $a }}{{ end }}{{ $a }}{{ end }}',
        '{{- define "x" }}{{ tpl .Values.loop . }}{{ end }}',
    ],
)
def test_templates_that_never_end_leave_their_workers_unknown(helper: str) -> None:
    template = workload("command: [celery, worker]\nargs: ['{{ include \"x\" . }}']")
    files = project(
        "loop: '{{ tpl .Values.loop . }}{{ tpl .Values.loop . }}'\n", template, **{"chart__templates__x.tpl": helper}
    )
    for launch in rendered(files):
        assert isinstance(launch, Launch)
        assert isinstance(launch.command, Argv)
        assert [word.text for word in launch.command.words] == [None]


def test_two_unknown_blocks_in_a_row_do_not_hide_a_workload() -> None:
    container = """
        args: [celery, -A, a, worker]
        volumeMounts:
          - {name: own, mountPath: /own}
          {{- if .Values.mounts }}
          {{- include "common.tplvalues.render" (dict "value" .Values.mounts "context" $) | nindent 10 }}
          {{- end }}
        {{- if .Values.sidecars }}
        {{- include "common.tplvalues.render" (dict "value" .Values.sidecars "context" $) | nindent 8 }}
        {{- end }}
        """
    others = "mounts: [{name: m}]\nsidecars: [{name: s}]\n"
    (one,) = filled_all(workload(dedent(container)), "a: 1", **{"chart__values-large.yaml": others})
    assert isinstance(one.command, Argv)
    assert [word.text for word in one.command.words] == ["celery", "-A", "a", "worker"]
