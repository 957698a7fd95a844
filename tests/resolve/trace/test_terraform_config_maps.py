"""Configurations of supervisord that Terraform puts into ConfigMaps, run by containers of Kubernetes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.resolve.started_project import follow

BASE = "[supervisord]\nnodaemon=true\n"
PROGRAM = "[program:jobs_${number}]\ncommand=celery -A shop worker -c ${threads}\n"
POD = """
    apiVersion: v1
    kind: Pod
    metadata: {name: jobs}
    spec:
      containers:
        - name: jobs
          image: elsewhere/shop
          workingDir: /app
          command: [/bin/sh, -c, "supervisord -c /app/supervisord.conf"]
          volumeMounts:
            - {name: conf, mountPath: /app/supervisord.conf, subPath: supervisord.conf}
      volumes:
        - {name: conf, configMap: {name: jobs-conf}}
    """


def terraform(expression: str, more: str = "") -> str:
    return f"""
        {more}
        resource "kubernetes_config_map" "jobs" {{
          metadata {{
            name = "jobs-conf"
          }}
          data = {{
            "supervisord.conf" = {expression}
          }}
        }}
        """


JOINED = """locals {
          jobs_conf = "${
            file("${local.folder}/conf/base.conf.tpl")
          }${
            join("\\n", [for i in range(2) : templatefile("${local.folder}/conf/program.conf.tpl", { number = i })])
          }"
        }"""


@pytest.mark.parametrize(
    ("config", "reached"),
    [
        (terraform('file("${path.module}/conf/program.conf.tpl")'), True),
        (terraform('templatefile("${path.module}/conf/program.conf.tpl", { number = 1 })'), True),
        (terraform("local.jobs_conf", JOINED), True),
        (terraform('file("${path.module}/conf/base.conf.tpl")'), False),
        (terraform('file("${path.module}/conf/absent.conf")'), False),
        (terraform("var.text"), False),
    ],
)
def test_a_config_map_made_of_files(tmp_path: Path, config: str, *, reached: bool) -> None:
    files = {
        "infra/main.tf": config,
        "infra/conf/base.conf.tpl": BASE,
        "infra/conf/program.conf.tpl": PROGRAM,
        "other/conf/jobs.conf": PROGRAM.replace("celery -A shop", "celery -A other"),
        "deploy/pod.yaml": POD,
    }
    found = [one for one in follow(tmp_path, files) if one.kind == "kubernetes"]
    assert bool(found) is reached
    assert all(one.via[-1].path == "infra/conf/program.conf.tpl" for one in found)
