"""Named templates of library charts that charts depend on without having them at hand: ``common.*`` of Bitnami.

Each is written anew from what its documentation says that it gives (README of the chart ``common``, 2.x).
"""

from __future__ import annotations

from functools import lru_cache

from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.resolve.helm.rendering import Named
from flake8_celery_oom.syntax import go_template

_PRESETS = {
    "nano": ("100m", "128Mi", "150m", "192Mi"),
    "micro": ("250m", "256Mi", "375m", "384Mi"),
    "small": ("500m", "512Mi", "750m", "768Mi"),
    "medium": ("500m", "1024Mi", "750m", "1536Mi"),
    "large": ("1.0", "2048Mi", "1.5", "3072Mi"),
    "xlarge": ("1.0", "3072Mi", "3.0", "6144Mi"),
    "2xlarge": ("1.0", "3072Mi", "6.0", "12288Mi"),
}
"""Requests and limits, CPU and memory each, of ``resourcesPreset``."""

_API_VERSIONS = {
    "deployment": "apps/v1",
    "statefulset": "apps/v1",
    "daemonset": "apps/v1",
    "job": "batch/v1",
    "cronjob": "batch/v1",
    "ingress": "networking.k8s.io/v1",
    "networkPolicy": "networking.k8s.io/v1",
    "hpa": "autoscaling/v2",
    "vpa": "autoscaling.k8s.io/v1",
    "policy": "policy/v1",
    "rbac": "rbac.authorization.k8s.io/v1",
}

_COMMON = """
{{- define "common.names.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- define "common.names.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- define "common.names.chart" -}}
{{- printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- define "common.names.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- define "common.images.image" -}}
{{- $registry := default .imageRoot.registry ((.global).imageRegistry) -}}
{{- $tag := printf ":%s" (toString .imageRoot.tag) -}}
{{- $mark := empty .imageRoot.digest | ternary $tag (printf "@%s" .imageRoot.digest) -}}
{{- if $registry -}}
{{- printf "%s/%s%s" $registry .imageRoot.repository $mark -}}
{{- else -}}
{{- printf "%s%s" .imageRoot.repository $mark -}}
{{- end -}}
{{- end -}}
{{- define "common.tplvalues.render" -}}
{{- if kindIs "string" .value -}}
{{- tpl .value .context -}}
{{- else -}}
{{- tpl (.value | toYaml) .context -}}
{{- end -}}
{{- end -}}
{{- define "common.tplvalues.merge" -}}
{{- $merged := dict -}}
{{- range .values -}}
{{- $merged = include "common.tplvalues.render" (dict "value" . "context" $.context) | fromYaml | merge $merged -}}
{{- end -}}
{{ $merged | toYaml }}
{{- end -}}
{{- define "common.labels.standard" -}}
app.kubernetes.io/name: {{ include "common.names.name" .context }}
app.kubernetes.io/instance: {{ .context.Release.Name }}
{{- end -}}
{{- define "common.labels.matchLabels" -}}
app.kubernetes.io/name: {{ include "common.names.name" .context }}
app.kubernetes.io/instance: {{ .context.Release.Name }}
{{- end -}}
{{- define "common.compatibility.renderSecurityContext" -}}
{{- omit .secContext "enabled" | toYaml -}}
{{- end -}}
"""


@lru_cache(maxsize=1)
def templates() -> dict[str, Named]:
    """The named templates by name."""
    source = SourceText("", _COMMON + _presets() + _versions())
    return {name: Named(nodes, source) for name, nodes in go_template.parse(source.text).defined.items()}


def _presets() -> str:
    lines = ['{{- define "common.resources.preset" -}}']
    for name, (cpu, memory, cpu_limit, limit) in _PRESETS.items():
        lines.append(f'{{{{- if eq .type "{name}" -}}}}')
        lines.append(f'requests:\n  cpu: "{cpu}"\n  memory: {memory}\nlimits:\n  cpu: "{cpu_limit}"\n  memory: {limit}')
        lines.append("{{- end -}}")
    return "\n".join([*lines, "{{- end -}}\n"])


def _versions() -> str:
    made = (
        f'{{{{- define "common.capabilities.{kind}.apiVersion" -}}}}{version}{{{{- end -}}}}\n'
        for kind, version in _API_VERSIONS.items()
    )
    return "".join(made)
