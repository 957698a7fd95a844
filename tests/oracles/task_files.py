"""Justfiles and Taskfiles at random, as people write them, that run everything in them by ``all``."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from hypothesis import strategies as st

from tests.oracles.real_shell import Trial

NUMBERS = (1, 2, 3, 4, 6, 8, 16, 25, 50)
ENVIRONMENT = "CELERY_WORKER_MAX_TASKS_PER_CHILD"


def program(name: str) -> str | None:
    """``just`` or ``task``: beside the Python that runs, as packages of PyPI bring them, else from PATH."""
    return shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)


@dataclass
class Made:
    """A file while it is written."""

    random: Random
    head: list[str] = field(default_factory=list)
    tasks: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)

    def digit(self) -> int:
        return self.random.choice(NUMBERS)

    def name(self, stem: str) -> str:
        return f"{stem}{len(self.names)}_{len(self.head)}"


def just_number(made: Made) -> str:
    """An expression for a number in a recipe, with what has to stand above it."""
    name, digit, other = made.name("n"), made.digit(), made.digit()
    one, *rest = made.random.choice(
        [
            (str(digit),),
            (f"{{{{{name}}}}}", f'{name} := "{digit}"'),
            (f"{{{{ {name} }}}}", f"{name} := '{digit}'"),
            (f"{{{{{name}}}}}", f'{name}_a := "{digit}"', f"{name} := {name}_a"),
            (f"{{{{{name}}}}}", f'{name} := "{digit}" + ""'),
            (f"{{{{{name}}}}}", f"{name} := `echo {digit}`"),
            (f"{{{{{name}}}}}", f'{name} := if "a" == "b" {{ "{other}" }} else {{ "{digit}" }}'),
            (f"{{{{{name}}}}}", f'{name} := env_var_or_default("NOWHERE", "{digit}")'),
            (f"{{{{{name}}}}}", f'{name} := env("NOWHERE", "{digit}")'),
            (f"${name}", f'export {name} := "{digit}"'),
            (f"${{{name}:-{other}}}", f'export {name} := "{digit}"'),
            (f"${{NOWHERE:-{digit}}}",),
            (f'{{{{ "{digit}" }}}}',),
            (f"{{{{ if {name} == 'x' {{ '{digit}' }} else {{ '{other}' }} }}}}", f'{name} := "x"'),
        ]
    )
    made.head += rest
    return one


def just_recipe(made: Made) -> None:
    name, app = f"t{len(made.names)}", f"app{len(made.names)}"
    number, digit = just_number(made), made.digit()
    command = f"celery -A {app} worker -c {number}"
    forms = [
        f"{name}:\n    {command}",
        f"{name}:\n    @{command} -l info",
        f"{name}:\n    -{command}",
        f"# start it\n{name}:\n    {command} \\\n      --max-tasks-per-child={digit}",
        f"{name}:\n    #!/usr/bin/env bash\n    set -e\n    N={digit}\n    celery -A {app} worker -c $N",
        f'{name} n="{digit}":\n    celery -A {app} worker -c {{{{n}}}}',
        f'{name} $n="{digit}":\n    celery -A {app} worker -c $n',
        f"{name} *args:\n    {command} {{{{args}}}}",
        f"{name}: inner-{name}\n\ninner-{name}:\n    {command}",
        f"{name}: (inner-{name} '{digit}')\n\ninner-{name} n:\n    celery -A {app} worker -c {{{{n}}}}",
        f"{name}:\n    {(made.files and '') or ''}{ENVIRONMENT}={digit} {command}",
        f"{name}:\n    for i in 1; do {command}; done",
        f"{name}:\n    sh -c '{command}'",
        f"{name}:\n    cd . && {command} &",
        f"[private]\n{name}:\n    {command}",
        f"{name} : \n\t{command}",
    ]
    made.tasks.append(made.random.choice(forms))
    made.names.append(name)


def just_trial(random: Random) -> Trial:
    made = Made(random)
    for _ in range(random.randint(1, 4)):
        just_recipe(made)
    if random.random() < 0.3:
        made.head.append(f'export {ENVIRONMENT} := "{made.digit()}"')
    elif random.random() < 0.3:
        made.files[".env"] = f"# settings\n{ENVIRONMENT}={made.digit()}\n"
        made.head.append(random.choice(["set dotenv-load", "set dotenv-load := true", "set dotenv-load := false"]))
    if random.random() < 0.2:
        made.head.append(
            random.choice(['set shell := ["bash", "-c"]', 'set shell := ["bash", "-cu"]', "set positional-arguments"])
        )
    text = "\n".join([*made.head, "", f"all: {' '.join(made.names)}", "", "\n\n".join(made.tasks), ""])
    return Trial({**made.files, "justfile": text}, (program("just") or "just", "all"))


def task_number(made: Made) -> tuple[str, list[str]]:
    """An expression for a number in a command, and lines of the task's ``vars``."""
    name, digit, other = made.name("N"), made.digit(), made.digit()
    choice = made.random.randrange(9)
    if choice == 0:
        return str(digit), []
    if choice == 1:
        made.head.append(f"  {name}: {digit}")
        return f"{{{{.{name}}}}}", []
    if choice == 2:
        made.head.append(f"  {name}: '{digit}'")
        return f"{{{{ .{name} }}}}", [f"{name}: {other}"]
    if choice == 3:
        return f"{{{{.{name}}}}}", [f"{name}: {digit}"]
    if choice == 4:
        return f"{{{{.{name} | default {digit}}}}}", []
    if choice == 5:
        return f'{{{{default "{digit}" .{name}}}}}', []
    if choice == 6:
        made.head.append(f"  {name}_A: {digit}")
        made.head.append(f'  {name}: "{{{{.{name}_A}}}}"')
        return f"{{{{.{name}}}}}", []
    if choice == 7:
        return f"{{{{.{name}}}}}", [f"{name}: {{sh: echo {digit}}}"]
    return f"${{NOWHERE:-{digit}}}", []


def task_task(made: Made) -> None:
    name, app = f"t{len(made.names)}", f"app{len(made.names)}"
    number, own = task_number(made)
    digit, other = made.digit(), made.digit()
    command = f"celery -A {app} worker -c {number}"
    forms = [
        ["cmds:", f"  - {command}"],
        ["cmds:", f'  - cmd: "{command}"' if '"' not in command else f"  - cmd: '{command}'", "    silent: true"],
        ["desc: start it", f"cmd: {command} -l info"],
        ["cmds:", "  - |", f"    N={digit}", f"    celery -A {app} worker -c $N"],
        ["cmds:", "  - >-", f"    {command}", f"    --max-tasks-per-child={digit}"],
        ["env:", f"  {ENVIRONMENT}: {digit}", "cmds:", f"  - {command}"],
        ["cmds:", f"  - {ENVIRONMENT}={digit} {command}"],
        ["cmds:", f"  - task: inner-{name}"],
        [f"deps: [inner-{name}]"],
        ["cmds:", f"  - task: with-{name}", f"    vars: {{C: {digit}}}"],
        ["dir: .", "cmds:", "  - echo a", f"  - {command}"],
        ["cmds:", f"  - for: [{digit}]", f"    cmd: celery -A {app} worker -c {{{{.ITEM}}}}"],
        ["dotenv: ['t.env']", "cmds:", f"  - {command}"],
    ]
    body = made.random.choice(forms)
    lines = [f"  {name}:", *([f"    vars: {{{', '.join(own)}}}"] if own and "{sh" not in own[0] else [])]
    if own and "{sh" in own[0]:
        lines += ["    vars:", f"      {own[0]}"]
    lines += [f"    {line}" for line in body]
    if any("inner-" in line for line in body):
        lines += [f"  inner-{name}:", "    cmds:", f"      - celery -A {app} worker -c {other}"]
    if any("with-" in line for line in body):
        lines += [f"  with-{name}:", "    cmds:", f"      - celery -A {app} worker -c {{{{.C}}}}"]
    if any("dotenv" in line for line in body):
        made.files["t.env"] = f"{ENVIRONMENT}={other}\n"
    made.tasks.append("\n".join(lines))
    made.names.append(name)


def task_trial(random: Random) -> Trial:
    made = Made(random)
    for _ in range(random.randint(1, 4)):
        task_task(made)
    lines = ["version: '3'", "", *(["vars:", *made.head, ""] if made.head else [])]
    if random.random() < 0.3:
        lines += ["env:", f"  {ENVIRONMENT}: '{made.digit()}'", ""]
    steps = [f"      - task: {name}" for name in made.names]
    lines += ["tasks:", "  all:", "    cmds:", *steps, *made.tasks, ""]
    return Trial({**made.files, "Taskfile.yml": "\n".join(lines)}, (program("task") or "task", "-s", "all"))


def trials(kind: str, count: int) -> st.SearchStrategy[list[Trial]]:
    """So many trials, which have as little in common as seeds have."""
    make = just_trial if kind == "just" else task_trial
    return st.integers(0, 2**62).map(lambda seed: [make(Random(seed * count + number)) for number in range(count)])
