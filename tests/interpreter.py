"""The real Python as an oracle: many small programs run in one interpreter of their own, with what they do recorded.

The programs are made by the tests; no file of any project is run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CHILD = r"""
import asyncio, contextlib, io, json, os, shlex, subprocess, sys, types

def plain(value, depth=0):
    if depth > 20:
        return ["other"]
    if value is None or isinstance(value, (bool, int, str)):
        return ["value", value]
    if isinstance(value, float):
        return ["float", repr(value)]
    if isinstance(value, (list, tuple)):
        return [type(value).__name__, [plain(item, depth + 1) for item in value]]
    if isinstance(value, dict):
        return ["dict", [[plain(key), plain(item, depth + 1)] for key, item in value.items()]]
    return ["other"]

recorded = []

def keep(*command, **options):
    given = command[0] if command else options["args"]
    recorded.append(list(map(str, given)) if isinstance(given, (list, tuple)) else given)
    return types.SimpleNamespace(wait=lambda *a: 0, returncode=0, communicate=lambda *a: ("", ""), pid=1)

def keep_second(program, words, *environment):
    keep(words)

def keep_spread(program, *words):
    keep(list(words))

class App:
    def worker_main(self, argv=None):
        recorded.append(["worker_main", *(sys.argv[1:] if argv is None else argv)])
    def start(self, argv=None):
        recorded.append(["start", *(sys.argv if argv is None else argv)])

for name in ("run", "call", "Popen", "check_call", "check_output"):
    setattr(subprocess, name, keep)
os.system = keep
os.execv = os.execvp = os.execve = os.execvpe = keep_second
os.execl = os.execlp = keep_spread

def run(program):
    os.environ.clear()
    os.environ.update(program["environment"])
    sys.argv = ["run.py", *program["arguments"]]
    recorded.clear()
    modules = {}
    for name, text in program["modules"].items():
        module = types.ModuleType(name)
        sys.modules[name] = module
        modules[name] = module
        exec(compile(text, name + ".py", "exec"), module.__dict__)
    names = {"__name__": "__main__", "__file__": "/project/run.py", "app": App()}
    error = None
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(program["text"], "run.py", "exec"), names)
    except SystemExit:
        pass
    except BaseException as raised:
        error = type(raised).__name__
    for name in modules:
        sys.modules.pop(name, None)
    kept = {name: plain(value) for name, value in names.items() if name.isupper()}
    return {"error": error, "names": kept, "commands": list(recorded)}

with open(sys.argv[1], encoding="utf-8") as source:
    programs = json.load(source)
target = sys.argv[2]
results = [run(program) for program in programs]
with open(target, "w", encoding="utf-8") as out:
    json.dump(results, out)
"""


@dataclass(frozen=True)
class Program:
    """A program: its text, the modules it may import, its environment and arguments."""

    text: str
    modules: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What a program did: its upper-case names at the end, the commands it ran, and the name of its exception."""

    names: dict[str, object]
    commands: list[list[str] | str]
    error: str | None


class Other:
    """A value that is no plain data."""


def run_all(programs: Sequence[Program], folder: Path) -> list[Outcome]:
    """Run the programs one after the other in one interpreter."""
    source, target, child = folder / "programs.json", folder / "results.json", folder / "child.py"
    child.write_text(CHILD, encoding="utf-8")
    source.write_text(json.dumps([vars(program) for program in programs]), encoding="utf-8")
    subprocess.run([sys.executable, "-I", "-W", "ignore", child, source, target], check=True, timeout=300, cwd=folder)
    results: list[dict[str, Any]] = json.loads(target.read_text(encoding="utf-8"))
    return [
        Outcome({name: _plain(value) for name, value in one["names"].items()}, one["commands"], one["error"])
        for one in results
    ]


def _plain(value: list[Any]) -> object:
    match value:
        case ["value", inner]:
            return inner
        case ["float", text]:
            return float(text)
        case ["list", items]:
            return [_plain(item) for item in items]
        case ["tuple", items]:
            return tuple(_plain(item) for item in items)
        case ["dict", items]:
            return {_plain(key): _plain(item) for key, item in items}
        case _:
            return Other()


def examples(default: int) -> int:
    """How many programs to try: ``default``, or what CELERY_OOM_ORACLE_EXAMPLES says."""
    return int(os.environ.get("CELERY_OOM_ORACLE_EXAMPLES", default))
