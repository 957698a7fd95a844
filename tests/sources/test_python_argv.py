"""``sys.argv`` as programs change it, held against the real Python; loops over commands that are written out."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from flake8_celery_oom.core.facts import Argv, Launch, ShellText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.sources import python
from tests.interpreter import Program, examples, run_all
from tests.sources.test_commands_against_python import fits

PROGRAMS = examples(400)
MOST_UNKNOWN = 0.2
STEPS = (
    "sys.argv.pop(0)",
    "sys.argv.pop(1)",
    "sys.argv.insert(1, '-A')",
    "sys.argv.insert(0, 'celery')",
    "sys.argv.append('-E')",
    "sys.argv.extend(['-c', '2'])",
    "sys.argv += ['-B']",
    "sys.argv = sys.argv[1:]",
    "sys.argv = ['celery', 'worker', '-c', '3']",
    "sys.argv = ['celery'] + sys.argv[1:]",
    "sys.argv = [sys.argv[0], 'worker', *sys.argv[1:]]",
    "sys.argv[:] = ['celery', '-A', 'p', 'worker']",
    "sys.argv[1:1] = ['-A', 'p']",
    "sys.argv[1:] = ['worker', '-l', 'info']",
    "sys.argv[0] = 'celery'",
    "del sys.argv[0]",
    "del sys.argv[1:]",
)
ARGUMENTS = ((), ("worker",), ("worker", "-c", "4"), ("a", "worker", "b"))


def program(seed: int) -> Program:
    """A program that changes its arguments and starts Celery."""
    choose = random.Random(seed)
    steps = [choose.choice(STEPS) for _ in range(choose.randint(1, 3))]
    text = "\n".join(["import sys", "celery_app = app", *steps, "celery_app.start()"])
    return Program(text, arguments=choose.choice(ARGUMENTS))


def test_arguments_are_what_python_makes_of_them(tmp_path: Path) -> None:
    programs = [program(seed) for seed in range(PROGRAMS)]
    outcomes = run_all(programs, tmp_path)
    wrong: list[str] = []
    counts = {"known": 0, "unknown": 0}
    for made, outcome in zip(programs, outcomes, strict=True):
        if outcome.error is not None:
            continue
        found = [fact for fact in python.read(SourceText("run.py", made.text)) if isinstance(fact, Launch)]
        real = [words[1:] for words in outcome.commands if isinstance(words, list)]
        if real == [[]]:
            continue  # without any word no command of Celery is run
        assert len(found) == 1, made.text
        command = found[0].command
        assert isinstance(command, Argv)
        counts["unknown" if any(word.shown == "..." for word in command.words) else "known"] += 1
        if not any(fits(found[0], words) for words in real):
            wrong.append(f"{made.text}\n{made.arguments}: read as {[word.shown for word in command.words]}, is {real}")
    assert not wrong, f"{len(wrong)} of {len(programs)}\n" + "\n---\n".join(wrong[:8])
    assert counts["unknown"] / sum(counts.values()) < MOST_UNKNOWN, counts


def commands(text: str, path: str = "run.py") -> list[str]:
    found: list[str] = []
    for fact in python.read(SourceText(path, text)):
        assert isinstance(fact, Launch)
        command = fact.command
        if isinstance(command, Argv):
            found.append(" ".join(word.shown for word in command.words))
        elif isinstance(command, ShellText):
            found.append(command.text.text)
    return found


DJANGO = "proj/management/commands/celery.py"
HANDLE = "import sys\nfrom {} import {} as main\nclass Command:\n    def handle(self):\n        {}\n        main()\n"


@pytest.mark.parametrize(
    ("module", "name", "steps", "expected"),
    [
        ("celery.__main__", "main", "sys.argv.pop(0)", "celery sys.argv[2:]"),
        ("celery.__main__", "main", "sys.argv.remove('celery')", "celery sys.argv[2:]"),
        ("celery.bin.celery", "celery", "sys.argv.remove('celery')", "celery sys.argv[2:]"),
        ("celery.bin.celery", "main", "sys.argv[0:2] = ['celery', '-A', 'p']", "celery -A p sys.argv[2:]"),
        ("celery.bin.celery", "celery.main", "sys.argv = ['celery', 'worker']", None),
        ("celery.__main__", "main", "pass", "sys.argv[1:]"),
    ],
)
def test_a_command_of_manage_hands_its_arguments_on(module: str, name: str, steps: str, expected: str | None) -> None:
    if "." in name:
        text = "from celery.bin.celery import celery as c\nimport sys\nsys.argv = ['celery', 'worker']\nc.main()\n"
        assert commands(text) == ["celery worker"]
        return
    assert commands(HANDLE.format(module, name, steps), DJANGO) == [expected]


LOOP = "import subprocess\n{}\nfor {} in {}:\n    {}\n"


@pytest.mark.parametrize(
    ("before", "target", "items", "body", "expected"),
    [
        ("", "cmd", "['celery -A p worker -c 1', 'celery -A p worker -c 2']", "subprocess.Popen(cmd, shell=True)", 2),
        ("", "n, cmd", "[('a', 'celery -A p worker'), ('b', 'ls')]", "subprocess.run(cmd, shell=True)", 1),
        ("C = {'a': ['celery', '-A', 'p', 'worker']}", "n, cmd", "C.items()", "subprocess.run(cmd)", 1),
        ("C = {'a': ['celery', '-A', 'p', 'worker']}", "cmd", "C.values()", "subprocess.run(cmd)", 1),
        ("C = [['celery', 'worker']]\nC.append(['celery', 'worker', '-B'])", "c", "C", "subprocess.run(c)", 2),
        ("", "i, cmd", "enumerate(['celery -A p worker'])", "subprocess.run(cmd.split())", 1),
        ("", "q", "('a', 'b')", "subprocess.run(['celery', '-A', 'p', 'worker', '-Q', q])", 2),
        ("from x import more", "cmd", "more()", "subprocess.run(cmd)", 0),
    ],
)
def test_a_loop_runs_each_command_of_its_list(before: str, target: str, items: str, body: str, expected: int) -> None:
    found = commands(LOOP.format(before, target, items, body))
    assert len(found) == expected
    assert all(re.match(r"celery (-A p )?worker", command) for command in found)


def test_a_method_is_called_for_each_command() -> None:
    text = """import subprocess
class Server:
    def run(self, command, name):
        subprocess.Popen(command, shell=True)
    def start(self):
        commands = [("celery -A p worker -Q a", "a"), ("celery -A p worker -Q b", "b"), ("celery -A p beat", "c")]
        for command, name in commands:
            self.run(command, name)
"""
    assert [one for one in commands(text) if "worker" in one] == ["celery -A p worker -Q a", "celery -A p worker -Q b"]


def test_a_condition_in_a_loop_is_decided_in_each_round() -> None:
    text = """import subprocess
for name in ("fast", "slow"):
    cmd = ["celery", "-A", "p", "worker"]
    if name == "slow":
        cmd += ["-c", "1"]
    subprocess.Popen(cmd)
"""
    assert commands(text) == ["celery -A p worker", "celery -A p worker -c 1"]


def test_a_function_of_another_file_may_put_something_before_a_command() -> None:
    text = """from .helpers import with_prefix
def work(ctx, beat=False):
    cmd = "celery -A p worker"
    if beat:
        cmd += " -B"
    ctx.run(with_prefix(cmd))
"""
    assert commands(text) == ["celery -A p worker", "celery -A p worker -B"]
    assert (
        commands(text.replace("from .helpers import with_prefix", "from os.path import basename as with_prefix")) == []
    )
