"""Whatever flake8 finds without the plugin it finds with it: on trees, folders, files, standard input, with processes.

Only files that are named on the command line and are of a kind of ours lose what flake8 says of them: they are no
Python, and it says that their syntax is wrong.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from flake8 import utils  # type: ignore[import-untyped]
from flake8.main.cli import main  # type: ignore[import-untyped]
from flake8.plugins import finder  # type: ignore[import-untyped]
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from flake8_celery_oom.frontends import flake8 as plugin
from flake8_celery_oom.frontends import flake8_infra

EXAMPLES = int(os.environ.get("CELERY_OOM_EXAMPLES", "40"))
"""How many trees are tried; 200 and more by hand."""

PYTHON = (
    "import os\n",
    "from celery import Celery\n\napp = Celery('shop')\napp.conf.worker_concurrency = 0\n",
    "import celery  # noqa\nx=1\n",
    "import celery  # noqa: CO101,F401\n\n\n\nx = 1   \n",
    "# flake8: noqa\nimport celery\n",
    "import celery\ndef (:\n",
    "celery = '\x00'\n",
    "CELERY = '𝄞é'; import os\r\nimport sys\r\n",
    "",
    "\tcelery\n  worker_concurrency = 1\n",
    "#!/usr/bin/env python3\nimport celery\n",
    "# -*- coding: nonsense -*-\nimport celery\n",
    "\ufeffimport celery\n",
)
INFRA = (
    "FROM python\nCMD celery -A shop worker\n",
    "services:\n  w:\n    image: shop\n    command: celery -A shop worker   \n",
    "worker: celery -A shop worker\n",
    "#!/bin/sh\nexec celery -A shop worker\n",
    "import os\n",
    "services: [\n",
    "# Content-Encoding: base64\nservices:\n  w: {image: é, command: celery worker}\n",
    "",
)
PYTHON_NAMES = (
    "app.py",
    "shop/celery.py",
    "shop/stdin.py",
    "tests/test_a.py",
    "a b.py",
    "worker.py",
    "stub.pyi",
    "é.py",
)
INFRA_NAMES = (
    *("Dockerfile", "compose.yml", "Procfile", "bin/run", "stdin", "worker", "deploy/k8s.yaml", "package.json"),
    *("setup.cfg", "notes.txt", "shop/start.sh", "celery", "fly.toml"),
)
trees = st.dictionaries(st.sampled_from(PYTHON_NAMES), st.sampled_from(PYTHON), min_size=1, max_size=5)
others = st.dictionaries(st.sampled_from(INFRA_NAMES), st.sampled_from(INFRA), max_size=5)
options = st.lists(
    st.sampled_from(
        [
            *("--max-line-length=20", "--select=E,F,CO", "--extend-ignore=CO1", "--exclude=shop", "--statistics"),
            *("--per-file-ignores=app.py:F401", "--disable-noqa", "--show-source", "--count", "--filename=*.py,*.pyi"),
            *("--celery-oom-infra=no", "--format=pylint", "-q", "--select=CO", "--ignore=E"),
        ]
    ),
    max_size=2,
    unique=True,
)
OWN = re.compile(r":\d+(?::\d+)?: \[?CO\d{3}\]? |^\d+ +CO\d{3} ")


def without_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    found = finder._find_importlib_plugins

    def others_only() -> Iterator[Any]:
        return (one for one in found() if not one.entry_point.value.startswith("flake8_celery_oom"))

    monkeypatch.setattr(finder, "_find_importlib_plugins", others_only)
    flake8_infra.use(None)


def run(arguments: Sequence[str], stdin: bytes | None) -> tuple[list[str], int]:
    output = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="surrogateescape")
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(output):
        if stdin is not None:
            utils.stdin_get_value.cache_clear()
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        try:
            status = main(list(arguments))
        except SystemExit as ended:
            status = int(str(ended.code or 0))
    output.flush()
    output.seek(0)
    return output.read().splitlines(), status


def others_of(lines: Sequence[str]) -> list[str]:
    """What is not ours. Source lines below ours go, too, and so does the number that counts all."""
    kept = []
    skip = 0
    for line in lines:
        if OWN.search(line):
            skip = 0 if line[0].isdigit() else 2  # a line of the statistics has no source
        elif skip and not re.match(r".+:\d+(?::\d+)?: ", line):
            skip -= 1
        elif not line.isdigit():
            skip = 0
            kept.append(line)
    return kept


@given(python=trees, infra=others, more=options, data=st.data())
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_nothing_but_our_codes_differs(
    python: dict[str, str], infra: dict[str, str], more: list[str], data: st.DataObject
) -> None:
    way = data.draw(st.sampled_from(["tree", "folder", "files", "stdin", "stdin with a name", "processes"]))
    event(way)
    stdin = None
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as here:
        here.chdir(folder)
        for name, text in {**infra, **python, ".git/HEAD": ""}.items():
            path = Path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        names = sorted(python)
        match way:
            case "tree":
                paths = ["-j1", "."]
            case "processes":
                paths = ["-j2", "."]
            case "folder":
                paths = [
                    "-j1",
                    data.draw(st.sampled_from([*(name for name in ("shop", "tests") if Path(name).is_dir()), "."])),
                ]
            case "files":
                paths = ["-j1", *names]
            case _:
                stdin = python[names[0]].encode()
                paths = ["-"] if way == "stdin" else [f"--stdin-display-name={names[0]}", "-"]
        arguments = ["--isolated", *more, *paths]
        with_it, with_status = run(arguments, stdin)
        with pytest.MonkeyPatch.context() as patch:
            without_plugin(patch)
            own = [word for word in arguments if "celery-oom" not in word]
            without, without_status = run(own, stdin)
    flake8_infra.use(None)
    plugin.Plugin.session = None
    if "-q" in more:
        assert {line for line in without if not line.isdigit()} <= set(with_it)  # a count counts ours as well
        return
    assert others_of(with_it) == others_of(without)
    if len(with_it) == len(without):
        assert with_status == without_status
