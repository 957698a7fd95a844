"""Charts as people write them, drawn at random: values, named templates, one workload or several."""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

POOLS = ["prefork", "gevent", "solo", "threads"]
MEMORY = ["256Mi", "512Mi", "1Gi", "1.5Gi", "2Gi", "1500M"]
MISSING = object()
PREFIX = "prefix"


@dataclass
class Chart:
    """A chart being written. ``prefix`` keeps its names apart from those of others; it is put in for PREFIX."""

    values: dict[str, Any] = field(default_factory=dict)
    helpers: list[str] = field(default_factory=list)
    templates: list[str] = field(default_factory=list)
    other_values: dict[str, Any] | None = None
    used: int = 0
    prefix: str = "c"

    def fresh(self, stem: str) -> str:
        self.used += 1
        return f"{stem}{self.used}"

    def say(self, value: Any, stem: str = "v") -> str:
        """A new key with a value, at the root or below one of two groups; the path for the template."""
        key = self.fresh(stem)
        group = ["", "worker", "celery"][self.used % 3]
        holder = self.values.setdefault(group, {}) if group else self.values
        if value is not MISSING:
            holder[key] = value
        return f".Values.{group}.{key}" if group else f".Values.{key}"

    def define(self, body: str) -> str:
        name = f"{PREFIX}.{self.fresh('t')}"
        self.helpers.append(f'{{{{- define "{name}" -}}}}\n{body}\n{{{{- end -}}}}\n')
        return name


numbers = st.sampled_from([0, 1, 2, 3, 4, 8, 16, 100, 200000])
sizes = st.sampled_from([1, 2, 4, 8, 16, 64])
pools = st.sampled_from(POOLS)
maybe_numbers = st.one_of(numbers, st.sampled_from([None, MISSING, "", "4", "08"]))
flags = st.sampled_from([True, False, None, MISSING, "", "yes", "false", 0, 1, [], {}])
words = st.sampled_from(
    ["-E", "-Q", "default", "fast,slow", "--pool=solo", "-l", "info", "a b", "x: y", "it's", "{}", "*", "1"]
)
amounts = st.sampled_from(MEMORY)


def indented(text: str, spaces: int) -> str:
    return textwrap.indent(text, " " * spaces, lambda line: bool(line.strip()))


# --- one number -------------------------------------------------------------------------------------------------------


@st.composite
def number(draw: st.DrawFn, chart: Chart) -> str:
    """An action that comes to a number."""
    n, other = draw(sizes), draw(sizes)
    kind = draw(st.integers(0, 23))
    path = chart.say(draw(sizes), "n")
    unsure = chart.say(draw(maybe_numbers), "m")
    flag = chart.say(draw(flags), "on")
    match kind:
        case 0:
            return f"{{{{ {path} }}}}"
        case 1:
            return f"{{{{ {unsure} | default {n} }}}}"
        case 2:
            return f"{{{{ default {n} {unsure} }}}}"
        case 3:
            return f"{{{{ int {path} }}}}"
        case 4:
            return f"{{{{ max {n} (int {path}) {other} }}}}"
        case 5:
            return f"{{{{ add {path} {n} }}}}"
        case 6:
            return f"{{{{ mul ({path} | int) {n} }}}}"
        case 7:
            return f"{{{{ if {flag} }}}}{n}{{{{ else }}}}{other}{{{{ end }}}}"
        case 8:
            return f"{{{{ ternary {n} {other} (not {flag}) }}}}"
        case 9:
            return f"{{{{ coalesce {unsure} {path} }}}}"
        case 10:
            holder, _, key = path.rpartition(".")
            return f'{{{{ index {holder} "{key}" }}}}'
        case 11:
            table = chart.say({"a": {"b": n}} if draw(st.booleans()) else {"a": {"c": 1}}, "d")
            return f'{{{{ dig "a" "b" {other} {table} }}}}'
        case 12:
            table = chart.say({"k": n} if draw(st.booleans()) else {"j": 1}, "d")
            return f'{{{{ if hasKey {table} "k" }}}}{{{{ {table}.k }}}}{{{{ else }}}}{other}{{{{ end }}}}'
        case 13:
            name = chart.define(f"{{{{ {path} }}}}")
            return f'{{{{ include "{name}" . }}}}'
        case 14:
            name = chart.define("{{ .n | default 7 }}{{ if .more }}0{{ end }}")
            return f'{{{{ include "{name}" (dict "n" {unsure} "more" {flag}) }}}}'
        case 15:
            text = chart.say(f"{{{{ {path} }}}}", "s")
            return f"{{{{ tpl {text} . }}}}"
        case 16:
            one = chart.say({"n": n} if draw(st.booleans()) else {}, "d")
            two = chart.say({"n": other, "o": 1}, "d")
            function = draw(st.sampled_from(["merge", "mergeOverwrite"]))
            return f"{{{{ ({function} (deepCopy {one}) {two}).n }}}}"
        case 17:
            return f"{{{{ $n := {path} }}}}{{{{ if {flag} }}}}{{{{ $n = {n} }}}}{{{{ end }}}}{{{{ $n }}}}"
        case 18:
            return f"{{{{ with {unsure} }}}}{{{{ . }}}}{{{{ else }}}}{n}{{{{ end }}}}"
        case 19:
            return f"{{{{ sub (int {path}) 1 | max 1 | min {other} }}}}"
        case 20:
            return f"{{{{ div (int {path}) 2 }}}}"
        case 21:
            return f'{{{{ if eq (toString {path}) "{n}" }}}}{n}{{{{ else if gt (int {path}) {other} }}}}2{{{{ else }}}}1{{{{ end }}}}'
        case 22:
            return f'{{{{ get (dict "a" {path} "b" 2) "a" }}}}'
        case _:
            return f"{{{{ {path} | toString | trim }}}}"


# --- words ------------------------------------------------------------------------------------------------------------


@st.composite
def item_lines(draw: st.DrawFn, chart: Chart) -> str:
    """Lines of a block list: one item, none, or more."""
    kind = draw(st.integers(0, 16))
    flag = chart.say(draw(flags), "on")
    match kind:
        case 0:
            return f"- {json.dumps(draw(words))}"
        case 1:
            return (
                f'- "--concurrency={draw(number(chart))}"'
                if draw(st.booleans())
                else f"- --concurrency={draw(number(chart))}"
            )
        case 2:
            return f"- -c\n- {draw(number(chart))} " if draw(st.booleans()) else f'- -c\n- "{draw(number(chart))}"'
        case 3:
            return f"- {{{{ {chart.say(draw(words), 's')} | quote }}}}"
        case 4:
            return f"- {{{{ {chart.say(draw(sizes), 'n')} | quote }}}}"
        case 5:
            path = chart.say(draw(sizes), "n")
            return f'- {{{{ printf "--concurrency=%d" (int {path}) }}}}'
        case 6:
            inner = draw(item_lines(chart))
            return f"{{{{- if {flag} }}}}\n{inner}\n{{{{- end }}}}"
        case 7:
            one, two = draw(item_lines(chart)), draw(item_lines(chart))
            return f"{{{{- if {flag} }}}}\n{one}\n{{{{- else }}}}\n{two}\n{{{{- end }}}}"
        case 8:
            path = chart.say(draw(st.lists(words, max_size=3)), "l")
            return f"{{{{- range {path} }}}}\n- {{{{ . | quote }}}}\n{{{{- end }}}}"
        case 9:
            path = chart.say(draw(st.dictionaries(st.sampled_from(["b", "a", "queues"]), sizes, max_size=3)), "d")
            return f"{{{{- range $key, $value := {path} }}}}\n- --{{{{ $key }}}}={{{{ $value }}}}\n{{{{- end }}}}"
        case 10:
            path = chart.say(draw(st.lists(words, min_size=1, max_size=3)), "l")
            return f"{{{{- toYaml {path} | nindent @ }}}}"
        case 11:
            path = chart.say(draw(st.lists(words, max_size=2)), "l")
            return f"{{{{- with {path} }}}}\n{{{{- toYaml . | nindent @ }}}}\n{{{{- end }}}}"
        case 12:
            name = chart.define(
                f"- -P\n- {draw(pools)}\n- --concurrency={draw(number(chart)) if draw(st.booleans()) else 2}"
            )
            return f'{{{{- include "{name}" . | nindent @ }}}}'
        case 13:
            path = chart.say(draw(st.lists(words, min_size=1, max_size=3)), "l")
            return f'- {{{{ join "," {path} | quote }}}}'
        case 14:
            path = chart.say(draw(st.one_of(pools, st.just(MISSING), st.just(""))), "p")
            return f'- --pool={{{{ {path} | default "{draw(pools)}" }}}}'
        case 15:
            path = chart.say(draw(st.lists(sizes, min_size=1, max_size=3)), "l")
            return f"{{{{- range $i, $e := {path} }}}}\n{{{{- if gt $i 0 }}}}\n- n{{{{ $i }}}}={{{{ $e }}}}\n{{{{- end }}}}\n{{{{- end }}}}"
        case _:
            path = chart.say(draw(words), "s")
            return f"- {{{{ tpl {path} $ | quote }}}}"


@st.composite
def listed(draw: st.DrawFn, chart: Chart, key: str, column: int) -> str:
    """``command:`` or ``args:`` at a column, in one of the ways of writing a list."""
    kind = draw(st.integers(0, 8))
    pad = " " * column
    if kind == 0:
        inner = ", ".join(json.dumps(word) for word in draw(st.lists(words, min_size=1, max_size=4)))
        return f"{pad}{key}: [{inner}]"
    whole = ["celery", "-A", "shop", "worker", *draw(st.lists(words, max_size=3))]
    if kind in (1, 2, 3):
        path = chart.say(whole, "l")
        return {
            1: f"{pad}{key}: {{{{ toJson {path} }}}}",
            2: f"{pad}{key}: {{{{- toYaml {path} | nindent {column + 2} }}}}",
            3: f"{pad}{key}:\n{{{{ toYaml {path} | indent {column} }}}}",
        }[kind]
    if kind == 4:
        path = chart.say(draw(st.sampled_from([whole, [], None, MISSING])), "l")
        return f"{pad}{{{{- with {path} }}}}\n{pad}{key}:\n{pad}{{{{- toYaml . | nindent {column + 2} }}}}\n{pad}{{{{- end }}}}"
    if kind == 5:
        n = draw(number(chart))
        line = f"celery -A shop worker -c {n} {{{{ {chart.say('-E', 's')} }}}}"
        return f"{pad}{key}:\n{pad}  - sh\n{pad}  - -c\n{pad}  - |\n{pad}    set -e\n{pad}    exec {line}"
    if kind == 6:
        name = chart.define("\n".join(f"- {json.dumps(word)}" for word in whole))
        return f'{pad}{key}:\n{pad}  {{{{- include "{name}" . | nindent {column + 2} }}}}'
    if kind == 7:
        line = chart.say("celery -A shop worker -c {{ .Values.zz | default 2 }}", "s")
        return f'{pad}{key}: ["sh", "-c", {{{{ tpl {line} . | quote }}}}]'
    lines = [
        "- celery",
        "- -A",
        "- shop",
        "- worker",
        *(draw(item_lines(chart)) for _ in range(draw(st.integers(0, 4)))),
    ]
    body = "\n".join(lines).replace("nindent @", f"nindent {column + 2}")
    return f"{pad}{key}:\n{indented(body, column + 2)}"


# --- the rest of a container ------------------------------------------------------------------------------------------


@st.composite
def environment(draw: st.DrawFn, chart: Chart, column: int) -> str:
    """``env:``."""
    pad = " " * column
    names = st.sampled_from(["A", "B", "CELERYD_CONCURRENCY", "POOL"])
    kind = draw(st.integers(0, 7))
    if kind == 0:
        return ""
    if kind == 1:
        path = chart.say([{"name": "A", "value": str(draw(sizes))}, {"name": "B", "value": draw(words)}], "e")
        return f"{pad}env:\n{pad}  {{{{- toYaml {path} | nindent {column + 2} }}}}"
    if kind == 2:
        path = chart.say(draw(st.dictionaries(names, st.one_of(sizes, words), min_size=1, max_size=3)), "e")
        body = f"{{{{- range $name, $value := {path} }}}}\n- name: {{{{ $name }}}}\n  value: {{{{ $value | quote }}}}\n{{{{- end }}}}"
        return f"{pad}env:\n{indented(body, column + 2)}"
    if kind == 3:
        flag = chart.say(draw(flags), "on")
        body = f'- name: A\n  value: "{draw(number(chart))}"\n{{{{- if {flag} }}}}\n- name: B\n  value: "b"\n{{{{- end }}}}'
        return f"{pad}env:\n{indented(body, column + 2)}"
    if kind == 4:
        path = chart.say(draw(st.sampled_from([[{"name": "A", "value": "1"}], [], MISSING])), "e")
        return f"{pad}{{{{- if {path} }}}}\n{pad}env:\n{{{{ toYaml {path} | indent {column} }}}}\n{pad}{{{{- end }}}}"
    if kind == 5:
        name = chart.define(
            f"- name: A\n  value: {{{{ {chart.say(draw(sizes), 'n')} | quote }}}}\n- name: B\n  value: x"
        )
        return f'{pad}env:\n{pad}  {{{{- include "{name}" . | nindent {column + 2} }}}}\n{pad}  - name: C\n{pad}    value: c'
    if kind == 6:
        body = "- name: A\n  valueFrom:\n    configMapKeyRef:\n      name: {{ .Release.Name }}-settings\n      key: a"
        return f"{pad}env:\n{indented(body, column + 2)}\n{pad}envFrom:\n{pad}  - configMapRef:\n{pad}      name: {{{{ .Chart.Name }}}}-more"
    return f"{pad}env:\n{pad}  - name: A\n{pad}    value: {{{{ {chart.say(draw(words), 's')} | quote }}}}"


@st.composite
def resources(draw: st.DrawFn, chart: Chart, column: int) -> str:
    """``resources:``."""
    pad = " " * column
    block = draw(
        st.sampled_from(
            [
                {"limits": {"memory": "1Gi"}},
                {"limits": {"cpu": 1, "memory": "512Mi"}, "requests": {"memory": "64Mi"}},
                {"requests": {"memory": "64Mi"}},
                {},
            ]
        )
    )
    kind = draw(st.integers(0, 8))
    path = chart.say(block, "r")
    amount = chart.say(draw(amounts), "mem")
    fixed = f"{pad}resources:\n{pad}  limits:\n{pad}    memory: "
    match kind:
        case 0:
            return ""
        case 1:
            return f"{pad}resources: {{{{- toYaml {path} | nindent {column + 2} }}}}"
        case 2:
            return f"{pad}resources:\n{{{{ toYaml {path} | indent {column + 2} }}}}"
        case 3:
            return f"{pad}{{{{- with {path} }}}}\n{pad}resources:\n{pad}  {{{{- toYaml . | nindent {column + 2} }}}}\n{pad}{{{{- end }}}}"
        case 4:
            return f"{fixed}{{{{ {amount} }}}}"
        case 5:
            return f'{fixed}{{{{ {chart.say(draw(st.sampled_from([MISSING, "", "1Gi"])), "mem")} | default "{draw(amounts)}" | quote }}}}'
        case 6:
            return f'{fixed}"{{{{ {chart.say(draw(sizes), "n")} }}}}Gi"'
        case 7:
            other = chart.say({"limits": {"memory": draw(amounts)}}, "r")
            return f"{pad}resources: {{{{- toYaml ({path} | default {other}) | nindent {column + 2} }}}}"
        case _:
            flag = chart.say(draw(flags), "on")
            return f"{fixed}{{{{ if {flag} }}}}{draw(amounts)}{{{{ else }}}}{{{{ {amount} }}}}{{{{ end }}}}"


@st.composite
def container(draw: st.DrawFn, chart: Chart, name: str, column: int) -> str:
    """One item of ``containers``."""
    pad = " " * column
    parts = [f"{pad}- name: {name}", f"{pad}  image: registry/{name}:1"]
    parts.append(draw(listed(chart, draw(st.sampled_from(["command", "args"])), column + 2)))
    parts.append(draw(environment(chart, column + 2)))
    parts.append(draw(resources(chart, column + 2)))
    return "\n".join(part for part in parts if part)


def workload(name: str, containers: str, kind: str = "Deployment") -> str:
    head = f"apiVersion: apps/v1\nkind: {kind}\nmetadata:\n  name: {name}\nspec:\n  replicas: 1\n"
    return f"{head}  template:\n    spec:\n      containers:\n{containers}\n"


# --- charts -----------------------------------------------------------------------------------------------------------


@st.composite
def one_of_many(draw: st.DrawFn, chart: Chart) -> str:
    """A workload for each element of a map of workers, with defaults."""
    worker = st.fixed_dictionaries(
        {},
        optional={
            "concurrency": sizes,
            "queues": st.lists(st.sampled_from(["a", "b"]), min_size=1, max_size=2),
            "resources": st.just({"limits": {"memory": "1Gi"}}),
            "enabled": st.booleans(),
            "args": st.lists(words, max_size=2),
        },
    )
    many = draw(st.dictionaries(st.sampled_from(["fast", "slow", "mail"]), worker, min_size=1, max_size=3))
    chart.values["workers"] = many
    chart.values["defaults"] = {"concurrency": draw(sizes), "resources": {"limits": {"memory": draw(amounts)}}}
    shape = draw(st.integers(0, 2))
    if shape == 0:
        start, each = "{{- range $name, $worker := .Values.workers }}", "$worker"
        more = ""
    elif shape == 1:
        start, each = "{{- range $name, $worker := .Values.workers }}", "$w"
        more = "{{- $w := mergeOverwrite (deepCopy $.Values.defaults) $worker }}"
    else:
        start, each = "{{- range $name, $worker := .Values.workers }}", "$worker"
        more = '{{- if ne (toString $worker.enabled) "false" }}'
    lines = [
        "        - name: worker",
        "          image: registry/shop:1",
        "          args:",
        "            - worker",
        f"            - --concurrency={{{{ {each}.concurrency | default $.Values.defaults.concurrency }}}}",
        f"            {{{{- with {each}.queues }}}}",
        '            - {{ printf "--queues=%s" (join "," .) }}',
        "            {{- end }}",
        f"            {{{{- range {each}.args }}}}",
        "            - {{ . | quote }}",
        "            {{- end }}",
        f"          resources: {{{{- toYaml ({each}.resources | default $.Values.defaults.resources) | nindent 12 }}}}",
    ]
    body = workload(f"{PREFIX}-{{{{ $name }}}}", "\n".join(lines))
    end = "{{- end }}\n{{- end }}\n" if shape == 2 else "{{- end }}\n"
    return f"{start}\n{more}\n---\n{body}{end}"


@st.composite
def charts(draw: st.DrawFn) -> Chart:
    """A chart with one template of workloads."""
    chart = Chart({"worker": {}, "celery": {}})
    prefix = PREFIX
    kind = draw(st.integers(0, 5))
    if kind == 0:
        chart.templates.append(draw(one_of_many(chart)))
        return chart
    names = ["worker", "beat"] if draw(st.booleans()) else ["worker"]
    containers = "\n".join(draw(container(chart, name, 8)) for name in names)
    body = workload(f"{prefix}-jobs", containers)
    if kind == 1:
        name = chart.define(body)
        chart.templates.append(f'{{{{ include "{name}" . }}}}\n')
    elif kind == 2:
        flag = chart.say(draw(st.sampled_from([True, 1, "x"])), "on")
        chart.templates.append(f"{{{{- if {flag} }}}}\n{body}{{{{- end }}}}\n")
    elif kind == 3:
        name = chart.define(body)
        chart.templates.append(f'{{{{- template "{name}" $ }}}}\n')
    else:
        chart.templates.append(body)
    if draw(st.integers(0, 4)) == 0:
        chart.other_values = {"worker": {"n1": 99, "m2": 98}, "n1": 97, "m2": 96, "celery": {"n1": 95, "on3": True}}
    return chart


def files_of(chart: Chart) -> dict[str, str]:
    """The files of a chart, below its folder."""
    files = {
        "Chart.yaml": f"apiVersion: v2\nname: {chart.prefix}\nversion: 0.1.0\n",
        "values.yaml": json.dumps(chart.values, indent=1) + "\n",
        "templates/_helpers.tpl": "\n".join(chart.helpers) + "\n",
    }
    for index, template in enumerate(chart.templates):
        files[f"templates/workload{index}.yaml"] = template
    if chart.other_values is not None:
        files["values-production.yaml"] = json.dumps(chart.other_values) + "\n"
    return {path: text.replace(PREFIX, chart.prefix) for path, text in files.items()}
