"""Nothing that may be a secret is printed: markers in every kind of file, every command, every format.

``@@`` stands where a secret has the name of one, or is in an address; it must come out nowhere. ``##`` stands where
Celery wants a number or a word: a message must not quote what is neither, and only a diff shows the line itself.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from flake8_celery_oom.core.quoting import HIDDEN, quoted, quoted_name, quoted_word
from flake8_celery_oom.formats import findings as formats
from flake8_celery_oom.frontends import cli

FILES = {
    "docker-compose.yml": """\
x-a: &a
  environment:
    BROKER_URL: amqp://shop:@@@@broker:5672//
    API_TOKEN: @@
    CELERY_WORKER_CONCURRENCY: ${DB_PASSWORD:-@@}
    CELERYD_CONCURRENCY: ##
    CELERY_WORKER_MAX_TASKS_PER_CHILD: ##
services:
  one:
    <<: *a
    build: .
    command: celery -A shop --broker amqp://u:@@@@h// worker --broker-password @@ -c ${SECRET_KEY:-@@} -n w@%h
    mem_limit: ${MEM_TOKEN:-@@}
  two:
    image: shop
    command: ["celery", "-A", "shop", "worker", "-c", "##", "--max-memory-per-child=##"]
    environment: ["DATABASE_URL=postgres://u:@@@@db/x", "C=##", "CELERY_WORKER_POOL=##"]
    labels: {password: @@}
  three:
    image: shop
    command: celery -A shop worker --maxtasksperchild=## --max-tasks-per-child ## --api-key=@@ --workers ##

  four:
    image: shop
    command: sh -c 'export AWS_SECRET_ACCESS_KEY=@@; celery -b redis://:@@@@r:6379/0 -A shop worker -P ##'
  five:
    image: shop
    mem_limit: ##
    command: celery -A shop worker -c 4 --max-memory-per-child=400000 --pidfile=/run/token=@@.pid
  six:
    image: shop
    command: celery -A shop worker --autoscale=##,## --prefetch-multiplier=## -l ## --token @@
""",
    "Dockerfile": """\
FROM python:3.12
ARG PIP_INDEX_URL=https://u:@@@@pypi.example.com/simple
ENV SECRET_KEY=@@ CELERY_WORKER_MAX_MEMORY_PER_CHILD=##
RUN pip install --index-url https://u:@@@@pypi.example.com/simple celery==5.4.0
CMD celery -A shop -b amqp://u:@@@@h worker
""",
    "Procfile": """\
worker: PASSWORD=@@ celery -A shop worker -c $WEB_TOKEN --password=@@
b: celery -A shop worker -c ##
""",
    "run.sh": """\
#!/bin/bash
export API_KEY=@@
N=##
celery -A shop worker -c "$N" --broker "amqp://x:@@@@h" &
celery -A shop worker -c "${TOKEN:-@@}"
""",
    "shop.py": """\
from celery import Celery
import os
app = Celery("shop", broker="amqp://u:@@@@h//", backend="redis://:@@@@r")
app.conf.worker_concurrency = os.environ.get("SECRET_NUMBER", "@@")
app.conf.worker_max_memory_per_child = "##"
app.conf.update(worker_max_tasks_per_child="##", broker_password="@@", result_backend="db+mysql://u:@@@@h/x", worker_pool="##")
app.conf.security_key_password = "@@"
app.conf.worker_conccurrency = "##"
app.conf.CELERYD_CONCURRENCY = "##"
app.conf.api_token = "@@"
""",
    "supervisord.conf": """\
[supervisord]
[program:celery]
environment=TOKEN="@@",CELERY_WORKER_CONCURRENCY="##"
command=celery -A shop worker --broker=amqp://u:@@@@h -c %(ENV_TOKEN)s
""",
    "celery.service": """\
[Service]
Environment=SECRET_TOKEN=@@ CELERY_WORKER_CONCURRENCY=##
ExecStart=/usr/bin/celery -A shop -b amqp://u:@@@@h worker -c ${SECRET_TOKEN}
MemoryMax=##
""",
    ".env": """\
CELERYD_CONCURRENCY=##
SECRET_KEY=@@
CELERY_CONCURRENCY=##
""",
    "k8s.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: w}
spec:
  template:
    spec:
      containers:
        - name: w
          image: shop
          command: [celery, -A, shop, -b, "amqp://u:@@@@h", worker, "--concurrency=$(DB_PASSWORD)", "--token=@@"]
          env:
            - {name: DB_PASSWORD, value: "@@"}
            - {name: CELERY_WORKER_MAX_MEMORY_PER_CHILD, value: "##"}
            - {name: CELERYD_MAX_TASKS_PER_CHILD, value: "##"}
          resources: {limits: {memory: "##"}}
---
apiVersion: v1
kind: Secret
metadata: {name: s}
stringData: {CELERY_WORKER_CONCURRENCY: "@@", password: "@@"}
""",
    "Makefile": """\
TOKEN = @@
worker:
	SECRET=@@ celery -A shop worker -c $(TOKEN) -b redis://:@@@@h
""",
    "requirements.txt": """\
--extra-index-url https://u:@@@@pypi.example.com/simple
celery @ https://u:@@@@example.com/celery-5.4.0.zip
""",
    "fly.toml": """\
app = "shop"
[env]
TOKEN = "@@"
[processes]
worker = "celery -A shop worker -c ## --password @@"
[[vm]]
memory = "##"
""",
    "app.json": '{"formation": {"worker": {"command": "celery -A shop worker --token @@", "quantity": "##"}}, "env": {"API_KEY": "@@"}}',
    ".gitlab-ci.yml": """\
test:
  variables: {PASSWORD: @@}
  script:
    - celery -A shop worker -c ## --broker=amqp://u:@@@@h
""",
    "bad/docker-compose.yml": """\
services:
  celery:
    command: celery worker
    password: @@: @@
   token: @@
""",
    "bad/Chart.yaml": """\
name: x
version: 1
""",
    "bad/templates/a.yaml": """\
apiVersion: v1
kind: Pod
spec: {containers: [{command: [celery, worker, -A, p, {{ .Values.token | fail "@@" }}]}]}
""",
    "package.json": '{"scripts": {"w": "TOKEN=@@ celery -A shop worker -c ##"}}',
    "justfile": """\
token := "@@"
worker:
    celery -A shop worker -c {{token}} --secret @@
""",
    "main.tf": """\
resource "aws_ecs_task_definition" "w" {
 container_definitions = jsonencode([{name="w", command=["celery","-A","shop","worker","-c","##","--token","@@"], memory="##", environment=[{name="API_KEY",value="@@"}]}])
}
""",
}
MARK = re.compile(r"@@@@|@@|##")
SECRET, VALUE = re.compile(r"zq\d+secretzq"), re.compile(r"zq\d+valuezq")
OFF = "CO105,CO209,CO210,CO303,CO304,CO306,CO402,CO404,CO405,CO406"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files with their markers, no two alike. ``@@@@`` is a secret and the ``@`` behind it in an address."""
    root = tmp_path / "project"
    numbers = iter(range(1000))

    def marker(found: re.Match[str]) -> str:
        kind = "value" if found[0] == "##" else "secret"
        return f"zq{next(numbers)}{kind}zq" + ("@" if len(found[0]) == 4 else "")

    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(MARK.sub(marker, text))
    assert next(numbers) > 90
    monkeypatch.chdir(root)
    return root


def _said(root: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[tuple[str, str]]:
    """What every command prints or writes, by what it is called."""
    out = root.parent / "out"
    out.mkdir()
    options = [f"--format={name}={out / name}" for name in formats.names()]
    commands = {
        "check": ["check", "--no-cache", "-v", f"--extend-select={OFF}", *options],
        **{f"workers {name}": ["workers", "--origins", "--no-cache", f"--format={name}"] for name in WORKERS},
        "baseline": ["baseline", "write"],
        "baseline show": ["baseline", "show"],
        "init": ["init", "--print"],
        "fix --diff": ["fix", "--diff", "--unsafe-fixes"],
    }
    if shutil.which("git") is not None:
        git = ["git", "-c", "user.name=a", "-c", "user.email=a@localhost"]
        for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
            subprocess.run([*git, *words], cwd=root, check=True)
        (root / "Procfile").write_text((root / "Procfile").read_text().replace("worker -c", "worker -E -c"))
        commands |= {f"diff {name}": ["diff", "HEAD", f"--format={name}"] for name in ("text", "markdown", "json")}
    for name, words in commands.items():
        cli.main(words)
        captured = capsys.readouterr()
        yield name, captured.out + captured.err
    for path in out.iterdir():
        yield f"check {path.name}", path.read_text()
    yield "the baseline", (root / ".celery-oom-baseline.json").read_text()


WORKERS = ("text", "json", "markdown", "html")


def test_no_secret_comes_out(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = dict(_said(project, capsys))
    assert len(said) > 20
    assert [name for name, text in said.items() if not text] == ["check"]
    assert {name: found for name, text in said.items() if (found := SECRET.findall(text))} == {}
    edits = re.compile(r'"(?:replacement|text|insertedContent)": .*')
    told = {name: edits.sub("", text) for name, text in said.items() if name != "fix --diff"}
    assert {name: found for name, text in told.items() if (found := VALUE.findall(text))} == {}


def test_what_is_written_is_not_masked(project: Path) -> None:
    def written() -> str:
        return "".join(path.read_text() for path in sorted(project.rglob("*")) if path.is_file())

    before = set(SECRET.findall(written()))
    assert HIDDEN not in written()
    cli.main(["fix", "--unsafe-fixes"])
    after = set(SECRET.findall(written()))
    assert after <= before
    assert len(after) >= len(before) - 4  # those that stood where a number belongs
    assert HIDDEN not in written()


@pytest.mark.parametrize(
    "text",
    ["4", "-1", "200MB", "1.5 GiB", "1e9", "10,3", "two", "None", "prefork", "$N", "${N}", "--loglevel", "", 7],
)
def test_numbers_amounts_and_known_words_are_quoted(text: object) -> None:
    assert quoted(text) == repr(text)


@pytest.mark.parametrize("text", ["hunter2", "correct horse", "4fd1a0c9", "s3cr3t!", "${X:-abc}", "p" * 200])
def test_anything_else_is_not(text: str) -> None:
    assert quoted(text) == HIDDEN
    assert quoted_word(f"--concurrency={text}") == f"--concurrency={HIDDEN}"
    assert quoted_name(text) == HIDDEN


@pytest.mark.parametrize("name", ["gevent", "prefork?", "shop.pools:Pool", "celery.concurrency.solo"])
def test_names_of_pools_are_shown(name: str) -> None:
    assert quoted_name(name) == name
