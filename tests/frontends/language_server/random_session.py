"""Somebody who edits a project at random, in an editor and beside it: what is done next depends on the seed alone."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from tests.files import write_files

SHOP = Path(__file__).parents[3] / "fixtures" / "projects" / "shop"
BESIDE: dict[str, str] = {
    "pyproject.toml": (
        '[project]\nname = "shop"\nversion = "1"\ndependencies = ["celery>=5.3"]\n\n'
        '[tool.poe.tasks]\nworker = "celery -A shop worker -c 3"\n\n[tool.celery-oom]\nconcurrency = 2\n'
    ),
    ".env": "CELERY_WORKER_CONCURRENCY=2\nDJANGO_SETTINGS_MODULE=shop.settings.production\n",
    "compose.override.yml": "services:\n  worker:\n    env_file: .env\n    mem_limit: 1g\n",
    "Makefile": "OPTIONS = -c 2\n\nworker:\n\tcelery -A shop worker $(OPTIONS)\n",
    "deploy/shop.service": (
        "[Service]\nWorkingDirectory=/srv/shop\nEnvironmentFile=/etc/shop.env\nMemoryMax=1G\n"
        "ExecStart=/usr/bin/celery -A shop worker -c 4\n"
    ),
    "deploy/supervisord.conf": "[program:jobs]\ncommand=celery -A shop worker -c 2\nstopasgroup=true\n",
    "chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
    "chart/values.yaml": "image: shop:1\nworker:\n  children: 4\n  memory: 1Gi\n  replicas: 1\n",
    "chart/templates/_names.tpl": '{{- define "shop.app" -}}shop{{- end -}}\n',
    "chart/templates/worker.yaml": (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: worker}\nspec:\n  template:\n    spec:\n"
        "      containers:\n        - name: worker\n          image: {{ .Values.image }}\n"
        '          command: ["celery", "-A", "{{ include "shop.app" . }}", "worker"]\n'
        '          args: ["--concurrency={{ .Values.worker.children }}"]\n'
        "          resources:\n            limits: {memory: {{ .Values.worker.memory }}}\n"
    ),
    "overlays/base/kustomization.yaml": "resources: [worker.yaml]\n",
    "overlays/base/worker.yaml": (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: mail}\nspec:\n  template:\n    spec:\n"
        "      containers:\n        - name: mail\n          image: shop\n"
        "          command: [celery, -A, shop, worker]\n"
    ),
    "overlays/live/kustomization.yaml": (
        "resources: [../base]\npatches:\n  - patch: |\n      apiVersion: apps/v1\n      kind: Deployment\n"
        "      metadata: {name: mail}\n      spec:\n        template:\n          spec:\n            containers:\n"
        "              - name: mail\n                args: [--concurrency=2]\n"
    ),
    "scripts/start.sh": "#!/bin/bash\nset -e\n. ./scripts/common.sh\nexec celery -A shop worker $OPTIONS\n",
    "scripts/common.sh": 'OPTIONS="--concurrency=${CHILDREN:-4}"\nexport OPTIONS\n',
    "package.json": '{"scripts": {"worker": "celery -A shop worker -c 2"}}\n',
    "views.py": "import os\n\n\ndef view():\n    return os.getcwd()\n",
    "docs/notes.md": "celery -A shop worker\n",
}
"""Files of further kinds, beside those of the project in ``fixtures/``."""

LINES: dict[str, tuple[str, ...]] = {
    "py": (
        "import celery",
        "from shop.settings.extra import *",
        "x = 1  # noqa: CO101",
        "# celery-oom: ignore[CO202] reason",
        "CELERY_WORKER_CONCURRENCY = 3",
        "CELERY_WORKER_MAX_MEMORY_PER_CHILD = 200000",
        "CELERYD_CONCURRENCY = 2",
        "DEBUG = True",
        "app.conf.worker_max_tasks_per_child = 10",
        "app.conf.worker_concurrency = int(os.environ.get('CHILDREN', 2))",
        "app = Celery('shop', worker_concurrency=4)",
        "subprocess.run(['./scripts/start.sh'])",
        "os.system('celery -A shop worker')",
        "CELERY_TASK_REJECT_ON_WORKER_LOST = True",
        "@shared_task(acks_late=True, reject_on_worker_lost=True)",
        "def added(: pass",
        "import torch",
    ),
    "sh": (
        "celery -A shop worker --concurrency=4",
        'exec celery -A shop worker "$@" &',
        "export CELERY_WORKER_CONCURRENCY=2",
        ". ./scripts/common.sh",
        'if [ -n "$CHILDREN" ]; then',
        "fi",
        "# celery-oom: ignore[CO101] reason",
        "cd shop",
        "OPTIONS=--pool=solo",
    ),
    "yml": (
        "    mem_limit: 512m",
        "    command: worker --concurrency=3",
        "    env_file: .env",
        "    environment: {CELERY_WORKER_CONCURRENCY: 4}",
        "  other:",
        "    image: shop",
        "    entrypoint: celery -A shop worker -P threads",
        "            - name: CELERY_WORKER_CONCURRENCY",
        '              value: "3"',
        "  children: 8",
        "  memory: 256Mi",
        "# celery-oom: ignore[CO201] reason",
        "{{- if .Values.worker }}",
        "{{- end }}",
        "- broken: [",
    ),
    "Dockerfile": (
        "ENV CELERY_WORKER_CONCURRENCY=2",
        "ENTRYPOINT []",
        "CMD celery -A shop worker",
        'CMD ["worker", "--concurrency=2"]',
        "WORKDIR /srv",
        "COPY . /srv",
        "HEALTHCHECK CMD celery -A shop inspect ping",
    ),
    "txt": ("celery==4.4.7", "celery==5.4.0", "celery>=5", "eventlet", "-r other.txt", "celery==3.1.26"),
    "toml": (
        'ignore = ["CO2"]',
        "all-places = true",
        'exclude = ["deploy"]',
        'dependencies = ["celery==4.3.0"]',
        "x =",
    ),
    "": (
        "",
        "# a comment",
        "worker: celery -A shop worker",
        "CELERY_WORKER_CONCURRENCY=4",
        "MemoryMax=300M",
        "ExecStart=celery -A shop worker --autoscale=4,1",
        "command=celery -A shop worker",
        "\tcelery -A shop worker -c 0",
    ),
}
"""Lines that come in, by the ending of the file."""
ENDINGS = {"yaml": "yml", "tpl": "yml", "cfg": "", "conf": "", "in": "txt"}
NUMBERS = ("0", "1", "2", "4", "8", "16", "200", "200000", "400000", "two", "-1", "")
NEW = (
    *("shop/settings/extra.py", "shop/conf.py", "orders/late.py", "start.sh", "compose.made.yml", "Procfile.dev"),
    *("requirements/base.txt", "chart/values-live.yaml", ".env.live", "tox.ini", "docker/worker.Dockerfile"),
)
WORD = re.compile(r"[A-Za-z_][\w.-]+")
NUMBER = re.compile(r"\d+")


class Editing(Protocol):
    """What is edited through: it is told of each edit, and of each file that changed on the disk."""

    def open(self, path: str, text: str) -> None: ...

    def edit(self, path: str, text: str) -> None: ...

    def save(self, path: str) -> None: ...

    def close(self, path: str) -> None: ...

    def changed_outside(self, paths: list[str]) -> None: ...


def lay_out(root: Path) -> None:
    """A project of many kinds of files that lead to each other."""
    shutil.copytree(SHOP, root, dirs_exist_ok=True)
    for path, text in BESIDE.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    write_files(root, {".git/HEAD": "ref: refs/heads/main\n", ".git/config": "", ".gitignore": "*.log\n"})
    for folder in ("objects", "refs"):
        (root / ".git" / folder).mkdir()


class Session:
    """Makes one edit after the other. ``texts`` are those of the open files, saved or not."""

    def __init__(self, root: Path, editing: Editing, seed: int) -> None:
        self.root = root
        self.editing = editing
        self.dice = random.Random(seed)
        self.texts: dict[str, str] = {}
        self._first = {path: self._on_disk(path) for path in self._files()}
        self._moves: dict[Callable[[], str], int] = {
            self._type: 16,
            self._open: 4,
            self._save: 3,
            self._close: 2,
            self._write_outside: 6,
            self._touch: 2,
            self._make: 2,
            self._rename: 2,
            self._remove: 2,
            self._bring_back: 3,
            self._ignore: 1,
        }

    def step(self) -> str:
        """One edit; gives what was done."""
        move = self.dice.choices(list(self._moves), list(self._moves.values()))[0]
        return f"{move.__name__.strip('_')}: {move()}"

    def finish(self) -> None:
        """Save and close everything."""
        for path in sorted(self.texts):
            self._saved(path)
            self._closed(path)

    # --- in the editor ----------------------------------------------------------------------------------------------

    def _type(self) -> str:
        if not self.texts or self.dice.random() < 0.1:
            self._open()
        path = self.dice.choice(sorted(self.texts))
        text, done = self._mutated(path, self.texts[path])
        self.texts[path] = text
        self.editing.edit(path, text)
        return f"{path}: {done}"

    def _open(self) -> str:
        path = self.dice.choice(NEW) if self.dice.random() < 0.1 else self._file()
        if path not in self.texts:
            self.texts[path] = self._on_disk(path) if (self.root / path).is_file() else ""
            self.editing.open(path, self.texts[path])
        return path

    def _save(self) -> str:
        if not self.texts:
            return ""
        path = self.dice.choice(sorted(self.texts))
        self._saved(path)
        return path

    def _saved(self, path: str) -> None:
        self._write(path, self.texts[path])
        self.editing.save(path)
        self.editing.changed_outside([path])

    def _close(self) -> str:
        if not self.texts:
            return ""
        path = self.dice.choice(sorted(self.texts))
        self._closed(path)
        return path

    def _closed(self, path: str) -> None:
        del self.texts[path]
        self.editing.close(path)

    # --- beside it --------------------------------------------------------------------------------------------------

    def _write_outside(self) -> str:
        path = self._file()
        text, done = self._mutated(path, self._on_disk(path))
        self._write(path, text)
        self.editing.changed_outside([path])
        return f"{path}: {done}"

    def _touch(self) -> str:
        path = self._file()
        (self.root / path).touch()
        self.editing.changed_outside([path])
        return path

    def _make(self) -> str:
        path = self.dice.choice(NEW)
        self._write(path, "\n".join(self.dice.choices(self._lines(path), k=3)) + "\n")
        self.editing.changed_outside([path])
        return path

    def _rename(self) -> str:
        path = self._file()
        target = self.dice.choice([*NEW, self._file(), f"{path}.old", path.replace(".", "_2.")])
        self._write(target, self._on_disk(path))
        if target != path:
            (self.root / path).unlink()
        self.editing.changed_outside([path, target])
        return f"{path} is {target}"

    def _remove(self) -> str:
        path = self._file()
        (self.root / path).unlink()
        self.editing.changed_outside([path])
        return path

    def _bring_back(self) -> str:
        """Half of what is not as it was at the start is so again: a project of which nothing is left tests nothing."""
        other = [path for path, text in self._first.items() if self._is_other(path, text)]
        paths = self.dice.sample(other, len(other) // 2)
        for path in paths:
            self._write(path, self._first[path])
        self.editing.changed_outside(paths)
        for path in sorted({*self.texts} & {*self._first}):
            if self.dice.random() < 0.5:
                self.texts[path] = self._first[path]
                self.editing.edit(path, self.texts[path])
        return f"{len(paths)} files"

    def _ignore(self) -> str:
        text = self.dice.choice(["*.log\n", "*.log\n*.old\nstart.sh\n", "deploy/\n", "/shop/settings/extra.py\n", ""])
        self._write(".gitignore", text)
        self.editing.changed_outside([".gitignore"])
        return repr(text)

    # --- the files --------------------------------------------------------------------------------------------------

    def _files(self) -> list[str]:
        found = (path.relative_to(self.root) for path in self.root.rglob("*") if path.is_file())
        return sorted(path.as_posix() for path in found if path.parts[0] != ".git")

    def _file(self) -> str:
        return self.dice.choice(self._files())

    def _on_disk(self, path: str) -> str:
        return (self.root / path).read_bytes().decode()

    def _is_other(self, path: str, text: str) -> bool:
        return not (self.root / path).is_file() or self._on_disk(path) != text

    def _write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_bytes(text.encode())

    # --- the texts --------------------------------------------------------------------------------------------------

    def _lines(self, path: str) -> tuple[str, ...]:
        name = path.rpartition("/")[2]
        ending = "Dockerfile" if "Dockerfile" in name else name.rpartition(".")[2]
        return LINES.get(ENDINGS.get(ending, ending), LINES[""])

    def _mutated(self, path: str, text: str) -> tuple[str, str]:
        """Another text for a file, and what was done to it."""
        lines = text.splitlines(keepends=True)
        place = self.dice.randint(0, len(lines))
        kind = self.dice.choices(
            ["insert", "copy", "delete", "number", "word", "cut", "first"], weights=(6, 3, 4, 5, 3, 3, 2)
        )[0]
        if kind == "insert" or not lines:
            lines.insert(place, self.dice.choice(self._lines(path)) + "\n")
        elif kind == "copy":
            lines.insert(place, self.dice.choice(lines))
        elif kind == "delete":
            del lines[place : place + self.dice.randint(1, 3)]
        elif kind == "number":
            return self._replaced(text, NUMBER, NUMBERS)
        elif kind == "word":
            return self._replaced(text, WORD, (*WORD.findall(text), "celery", "worker"))
        elif kind == "cut":
            start = self.dice.randrange(len(text))
            end = start + self.dice.randint(1, 8)
            return text[:start] + text[end:], f"cut {text[start:end]!r}"
        elif kind == "first":
            return self._first.get(path, ""), kind
        return "".join(lines), f"{kind} at line {place + 1}: {lines[place : place + 1]}"

    def _replaced(self, text: str, pattern: re.Pattern[str], others: tuple[str, ...]) -> tuple[str, str]:
        found = list(pattern.finditer(text))
        if not found:
            return text, "nothing"
        match, other = self.dice.choice(found), self.dice.choice(others)
        return text[: match.start()] + other + text[match.end() :], f"{match[0]!r} is {other!r} at {match.start()}"
