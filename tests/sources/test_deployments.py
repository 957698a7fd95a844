"""Every fixture of the deployment formats is claimed by its source alone and gives the facts of its snapshot."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flake8_celery_oom.core.facts import Argv, Launch
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.sources import ci_workflow, cloud_foundry, ecs, helm, kubernetes, kustomize, render
from flake8_celery_oom.sources.kinds import HEAD, FileKind
from tests.facts_text import show

FIXTURES = Path(__file__).parents[2] / "fixtures" / "sources"
SOURCES: dict[str, FileKind] = {
    module.KIND: module for module in (kubernetes, helm, cloud_foundry, ecs, ci_workflow, render, kustomize)
}


def cases() -> list[tuple[str, Path]]:
    return [
        (kind, path)
        for kind in SOURCES
        for path in sorted((FIXTURES / kind).rglob("*"))
        if path.is_file() and path.suffix != ".facts"
    ]


def source_of(kind: str, path: Path) -> SourceText:
    return SourceText.from_bytes(path.relative_to(FIXTURES / kind).as_posix(), path.read_bytes())


@pytest.mark.parametrize(("kind", "path"), cases(), ids=lambda value: value if isinstance(value, str) else value.name)
def test_facts_of_the_fixtures(kind: str, path: Path, accept: bool) -> None:
    source = source_of(kind, path)
    assert [one.KIND for one in SOURCES.values() if one.claims(source.path, source.text[:HEAD])] == [kind]
    shown = show(SOURCES[kind].read(source))
    snapshot = path.with_name(path.name + ".facts")
    if accept:
        snapshot.write_text(shown, encoding="utf-8", newline="\n")
    assert snapshot.read_text(encoding="utf-8") == shown


def test_every_snapshot_belongs_to_a_fixture() -> None:
    for kind in SOURCES:
        for snapshot in (FIXTURES / kind).rglob("*.facts"):
            assert snapshot.with_suffix("").exists()


@pytest.mark.parametrize(
    ("kind", "path", "head"),
    [
        ("kubernetes", "deploy/worker.yaml", "# c\napiVersion: v1\nkind: Pod\n"),
        ("kubernetes", "deploy/list.yml", "- apiVersion: v1\n  kind: Pod\n"),
        ("kubernetes", "patches/w.yaml", "- path: '/spec/x/-'\n  op: add\n  value: ${{N}}\n"),
        ("", "routes.yaml", "- path: /x\n  to: y\n"),
        ("", "steps.yaml", "- op: add\n  x: y\n"),
        ("kubernetes", "roles/k8s/templates/worker.yml.j2", "apiVersion: v1\nname: {{ name }}\n"),
        ("kubernetes", "deploy/worker.yaml", "apiVersion: v1\nname: x\n{% if y %}\n{% endif %}\n"),
        ("helm", "chart/templates/worker.yaml", '{{- include "worker" . }}\n'),
        ("helm", "chart/templates_disabled/worker.yaml", "kind: Deployment\nname: {{ .Values.x }}\n"),
        ("helm", "deploy/worker.yaml", "apiVersion: v1\nname: {{ .Values.x }}\n"),
        ("helm", "deploy/worker.yaml.gotmpl", "apiVersion: v1\nname: {{ .Values.x }}\n"),
        ("cf_manifest", "deploy/prod.yml", "applications:\n- name: x\n  buildpacks: [python]\n"),
        ("ecs", "task.json", '{"containerDefinitions": []}'),
        ("ecs", "stack.yml", "Resources:\n  X:\n    Type: AWS::ECS::Service\n"),
        ("ecs", "infra/ecs.template", '{"Resources": {}}'),
        ("workflow", ".github/actions/start/action.yml", "runs:\n"),
        ("workflow", "ci/build.gitlab-ci.yml", "test:\n"),
        ("workflow", "azure-pipelines.yml", "steps:\n"),
        ("render", "render.yaml", "services:\n- type: web\n"),
        ("render", "heroku.yml", "run:\n"),
        ("kustomize", "base/kustomization.yml", "resources: []\n"),
        ("", "values.yaml", "image: x\n"),
        ("", "chart/templates/_helpers.tpl", '{{- define "x" }}{{ end }}'),
        ("", "app/templates/mail.html", "{{ user }}"),
        ("", "openapi.yaml", "openapi: 3.0.0\npaths: {}\n"),
        ("", "applications.yml", "applications:\n- name: x\n"),
        ("", "render.yml", "colour: red\n"),
        ("", "package.json", '{"name": "x"}'),
        ("", "docs/kubernetes.md", "apiVersion: v1\n"),
    ],
)
def test_claims(kind: str, path: str, head: str) -> None:
    assert [one.KIND for one in SOURCES.values() if one.claims(path, head)] == ([kind] if kind else [])


POD = (
    "apiVersion: v1\nkind: Pod\nmetadata: {{name: w}}\nspec:\n  containers:\n  - name: w\n    image: i\n    args: {}\n"
)


def test_braces_in_the_texts_of_a_manifest_are_no_template() -> None:
    text = POD.format('[echo, "{{ $labels.x }}", celery]')
    (fact,) = helm.read(SourceText("deploy/pod.yaml", text))
    assert isinstance(fact, Launch)
    assert isinstance(fact.command, Argv)
    assert (fact.kind, fact.command.words[1].text) == ("kubernetes", "{{ $labels.x }}")
    (fact,) = helm.read(SourceText("chart/templates/pod.yaml", text))
    assert isinstance(fact, Launch)
    assert isinstance(fact.command, Argv)
    assert (fact.kind, fact.command.words[1].text) == ("helm", None)


@pytest.mark.parametrize("argument", ["{{ x }}", "[celery, {{ x }}]", "{% if y %}[celery]{% endif %}"])
def test_a_manifest_that_turns_out_to_be_a_template(argument: str) -> None:
    (fact,) = kubernetes.read(SourceText("deploy/pod.yaml.j2", POD.format(argument)))
    assert isinstance(fact, Launch)
    assert fact.command is not None
    assert fact.kind == "kubernetes"


def test_alternatives_of_a_template_prefer_what_can_be_read() -> None:
    text = (
        POD.format("[celery, a]")
        + "    {{- if .Values.x }}\n    args: {{ toYaml .Values.args | nindent 6 }}\n    {{- end }}\n"
    )
    (fact,) = helm.read(SourceText("chart/templates/pod.yaml", text))
    assert isinstance(fact, Launch)
    assert isinstance(fact.command, Argv)
    assert [word.text for word in fact.command.words] == ["celery", "a"]


def test_a_patch_of_a_container_starts_nothing() -> None:
    text = "apiVersion: apps/v1\nkind: Deployment\nspec: {template: {spec: {containers: [{name: w, resources: {}}]}}}\n"
    (fact,) = kubernetes.read(SourceText("overlay/memory.yaml", text))
    assert isinstance(fact, Launch)
    assert (fact.command, fact.entrypoint, fact.image) == (None, None, None)
    assert kubernetes.read(SourceText("overlay/memory.yaml", text.replace(", resources: {}", ""))) == []


MUTATIONS = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 40), st.sampled_from(["", "\n", "{{", "- ", ": ", "[", "'"]))
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(cases()), MUTATIONS)
def test_damaged_files_are_read_without_an_error(
    case: tuple[str, Path], mutations: list[tuple[float, int, str]]
) -> None:
    kind, path = case
    source = source_of(kind, path)
    text = source.text
    for place, length, inserted in mutations:
        start = int(place * len(text))
        text = text[:start] + inserted + text[start + length :]
    for fact in SOURCES[kind].read(SourceText(source.path, text)):
        assert show([fact])
