"""Commands that Python programs build, against the real interpreter: generated programs, run with their calls recorded.

A command that is read as wholly known, and the only one at its place, must be what the program really runs; of what
depends on conditions, one reading must fit. More programs: CELERY_OOM_ORACLE_EXAMPLES=50000.
"""

from __future__ import annotations

import random
import re
import shlex
from collections import Counter, defaultdict
from pathlib import Path

from flake8_celery_oom.core.facts import Argv, Launch, ShellText
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.sources import python
from tests.interpreter import Outcome, Program, examples, run_all

PROGRAMS = examples(1_000)
MOST_UNKNOWN = 0.12
"""The share of commands that may be known in part only; it only ever falls."""

HEAD = """import os
import shlex
import subprocess
import sys

APP = "proj"
QUEUES = ["mail", "jobs"]
WORDS = ["-Q", "mail"]
LEVEL = os.environ.get("LEVEL", "info")
BASE = ["-A", APP, "worker"]


def level():
    return LEVEL


def options(count=2, solo=False):
    found = ["-c", str(count)]
    if solo:
        found += ["-P", "solo"]
    return found


def text_options(count):
    return f"-c {count}" if count else ""


def run(command):
    subprocess.run(command)


"""
STARTS = (
    '["celery", "-A", APP, "worker"]',
    '["celery", "-A", "proj", "worker", "-l", LEVEL]',
    '["celery"] + BASE',
    '["celery", *BASE]',
    '["celery"] + list(BASE)',
    '[sys.executable, "-m", "celery", "-A", APP, "worker"]',
    'shlex.split("celery -A proj worker")',
    '"celery -A proj worker".split()',
    '["celery", "-A", APP] + ["worker"]',
    '["celery"] + BASE.copy()',
)
CHANGES = (
    'cmd += ["-c", "{n}"]',
    'cmd.append("-B")',
    'cmd.extend(["-Q", ",".join(QUEUES)])',
    "cmd = cmd + WORDS",
    'cmd += ["-n", f"{{APP}}@%h"]',
    "cmd.extend(options({n}))",
    "cmd += options(solo=True)",
    "cmd += options({n}, {flag})",
    'if {test}:\n        cmd += ["-c", str({n})]',
    'if {test}:\n        cmd.append("--pool=solo")\n    else:\n        cmd.append("--pool=threads")',
    'if not {test}:\n        cmd += ["--max-tasks-per-child", "{n}"]',
    'cmd += ["-l", level()]',
    'cmd = [*cmd, "-E"]',
    'cmd += ["-c", str({n})] if {test} else []',
    'cmd.append("-c{n}" if {test} else "-c1")',
    'cmd += ["-l", LEVEL.upper()]',
    'cmd += ["--concurrency=" + str(count)]',
    'cmd += ["--concurrency=%d" % {n}]',
    'cmd += ["--concurrency={{}}".format({n})]',
    'cmd += list(map(str, ["-c", {n}]))',
    'for queue in QUEUES:\n        cmd += ["-X", queue]',
    "cmd += [word for word in WORDS]",
    "cmd = cmd[:4] + cmd[4:]",
)
RUNS = (
    "subprocess.run(cmd)",
    "subprocess.Popen(cmd).wait()",
    "subprocess.call(args=cmd)",
    "os.execvp(cmd[0], cmd)",
    "run(cmd)",
    "subprocess.check_call(list(cmd))",
    "os.system(shlex.join(cmd))",
    'os.system(" ".join(cmd))',
)
TEXT_STARTS = (
    '"celery -A proj worker"',
    'f"celery -A {{APP}} worker"',
    '"celery -A " + APP + " worker"',
    '"celery -A %s worker" % APP',
    '"celery -A {{}} worker".format(APP)',
    '" ".join(["celery", "-A", APP, "worker"])',
    '("celery -A proj "\n           "worker")',
)
TEXT_CHANGES = (
    'cmd += " -c {n}"',
    'cmd = cmd + " -B"',
    'cmd = f"{{cmd}} -c {{count}}"',
    'cmd = f"{{cmd}} {{text_options({n})}}"',
    'cmd = f"{{cmd}} {{text_options(0)}}"',
    'cmd += f" -l {{LEVEL}}"',
    'if {test}:\n        cmd += " --pool=solo"',
    'part = "-E" if {test} else ""\n    cmd = f"{{cmd}} {{part}}"',
    'cmd = " ".join([cmd, "-n", "one"])',
)
TEXT_RUNS = (
    "subprocess.run(cmd, shell=True)",
    "subprocess.run(shlex.split(cmd))",
    "os.system(cmd)",
    'os.system(f"{{cmd}}")',
    "subprocess.run(cmd.split())",
    'subprocess.Popen(shlex.split(f"{{cmd}} -E"))',
)
TESTS = (
    "debug",
    "count",
    "count > 3",
    "not debug",
    "debug and count",
    'os.environ.get("FAST")',
    "debug is None",
    "True",
)
CALLERS = ("start()", "start(4)", "start(count=0)", "start(debug=True)", "start(5, True)", "start()\nstart(7)")


def program(seed: int) -> Program:
    """A program that builds one command in steps, and runs it."""
    choose = random.Random(seed)
    text = choose.random() < 0.4

    def filled(template: str) -> str:
        return template.format(
            n=choose.choice("2348"), test=choose.choice(TESTS), flag=choose.choice(("True", "False"))
        )

    starts, changes, runs = (TEXT_STARTS, TEXT_CHANGES, TEXT_RUNS) if text else (STARTS, CHANGES, RUNS)
    lines = [f"cmd = {filled(choose.choice(starts))}"]
    lines += [filled(choose.choice(changes)) for _ in range(choose.randint(0, 4))]
    lines.append(filled(choose.choice(runs)))
    body = "\n".join(f"    {line}" for line in lines)
    made = f"{HEAD}def start(count=2, debug=False):\n{body}\n\n\n{choose.choice(CALLERS)}\n"
    environment = {"FAST": "1"} if choose.random() < 0.2 else {}
    return Program(made, environment=environment)


def pattern_of(words: tuple[Word, ...]) -> str:
    """What a command may be, as a regular expression over its words, each followed by NUL."""
    made = []
    for word in words:
        parts = [re.escape(part) if isinstance(part, str) else "[^\0]*" for part in word.parts]
        made.append("(?:[^\0]*\0)*" if word.several else "".join(parts) + "\0")
    return "".join(made)


def pattern_of_text(text: ShellText) -> str:
    parts = text.text.parts()
    made = "".join(re.sub(r"(?:\\\s)+", r"\\s*", re.escape(part)) if isinstance(part, str) else ".*" for part in parts)
    return made + r"\s*"


def fits(launch: Launch, real: list[str] | str) -> bool:
    """Whether a real command is what was read."""
    if isinstance(launch.command, Argv):
        words = shlex.split(real) if isinstance(real, str) else real
        read = launch.command.words
        if read[0].text == "python" or (read[0].holes and read[0].default_text == "python"):
            read = (Word((Hole("sys.executable"),)), *read[1:])
        return re.fullmatch(pattern_of(read), "".join(f"{word}\0" for word in words)) is not None
    assert isinstance(launch.command, ShellText)
    return re.fullmatch(pattern_of_text(launch.command), real if isinstance(real, str) else " ".join(real)) is not None


def is_known(launch: Launch) -> bool:
    """Whether every word of a command is known."""
    command = launch.command
    if isinstance(command, Argv):
        return all(word.text is not None or word.default_text == "python" for word in command.words)
    return isinstance(command, ShellText) and not command.text.holes


def is_open(launch: Launch) -> bool:
    """Whether some word is not even known to be what one variable of the environment, or its default, says."""
    command = launch.command
    words = command.words if isinstance(command, Argv) else (Word(command.text.parts()),) if command else ()
    return any(hole.several or (hole.default is None and hole.name is None) for word in words for hole in word.holes)


def disagreements(text: str, outcome: Outcome, counts: Counter[str]) -> list[str]:
    """What is read wrongly of one program."""
    found = [fact for fact in python.read(SourceText("run.py", text)) if isinstance(fact, Launch)]
    places: dict[Location, list[Launch]] = defaultdict(list)
    for launch in found:
        places[launch.at].append(launch)
    wrong = [
        f"runs {real!r}, and no reading fits"
        for real in outcome.commands
        if found and not any(fits(launch, real) for launch in found)
    ]
    counts["missed"] += not found
    for held in places.values():
        counts["unknown" if any(map(is_open, held)) else "known"] += 1
        if len(held) == 1 and is_known(held[0]) and not any(fits(held[0], real) for real in outcome.commands):
            wrong.append(f"read as {held[0].command}, never run")
    return wrong


def test_commands_are_what_python_runs(tmp_path: Path) -> None:
    programs = [program(seed) for seed in range(PROGRAMS)]
    outcomes = run_all(programs, tmp_path)
    counts: Counter[str] = Counter()
    shown: list[str] = []
    for seed, (made, outcome) in enumerate(zip(programs, outcomes, strict=True)):
        assert outcome.error is None, (outcome.error, made.text)
        wrong = disagreements(made.text, outcome, counts)
        if wrong:
            shown.append(
                "\n".join([f"--- seed {seed} {made.environment}", made.text.partition("def start")[2], *wrong])
            )
    share = (counts["unknown"] + counts["missed"]) / max(1, sum(counts.values()))
    print(dict(counts), f"unknown: {share:.1%}")
    assert not shown, f"{len(shown)} programs of {len(programs)}\n" + "\n".join(shown[:12])
    assert counts["missed"] == 0
    assert share < MOST_UNKNOWN
